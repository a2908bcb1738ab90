package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestBulkInstall (U75): the token answer and the list agree, and each location has one event.
func TestBulkInstall(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		third := e.Location(t, e.CompanyA, "Third")
		issued := c.grant(t, c.some(e.LocB, e.LocA))
		chosen := []tenantry.LocationID{e.LocA, e.LocB}
		if issued.Class != tenantry.Agency || issued.LocationID != "" || !issued.Bulk || issued.ApproveAll || issued.InstallToFuture ||
			!slices.Equal(issued.ApprovedLocations, chosen) {
			t.Errorf("issued %+v", issued)
		}
		if again := ok[tenantry.Issued](t)(c.refresh(t, issued.RefreshToken)); !slices.Equal(again.ApprovedLocations, chosen) {
			t.Errorf("the refreshed pair approves %v", again.ApprovedLocations)
		}
		for _, loc := range chosen {
			types, last := events(t, e, loc, tenantry.AppInstalled)
			want := map[string]any{
				"type": "INSTALL", "appId": string(c.app.ID), "versionId": string(c.app.VersionID), "installType": "Location",
				"companyId": string(e.CompanyA), "locationId": string(loc), "userId": string(c.admin.ID), "planId": "",
				"trial":               map[string]any{"onTrial": false, "trialDuration": 0.0, "trialStartDate": ""},
				"isWhitelabelCompany": false, "whitelabelDetails": map[string]any{"domain": "", "logoUrl": ""},
				"companyName": "Agency A", "timestamp": "2026-03-02T09:00:00.000Z", "webhookId": last["webhookId"],
			}
			if diff := cmp.Diff(want, last); diff != "" || len(types) != 1 || last["webhookId"] == "" {
				t.Errorf("events %v (-want +got):\n%s", types, diff)
			}
		}
		// Nothing new for where it is installed already, and nothing for the agency as a whole.
		c.grant(t, c.some(e.LocA, third))
		for loc, want := range map[tenantry.LocationID]int{e.LocA: 1, third: 1, "": 0} {
			if types, _ := events(t, e, loc, tenantry.AppInstalled); len(types) != want {
				t.Errorf("%d installs of %q, want %d", len(types), loc, want)
			}
		}
	})
}

// TestInstallOnFutureLocations (U83).
func TestInstallOnFutureLocations(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c, without := t.Context(), newClient(t, e), newClient(t, e)
		issued := c.grant(t, c.all(true))
		if !issued.ApproveAll || !issued.InstallToFuture || !slices.Equal(issued.ApprovedLocations, []tenantry.LocationID{e.LocA, e.LocB}) {
			t.Errorf("issued %+v", issued)
		}
		agency := without.grant(t, without.all(false))
		later := e.Location(t, e.CompanyA, "Later")
		types, last := events(t, e, later, tenantry.AppInstalled)
		if len(types) != 1 || last["appId"] != string(c.app.ID) || last["locationId"] != string(later) || last["userId"] != nil {
			t.Errorf("events %v, last %v", types, last)
		}
		if i := ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, caller(issued), later)); i.LocationID != later {
			t.Errorf("exchanged for %+v", i)
		}
		_, err := e.Store.ExchangeLocation(ctx, caller(agency), later)
		wantCode(t, err, tenantry.Refused, "app_not_installed")
		if got, _ := events(t, e, e.Location(t, e.CompanyB, "Theirs"), tenantry.AppInstalled); got != nil {
			t.Errorf("another agency's location has %v", got)
		}
		c.grant(t, c.all(false)) // the last consent decides
		if i := ok[tenantry.Install](t)(e.Store.CompanyInstall(ctx, e.CompanyA, c.app.ID)); i.InstallToFuture || i.UserID != c.admin.ID {
			t.Errorf("the company's install is %+v", i)
		}
		if got, _ := events(t, e, e.Location(t, e.CompanyA, "Still later"), tenantry.AppInstalled); got != nil {
			t.Errorf("a location after the change has %v", got)
		}
	})
}

// TestAgencyAppInstall: one event of the agency, none of a location.
func TestAgencyAppInstall(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		c := newClient(t, e, func(a *tenantry.App) { a.Target = tenantry.Agency })
		consent := c.some()
		consent.Bulk = false
		issued := c.grant(t, consent)
		if issued.Class != tenantry.Agency || issued.Bulk || len(issued.ApprovedLocations) != 0 {
			t.Errorf("issued %+v", issued)
		}
		types, last := events(t, e, "", tenantry.AppInstalled)
		if _, located := last["locationId"]; len(types) != 1 || located || last["installType"] != "Company" || last["companyId"] != string(e.CompanyA) {
			t.Errorf("events %v, last %v", types, last)
		}
		if err := e.Store.UninstallCompany(ctx, e.CompanyA, tenantry.System(), c.app.ID); err != nil {
			t.Fatal(err)
		}
		types, last = events(t, e, "", tenantry.AppUninstalled)
		if _, located := last["locationId"]; len(types) != 1 || located || last["companyId"] != string(e.CompanyA) || last["appId"] != string(c.app.ID) {
			t.Errorf("events %v, last %v", types, last)
		}
		if !isRevoked(t, e, issued) {
			t.Error("the access token outlives the uninstall")
		}
		if err := e.Store.UninstallCompany(ctx, e.CompanyA, tenantry.System(), c.app.ID); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("again gives %v", err)
		}
	})
}

// TestExchangeLocation (U72, U74): three refusals that can be told apart, and a refresh token that works.
func TestExchangeLocation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		agency := c.grant(t, c.some(e.LocA))
		by := caller(agency)
		issued := ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, by, e.LocA))
		want := tenantry.Grant{
			AppID: c.app.ID, Class: tenantry.SubAccount, CompanyID: e.CompanyA, LocationID: e.LocA, UserID: c.admin.ID, ParentID: agency.ID,
			Scopes: agency.Scopes,
		}
		ignore := cmpopts.IgnoreFields(tenantry.Grant{}, "ID", "CreatedAt", "ExpiresAt")
		if diff := cmp.Diff(want, issued.Grant, ignore); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if again := ok[tenantry.Issued](t)(c.refresh(t, issued.RefreshToken)); again.LocationID != e.LocA {
			t.Errorf("refreshed %+v", again)
		}
		before := e.Snapshot(t)
		_, err := e.Store.ExchangeLocation(ctx, by, e.LocB)
		wantCode(t, err, tenantry.Refused, "app_not_installed")
		for _, loc := range []tenantry.LocationID{e.LocX, "unknown"} {
			_, err = e.Store.ExchangeLocation(ctx, by, loc)
			wantCode(t, err, tenantry.NoAccess, "location_access_denied")
		}
		_, err = e.Store.ExchangeLocation(ctx, caller(issued), e.LocA) // a location's token
		wantCode(t, err, tenantry.NoAccess, "location_access_denied")
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refusal wrote:\n%s", diff)
		}
		ok[tenantry.Location](t)(e.Store.PauseLocation(ctx, e.LocA, tenantry.System(), true))
		_, err = e.Store.ExchangeLocation(ctx, by, e.LocA)
		wantCode(t, err, tenantry.Refused, "location_inactive")
	})
}

// TestExchangesDoNotPileUp: the newest hundred of a location have a refresh token.
func TestExchangesDoNotPileUp(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		agency := c.grant(t, c.some(e.LocA))
		issued := make([]tenantry.Issued, 103)
		for i := range issued {
			issued[i] = ok[tenantry.Issued](t)(e.Store.ExchangeLocation(t.Context(), caller(agency), e.LocA))
		}
		for i, want := range map[int]bool{0: false, 2: false, 3: true, 102: true} {
			if _, err := c.refresh(t, issued[i].RefreshToken); (err == nil) != want {
				t.Errorf("exchange %d: %v", i, err)
			}
		}
		if isRevoked(t, e, issued[0]) {
			t.Error("its access token was revoked")
		}
		ok[tenantry.Issued](t)(c.refresh(t, agency.RefreshToken))
	})
}

// TestExchangesByTheOwner: what an app exchanges for tokens of client credentials does not pile
// up either.
func TestExchangesByTheOwner(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		c.grant(t, c.some(e.LocA))
		issued := make([]tenantry.Issued, 101)
		for i := range issued {
			owner := ok[tenantry.Issued](t)(e.Store.IssueForOwner(ctx, c.app.ID))
			issued[i] = ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, caller(owner), e.LocA))
		}
		for i, want := range map[int]bool{0: false, 1: true, 100: true} {
			if _, err := c.refresh(t, issued[i].RefreshToken); (err == nil) != want {
				t.Errorf("exchange %d: %v", i, err)
			}
		}
	})
}

// TestEndedExchangesGo: the access tokens of grants that ended because of newer ones are
// refused when the app goes, is uninstalled, or gives back the agency's token, in however many
// steps that takes.
func TestEndedExchangesGo(t *testing.T) {
	for name, end := range map[string]func(c *client, agency tenantry.Issued) error{
		"uninstalled there": func(c *client, _ tenantry.Issued) error {
			return c.Store.Uninstall(t.Context(), c.LocA, tenantry.System(), c.app.ID)
		},
		"uninstalled everywhere": func(c *client, _ tenantry.Issued) error {
			return c.Store.UninstallCompany(t.Context(), c.CompanyA, tenantry.System(), c.app.ID)
		},
		"revoked": func(c *client, agency tenantry.Issued) error {
			return c.Store.RevokeRefreshToken(t.Context(), tenantry.System(), c.app.ID, agency.RefreshToken)
		},
	} {
		t.Run(name, func(t *testing.T) {
			forEach(t, func(t *testing.T, e *testkit.Env) {
				c := newClient(t, e)
				agency := c.grant(t, c.some(e.LocA))
				issued := make([]tenantry.Issued, 603) // 100 stay good, and one step takes 500
				for i := range issued {
					issued[i] = ok[tenantry.Issued](t)(e.Store.ExchangeLocation(t.Context(), caller(agency), e.LocA))
				}
				if isRevoked(t, e, issued[0]) {
					t.Fatal("its access token was revoked before")
				}
				if err := end(c, agency); err != nil {
					t.Fatal(err)
				}
				for _, i := range []int{0, 501, 502, 503, 602} {
					if !isRevoked(t, e, issued[i]) {
						t.Errorf("access token %d is good", i)
					}
				}
			})
		})
	}
}

// TestExchangeWithARevokedToken: a request that was let in before the agency's grant was
// revoked gets nothing that outlives it.
func TestExchangeWithARevokedToken(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		agency := c.grant(t, c.some(e.LocA))
		if err := e.Store.RevokeRefreshToken(t.Context(), tenantry.System(), c.app.ID, agency.RefreshToken); err != nil {
			t.Fatal(err)
		}
		_, err := e.Store.ExchangeLocation(t.Context(), caller(agency), e.LocA)
		wantCode(t, err, tenantry.Unauthenticated, "token_invalid")
	})
}

// TestUninstall: of a location, by its deletion, and of a whole agency in more than one step.
func TestUninstall(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c, other := t.Context(), newClient(t, e), newClient(t, e)
		a, b, bystander := c.grant(t, c.one(e.LocA)), c.grant(t, c.one(e.LocB)), other.grant(t, other.one(e.LocA))
		if err := e.Store.Uninstall(ctx, e.LocA, tenantry.System(), c.app.ID); err != nil {
			t.Fatal(err)
		}
		if err := e.Store.Uninstall(ctx, e.LocA, tenantry.System(), c.app.ID); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("again gives %v", err)
		}
		if err := e.Store.DeleteLocation(ctx, e.LocB, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		if err := e.Store.Uninstall(ctx, e.LocB, tenantry.System(), c.app.ID); tenantry.KindOf(err) != tenantry.NoAccess {
			t.Errorf("of a deleted location gives %v", err)
		}
		for _, gone := range []tenantry.Issued{a, b} {
			_, err := c.refresh(t, gone.RefreshToken)
			wantCode(t, err, tenantry.Refused, "invalid_grant")
			types, last := events(t, e, gone.LocationID, tenantry.AppUninstalled)
			if _, company := last["companyId"]; len(types) != 1 || company || last["locationId"] != string(gone.LocationID) || last["appId"] != string(c.app.ID) {
				t.Errorf("events %v, last %v", types, last)
			}
			if !isRevoked(t, e, gone) {
				t.Errorf("access token %s is good", gone.TokenID)
			}
		}
		ok[tenantry.Issued](t)(other.refresh(t, bystander.RefreshToken))
	})
}

// TestInstallsOfALargeAgency come and go in steps.
func TestInstallsOfALargeAgency(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		const many = 1003 // two steps of 500 and one more
		err := e.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			tx.Across("a test")
			for i := range many - 2 {
				_, err := tx.Exec(ctx, `INSERT INTO locations (location_id, company_id, name, created_at, updated_at) VALUES ($1, $2, 'Many', 1, 1)`,
					fmt.Sprint("many", i), e.CompanyA)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		issued := c.grant(t, c.all(false))
		yes := true
		filter := tenantry.InstalledFilter{CompanyID: e.CompanyA, AppID: c.app.ID, Installed: &yes, Limit: 1}
		installed := func(want int) {
			t.Helper()
			page := ok[tenantry.Page[tenantry.InstalledLocation]](t)(e.Store.InstalledLocations(ctx, filter))
			if page.Total != want {
				t.Errorf("installed on %d locations, want %d", page.Total, want)
			}
		}
		if len(issued.ApprovedLocations) != tenantry.MaxApprovedLocations {
			t.Errorf("%d locations are listed", len(issued.ApprovedLocations))
		}
		installed(many)
		location := ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, caller(issued), e.LocB))
		if err := e.Store.UninstallCompany(ctx, e.CompanyA, tenantry.System(), c.app.ID); err != nil {
			t.Fatal(err)
		}
		installed(0)
		for _, i := range []tenantry.Issued{issued, location} {
			if !isRevoked(t, e, i) {
				t.Errorf("access token %s is good", i.TokenID)
			}
		}
		if types, _ := events(t, e, e.LocB, tenantry.AppUninstalled); len(types) != 1 {
			t.Errorf("%d uninstalls", len(types))
		}
	})
}
