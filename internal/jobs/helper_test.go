package jobs_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/testkit"
)

func forEach(t *testing.T, test func(t *testing.T, e *testkit.Env)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { test(t, testkit.NewEnv(t, d)) })
}

// forEachStore is forEach, once with the files in a folder and once with a bucket.
func forEachStore(t *testing.T, test func(t *testing.T, e *testkit.Env)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) { forEach(t, test) })
	t.Run("bucket", func(t *testing.T) {
		testkit.EachDB(t, func(t *testing.T, d *db.DB) { test(t, testkit.NewEnv(t, d, testkit.WithBucket())) })
	})
}

func ok[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// moment reads an RFC 3339 time.
func moment(t *testing.T, text string) time.Time {
	t.Helper()
	return ok[time.Time](t)(time.Parse(time.RFC3339, text))
}

// runner makes a runner as a start of the program would.
func runner(e *testkit.Env) *jobs.Runner {
	return jobs.New(e.Store, e.Files, e.Clock.Now, slog.New(slog.DiscardHandler))
}

// tick does all the work that there is, with a runner of its own.
func tick(t *testing.T, e *testkit.Env) {
	t.Helper()
	if err := runner(e).Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// inZone sets the time zone of location A.
func inZone(t *testing.T, e *testkit.Env, zone string) {
	t.Helper()
	ok[tenantry.Location](t)(e.Store.UpdateLocation(t.Context(), e.LocA, tenantry.System(), tenantry.LocationPatch{Timezone: &zone}))
}

// recur creates a recurring task of location A.
func recur(t *testing.T, e *testkit.Env, rt tenantry.RecurringTask) tenantry.RecurringTaskID {
	t.Helper()
	if rt.Rule.Interval == 0 {
		rt.Rule.Interval = 1
	}
	return ok[tenantry.RecurringTask](t)(e.Store.CreateRecurringTask(t.Context(), e.LocA, tenantry.System(), rt, false)).ID
}

func series(t *testing.T, e *testkit.Env, id tenantry.RecurringTaskID) tenantry.RecurringTask {
	t.Helper()
	return ok[tenantry.RecurringTask](t)(e.Store.RecurringTask(t.Context(), e.LocA, id))
}

// tasks lists the tasks of a location in the order of their making.
func tasks(t *testing.T, e *testkit.Env, loc tenantry.LocationID) []tenantry.TaskRow {
	t.Helper()
	return ok[tenantry.Page[tenantry.TaskRow]](t)(e.Store.SearchTasks(t.Context(), loc, tenantry.TaskFilter{Limit: 10_000})).Items
}

// occurrences lists when the tasks of location A occurred, in the order of their making.
func occurrences(t *testing.T, e *testkit.Env) []string {
	t.Helper()
	list := []string{}
	for _, task := range tasks(t, e, e.LocA) {
		list = append(list, task.OccurrenceAt.Format(time.RFC3339))
	}
	return list
}

func wantOccurrences(t *testing.T, e *testkit.Env, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), occurrences(t, e)); diff != "" {
		t.Fatalf("occurrences (-want +got):\n%s", diff)
	}
}

// wantOneEach checks that every task of the location has exactly one event and that no
// occurrence made two tasks for one contact.
func wantOneEach(t *testing.T, e *testkit.Env, loc tenantry.LocationID) {
	t.Helper()
	type key struct {
		series  tenantry.RecurringTaskID
		contact tenantry.ContactID
		at      int64
	}
	seen := map[key]bool{}
	list := tasks(t, e, loc)
	for _, task := range list {
		k := key{task.RecurringID, task.ContactID, task.OccurrenceAt.UnixMilli()}
		if seen[k] {
			t.Errorf("two tasks for %+v", k)
		}
		seen[k] = true
	}
	events := 0
	for _, event := range ok[[]tenantry.Event](t)(e.Store.Events(t.Context(), loc)) {
		if event.Type == tenantry.TaskCreated {
			events++
		}
	}
	if events != len(list) {
		t.Errorf("%d tasks but %d events", len(list), events)
	}
}

// exec changes the database behind the store's back.
func exec(t *testing.T, e *testkit.Env, query string, args ...any) {
	t.Helper()
	err := e.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		tx.Across("a test")
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// complete closes every task of a contact.
func complete(t *testing.T, e *testkit.Env, contact tenantry.ContactID) {
	t.Helper()
	exec(t, e, `UPDATE tasks SET completed = 1 WHERE location_id = $1 AND contact_id = $2`, e.LocA, contact)
}
