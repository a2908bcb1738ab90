package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/client"
)

// install goes through the pages of an authorize link as a browser does, and gives the
// code that the app gets. choice is what the last form sends.
func install(t *testing.T, f facts, mode string, choice url.Values) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer browser.CloseIdleConnections()
	submit := func(target string, form url.Values) *http.Response {
		resp, err := browser.PostForm(target, form)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s", target, resp.Status)
		}
		return resp
	}
	link := f.AuthorizeURL() + "&state=xyz"
	submit(strings.Replace(link, "/oauth/chooselocation", "/oauth/sign-in", 1), url.Values{"email": {f.ConsoleEmail}, "password": {f.ConsolePassword}})
	page, err := browser.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(page.Body)
	_ = page.Body.Close()
	if err != nil || page.StatusCode != http.StatusOK {
		t.Fatalf("%v: %s", err, page.Status)
	}
	_, user, _ := strings.Cut(string(body), `name="user" value="`)
	user, _, _ = strings.Cut(user, `"`)
	choice.Set("user", user)
	choice.Set("do", "approve")
	back, err := submit(link+"&choose="+mode, choice).Location()
	if err != nil || back.Query().Get("state") != "xyz" || !strings.HasPrefix(back.String(), f.RedirectURI+"?") {
		t.Fatalf("back to %v: %v", back, err)
	}
	return back.Query().Get("code")
}

// tokens are what the token endpoint answers.
type tokens struct {
	Access    string              `json:"access_token"`
	Refresh   string              `json:"refresh_token"`
	UserType  string              `json:"userType"`
	Location  tenantry.LocationID `json:"locationId"`
	Approved  []string            `json:"approvedLocations"`
	ExpiresIn float64             `json:"expires_in"`
}

// post sends a form; bearer is "" for none.
func post(t *testing.T, target, bearer string, form url.Values) (status int, got tokens) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
		req.Header.Set("Version", "2021-07-28")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, got
}

// grant asks for tokens as the demo app.
func grant(t *testing.T, f facts, kind, name, value string) (int, tokens) {
	t.Helper()
	return post(t, f.BaseURL+"/oauth/token", "", url.Values{
		"client_id": {string(f.ClientID)}, "client_secret": {f.ClientSecret}, "grant_type": {kind}, name: {value},
	})
}

// What dev prints is enough to install its app and to work with the tokens.
func TestDevInstallsItsApp(t *testing.T) {
	_, f := dev(t, "--locations", "2")
	loc := f.First()
	status, one := grant(t, f, "authorization_code", "code", install(t, f, "one", url.Values{"location": {string(loc)}}))
	if status != http.StatusOK || one.UserType != "Location" || one.Location != loc || one.ExpiresIn != 86399 {
		t.Fatalf("status %d: %+v", status, one)
	}
	if l, err := client.New(f.BaseURL, one.Access).Location(t.Context(), string(loc)); err != nil || l.ID != string(loc) {
		t.Errorf("%v, %v", l, err)
	}
	status, next := grant(t, f, "refresh_token", "refresh_token", one.Refresh)
	if status != http.StatusOK || next.Refresh == one.Refresh || next.Location != loc {
		t.Errorf("refresh: status %d, %+v", status, next)
	}
	_, all := grant(t, f, "authorization_code", "code", install(t, f, "all", url.Values{}))
	if all.UserType != "Company" || len(all.Approved) != 2 {
		t.Fatalf("%+v", all)
	}
	status, got := post(t, f.BaseURL+"/oauth/locationToken", all.Access, url.Values{"companyId": {string(f.CompanyID)}, "locationId": {string(loc)}})
	if status != http.StatusOK || got.Location != loc || got.Refresh == "" {
		t.Errorf("location token: status %d, %+v", status, got)
	}
}

// The secrets of a kept folder stay the same, and those that were replaced are set back.
func TestDevPrintsSecretsThatWork(t *testing.T) {
	dir := t.TempDir()
	p, first := dev(t, "--data", dir, "--locations", "1")
	p.stop()
	for range 2 {
		must(t, "app", "rotate-secret", string(first.ClientID), "--data", dir)
	}
	must(t, "user", "set-password", first.ConsoleEmail, "--data", dir)
	if _, ok := signsIn(t, dir, first.ConsoleEmail, first.ConsolePassword); ok || isGood(t, dir, first.ClientID, first.ClientSecret) {
		t.Fatal("a replaced secret is good")
	}
	for range 2 {
		p, again := dev(t, "--data", dir)
		p.stop()
		if diff := cmp.Diff(first.demoAccess, again.demoAccess); diff != "" {
			t.Error(diff)
		}
	}
	u, ok := signsIn(t, dir, first.ConsoleEmail, first.ConsolePassword)
	if !ok || !u.MayInstallOnCompany() || !isGood(t, dir, first.ClientID, first.ClientSecret) {
		t.Errorf("a printed secret is not good; the user is %+v", u)
	}
	if apps := decoded[[]appView](t, "app", "list", "--data", dir); len(apps) != 1 {
		t.Errorf("%d apps", len(apps))
	}
	_, other := dev(t, "--locations", "1")
	if other.ClientSecret == first.ClientSecret || other.ConsolePassword == first.ConsolePassword {
		t.Error("two installations have one secret")
	}
}
