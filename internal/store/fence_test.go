package store_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// twoTenants is an agency with two locations that have a row in every tenant table.
func twoTenants(t *testing.T, databaseURL string) *testkit.Env {
	t.Helper()
	e := testkit.NewEnv(t, openURL(t, databaseURL))
	fill(t, e, e.LocA)
	fill(t, e, e.LocB)
	return e
}

func openURL(t *testing.T, databaseURL string) *db.DB {
	t.Helper()
	d := ok[*db.DB](t)(db.Open(t.Context(), databaseURL, db.Options{Durability: db.Relaxed}))
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// owners lists whose rows of a table are in a part of the database.
func owners(t *testing.T, part db.Part, table string) []tenantry.LocationID {
	t.Helper()
	return ok[[]tenantry.LocationID](t)(db.All(t.Context(), part.Read(), func(r db.Row) (id tenantry.LocationID, err error) { return id, r.Scan(&id) },
		`SELECT DISTINCT location_id FROM `+table+` WHERE location_id <> '' ORDER BY location_id`))
}

// TestPartsAreFencedOff: whatever table has a location_id, a statement without a condition
// reads and changes the rows of one tenant only, of none where there is no tenant, and adds no
// row of another.
func TestPartsAreFencedOff(t *testing.T) {
	e := twoTenants(t, testkit.PostgresURL(t))
	for _, table := range append(tenantTables(t, e), "locations") {
		for name, test := range map[string]struct {
			part db.Part
			want []tenantry.LocationID
		}{
			"a tenant":   {e.DB.Within(e.LocA), []tenantry.LocationID{e.LocA}},
			"another":    {e.DB.Within(e.LocB), []tenantry.LocationID{e.LocB}},
			"nobody":     {e.DB.Within(""), []tenantry.LocationID{}},
			"a stranger": {e.DB.Within("' OR ''='"), []tenantry.LocationID{}},
		} {
			if diff := cmp.Diff(test.want, owners(t, test.part, table)); diff != "" {
				t.Errorf("%s for %s (-want +got):\n%s", table, name, diff)
			}
		}
		if got := owners(t, e.DB.Across("a test"), table); len(got) < 2 {
			t.Errorf("%s across: %v", table, got)
		}
		err := e.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			for _, part := range []struct {
				tenant tenantry.LocationID
				want   bool
			}{{"", false}, {e.LocA, true}, {"", false}} {
				tx.Within(part.tenant)
				n, err := tx.Exec(ctx, `UPDATE `+table+` SET location_id = location_id`)
				if err != nil {
					return err
				}
				if (n > 0) != part.want {
					t.Errorf("%d rows of %s are changed for %q", n, table, part.tenant)
				}
			}
			tx.Within(e.LocA)
			_, err := tx.Exec(ctx, `UPDATE `+table+` SET location_id = $1`, e.LocB)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "row-level security") {
			t.Errorf("rows of %s that are given to another tenant: %v", table, err)
		}
	}
}

// TestFenceHoldsForgetfulStatements (requirement 7): the store's own statements, with the
// location taken out of their conditions on the way to the server, give and change what they
// should, and nothing of another tenant. Without the fence they would: that is looked at too.
func TestFenceHoldsForgetfulStatements(t *testing.T) {
	for _, fenced := range []bool{true, false} {
		databaseURL := testkit.PostgresURL(t)
		e := twoTenants(t, databaseURL)
		forgetful := forgetfulStore(t, databaseURL, fenced)
		want, neighbour := lists(t, e.Store, e.LocA), rows(t, e, e.LocB)
		for list, got := range lists(t, forgetful, e.LocA) {
			if same := cmp.Equal(want[list], got); same != fenced {
				t.Errorf("fenced: %t. %s (-want +got):\n%s", fenced, list, cmp.Diff(want[list], got))
			}
		}
		tag := ok[[]tenantry.Tag](t)(e.Store.Tags(t.Context(), e.LocB))[0]
		_, err := forgetful.UpdateTag(t.Context(), e.LocA, tenantry.System(), tag.ID, "taken")
		if (tenantry.KindOf(err) == tenantry.NotFound) != fenced {
			t.Errorf("fenced: %t. Renaming another's tag: %v", fenced, err)
		}
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		for done := false; !done; {
			done = ok[bool](t)(forgetful.PurgeLocation(t.Context(), e.LocA, 1000))
		}
		after := rows(t, e, e.LocB)
		for table, n := range neighbour {
			if kept := table == "events" || table == "audit"; !kept && (after[table] == n) != fenced {
				t.Errorf("fenced: %t. The neighbour's %d rows of %s are %d after a purge", fenced, n, table, after[table])
			}
			if gone := rows(t, e, e.LocA)[table]; fenced && gone > 0 && table != "events" && table != "audit" {
				t.Errorf("%d rows of %s are left of what was purged", gone, table)
			}
		}
	}
}

// forgetfulStore is a store on a database whose statements lose the tenant.
func forgetfulStore(t *testing.T, databaseURL string, fenced bool) *store.Store {
	t.Helper()
	p := pgtest.NewProxy(t, pgtest.Start(t))
	condition := regexp.MustCompile(`(\w+\.)?location_id = \$1\b`)
	p.Rewrite(func(statement string) string { return condition.ReplaceAllString(statement, `$$1::text IS NOT NULL`) })
	u := ok[*url.URL](t)(url.Parse(databaseURL))
	through := p.URL(strings.TrimPrefix(u.Path, "/"))
	if !fenced {
		through += "&fence=off"
	}
	return ok[*store.Store](t)(store.New(openURL(t, through), make([]byte, store.KeySize), testkit.NewClock(testkit.Start()).Now))
}

// lists reads what a location has, by a list of each kind.
func lists(t *testing.T, s *store.Store, loc tenantry.LocationID) map[string]any {
	t.Helper()
	ctx := t.Context()
	tasks, err := s.SearchTasks(ctx, loc, tenantry.TaskFilter{}) // fails when a contact is found twice
	return map[string]any{
		"tags":          ok[[]tenantry.Tag](t)(s.Tags(ctx, loc)),
		"custom values": ok[[]tenantry.CustomValue](t)(s.CustomValues(ctx, loc)),
		"tasks":         fmt.Sprint(tasks.Total, err),
		"events":        len(ok[[]tenantry.Event](t)(s.Events(ctx, loc))),
		"audit":         len(ok[[]tenantry.AuditRecord](t)(s.Audit(ctx, loc))),
	}
}
