package jobs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// populate gives location A rows in every table that has rows of locations, and more
// contacts than one transaction of the purge takes.
func populate(t *testing.T, e *testkit.Env) {
	t.Helper()
	ctx, by, name := t.Context(), tenantry.System(), "n"
	app := e.App(t, e.CompanyA)
	code := e.Code(t, app, tenantry.SubAccount, e.CompanyA, []tenantry.LocationID{e.LocA})
	resp := e.Do(t, testkit.Scenario{
		Method: "POST", Path: "/oauth/token", Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		Body: "grant_type=authorization_code&code=" + code + "&client_id=" + string(app.ClientID()) + "&client_secret=" + app.Secret,
	})
	if resp.Status != 200 {
		t.Fatalf("%s", resp.Raw)
	}
	ok[tenantry.User](t)(e.Store.CreateUser(ctx, by, tenantry.User{
		CompanyID: e.CompanyA, Type: tenantry.AccountUser, Role: tenantry.AdminRole, LocationIDs: []tenantry.LocationID{e.LocA},
	}))
	ok[tenantry.Contact](t)(e.Store.CreateContact(ctx, e.LocA, by, tenantry.Contact{Tags: []string{"vip"}}))
	recur(t, e, tenantry.RecurringTask{Title: "t", Rule: hourly()})
	exec(t, e, `INSERT INTO tasks (location_id, id, title, due_at, created_at, updated_at) VALUES ($1, 'task', 't', 1, 1, 1)`, e.LocA)
	ok[tenantry.CustomValue](t)(e.Store.CreateCustomValue(ctx, e.LocA, by, name, name))
	ok[tenantry.CustomField](t)(e.Store.CreateCustomField(ctx, e.LocA, by, tenantry.CustomFieldDraft{
		DocumentType: tenantry.FieldDocument, Model: tenantry.ContactModel, DataType: tenantry.TextField, CustomFieldPatch: tenantry.CustomFieldPatch{Name: &name},
	}))
	exec(t, e, `INSERT INTO templates (location_id, id, origin_id, type, name, created_at, updated_at) VALUES ($1, 'template', $1, 'sms', 'n', 1, 1)`, e.LocA)
	uploaded(t, e, e.LocA, "file", false)
	exec(t, e, `INSERT INTO contacts (location_id, id, created_at, updated_at)
		WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1200) SELECT $1, 'contact' || i, 1, 1 FROM n`, e.LocA)
}

// TestPurgeBreaksOffAnywhere (requirement 40): whichever table the purge of a location cannot go
// on from, the location itself last of all, it is not reachable meanwhile, none of its neighbour's
// rows go, and the next runner leaves nothing.
func TestPurgeBreaksOffAnywhere(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		populate(t, e)
		neighbour := e.Location(t, e.CompanyA, "Neighbour")
		uploaded(t, e, neighbour, "file", false)
		tables := slices.DeleteFunc(testkit.TablesWith(t, e.DB, "location_id"), func(table string) bool {
			return table == "events" || table == "audit"
		})
		rows := func(loc tenantry.LocationID) (n map[string]int) {
			n = map[string]int{}
			for _, table := range tables {
				n[table] = ok[int](t)(db.One(t.Context(), e.DB.Across("a test").Read(), func(r db.Row) (n int, err error) { return n, r.Scan(&n) },
					`SELECT count(*) FROM `+table+` WHERE location_id = $1`, loc))
			}
			return n
		}
		for table, n := range rows(e.LocA) {
			if n == 0 {
				t.Errorf("%s has no rows: the test would show nothing", table)
			}
		}
		theirs := rows(neighbour)
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		// In the order of the purge: rows that it took before it broke off are gone.
		order := []string{
			"tokens", "user_locations", "recurring_tasks", "contact_tags", "tasks", "contacts", "tags", "custom_fields", "custom_values",
			"templates", "files", "locations",
		}
		for table, n := range rows(e.LocA) {
			// Grants and installs end with the deletion already.
			if n > 0 != slices.Contains(order, table) {
				t.Fatalf("%d rows of %s are there for the purge", n, table)
			}
		}
		for _, table := range order {
			allow := testkit.Refuse(t, e.DB, `DELETE ON `+table)
			if err := runner(e).Tick(t.Context()); err == nil || !strings.Contains(err.Error(), testkit.Refused) {
				t.Fatalf("the purge does not break off at %s: %v", table, err)
			}
			allow()
			left := rows(e.LocA)
			if left[table] == 0 {
				t.Fatalf("the rows of %s are gone", table)
			}
			if work := ok[[]store.Work](t)(e.Store.DeletedLocations(t.Context(), store.Work{}, 10)); len(work) != 1 {
				t.Fatalf("the broken purge at %s is not found again: %v", table, work)
			}
			if _, err := e.Store.Location(t.Context(), e.LocA); tenantry.KindOf(err) != tenantry.NoAccess {
				t.Errorf("the deleted location gives %v", err)
			}
		}
		tick(t, e)
		for table, n := range rows(e.LocA) {
			if n != 0 {
				t.Errorf("%d rows of %s are left", n, table)
			}
		}
		if exists(t, e.Folder+"/"+string(e.LocA)) {
			t.Error("its files are left")
		}
		if got := rows(neighbour); fmt.Sprint(got) != fmt.Sprint(theirs) || !exists(t, e.Folder+"/"+string(neighbour)+"/file") {
			t.Errorf("the neighbour's rows were %v, are %v", theirs, got)
		}
		if err := e.DB.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestPurgeWhileTheBucketIsAway: a location is not dropped before its files are gone, also where
// they are kept in a bucket.
func TestPurgeWhileTheBucketIsAway(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d, testkit.WithBucket())
		mine, theirs := uploaded(t, e, e.LocA, "file", false), uploaded(t, e, e.LocB, "file", false)
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		r := runner(e)
		e.Bucket.Stop()
		if err := r.Tick(t.Context()); tenantry.KindOf(err) != tenantry.Unavailable {
			t.Errorf("while it is away: %v", err)
		}
		if left := ok[[]store.Work](t)(e.Store.DeletedLocations(t.Context(), store.Work{}, 10)); len(left) != 1 || !exists(t, mine) {
			t.Fatalf("the location was dropped before its files: %v", left)
		}
		e.Bucket.Resume(t)
		e.Clock.Advance(time.Minute) // the pause after a failure
		if err := r.Tick(t.Context()); err != nil || exists(t, mine) || !exists(t, theirs) {
			t.Errorf("%v; own file %v, the neighbour's %v", err, exists(t, mine), exists(t, theirs))
		}
		if left := ok[[]store.Work](t)(e.Store.DeletedLocations(t.Context(), store.Work{}, 10)); len(left) != 0 {
			t.Errorf("there is still %v", left)
		}
	})
}
