package tenantry_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

func goodApp() tenantry.App {
	return tenantry.App{
		Name: "App", CompanyID: "c", RedirectURIs: []string{"https://app.test/cb"}, Scopes: []tenantry.Scope{tenantry.TagsRead},
		Target: tenantry.SubAccount, Distribution: tenantry.PublicApp,
	}
}

// messages are those of an Invalid error; nil for no error.
func messages(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	if tenantry.KindOf(err) != tenantry.Invalid {
		t.Fatalf("error %v is not of kind Invalid", err)
	}
	e, _ := errors.AsType[*tenantry.Error](err)
	return e.Messages
}

func TestClientID(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a, b := tenantry.NewApp(goodApp(), now), tenantry.NewApp(goodApp(), now.Add(time.Second))
	form := regexp.MustCompile(`^[0-9a-f]{24}-[0-9a-z]{8}$`)
	if !form.MatchString(string(a.ClientID())) || !regexp.MustCompile(`^[0-9a-f]{24}$`).MatchString(string(a.VersionID)) {
		t.Errorf("client id %s, version %s", a.ClientID(), a.VersionID)
	}
	if a.ID >= b.ID || a.ID == tenantry.AppID(a.VersionID) || a.Suffix == b.Suffix {
		t.Errorf("ids do not tell apps apart: %+v %+v", a, b)
	}
	id, suffix, ok := tenantry.ParseClientID(string(a.ClientID()))
	if !ok || id != a.ID || suffix != a.Suffix {
		t.Errorf("parsed %q %q %v", id, suffix, ok)
	}
	for _, text := range []string{
		"", "-", string(a.ID), string(a.ID) + "-", string(a.ID) + "-" + a.Suffix + "-x", string(a.ID) + "-" + strings.ToUpper("abcdefgh"),
		strings.ToUpper("abcdef0123456789abcdef01") + "-" + a.Suffix, "g" + string(a.ID)[1:] + "-" + a.Suffix, " " + string(a.ClientID()), "undefined",
	} {
		if _, _, ok := tenantry.ParseClientID(text); ok {
			t.Errorf("%q is taken for a client id", text)
		}
	}
}

func TestAppCheck(t *testing.T) {
	if err := goodApp().Check(); err != nil {
		t.Fatal(err)
	}
	bad := tenantry.App{
		Name: strings.Repeat("é", 256), RedirectURIs: []string{"https://ok.test", "http://no.test/cb"}, Scopes: []tenantry.Scope{"tags"},
		Target: "Agency", Distribution: "unlisted",
	}
	want := []string{
		"name must be 1 to 255 characters long",
		"redirect URI http://no.test/cb must use https, unless it is on a loopback host",
		"unknown scope tags",
		"target must be one of the following values: Company, Location",
		"distribution must be one of the following values: public, private",
	}
	if diff := cmp.Diff(want, messages(t, bad.Check())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want = []string{
		"name must be 1 to 255 characters long", "redirectUris must be 1 to 20 URIs", "scopes should not be empty",
		"target must be one of the following values: Company, Location", "distribution must be one of the following values: public, private",
	}
	if diff := cmp.Diff(want, messages(t, tenantry.App{}.Check())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a := goodApp()
	a.Name, a.RedirectURIs = strings.Repeat("é", 255), make([]string, 21)
	for i := range a.RedirectURIs {
		a.RedirectURIs[i] = "https://app.test/" + string(rune('a'+i))
	}
	if diff := cmp.Diff([]string{"redirectUris must be 1 to 20 URIs"}, messages(t, a.Check())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAppMayNot(t *testing.T) {
	a := goodApp()
	if got := a.Beyond([]tenantry.Scope{tenantry.TagsRead, tenantry.TagsWrite}); !cmp.Equal(got, []tenantry.Scope{tenantry.TagsWrite}) {
		t.Errorf("beyond the app's scopes is %v", got)
	}
	if !a.InstallableBy("other") {
		t.Error("a public app is for its owner only")
	}
	if a.Distribution = tenantry.PrivateApp; a.InstallableBy("other") || !a.InstallableBy("c") {
		t.Error("a private app is not for its owner only")
	}
}

// TestRedirectURIs: what may be registered (requirement 10).
func TestRedirectURIs(t *testing.T) {
	for _, uri := range []string{
		"https://app.test", "https://app.test/", "https://app.test/cb?x=1&y=%20", "https://app.test:8443/cb", "https://xn--bcher-kva.test/cb",
		"http://localhost:3000/cb", "http://127.0.0.1/cb", "http://127.1.2.3:1/cb", "http://[::1]:3000/cb", "https://app.test/a..b/...",
		"https://[2001:db8::1]/cb", "https://app.test/@me",
	} {
		if err := tenantry.CheckRedirectURI(uri); err != nil {
			t.Errorf("%s: %v", uri, err)
		}
	}
	tests := []struct{ uri, want string }{
		{"", "must be an absolute https URI"},
		{"/cb", "must be an absolute https URI"},
		{"//app.test/cb", "must be an absolute https URI"},
		{"app.test/cb", "must be an absolute https URI"},
		{"javascript:alert(1)", "must be an absolute https URI"},
		{"data:text/html,x", "must be an absolute https URI"},
		{"ftp://app.test/cb", "must be an absolute https URI"},
		{"com.example.app:/cb", "must be an absolute https URI"},
		{"HTTPS://app.test/cb", "must be an absolute https URI"},
		{"https:app.test/cb", "must be an absolute https URI"},
		{"https:///cb", "must name a host"},
		{"https://:443/cb", "must name a host"},
		{"https://*.app.test/cb", "must name a host"},
		{"https://app.test:/cb", "must not have an empty port"},
		{"https://app.test:port/cb", "is not a valid URI"},
		{"https://app.test/%zz", "is not a valid URI"},
		{"http://app.test/cb", "must use https, unless it is on a loopback host"},
		{"http://localhost.evil.test/cb", "must use https, unless it is on a loopback host"},
		{"http://127.0.0.1.evil.test/cb", "must use https, unless it is on a loopback host"},
		{"http://10.0.0.1/cb", "must use https, unless it is on a loopback host"},
		{"http://0.0.0.0/cb", "must use https, unless it is on a loopback host"},
		{"https://app.test/cb#", "must not have a fragment"},
		{"https://app.test/cb#x", "must not have a fragment"},
		{"https://app.test@evil.test/cb", "must not have a user name or password"},
		{"https://user:pass@app.test/cb", "must not have a user name or password"},
		{"https://@app.test/cb", "must not have a user name or password"},
		{"https://app.test/a/../cb", "must not have . or .. in its path"},
		{"https://app.test/./cb", "must not have . or .. in its path"},
		{"https://app.test/%2e%2E/cb", "must not have . or .. in its path"},
		{"https://app.test/.%2e/cb", "must not have . or .. in its path"},
		{"https://app.test\\@evil.test/cb", "has a character that must be percent-encoded"},
		{"https://app.test/c b", "has a character that must be percent-encoded"},
		{" https://app.test/cb", "has a character that must be percent-encoded"},
		{"https://app.test/cb\n", "has a character that must be percent-encoded"},
		{"https://app.test/\tcb", "has a character that must be percent-encoded"},
		{"https://app.test/\x00", "has a character that must be percent-encoded"},
		{"https://bücher.test/cb", "has a character that must be percent-encoded"},
		{"https://app.test/<script>", "has a character that must be percent-encoded"},
		{"https://app.test/" + strings.Repeat("a", 2032), "is longer than 2048 bytes"},
	}
	for _, tt := range tests {
		want := []string{"redirect URI " + tt.uri + " " + tt.want}
		if diff := cmp.Diff(want, messages(t, tenantry.CheckRedirectURI(tt.uri))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestRedirectIsExact: only the very bytes that were registered are allowed (requirement 10).
func TestRedirectIsExact(t *testing.T) {
	a := goodApp()
	if !a.AllowsRedirect("https://app.test/cb") {
		t.Error("the registered URI is refused")
	}
	for _, uri := range []string{
		"", "https://app.test/cb/", "https://app.test/cb?", "https://app.test/cb#", "https://app.test/CB", "https://APP.test/cb", "HTTPS://app.test/cb",
		"https://app.test:443/cb", "https://app.test/cb/../cb", "https://app.test/c%62", "https://app.test//cb", "https://app.test/cb%00",
		"https://app.test/cb@evil.test", "https://app.test.evil.test/cb", "https://evil.test/https://app.test/cb", "http://app.test/cb",
		"https://app.test\\/cb", "https://user@app.test/cb", "//app.test/cb", "https://app.test/cb ", " https://app.test/cb", "https://app.test",
		"https://www.app.test/cb", "https://app.test/cbx", "https://app.test/cb?next=https://evil.test", "javascript:https://app.test/cb",
	} {
		if a.AllowsRedirect(uri) {
			t.Errorf("%q is allowed", uri)
		}
	}
}
