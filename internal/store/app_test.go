package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

func TestAppIsKept(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		first := newClient(t, e).app
		second := newClient(t, e, func(a *tenantry.App) {
			a.RedirectURIs, a.Distribution, a.Target, a.InstallToFutureLocations = append(a.RedirectURIs, "https://app.test/2"), tenantry.PrivateApp, tenantry.Agency, true
		}).app
		third := newClient(t, e, func(a *tenantry.App) { a.CompanyID = e.CompanyB }).app
		if !first.CreatedAt.Equal(testkit.Start()) || first.VersionID == "" {
			t.Errorf("created %+v", first)
		}
		for _, a := range []tenantry.App{first, second, third} {
			if diff := cmp.Diff(a, ok[tenantry.App](t)(e.Store.App(ctx, a.ID))); diff != "" {
				t.Errorf("(-created +read):\n%s", diff)
			}
			if diff := cmp.Diff(a, ok[tenantry.App](t)(e.Store.AppByClient(ctx, string(a.ClientID())))); diff != "" {
				t.Errorf("(-created +by client id):\n%s", diff)
			}
		}
		for _, id := range []string{"", string(first.ID), string(first.ID) + "-" + second.Suffix, strings.Repeat("0", 24) + "-" + first.Suffix} {
			if _, err := e.Store.AppByClient(ctx, id); tenantry.KindOf(err) != tenantry.NotFound {
				t.Errorf("client %q: %v", id, err)
			}
		}
		list := func(f tenantry.AppFilter) (ids []tenantry.AppID, total int) {
			t.Helper()
			page := ok[tenantry.Page[tenantry.App]](t)(e.Store.Apps(ctx, f))
			for _, a := range page.Items {
				ids = append(ids, a.ID)
			}
			return ids, page.Total
		}
		sorted := []tenantry.AppID{first.ID, second.ID, third.ID}
		slices.Sort(sorted) // these are of one second
		if ids, total := list(tenantry.AppFilter{Limit: 2}); total != 3 || !slices.Equal(ids, sorted[:2]) {
			t.Errorf("first page %v of %d", ids, total)
		}
		if ids, total := list(tenantry.AppFilter{Limit: 2, After: sorted[1]}); total != 3 || !slices.Equal(ids, sorted[2:]) {
			t.Errorf("second page %v of %d", ids, total)
		}
		if ids, total := list(tenantry.AppFilter{CompanyID: e.CompanyB, Limit: 9}); total != 1 || !slices.Equal(ids, []tenantry.AppID{third.ID}) {
			t.Errorf("apps of B are %v of %d", ids, total)
		}
		bad := first
		bad.Name = ""
		if _, err := e.Store.CreateApp(ctx, tenantry.System(), bad, "hash"); tenantry.KindOf(err) != tenantry.Invalid {
			t.Errorf("an app without a name: %v", err)
		}
		bad = first
		bad.CompanyID = "x"
		if _, err := e.Store.CreateApp(ctx, tenantry.System(), bad, "hash"); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("an app of nobody: %v", err)
		}
	})
}

// TestAppSecrets (requirement 15): two are good at a time, and every refusal looks the same.
func TestAppSecrets(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, app, other := t.Context(), newClient(t, e).app, newClient(t, e).app
		client := string(app.ClientID())
		good := func(secret string) bool {
			t.Helper()
			a, err := e.Store.AuthenticateApp(ctx, client, hashOf(secret))
			if err != nil {
				wantCode(t, err, tenantry.Unauthenticated, "invalid_client")
				return false
			}
			return a.ID == app.ID
		}
		for i, secrets := range [][]string{{"secret"}, {"secret", "s2"}, {"s2", "s3"}, {"s3", "s4"}} {
			if i > 0 {
				e.Clock.Advance(time.Second)
				made := ok[tenantry.AppSecret](t)(e.Store.RotateAppSecret(ctx, tenantry.System(), app.ID, hashOf(secrets[1])))
				if list := ok[[]tenantry.AppSecret](t)(e.Store.AppSecrets(ctx, app.ID)); len(list) != 2 || list[1] != made {
					t.Errorf("secrets %v, made %v", list, made)
				}
			}
			for _, secret := range []string{"", "secret", "s2", "s3", "s4"} {
				if want := slices.Contains(secrets, secret); good(secret) != want {
					t.Errorf("step %d: secret %q is good: %v", i, secret, !want)
				}
			}
		}
		if _, err := e.Store.AuthenticateApp(ctx, string(other.ClientID()), hashOf("s4")); err == nil {
			t.Error("a secret is good for another app")
		}
		if _, err := e.Store.AuthenticateApp(ctx, "undefined", hashOf("s4")); err == nil {
			t.Error("no client is good")
		}
		if _, err := e.Store.RotateAppSecret(ctx, tenantry.System(), "x", "hash"); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("rotating nobody's: %v", err)
		}
	})
}

// TestDeleteApp: nothing of it is left but events, and its access tokens are refused.
func TestDeleteApp(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c, other := t.Context(), newClient(t, e), newClient(t, e)
		agency := c.grant(t, c.all(true))
		location := ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, caller(agency), e.LocA))
		owner := ok[tenantry.Issued](t)(e.Store.IssueForOwner(ctx, c.app.ID))
		bystander := other.grant(t, other.one(e.LocA))
		code := c.code(t, c.one(e.LocA))
		if err := e.Store.DeleteApp(ctx, tenantry.System(), c.app.ID); err != nil {
			t.Fatal(err)
		}
		for table, rows := range e.Snapshot(t) {
			for _, row := range rows {
				if strings.Contains(row, string(c.app.ID)) && !slices.Contains([]string{"events", "audit", "revocations"}, table) {
					t.Errorf("left in %s: %s", table, row)
				}
			}
		}
		for _, i := range []tenantry.Issued{agency, location, owner} {
			if !isRevoked(t, e, i) {
				t.Errorf("access token %s is good", i.TokenID)
			}
		}
		for _, loc := range []tenantry.LocationID{e.LocA, e.LocB} {
			if types, last := events(t, e, loc, tenantry.AppUninstalled); len(types) != 1 || last["appId"] != string(c.app.ID) {
				t.Errorf("%s: %v %v", loc, types, last)
			}
		}
		_, err := c.refresh(t, agency.RefreshToken)
		wantCode(t, err, tenantry.Refused, "invalid_grant")
		_, err = c.exchange(t, code)
		wantCode(t, err, tenantry.Unauthenticated, "invalid_grant")
		if _, err := e.Store.AuthenticateApp(ctx, string(c.app.ClientID()), hashOf("secret")); err == nil {
			t.Error("the client is good")
		}
		e.Location(t, e.CompanyA, "Later") // gets nothing of the deleted app
		if err := e.Store.DeleteApp(ctx, tenantry.System(), c.app.ID); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("again: %v", err)
		}
		ok[tenantry.Issued](t)(other.refresh(t, bystander.RefreshToken))
		if isRevoked(t, e, bystander) {
			t.Error("another app's token was revoked")
		}
	})
}

// TestIssueForOwner (contract, decision 36): a token of the owner, with nothing kept.
func TestIssueForOwner(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		c.grant(t, c.some(e.LocB))
		before := e.Snapshot(t)
		i := ok[tenantry.Issued](t)(e.Store.IssueForOwner(t.Context(), c.app.ID))
		if i.Class != tenantry.Agency || i.CompanyID != e.CompanyA || i.RefreshToken != "" || i.TokenID == "" || !slices.Equal(i.Scopes, c.app.Scopes) ||
			!slices.Equal(i.ApprovedLocations, []tenantry.LocationID{e.LocB}) {
			t.Errorf("issued %+v", i)
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("something was kept:\n%s", diff)
		}
		if _, err := e.Store.IssueForOwner(t.Context(), "x"); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("for nobody: %v", err)
		}
	})
}
