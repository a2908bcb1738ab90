package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/testkit"
)

// world is a server with an app that is installed in bulk on location A and B of agency A.
type world struct {
	*testkit.Env

	app    testkit.App
	agency testkit.Answer // the answer that gave the app its agency token
}

// forEach runs a test on each engine, on a world of its own.
func forEach(t *testing.T, test func(t *testing.T, w *world), opts ...testkit.Option) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d, opts...)
		w := &world{Env: e, app: e.App(t, e.CompanyA)}
		w.agency = w.exchange(t, w.app, e.Code(t, w.app, tenantry.Agency, e.CompanyA, []tenantry.LocationID{e.LocA, e.LocB}))
		if w.agency.Status != 200 {
			t.Fatalf("%d %s", w.agency.Status, w.agency.Raw)
		}
		test(t, w)
	})
}

// agencyToken is the app's access token for agency A.
func (w *world) agencyToken() string { return w.agency.Text("access_token") }

// as is the form of a client: its credentials and then pairs of names and values.
func as(a testkit.App, pairs ...string) url.Values {
	v := url.Values{"client_id": {string(a.ClientID())}, "client_secret": {a.Secret}}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// post sends a form without a token. It checks the answer as any other, see [testkit.Env.Do].
func (w *world) post(t testing.TB, path string, form url.Values) testkit.Answer {
	t.Helper()
	return postTo(t, w.Env, path, form)
}

func postTo(t testing.TB, e *testkit.Env, path string, form url.Values) testkit.Answer {
	t.Helper()
	return e.Do(t, testkit.Scenario{Method: "POST", Path: path, Version: "-", Body: form.Encode(), Header: urlencoded()})
}

func urlencoded() map[string]string {
	return map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
}

func (w *world) exchange(t testing.TB, a testkit.App, code string, pairs ...string) testkit.Answer {
	t.Helper()
	return w.post(t, "/oauth/token", as(a, append([]string{"grant_type", "authorization_code", "code", code, "redirect_uri", testkit.Callback}, pairs...)...))
}

func (w *world) refresh(t testing.TB, a testkit.App, token string) testkit.Answer {
	t.Helper()
	return w.post(t, "/oauth/token", as(a, "grant_type", "refresh_token", "refresh_token", token))
}

// locationToken exchanges an agency's token.
func (w *world) locationToken(t testing.TB, token string, company tenantry.CompanyID, loc tenantry.LocationID) testkit.Answer {
	t.Helper()
	form := url.Values{"companyId": {string(company)}, "locationId": {string(loc)}}
	return w.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/locationToken", Token: token, Body: form.Encode(), Header: urlencoded()})
}

// works expects the access token to be good for a call of its location.
func (w *world) works(t testing.TB, token string, loc tenantry.LocationID, status int) {
	t.Helper()
	a := w.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/" + string(loc) + "/tags", Token: token})
	if a.Status != status {
		t.Errorf("the access token gets %d, want %d: %s", a.Status, status, a.Raw)
	}
}

// fails expects an error of the token endpoint: no token is in it, and nobody keeps it.
func fails(t testing.TB, what string, a testkit.Answer, status int, message string) {
	t.Helper()
	text := a.Text("message")
	if list, ok := a.Get("message").([]any); ok {
		var all []string
		for _, m := range list {
			s, _ := m.(string)
			all = append(all, s)
		}
		text = strings.Join(all, "; ")
	}
	if a.Status != status || text != message || a.Get("statusCode") != float64(status) || a.Text("code") == "" || len(a.Text("traceId")) != 36 {
		t.Errorf("%s: %d %s, want %d %q", what, a.Status, a.Raw, status, message)
	}
	if strings.Contains(string(a.Raw), "access_token") || strings.Contains(string(a.Raw), "accessToken") {
		t.Errorf("%s: an error with a token: %s", what, a.Raw)
	}
}

// notKept checks the headers of an answer that holds credentials.
func notKept(t testing.TB, h http.Header) {
	t.Helper()
	if h.Get("Cache-Control") != "no-store" || h.Get("Pragma") != "no-cache" {
		t.Errorf("the answer may be kept: %v", h)
	}
}

func hash(secret string) string { return oauth.HashToken(secret) }

// tokenOf signs an agency's access token of the app, for a user of any kind.
func (w *world) tokenOf(t testing.TB, a testkit.App, company tenantry.CompanyID, user tenantry.UserID) string {
	t.Helper()
	token, err := w.Tokens.Issue(oauth.Grant{
		Class: tenantry.Agency, CompanyID: company, UserID: user, AppID: a.ID, ClientID: string(a.ClientID()), Scopes: tenantry.Scopes(), TokenID: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// parse reads JSON with the Env's names in it.
func (w *world) parse(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(w.Names(text)), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
