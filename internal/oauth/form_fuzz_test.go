package oauth

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// FuzzForm: whatever the body of a request with client credentials, it is read or refused as the
// contract says; nothing is taken from anywhere but the body, and no parameter twice.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"", "client_id=a&client_secret=b&grant_type=refresh_token&refresh_token=c", "client_id=a&client_id=b", "clientId=a&client_id=b", "client_id=undefined&code=+", "client_id=%zz", "scope=a%20b&unknown=1",
		`{}`, `{"clientId":"a"}`, `{"clientId":1}`, `{"clientId":null}`, `{"clientId":"a","clientId":"b"}`, `{"ClientId":"a"}`, `{"clientId":"a","client_id":"b"}`, `[]`, `{"x":{"clientId":"a"}}`, `{"clientId":"\ud800"}`,
	} {
		f.Add(seed, "application/x-www-form-urlencoded", "")
		f.Add(seed, "application/json", wire.V3)
		f.Add(seed, "", wire.V3)
	}
	f.Fuzz(func(t *testing.T, body, contentType, version string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth/token?client_secret=url&code=url", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Version", version)
		r.SetBasicAuth("url", "url")
		form, err := readForm(r)
		if err != nil {
			refusals := []tenantry.Kind{tenantry.Malformed, tenantry.TooLarge, tenantry.UnsupportedMedia, tenantry.Refused}
			if form != nil || !slices.Contains(refusals, tenantry.KindOf(err)) {
				t.Fatalf("%q as %q gives %+v, %v", body, contentType, form, err)
			}
			return
		}
		for _, p := range form.parameters() {
			if *p.value == "undefined" || *p.value != "" && strings.TrimSpace(*p.value) == "" {
				t.Fatalf("%q as %q: %s is %q", body, contentType, p.name, *p.value)
			}
			if *p.value == "url" && !strings.Contains(body, "u") {
				t.Fatalf("%s was read from the URL or a header", p.name)
			}
		}
	})
}

// FuzzBack (requirement 27): whatever state the link brings, the answer goes to the redirect URI with the
// state as it came, and nothing breaks out of the address.
func FuzzBack(f *testing.F) {
	for _, seed := range []string{"", "xyz", "a\r\nLocation: https://evil.test", "&code=stolen", "#", "\x00", "\xff", "%0d%0a", "é"} {
		f.Add(seed, "https://app.test/cb")
		f.Add(seed, "https://app.test/cb?tenant=7")
	}
	f.Fuzz(func(t *testing.T, state, uri string) {
		if tenantry.CheckRedirectURI(uri) != nil {
			return
		}
		q := authorizeRequest{redirectURI: uri, state: state, hasState: true}
		to := q.back("code", "the code")
		rest, ok := strings.CutPrefix(to, uri)
		if !ok || rest == "" || !strings.Contains("?&", rest[:1]) || strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }) {
			t.Fatalf("the state %q leads to %q", state, to)
		}
		answer, err := url.ParseQuery(rest[1:])
		if err != nil || len(answer) != 2 || answer.Get("code") != "the code" || answer.Get("state") != state {
			t.Fatalf("the state %q leads to %q: %v", state, to, err)
		}
	})
}
