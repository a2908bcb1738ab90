package oauth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// uninstall asks with a token that the app be uninstalled.
func (w *world) uninstall(t testing.TB, token string, app tenantry.AppID, body string) testkit.Answer {
	t.Helper()
	return w.Do(t, testkit.Scenario{Method: "DELETE", Path: "/marketplace/app/" + string(app) + "/installations", Token: token, Body: body})
}

// TestUninstallASubAccount: by a token of its own or of the agency; the other sub-account's tokens stay.
func TestUninstallASubAccount(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		a, b := w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA), w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocB)
		if got := w.uninstall(t, a.Text("access_token"), w.app.ID, `{"locationId":"{locA}","reason":"no more use"}`); got.Status != 200 || got.Get("success") != true {
			t.Fatalf("%d %s", got.Status, got.Raw)
		}
		w.works(t, a.Text("access_token"), w.LocA, 401)
		fails(t, "its refresh token", w.refresh(t, w.app, a.Text("refresh_token")), 400, refreshUnknown)
		fails(t, "another exchange", w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA), 400, "The app is not installed on this location")
		w.works(t, b.Text("access_token"), w.LocB, 200)

		fails(t, "once more", w.uninstall(t, w.agencyToken(), w.app.ID, `{"companyId":"{companyA}","locationId":"{locA}"}`), 400,
			"Install with id "+string(w.app.ID)+" not found")
		if got := w.uninstall(t, w.agencyToken(), w.app.ID, `{"companyId":"{companyA}","locationId":"{locB}"}`); got.Status != 200 {
			t.Errorf("by the agency: %d %s", got.Status, got.Raw)
		}
		w.works(t, b.Text("access_token"), w.LocB, 401)
	})
}

// TestUninstallEverywhere: with the agency's id alone the app leaves all its sub-accounts, and
// another agency keeps it.
func TestUninstallEverywhere(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		theirs := w.exchange(t, w.app, w.Code(t, w.app, tenantry.Agency, w.CompanyB, []tenantry.LocationID{w.LocX}))
		location := w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA)
		if got := w.uninstall(t, w.agencyToken(), w.app.ID, `{"companyId":"{companyA}"}`); got.Status != 200 {
			t.Fatalf("%d %s", got.Status, got.Raw)
		}
		w.works(t, location.Text("access_token"), w.LocA, 401)
		fails(t, "the agency's token", w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA), 401, "Invalid JWT")
		fails(t, "the agency's refresh token", w.refresh(t, w.app, w.agency.Text("refresh_token")), 400, refreshUnknown)
		if got := w.locationToken(t, theirs.Text("access_token"), w.CompanyB, w.LocX); got.Status != 200 {
			t.Errorf("another agency's: %d %s", got.Status, got.Raw)
		}
	})
}

// TestUninstallRefused: what names another place or another app changes nothing.
func TestUninstallRefused(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		const noAccess = "The token does not have access to this location."
		other := w.App(t, w.CompanyA)
		location := w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA).Text("access_token")
		before := w.Snapshot(t)
		for name, c := range map[string]struct {
			token, body, message string
			app                  tenantry.AppID
			status               int
		}{
			"another app":                        {w.agencyToken(), `{"companyId":"{companyA}"}`, "App with id " + string(other.ID) + " not found", other.ID, 400},
			"no company":                         {w.agencyToken(), `{"locationId":"{locA}"}`, "companyId should not be empty", w.app.ID, 422},
			"an empty location":                  {w.agencyToken(), `{"companyId":"{companyA}","locationId":""}`, "locationId should not be empty", w.app.ID, 422},
			"no location":                        {location, `{"companyId":"{companyA}"}`, "locationId should not be empty", w.app.ID, 422},
			"another company":                    {w.agencyToken(), `{"companyId":"{companyB}"}`, noAccess, w.app.ID, 403},
			"another company's location":         {w.agencyToken(), `{"companyId":"{companyA}","locationId":"{locX}"}`, noAccess, w.app.ID, 403},
			"an unknown location":                {w.agencyToken(), `{"companyId":"{companyA}","locationId":"nowhere"}`, noAccess, w.app.ID, 403},
			"a location's token, its sibling":    {location, `{"locationId":"{locB}"}`, noAccess, w.app.ID, 403},
			"a location's token, another agency": {location, `{"locationId":"{locA}","companyId":"{companyB}"}`, noAccess, w.app.ID, 403},
			"a private token":                    {"agencyA", `{"companyId":"{companyA}"}`, "The token is not authorized for this scope.", w.app.ID, 401},
			"every failure at once": {w.agencyToken(), `{"x":1,"reason":5}`,
				"property x should not exist; reason must be a string; companyId should not be empty", w.app.ID, 422},
		} {
			fails(t, name, w.uninstall(t, c.token, c.app, c.body), c.status, c.message)
		}
		if diff := cmp.Diff(before, w.Snapshot(t)); diff != "" {
			t.Error(diff)
		}
	})
}
