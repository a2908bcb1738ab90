package oauth

import (
	"net/http"
	"net/http/httptest"
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
