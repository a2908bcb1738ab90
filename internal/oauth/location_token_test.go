package oauth_test

import (
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestU72LocationToken: all members, and a refresh token that works.
func TestU72LocationToken(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		form := url.Values{"companyId": {string(w.CompanyA)}, "locationId": {string(w.LocA)}}
		row := testkit.Scenario{Method: "POST", Path: "/oauth/locationToken", Token: w.agencyToken(), Body: form.Encode(), Header: urlencoded(), Status: 200,
			Events: []tenantry.EventType{tenantry.GrantCreated},
			Want: `{"access_token":"*","token_type":"Bearer","expires_in":86399,"refresh_token":"*","userType":"Location","companyId":"{companyA}",
				"locationId":"{locA}","planId":"","appId":"` + string(w.app.ID) + `","versionId":"` + string(w.app.VersionID) + `",
				"scope":"` + tenantry.JoinScopes(tenantry.Scopes()) + `","userId":"` + w.agency.Text("userId") + `"}`}
		old := w.Send(t, row)
		w.works(t, old.Text("access_token"), w.LocA, 200)
		refreshed := w.post(t, "/oauth/token", as(w.app, "grant_type", "refresh_token", "refresh_token", old.Text("refresh_token"), "user_type", "Location"))
		if refreshed.Status != 200 || refreshed.Text("locationId") != string(w.LocA) || refreshed.Text("userType") != "Location" {
			t.Errorf("%d %s", refreshed.Status, refreshed.Raw)
		}
		for name, media := range map[string]string{form.Encode(): "application/x-www-form-urlencoded; charset=UTF-8",
			`{"companyId":"{companyA}","locationId":"{locA}"}`: "application/json"} {
			row.Path, row.Version, row.Body, row.Header = "/oauth/location-token", "v3", name, map[string]string{"Content-Type": media}
			row.Want = `{"accessToken":"*","tokenType":"Bearer","expiresIn":86399,"refreshToken":"*","userType":"Location","companyId":"{companyA}","locationId":"{locA}"}`
			a := w.Send(t, row)
			w.works(t, a.Text("accessToken"), w.LocA, 200)
			if diff := cmp.Diff([]string{
				"accessToken", "appId", "companyId", "expiresIn", "locationId", "planId", "refreshToken", "scope", "tokenType", "userId", "userType", "versionId",
			}, members(a)); diff != "" {
				t.Error(diff)
			}
		}
		row.Version, row.Status, row.Want, row.Events = "2021-07-28", 404, `{"message":"Cannot POST /oauth/location-token"}`, nil
		w.Send(t, row)
	})
}

// TestU74LocationTokenRefusals are three sentences that can be told apart, and none has a token.
func TestU74LocationTokenRefusals(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		locC := w.Location(t, w.CompanyA, "C")
		if _, err := w.Store.PauseLocation(t.Context(), w.LocB, tenantry.System(), true); err != nil {
			t.Fatal(err)
		}
		fails(t, "paused", w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocB), 400, "Location is not active")
		fails(t, "not installed", w.locationToken(t, w.agencyToken(), w.CompanyA, locC), 400, "The app is not installed on this location")
		fails(t, "another company", w.locationToken(t, w.agencyToken(), w.CompanyB, w.LocX), 403, "The token does not have access to this location.")
		if err := w.Store.DeleteLocation(t.Context(), locC, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		fails(t, "deleted", w.locationToken(t, w.agencyToken(), w.CompanyA, locC), 403, "The token does not have access to this location.")

		body := url.Values{"companyId": {string(w.CompanyA)}, "locationId": {string(w.LocA)}}.Encode()
		row := testkit.Scenario{Method: "POST", Path: "/oauth/locationToken", Token: "agencyA", Body: body, Header: urlencoded(), Status: 401,
			Want: `{"message":"The token is not authorized for this scope.","code":"scope_missing"}`}
		w.Send(t, row)
		// Even a private token that somehow had the scope is no app's.
		row.Token = w.AccessToken(t, tenantry.Caller{Class: tenantry.Agency, CompanyID: w.CompanyA, Scopes: []tenantry.Scope{tenantry.OAuthRead}})
		w.Send(t, row)
		row.Token, row.Body, row.Status = w.agencyToken(), "locationId=", 422
		row.Want = `{"message":["companyId must be a string","companyId should not be empty","locationId should not be empty"]}`
		w.Send(t, row)
		row.Header, row.Body, row.Status, row.Want = nil, `{"companyId":"{companyA}","locationId":"{locA}"}`, 415, `{"code":"unsupported_media_type"}`
		w.Send(t, row)
	})
}

// TestU83FutureLocations: a new location gets the app, and an INSTALL event, when the one who
// consented chose so, and else not.
func TestU83FutureLocations(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		for _, future := range []bool{true, false} {
			app := w.App(t, w.CompanyA)
			agency := w.exchange(t, app, w.Code(t, app, tenantry.Agency, w.CompanyA, nil, func(c *tenantry.Consent) { c.ApproveAll, c.InstallToFuture = true, future }))
			if agency.Get("installToFutureLocations") != future || agency.Get("approveAllLocations") != true {
				t.Fatalf("%d %s", agency.Status, agency.Raw)
			}
			a := w.Do(t, testkit.Scenario{Method: "POST", Path: "/locations/", Token: "agencyA", Body: `{"name":"New","companyId":"{companyA}"}`})
			loc := tenantry.LocationID(a.Text("id"))
			events, err := w.Store.Events(t.Context(), loc)
			if err != nil {
				t.Fatal(err)
			}
			installs := 0
			for _, e := range events {
				if e.Type == tenantry.AppInstalled {
					installs++
				}
			}
			got := w.locationToken(t, agency.Text("access_token"), w.CompanyA, loc)
			list := w.Do(t, testkit.Scenario{Method: "GET", Token: agency.Text("access_token"),
				Path: "/oauth/installedLocations?companyId={companyA}&isInstalled=true&limit=100&appId=" + string(app.ID)})
			if isListed := slices.Contains(listed(list, "locations"), string(loc)); isListed != future || list.Get("installToFutureLocations") != future {
				t.Errorf("future %t: %s", future, list.Raw)
			}
			if future {
				if installs == 0 || got.Status != 200 {
					t.Errorf("%d INSTALL events, %d %s", installs, got.Status, got.Raw)
				}
				continue
			}
			fails(t, "not for future locations", got, 400, "The app is not installed on this location")
		}
	})
}

// listed gives the ids of a list's rows.
func listed(a testkit.Answer, member string) []string {
	list, _ := a.Get(member).([]any)
	out := make([]string, len(list))
	for i, row := range list {
		object, _ := row.(map[string]any)
		out[i], _ = object["_id"].(string)
	}
	return out
}
