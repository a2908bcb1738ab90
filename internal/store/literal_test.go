package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestLocationQueriesAreLiteral (requirement 24): the searches of locations by name find what
// contains the text, whatever characters it is made of.
func TestLocationQueriesAreLiteral(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		admin := ok[tenantry.User](t)(e.Store.CreateUser(ctx, tenantry.System(), tenantry.User{
			CompanyID: e.CompanyA, Type: tenantry.AgencyUser, Role: tenantry.AdminRole,
		}))
		names := map[tenantry.LocationID]string{e.LocA: "Location A", e.LocB: "Location B"}
		for _, name := range []string{"100%", "100 percent", "a_b", "axb", `back\slash`, "'; DROP TABLE locations;--", `"quoted"`, "NEAR(a*)", "$1", "ÉCOLE", "Straße", "日本語", "\x1f"} {
			names[e.Location(t, e.CompanyA, name)] = name
			e.Location(t, e.CompanyB, name)
		}
		piece := rapid.SampledFrom([]string{"%", "_", `\`, "'", `"`, "*", "(", "$1", ";--", "0", "a", "B", "É", "é", "ß", "日", " ", "NEAR", "?", "\x1f"})
		rapid.Check(t, func(rt *rapid.T) {
			query := strings.Join(rapid.SliceOfN(piece, 1, 3).Draw(rt, "pieces"), "")
			want := map[tenantry.LocationID]string{}
			for id, name := range names {
				if strings.Contains(tenantry.Fold(name), tenantry.Fold(query)) {
					want[id] = name
				}
			}
			installed, err := e.Store.InstalledLocations(ctx, tenantry.InstalledFilter{CompanyID: e.CompanyA, AppID: c.app.ID, Query: query, Limit: 100})
			if err != nil {
				rt.Fatal(err)
			}
			installable, err := e.Store.InstallableLocations(ctx, admin.ID, tenantry.InstallableFilter{Query: query, Limit: 100})
			if err != nil {
				rt.Fatal(err)
			}
			first, second := map[tenantry.LocationID]string{}, map[tenantry.LocationID]string{}
			for _, row := range installed.Items {
				first[row.ID] = row.Name
			}
			for _, row := range installable.Items {
				second[row.ID] = row.Name
			}
			for what, got := range map[string]map[tenantry.LocationID]string{"installed": first, "installable": second} {
				if diff := cmp.Diff(want, got); diff != "" || installed.Total != len(want) || installable.Total != len(want) {
					rt.Fatalf("%s: query %q, totals %d and %d (-want +got):\n%s", what, query, installed.Total, installable.Total, diff)
				}
			}
		})
	})
}
