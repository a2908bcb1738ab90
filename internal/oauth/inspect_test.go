package oauth_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestRevoke (requirement 17) goes through RFC 7009: one's own tokens end at once, others' stay,
// and a token that is none is answered the same.
func TestRevoke(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		other := w.App(t, w.CompanyA)
		revoke := func(a testkit.App, token string) {
			t.Helper()
			got := w.post(t, "/oauth/revoke", as(a, "token", token, "token_type_hint", "access_token"))
			if got.Status != 200 || len(members(got)) != 0 {
				t.Errorf("%d %s", got.Status, got.Raw)
			}
			notKept(t, got.Header)
		}
		location := w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA)
		access, refresh := location.Text("access_token"), location.Text("refresh_token")
		for _, token := range []string{"garbage", "pit-00000000-0000-4000-8000-000000000000", "a.b.c", w.Token("locA"), w.Token("agencyA")} {
			revoke(w.app, token)
		}
		revoke(other, access)
		revoke(other, refresh)
		w.works(t, access, w.LocA, 200)
		w.works(t, "locA", w.LocA, 200)
		revoke(w.app, access)
		w.works(t, access, w.LocA, 401)
		revoke(w.app, access)
		next := w.refresh(t, w.app, refresh)
		w.works(t, next.Text("access_token"), w.LocA, 200)
		// A refresh token ends with the access tokens of its grant, also one that was used.
		revoke(w.app, refresh)
		w.works(t, next.Text("access_token"), w.LocA, 401)
		fails(t, "the family", w.refresh(t, w.app, next.Text("refresh_token")), 400, refreshUnknown)
		// And an agency's with all that was exchanged for it.
		location = w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA)
		revoke(w.app, w.agency.Text("refresh_token"))
		w.works(t, location.Text("access_token"), w.LocA, 401)
		fails(t, "the agency's token", w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA), 401, "Invalid JWT")

		wrong := w.app
		wrong.Secret = "wrong"
		fails(t, "wrong secret", w.post(t, "/oauth/revoke", as(wrong, "token", "x")), 401, "Invalid client: client is invalid")
		fails(t, "no token", w.post(t, "/oauth/revoke", as(w.app)), 400, "Missing parameter: `token`")
		fails(t, "nothing", w.post(t, "/oauth/revoke", nil), 400, "Missing parameter: `client_id`")
	})
}

// TestIntrospect (requirement 17) goes through RFC 7662: a client learns about its own tokens
// only, and of no token that is good for nothing anything but that.
func TestIntrospect(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		other := w.App(t, w.CompanyA)
		ask := func(a testkit.App, token string) testkit.Answer {
			t.Helper()
			got := w.post(t, "/oauth/introspect", as(a, "token", token))
			if got.Status != 200 {
				t.Fatalf("%d %s", got.Status, got.Raw)
			}
			notKept(t, got.Header)
			return got
		}
		inactive := func(what string, got testkit.Answer) {
			t.Helper()
			if diff := cmp.Diff([]string{"active"}, members(got)); diff != "" || got.Get("active") != false {
				t.Errorf("%s: %s", what, got.Raw)
			}
		}
		location := w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA)
		access, refresh := location.Text("access_token"), location.Text("refresh_token")
		now := float64(w.Clock.Now().Unix())
		for token, want := range map[string]map[string]any{
			access: {"token_type": "Bearer", "exp": now + 86400, "iat": now, "sub": string(w.LocA), "aud": "tenantry", "userType": "Location",
				"locationId": string(w.LocA), "jti": claimsOf(t, access)["jti"], "iss": claimsOf(t, access)["iss"]},
			w.agencyToken(): {"token_type": "Bearer", "sub": string(w.CompanyA), "userType": "Company", "locationId": nil},
			refresh:         {"token_type": "refresh_token", "sub": string(w.LocA), "userType": "Location", "exp": now + 365*86400},
		} {
			want["active"], want["client_id"], want["companyId"] = true, string(w.app.ClientID()), string(w.CompanyA)
			want["scope"], want["userId"] = tenantry.JoinScopes(tenantry.Scopes()), w.agency.Text("userId")
			got := ask(w.app, token)
			for name, value := range want {
				if got.Get(name) != value {
					t.Errorf("%s is %v, want %v: %s", name, got.Get(name), value, got.Raw)
				}
			}
			inactive("another app's", ask(other, token))
		}
		for _, token := range []string{"garbage", w.Token("locA"), access + "A"} {
			inactive(token, ask(w.app, token))
		}
		w.refresh(t, w.app, refresh)
		inactive("a used refresh token", ask(w.app, refresh))
		w.post(t, "/oauth/revoke", as(w.app, "token", access))
		inactive("revoked", ask(w.app, access))
		w.Clock.Advance(24 * time.Hour)
		inactive("expired", ask(w.app, w.agencyToken()))
		wrong := w.app
		wrong.Secret = "wrong"
		fails(t, "wrong secret", w.post(t, "/oauth/introspect", as(wrong, "token", access)), 401, "Invalid client: client is invalid")
		fails(t, "no token", w.post(t, "/oauth/introspect", as(w.app)), 400, "Missing parameter: `token`")
	})
}

// TestResourceMetadata (requirement 17): RFC 9728 names the authorization server, whose own
// metadata has the same issuer.
func TestResourceMetadata(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		a := w.Do(t, testkit.Scenario{Method: "GET", Path: "/.well-known/oauth-protected-resource", Version: "-"})
		want := w.parse(t, `{"resource":"`+w.URL+`","authorization_servers":["`+w.URL+`"],"bearer_methods_supported":["header"]}`)
		if diff := testkit.Contains(want, a.JSON, "$"); diff != "" || a.Status != 200 || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%d %v %s", a.Status, a.Header, diff)
		}
		server := w.Do(t, testkit.Scenario{Method: "GET", Path: "/.well-known/oauth-authorization-server", Version: "-"})
		if server.Text("issuer") != w.URL {
			t.Errorf("issuer %q", server.Text("issuer"))
		}
	})
}

// TestMetadata (requirement 17): RFC 8414, and every address in it is the server's own and answers.
func TestMetadata(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		a := w.Do(t, testkit.Scenario{Method: "GET", Path: "/.well-known/oauth-authorization-server", Version: "-"})
		want := w.parse(t, `{"issuer":"`+w.URL+`","authorization_endpoint":"`+w.URL+`/oauth/chooselocation","token_endpoint":"`+w.URL+`/oauth/token",
			"jwks_uri":"`+w.URL+`/.well-known/jwks.json","revocation_endpoint":"`+w.URL+`/oauth/revoke","introspection_endpoint":"`+w.URL+`/oauth/introspect",
			"response_types_supported":["code"],"grant_types_supported":["authorization_code","refresh_token","client_credentials"],
			"token_endpoint_auth_methods_supported":["client_secret_post"],"code_challenge_methods_supported":["S256"]}`)
		if diff := testkit.Contains(want, a.JSON, "$"); diff != "" || a.Status != 200 || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%d %v %s", a.Status, a.Header, diff)
		}
		if scopes, _ := a.Get("scopes_supported").([]any); len(scopes) != len(tenantry.Scopes()) {
			t.Errorf("scopes %v", scopes)
		}
		for name, method := range map[string]string{"token_endpoint": "POST", "revocation_endpoint": "POST", "introspection_endpoint": "POST", "jwks_uri": "GET"} {
			if got := w.Do(t, testkit.Scenario{Method: method, Path: a.Text(name)[len(w.URL):], Version: "-"}); got.Status == 404 {
				t.Errorf("%s: %d %s", name, got.Status, got.Raw)
			}
		}
	})
}
