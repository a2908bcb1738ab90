package oauth_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/testkit"
)

// members lists the names of an answer's members, sorted, without the trace id.
func members(a testkit.Answer) []string {
	object, _ := a.JSON.(map[string]any)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(object)), func(name string) bool { return name == "traceId" })
}

// claimsOf reads an access token as clients do that decode it.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// TestU75BulkInstall: the agency's token says which locations were chosen, the list of installed
// locations is already right, and there is one INSTALL event for each.
func TestU75BulkInstall(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		notKept(t, w.agency.Header)
		want := []string{
			"access_token", "approveAllLocations", "approvedLocations", "companyId", "expires_in", "installToFutureLocations",
			"isBulkInstallation", "planId", "refresh_token", "scope", "token_type", "userId", "userType",
		}
		if diff := cmp.Diff(want, members(w.agency)); diff != "" {
			t.Errorf("members (-want +got):\n%s", diff)
		}
		wantBody := fmt.Sprintf(`{"token_type":"Bearer","expires_in":86399,"userType":"Company","companyId":"{companyA}","isBulkInstallation":true,
			"approvedLocations":["{locA}","{locB}"],"installToFutureLocations":false,"approveAllLocations":false,"scope":%q}`, tenantry.JoinScopes(tenantry.Scopes()))
		var body any
		if err := json.Unmarshal([]byte(w.Names(wantBody)), &body); err != nil {
			t.Fatal(err)
		}
		if diff := testkit.Contains(body, w.agency.JSON, "$"); diff != "" {
			t.Error(diff)
		}
		w.Send(t, testkit.Scenario{Method: "GET", Path: "/oauth/installedLocations?companyId={companyA}&isInstalled=true&appId=" + string(w.app.ID),
			Token: w.agencyToken(), Status: 200, Want: `{"locations":[{"_id":"{locA}","isInstalled":true},{"_id":"{locB}","isInstalled":true}],"count":2}`})
		for _, loc := range []tenantry.LocationID{w.LocA, w.LocB} {
			events, err := w.Store.Events(t.Context(), loc)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, e := range events {
				if e.Type == tenantry.AppInstalled {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%d INSTALL events for %s", n, loc)
			}
		}
	})
}

// TestTokenOfALocation: the answer before v3 and of v3, in a form and in JSON, and the claims.
func TestTokenOfALocation(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		code := func() string {
			return w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA})
		}
		old := w.exchange(t, w.app, code(), "user_type", "Location", "refresh_token", "undefined")
		if diff := cmp.Diff([]string{
			"access_token", "companyId", "expires_in", "isBulkInstallation", "locationId", "planId", "refresh_token", "scope", "token_type",
			"userId", "userType",
		}, members(old)); diff != "" {
			t.Fatalf("%s\nmembers (-want +got):\n%s", old.Raw, diff)
		}
		w.works(t, old.Text("access_token"), w.LocA, 200)
		claims := claimsOf(t, old.Text("access_token"))
		for name, want := range map[string]any{
			"authClass": "Location", "authClassId": string(w.LocA), "primaryAuthClassId": string(w.LocA), "source": "INTEGRATION",
			"sourceId": string(w.app.ClientID()), "channel": "OAUTH", "iat": float64(w.Clock.Now().Unix()), "exp": float64(w.Clock.Now().Unix() + 86400),
		} {
			if claims[name] != want {
				t.Errorf("claim %s is %v, want %v", name, claims[name], want)
			}
		}

		form := url.Values{
			"clientId": {string(w.app.ClientID())}, "clientSecret": {w.app.Secret}, "grantType": {"authorization_code"}, "code": {code()},
			"userType": {"Location"}, "redirectUri": {testkit.Callback}, "refreshToken": {""},
		}
		inForm := w.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/token", Version: "v3", Body: form.Encode(), Header: urlencoded()})
		object := map[string]string{}
		for name := range form {
			object[name] = form.Get(name)
		}
		object["code"] = code()
		body, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		inJSON := w.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/token", Version: "v3", Body: string(body)})
		for _, a := range []testkit.Answer{inForm, inJSON} {
			if diff := cmp.Diff([]string{
				"accessToken", "companyId", "expiresIn", "isBulkInstallation", "locationId", "planId", "refreshToken", "scope", "tokenType",
				"userId", "userType",
			}, members(a)); diff != "" {
				t.Fatalf("%s\nmembers (-want +got):\n%s", a.Raw, diff)
			}
			w.works(t, a.Text("accessToken"), w.LocA, 200)
		}
		// A new consent to the same install ends the refresh tokens of the one before.
		fails(t, "an earlier refresh token", w.refresh(t, w.app, old.Text("refresh_token")), 400, "Invalid grant: refresh token is invalid")
		w.works(t, old.Text("access_token"), w.LocA, 200)
	})
}

// TestUserTypeOfACompanysGrant: the token keeps the class of the grant, but for a company's
// consent to one location of which the client asks for the location's token.
func TestUserTypeOfACompanysGrant(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		for userType, locs := range map[string][]tenantry.LocationID{"Location": {w.LocA}, "Company": {w.LocA}, "": {w.LocA}} {
			want := map[string]string{"Location": "Location"}[userType]
			if want == "" {
				want = "Company"
			}
			a := w.exchange(t, w.app, w.Code(t, w.app, tenantry.Agency, w.CompanyA, locs), "user_type", userType)
			if a.Status != 200 || a.Text("userType") != want {
				t.Errorf("user_type %q: %d %s", userType, a.Status, a.Raw)
			}
		}
		several := w.exchange(t, w.app, w.Code(t, w.app, tenantry.Agency, w.CompanyA, []tenantry.LocationID{w.LocA, w.LocB}), "user_type", "Location")
		single := w.exchange(t, w.app, w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA}), "user_type", "Company")
		if several.Text("userType") != "Company" || single.Text("userType") != "Location" {
			t.Errorf("%s\n%s", several.Raw, single.Raw)
		}
	})
}

// TestU69RefreshGrace: within 30 s the same refresh token gives the same pair, byte for byte;
// after that it is refused.
func TestU69RefreshGrace(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		first := w.refresh(t, w.app, w.agency.Text("refresh_token"))
		if first.Status != 200 || first.Text("refresh_token") == w.agency.Text("refresh_token") {
			t.Fatalf("%d %s", first.Status, first.Raw)
		}
		notKept(t, first.Header)
		for _, seconds := range []int{1, 28} {
			w.Clock.Advance(time.Duration(seconds) * time.Second)
			again := w.refresh(t, w.app, w.agency.Text("refresh_token"))
			strip := func(a testkit.Answer) string { return strings.ReplaceAll(string(a.Raw), a.Text("traceId"), "") }
			if again.Status != 200 || strip(again) != strip(first) {
				t.Errorf("answers differ:\n%s\n%s", first.Raw, again.Raw)
			}
		}
		w.Clock.Advance(2 * time.Second)
		late := w.refresh(t, w.app, w.agency.Text("refresh_token"))
		fails(t, "after the grace", late, 400, "Invalid grant: refresh token is invalid")
		if late.Text("error") != "invalid_grant" || late.Text("error_description") != late.Text("message") || late.Text("code") != "invalid_grant" {
			t.Errorf("%s", late.Raw)
		}
		// The family is over, the access tokens live on (contract, decision 34).
		fails(t, "the family", w.refresh(t, w.app, first.Text("refresh_token")), 400, "Invalid grant: refresh token is invalid")
		if a := w.locationToken(t, first.Text("access_token"), w.CompanyA, w.LocA); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
	})
}

// TestU71IncompleteTokenRequests: the two messages before v3, and the other texts of an
// incomplete request under both namings.
func TestU71IncompleteTokenRequests(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		id, secret := string(w.app.ClientID()), w.app.Secret
		const both = "grant_type must be a valid enum value; grant_type should not be empty"
		for _, row := range []struct {
			name, version, media, body string
			status                     int
			message, failure           string
		}{
			{"empty", "-", "", "", 422, both, "Unprocessable Entity"},
			{"empty form", "2021-07-28", "form", "", 422, both, "Unprocessable Entity"},
			{"JSON before v3", "2023-02-21", "application/json", `{"grant_type":"refresh_token"}`, 422, both, "Unprocessable Entity"},
			{"JSON without a version", "-", "application/json", `{"grant_type":"refresh_token"}`, 422, both, "Unprocessable Entity"},
			{"multipart", "-", "multipart/form-data; boundary=x", "--x--", 422, both, "Unprocessable Entity"},
			{"text", "-", "text/plain", "grant_type=refresh_token", 422, both, "Unprocessable Entity"},
			{"unknown version", "2020-01-01", "form", "", 422, both, "Unprocessable Entity"},
			{"password", "-", "form", "grant_type=password", 422, "grant_type must be a valid enum value", "Unprocessable Entity"},
			{"undefined", "-", "form", "grant_type=undefined", 422, both, "Unprocessable Entity"},
			{"blank", "-", "form", "grant_type=+", 422, both, "Unprocessable Entity"},
			{"v3 names before v3", "-", "form", "grantType=refresh_token", 422, both, "Unprocessable Entity"},
			{"user type", "-", "form", "grant_type=refresh_token&user_type=Agency", 422, "user_type must be a valid enum value", "Unprocessable Entity"},
			{"no client", "-", "form", "grant_type=refresh_token", 400, "Missing parameter: `client_id`", "invalid_request"},
			{"no secret", "-", "form", "grant_type=refresh_token&client_id=" + id, 400, "Missing parameter: `client_secret`", "invalid_request"},
			{"no refresh token", "-", "form", "grant_type=refresh_token&refresh_token=undefined&client_id=" + id + "&client_secret=" + secret, 400, "Missing parameter: `refresh_token`", "invalid_request"},
			{"no code", "-", "form", "grant_type=authorization_code&client_id=" + id + "&client_secret=" + secret, 400, "Missing parameter: `code`", "invalid_request"},
			{"twice", "-", "form", "grant_type=refresh_token&client_id=a&client_id=b", 400, "Invalid parameter: `client_id`", "invalid_request"},
			{"broken form", "-", "form", "grant_type=%zz", 400, "The request body is not a valid form", "Bad Request"},
			{"large", "-", "form", "grant_type=" + strings.Repeat("x", 64<<10), 413, "The request body is larger than 65536 bytes", "Request Entity Too Large"},

			{"v3: empty", "v3", "form", "", 400, "Missing parameter: grantType", "invalid_request"},
			{"v3: password", "v3", "form", "grantType=password", 400, "Invalid parameter: grantType", "invalid_request"},
			{"v3: user type", "v3", "form", "grantType=refresh_token&userType=x", 400, "Invalid parameter: userType", "invalid_request"},
			{"v3: no client", "v3", "application/json", `{"grantType":"refresh_token"}`, 400, "Missing parameter: clientId", "invalid_request"},
			{"v3: the other names do too", "v3", "form", "grant_type=refresh_token&client_id=" + id + "&client_secret=" + secret, 400, "Missing parameter: refreshToken", "invalid_request"},
			{"v3: both names", "v3", "form", "grant_type=refresh_token&grantType=refresh_token", 400, "Invalid parameter: grantType", "invalid_request"},
			{"v3: no text", "v3", "application/json", `{"grantType":1}`, 400, "Invalid parameter: grantType", "invalid_request"},
			{"v3: null", "v3", "application/json", `{"grantType":"refresh_token","refreshToken":null}`, 400, "Invalid parameter: refreshToken", "invalid_request"},
			{"v3: a member twice", "v3", "application/json", `{"grantType":"refresh_token","grantType":"refresh_token"}`, 400, "The request body has a member twice", "Bad Request"},
			{"v3: a list", "v3", "application/json", `[]`, 400, "The request body must be a JSON object", "Bad Request"},
			{"v3: what it does not know", "v3", "application/json", `{"grantType":"refresh_token","x":{"y":1}}`, 400, "Missing parameter: clientId", "invalid_request"},
		} {
			header := map[string]string{"Content-Type": row.media}
			if row.media == "form" {
				header = urlencoded()
			}
			a := w.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/token", Version: row.version, Body: row.body, Header: header})
			fails(t, row.name, a, row.status, row.message)
			if a.Text("error") != row.failure || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: error %q, want %q; %v", row.name, a.Text("error"), row.failure, a.Header)
			}
		}
	})
}

// TestClientAuthentication (requirement 15): the credentials count in the body only, either of two
// secrets is good, and nobody is told which half is wrong.
func TestClientAuthentication(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		other := w.App(t, w.CompanyA)
		form := as(w.app, "grant_type", "client_credentials")
		const refused = "Invalid client: client is invalid"
		for name, change := range map[string]func(url.Values){
			"unknown client":      func(v url.Values) { v.Set("client_id", "0123456789abcdef01234567-abcd1234") },
			"no client id":        func(v url.Values) { v.Set("client_id", "x") },
			"app id only":         func(v url.Values) { v.Set("client_id", string(w.app.ID)) },
			"other suffix":        func(v url.Values) { v.Set("client_id", string(w.app.ID)+"-00000000") },
			"wrong secret":        func(v url.Values) { v.Set("client_secret", w.app.Secret+"x") },
			"half a secret":       func(v url.Values) { v.Set("client_secret", w.app.Secret[:10]) },
			"another app's":       func(v url.Values) { v.Set("client_secret", other.Secret) },
			"the hash of it":      func(v url.Values) { v.Set("client_secret", hash(w.app.Secret)) },
			"a secret in capital": func(v url.Values) { v.Set("client_secret", strings.ToUpper(w.app.Secret)) },
		} {
			v, _ := url.ParseQuery(form.Encode())
			change(v)
			a := w.post(t, "/oauth/token", v)
			fails(t, name, a, 401, refused)
			if a.Text("error") != "invalid_client" {
				t.Errorf("%s: %s", name, a.Raw)
			}
		}
		inURL := w.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/token?" + form.Encode(), Version: "-", Body: "grant_type=client_credentials", Header: urlencoded()})
		fails(t, "credentials in the URL", inURL, 400, "Missing parameter: `client_id`")
		for name, header := range map[string]string{"bearer": "Bearer garbage", "basic": "Basic eDp5", "good": "Bearer " + w.agencyToken()} {
			h := urlencoded()
			h["Authorization"] = header
			a := w.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/token", Version: "2023-02-21", Body: form.Encode(), Header: h})
			if a.Status != 200 {
				t.Errorf("an Authorization header (%s) is not ignored: %d %s", name, a.Status, a.Raw)
			}
		}
		basic := urlencoded()
		basic["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte(string(w.app.ClientID())+":"+w.app.Secret))
		inHeader := w.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/token", Version: "-", Body: "grant_type=client_credentials", Header: basic})
		fails(t, "credentials in the header", inHeader, 400, "Missing parameter: `client_id`")

		second := testkit.App{App: w.app.App, Secret: "second-secret-of-the-app"}
		if _, err := w.Store.RotateAppSecret(t.Context(), tenantry.System(), w.app.ID, hash(second.Secret)); err != nil {
			t.Fatal(err)
		}
		for _, a := range []testkit.App{w.app, second} {
			if got := w.post(t, "/oauth/token", as(a, "grant_type", "client_credentials")); got.Status != 200 {
				t.Errorf("%d %s", got.Status, got.Raw)
			}
		}
	})
}

// TestClientCredentials: a Company token of the agency that owns the app, without a refresh token
// (contract, decision 36), with fewer scopes when fewer are asked for.
func TestClientCredentials(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		a := w.post(t, "/oauth/token", as(w.app, "grant_type", "client_credentials"))
		if a.Status != 200 || a.Text("userType") != "Company" || a.Text("companyId") != string(w.CompanyA) || a.Get("refresh_token") != nil || a.Get("userId") != "" {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
		search := testkit.Scenario{Method: "GET", Path: "/locations/search", Token: a.Text("access_token"), Status: 200}
		w.Send(t, search)
		few := w.post(t, "/oauth/token", as(w.app, "grant_type", "client_credentials", "scope", "oauth.readonly"))
		if few.Text("scope") != "oauth.readonly" {
			t.Errorf("%d %s", few.Status, few.Raw)
		}
		search.Token, search.Status = few.Text("access_token"), 401
		w.Send(t, search)
		small := w.App(t, w.CompanyA, func(a *tenantry.App) { a.Scopes = []tenantry.Scope{tenantry.TagsRead} })
		refused := w.post(t, "/oauth/token", as(small, "grant_type", "client_credentials", "scope", "locations/tags.readonly locations.write bogus"))
		fails(t, "more than the app may", refused, 400, "Invalid scope: the app may not ask for locations.write bogus")
		if refused.Text("error") != "invalid_scope" {
			t.Errorf("%s", refused.Raw)
		}
	})
}

// TestU79TheAnswerEchoesTheGrantedScopes in their order, and the token can do no more.
func TestU79TheAnswerEchoesTheGrantedScopes(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		a := w.exchange(t, w.app, w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA}, func(c *tenantry.Consent) {
			c.Scopes = []tenantry.Scope{tenantry.TagsRead, tenantry.LocationsRead}
		}))
		if a.Text("scope") != "locations/tags.readonly locations.readonly" {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
		again := w.refresh(t, w.app, a.Text("refresh_token"))
		if again.Text("scope") != a.Text("scope") {
			t.Errorf("%d %s", again.Status, again.Raw)
		}
		w.works(t, again.Text("access_token"), w.LocA, 200)
		w.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tags", Token: again.Text("access_token"), Body: `{"name":"x"}`,
			Status: 401, Want: `{"message":"The token is not authorized for this scope."}`})
	})
}

// TestPausedLocation: no tokens while it is paused, and the same refresh token afterwards.
func TestPausedLocation(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		pair := w.exchange(t, w.app, w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA}))
		code := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA})
		pause := func(paused bool) {
			if _, err := w.Store.PauseLocation(t.Context(), w.LocA, tenantry.System(), paused); err != nil {
				t.Fatal(err)
			}
		}
		pause(true)
		refused := w.refresh(t, w.app, pair.Text("refresh_token"))
		fails(t, "refresh", refused, 400, "Location is not active")
		if refused.Text("code") != "location_inactive" || refused.Text("error") != "invalid_grant" {
			t.Errorf("%s", refused.Raw)
		}
		fails(t, "code", w.exchange(t, w.app, code), 400, "Location is not active")
		pause(false)
		if a := w.exchange(t, w.app, code); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		} else if a = w.refresh(t, w.app, a.Text("refresh_token")); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
	})
}

// TestTokenLimit: five requests a minute of a client for an install, spent by those only who
// know the client's secret.
func TestTokenLimit(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		wrong := w.app
		wrong.Secret = "wrong"
		for range 10 {
			fails(t, "wrong secret", w.refresh(t, wrong, w.agency.Text("refresh_token")), 401, "Invalid client: client is invalid")
		}
		token := w.agency.Text("refresh_token")
		for i := range 5 {
			a := w.refresh(t, w.app, token)
			if a.Status != 200 || a.Header.Get("X-RateLimit-Max") != "5" || a.Header.Get("X-RateLimit-Remaining") != fmt.Sprint(4-i) {
				t.Fatalf("%d: %d %s %v", i, a.Status, a.Raw, a.Header)
			}
			token = a.Text("refresh_token")
		}
		refused := w.refresh(t, w.app, token)
		fails(t, "the sixth", refused, 429, "Too Many Requests")
		if refused.Header.Get("Retry-After") != "60" {
			t.Errorf("%v", refused.Header)
		}
		// Another install of the same client, and another client, are not held up.
		loc := w.exchange(t, w.app, w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA}))
		if a := w.refresh(t, w.app, loc.Text("refresh_token")); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
		other := w.App(t, w.CompanyA)
		if a := w.post(t, "/oauth/token", as(other, "grant_type", "client_credentials")); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
		// Nor can anyone invent quotas.
		statuses := []int{}
		for i := range 6 {
			statuses = append(statuses, w.exchange(t, w.app, fmt.Sprint("no code", i)).Status)
		}
		for i := range 6 {
			statuses = append(statuses, w.refresh(t, other, fmt.Sprint("no token", i)).Status)
		}
		if diff := cmp.Diff([]int{401, 401, 401, 401, 401, 429, 400, 400, 400, 400, 400, 429}, statuses); diff != "" {
			t.Error(diff)
		}
		w.Clock.Advance(time.Minute)
		if a := w.refresh(t, w.app, token); a.Status != 200 {
			t.Errorf("a minute later: %d %s", a.Status, a.Raw)
		}
	}, testkit.WithTokenLimits(ratelimit.TokenDefaults()))
}

// TestRefreshRaceUnderLimits: workers that refresh at once spend one request of the quota, so
// none of them is sent away until the grace is over, when their token would look stolen.
func TestRefreshRaceUnderLimits(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		old := w.agency.Text("refresh_token")
		answers := make([]testkit.Answer, 100)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = w.refresh(t, w.app, old) })
		}
		wg.Wait()
		for i, a := range answers {
			if a.Status != 200 || a.Text("refresh_token") != answers[0].Text("refresh_token") {
				t.Fatalf("refresh %d: %d %s", i, a.Status, a.Raw)
			}
		}
		token := answers[0].Text("refresh_token")
		for range 4 {
			a := w.refresh(t, w.app, token)
			if a.Status != 200 {
				t.Fatalf("%d %s", a.Status, a.Raw)
			}
			token = a.Text("refresh_token")
		}
		fails(t, "the sixth", w.refresh(t, w.app, token), 429, "Too Many Requests")
		fails(t, "the sixth, again", w.refresh(t, w.app, token), 429, "Too Many Requests")
		w.Clock.Advance(time.Minute)
		for i := range 5 * 101 { // five requests with a hundred repeats each
			if a := w.refresh(t, w.app, token); a.Status != 200 {
				t.Fatalf("repeat %d: %d %s", i, a.Status, a.Raw)
			}
		}
		fails(t, "one repeat more", w.refresh(t, w.app, token), 429, "Too Many Requests")
	}, testkit.WithTokenLimits(ratelimit.TokenDefaults()))
}

// TestReconnectIsGone as with the hosted service.
func TestReconnectIsGone(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		w.Send(t, testkit.Scenario{Method: "POST", Path: "/oauth/reconnect", Body: `{}`, Status: http.StatusBadRequest,
			Want: `{"statusCode":400,"message":"API endpoint has been removed","error":"Bad Request","code":"endpoint_removed"}`})
	})
}
