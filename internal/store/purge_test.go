package store_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// tenantTables lists the tables with rows of a location, but the location's own.
func tenantTables(t *testing.T, e *testkit.Env) []string {
	t.Helper()
	var names []string
	for _, table := range testkit.Tables(t, e.DB) {
		has := func(c testkit.Column) bool { return c.Name == "location_id" }
		if table != "locations" && slices.ContainsFunc(testkit.Columns(t, e.DB, table), has) {
			names = append(names, table)
		}
	}
	if len(names) < 12 {
		t.Fatalf("only %d tables found: %v", len(names), names)
	}
	return names
}

// fill gives every tenant table a row of the location, whatever its columns are.
func fill(t *testing.T, e *testkit.Env, loc tenantry.LocationID) {
	t.Helper()
	c := ok[tenantry.Contact](t)(e.Store.CreateContact(t.Context(), loc, tenantry.System(), tenantry.Contact{Tags: []string{"vip"}}))
	app := ok[tenantry.App](t)(e.Store.CreateApp(t.Context(), tenantry.System(), tenantry.App{
		Name: "App", CompanyID: e.CompanyA, RedirectURIs: []string{"https://a.test/cb"}, Scopes: tenantry.Scopes(),
		Target: tenantry.SubAccount, Distribution: tenantry.PublicApp,
	}, "hash"))
	user := ok[tenantry.User](t)(e.Store.CreateUser(t.Context(), tenantry.System(), tenantry.User{CompanyID: e.CompanyA}))
	tag := ok[[]tenantry.Tag](t)(e.Store.Tags(t.Context(), loc))[0]
	for _, table := range tenantTables(t, e) {
		if slices.Contains([]string{"contacts", "tags", "contact_tags"}, table) {
			continue
		}
		var names []string
		var marks []string
		var args []any
		for _, col := range testkit.Columns(t, e.DB, table) {
			if !col.Needed {
				continue
			}
			names = append(names, col.Name)
			switch {
			case col.Name == "location_id":
				args = append(args, loc)
			case col.Name == "company_id":
				args = append(args, e.CompanyA)
			case col.Name == "app_id" && table != "audit":
				args = append(args, app.ID)
			case col.Name == "user_id" && table != "audit":
				args = append(args, user.ID)
			case col.Name == "contact_id":
				args = append(args, c.ID)
			case col.Name == "tag_id":
				args = append(args, tag.ID)
			case col.IsNumber:
				args = append(args, 1)
			default:
				args = append(args, string(loc)+"-"+table)
			}
			marks = append(marks, db.In(1, len(args)))
		}
		if !slices.Contains(names, "location_id") { // the tokens' is empty by default
			names, args = append(names, "location_id"), append(args, loc)
			marks = append(marks, db.In(1, len(args)))
		}
		err := e.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			tx.Across("a test")
			_, err := tx.Exec(ctx, `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, args...)
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
}

// rows counts the rows of a location, table by table, but its own.
func rows(t *testing.T, e *testkit.Env, loc tenantry.LocationID) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, table := range tenantTables(t, e) {
		n[table] = ok[int](t)(db.One(t.Context(), e.DB.Across("a test").Read(), func(r db.Row) (n int, err error) { return n, r.Scan(&n) },
			`SELECT count(*) FROM `+table+` WHERE location_id = $1`, loc))
	}
	return n
}

// TestPurgeTakesEveryTable: nothing of a deleted location is left but its events and its
// audit trail, in however small steps; other locations keep theirs. A new table with a
// location_id that is not purged fails here.
func TestPurgeTakesEveryTable(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		fill(t, e, e.LocA)
		fill(t, e, e.LocB)
		neighbour := rows(t, e, e.LocB)
		for table, n := range neighbour {
			if n == 0 {
				t.Fatalf("%s was not filled: the test would show nothing", table)
			}
		}
		if err := e.Store.DeleteLocation(ctx, e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		before := rows(t, e, e.LocA)
		total := 0
		for table, n := range before {
			if table != "events" && table != "audit" {
				total += n
			}
		}
		if got := ok[[]store.Work](t)(e.Store.DeletedLocations(ctx, store.Work{}, 10)); !slices.Equal(got, []store.Work{{Since: testkit.Start(), LocationID: e.LocA}}) {
			t.Fatalf("deleted are %v", got)
		}
		steps := 0
		for done := false; !done; steps++ {
			done = ok[bool](t)(e.Store.PurgeLocation(ctx, e.LocA, 1))
			if left := rows(t, e, e.LocA); steps == 0 && left["tokens"] != before["tokens"]-1 {
				t.Errorf("the first step left %d of %d tokens", left["tokens"], before["tokens"])
			}
		}
		if steps != total+1 {
			t.Errorf("%d steps of one row for %d rows", steps, total)
		}
		want := map[string]int{}
		for table := range before {
			want[table] = 0
		}
		want["events"], want["audit"] = before["events"], before["audit"]
		if diff := cmp.Diff(want, rows(t, e, e.LocA)); diff != "" {
			t.Errorf("left of the deleted (-want +got):\n%s", diff)
		}
		if err := e.Store.DropLocation(ctx, e.LocA); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(neighbour, rows(t, e, e.LocB)); diff != "" {
			t.Errorf("the neighbour's rows (-want +got):\n%s", diff)
		}
		if err := e.DB.Check(ctx); err != nil {
			t.Error(err)
		}
		if got := ok[[]store.Work](t)(e.Store.DeletedLocations(ctx, store.Work{}, 10)); len(got) != 0 {
			t.Errorf("still to purge: %v", got)
		}
	})
}

func TestPurgeRefusesWhatIsNotDeleted(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		before := e.Snapshot(t)
		for _, loc := range []tenantry.LocationID{e.LocA, "unknown"} {
			if _, err := e.Store.PurgeLocation(t.Context(), loc, 100); tenantry.KindOf(err) != tenantry.NotFound {
				t.Errorf("purge of %s gives %v, want NotFound", loc, err)
			}
			if err := e.Store.DropLocation(t.Context(), loc); tenantry.KindOf(err) != tenantry.NotFound {
				t.Errorf("drop of %s gives %v, want NotFound", loc, err)
			}
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refused purge removed something:\n%s", diff)
		}
	})
}

// TestDropWantsAPurgedLocation: the rows of a location never outlive it.
func TestDropWantsAPurgedLocation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		fill(t, e, e.LocA)
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		before := rows(t, e, e.LocA)
		if err := e.Store.DropLocation(t.Context(), e.LocA); err == nil {
			t.Error("a location with rows was dropped")
		}
		if after := rows(t, e, e.LocA); !maps.Equal(before, after) {
			t.Errorf("rows were %v, are %v", before, after)
		}
	})
}
