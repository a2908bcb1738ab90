package store_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestInstalledLocations (U76): filters, pages by skip and by cursor in both directions, and a
// total that is that of the filter.
func TestInstalledLocations(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		name, street, city := "50% ÉTÉ", "47 W 13th St", "New York"
		l := ok[tenantry.Location](t)(e.Store.CreateLocation(ctx, e.CompanyA, tenantry.System(), tenantry.LocationPatch{Name: &name, Address: &street, City: &city}))
		last := e.Location(t, e.CompanyA, "Last")
		gone := e.Location(t, e.CompanyA, "Gone")
		c.grant(t, c.some(e.LocB, l.ID, gone))
		if err := e.Store.DeleteLocation(ctx, gone, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		staff := ok[tenantry.User](t)(e.Store.CreateUser(ctx, tenantry.System(), tenantry.User{CompanyID: e.CompanyA, LocationIDs: []tenantry.LocationID{e.LocA, e.LocB}}))
		yes, no := true, false
		tests := []struct {
			name  string
			f     tenantry.InstalledFilter
			total int
			want  []tenantry.LocationID
		}{
			{"all", tenantry.InstalledFilter{}, 4, []tenantry.LocationID{e.LocA, e.LocB, l.ID, last}},
			{"installed", tenantry.InstalledFilter{Installed: &yes}, 2, []tenantry.LocationID{e.LocB, l.ID}},
			{"not installed", tenantry.InstalledFilter{Installed: &no}, 2, []tenantry.LocationID{e.LocA, last}},
			{"skip", tenantry.InstalledFilter{Skip: 1, Limit: 2}, 4, []tenantry.LocationID{e.LocB, l.ID}},
			{"after", tenantry.InstalledFilter{After: e.LocA, Limit: 2}, 4, []tenantry.LocationID{e.LocB, l.ID}},
			{"before", tenantry.InstalledFilter{Before: last, Limit: 2}, 4, []tenantry.LocationID{e.LocB, l.ID}},
			{"before the first", tenantry.InstalledFilter{Before: e.LocA}, 4, nil},
			{"installed after", tenantry.InstalledFilter{Installed: &yes, After: e.LocB}, 2, []tenantry.LocationID{l.ID}},
			{"name", tenantry.InstalledFilter{Query: "LOC"}, 2, []tenantry.LocationID{e.LocA, e.LocB}},
			{"installed name", tenantry.InstalledFilter{Query: "loc", Installed: &yes}, 1, []tenantry.LocationID{e.LocB}},
			{"folded name", tenantry.InstalledFilter{Query: "été"}, 1, []tenantry.LocationID{l.ID}},
			{"a pattern is a text", tenantry.InstalledFilter{Query: "%"}, 1, []tenantry.LocationID{l.ID}},
			{"location", tenantry.InstalledFilter{LocationID: e.LocA}, 1, []tenantry.LocationID{e.LocA}},
			{"foreign location", tenantry.InstalledFilter{LocationID: e.LocX}, 0, nil},
			{"deleted location", tenantry.InstalledFilter{LocationID: gone, Installed: &yes}, 0, nil},
			{"version", tenantry.InstalledFilter{VersionID: c.app.VersionID}, 2, []tenantry.LocationID{e.LocB, l.ID}},
			{"another version", tenantry.InstalledFilter{VersionID: "x"}, 0, nil},
			{"version where it is not installed", tenantry.InstalledFilter{VersionID: c.app.VersionID, Installed: &no}, 0, nil},
			{"assigned", tenantry.InstalledFilter{AssignedTo: staff.ID}, 2, []tenantry.LocationID{e.LocA, e.LocB}},
			{"assigned and installed", tenantry.InstalledFilter{AssignedTo: staff.ID, Installed: &yes}, 1, []tenantry.LocationID{e.LocB}},
		}
		for _, tt := range tests {
			tt.f.CompanyID, tt.f.AppID = e.CompanyA, c.app.ID
			if tt.f.Limit == 0 {
				tt.f.Limit = 20
			}
			page := ok[tenantry.Page[tenantry.InstalledLocation]](t)(e.Store.InstalledLocations(ctx, tt.f))
			var got []tenantry.LocationID
			for _, row := range page.Items {
				got = append(got, row.ID)
			}
			if page.Total != tt.total || !slices.Equal(got, tt.want) || page.Items == nil {
				t.Errorf("%s: total %d, want %d; rows %v, want %v", tt.name, page.Total, tt.total, got, tt.want)
			}
		}
		page := ok[tenantry.Page[tenantry.InstalledLocation]](t)(e.Store.InstalledLocations(ctx,
			tenantry.InstalledFilter{CompanyID: e.CompanyA, AppID: c.app.ID, After: e.LocB, Limit: 2}))
		want := []tenantry.InstalledLocation{
			{ID: l.ID, Name: name, Address: "47 W 13th St, New York", Installed: true, VersionID: c.app.VersionID, InstalledAt: testkit.Start()},
			{ID: last, Name: "Last"},
		}
		if diff := cmp.Diff(want, page.Items); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		// Another company's list of the same app has none of it.
		theirs := ok[tenantry.Page[tenantry.InstalledLocation]](t)(e.Store.InstalledLocations(ctx,
			tenantry.InstalledFilter{CompanyID: e.CompanyB, AppID: c.app.ID, Limit: 20}))
		if theirs.Total != 1 || theirs.Items[0].ID != e.LocX || theirs.Items[0].Installed {
			t.Errorf("agency B sees %+v", theirs)
		}
	})
}

func TestInstallableLocations(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		gone := e.Location(t, e.CompanyA, "Gone")
		user := func(kind tenantry.UserType, role tenantry.UserRole) tenantry.UserID {
			t.Helper()
			return ok[tenantry.User](t)(e.Store.CreateUser(ctx, tenantry.System(), tenantry.User{
				CompanyID: e.CompanyA, Type: kind, Role: role, LocationIDs: []tenantry.LocationID{e.LocB, gone},
			})).ID
		}
		admin, staff := user(tenantry.AgencyUser, tenantry.AdminRole), user(tenantry.AgencyUser, tenantry.UserOnly)
		manager, worker := user(tenantry.AccountUser, tenantry.AdminRole), user(tenantry.AccountUser, tenantry.UserOnly)
		if err := e.Store.DeleteLocation(ctx, gone, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			user  tenantry.UserID
			f     tenantry.InstallableFilter
			total int
			want  []tenantry.LocationID
		}{
			{admin, tenantry.InstallableFilter{Limit: 10}, 2, []tenantry.LocationID{e.LocA, e.LocB}},
			{admin, tenantry.InstallableFilter{Limit: 1}, 2, []tenantry.LocationID{e.LocA}},
			{admin, tenantry.InstallableFilter{Limit: 1, After: e.LocA}, 2, []tenantry.LocationID{e.LocB}},
			{admin, tenantry.InstallableFilter{Limit: 10, Query: "ION b"}, 1, []tenantry.LocationID{e.LocB}},
			{admin, tenantry.InstallableFilter{Limit: 10, IDs: []tenantry.LocationID{e.LocX, gone, e.LocB, "made up"}}, 1, []tenantry.LocationID{e.LocB}},
			{admin, tenantry.InstallableFilter{Limit: 10, IDs: []tenantry.LocationID{}}, 0, nil},
			{staff, tenantry.InstallableFilter{Limit: 10, IDs: []tenantry.LocationID{e.LocA, e.LocB}}, 1, []tenantry.LocationID{e.LocB}},
			{worker, tenantry.InstallableFilter{Limit: 10, IDs: []tenantry.LocationID{e.LocB}}, 0, nil},
			{staff, tenantry.InstallableFilter{Limit: 10}, 1, []tenantry.LocationID{e.LocB}},
			{manager, tenantry.InstallableFilter{Limit: 10}, 1, []tenantry.LocationID{e.LocB}},
			{worker, tenantry.InstallableFilter{Limit: 10}, 0, nil},
		}
		for _, tt := range tests {
			page := ok[tenantry.Page[tenantry.Location]](t)(e.Store.InstallableLocations(ctx, tt.user, tt.f))
			var got []tenantry.LocationID
			for _, l := range page.Items {
				got = append(got, l.ID)
			}
			if page.Total != tt.total || !slices.Equal(got, tt.want) || page.Items == nil {
				t.Errorf("%+v: total %d, rows %v", tt, page.Total, got)
			}
		}
		if _, err := e.Store.InstallableLocations(ctx, "unknown", tenantry.InstallableFilter{Limit: 1}); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("an unknown user: %v", err)
		}
	})
}
