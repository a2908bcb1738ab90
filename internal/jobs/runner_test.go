package jobs_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

func hourly() tenantry.Recurrence {
	return tenantry.Recurrence{IntervalType: tenantry.Hourly, Interval: 1, StartAt: testkit.Start().Add(time.Hour)}
}

// TestRestartInTheMiddle: work that was done in part is done once when the next runner
// takes over.
func TestRestartInTheMiddle(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := recur(t, e, tenantry.RecurringTask{Title: "t", Rule: hourly()})
		e.Clock.Advance(150 * time.Hour)
		for _, want := range []int{1, 8, 15} {
			budget := min(want, 7)
			if more := ok[bool](t)(e.Store.MakeDueTasks(t.Context(), e.LocA, budget)); !more {
				t.Fatal("no more to do, after a part")
			}
			if n := len(tasks(t, e, e.LocA)); n != want {
				t.Fatalf("%d tasks, want %d: one transaction keeps to its budget", n, want)
			}
			wantOneEach(t, e, e.LocA)
		}
		tick(t, e)
		tick(t, e)
		if n, total := len(tasks(t, e, e.LocA)), series(t, e, id).TotalOccurrence; n != 150 || total != 150 {
			t.Errorf("%d tasks of %d occurrences, want 150", n, total)
		}
		wantOneEach(t, e, e.LocA)
	})
}

// TestCrashBetweenTheSteps: when the transaction breaks off after its tasks were made and
// before the series was moved on, nothing of it stays, and a later runner makes each once.
func TestCrashBetweenTheSteps(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		recur(t, e, tenantry.RecurringTask{Title: "t", Rule: hourly()})
		e.Clock.Advance(3 * time.Hour)
		before := e.Snapshot(t)
		allow := testkit.Refuse(t, e.DB, `UPDATE OF next_occurrence_at ON recurring_tasks`)
		if err := runner(e).Tick(t.Context()); err == nil || !strings.Contains(err.Error(), testkit.Refused) {
			t.Fatalf("tick gives %v", err)
		}
		allow()
		for table, rows := range e.Snapshot(t) {
			if fmt.Sprint(rows) != fmt.Sprint(before[table]) {
				t.Errorf("%s was changed by what broke off", table)
			}
		}
		tick(t, e)
		if n := len(tasks(t, e, e.LocA)); n != 3 {
			t.Errorf("%d tasks, want 3", n)
		}
		wantOneEach(t, e, e.LocA)
	})
}

// TestTwoRunnersAtOnce share the work and make nothing twice.
func TestTwoRunnersAtOnce(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		contacts := []tenantry.ContactID{}
		for range 3 {
			contacts = append(contacts, ok[tenantry.Contact](t)(e.Store.CreateContact(t.Context(), e.LocA, tenantry.System(), tenantry.Contact{})).ID)
		}
		for i := range 5 {
			recur(t, e, tenantry.RecurringTask{Title: fmt.Sprint(i), ContactIDs: contacts, Rule: hourly()})
		}
		ok[tenantry.RecurringTask](t)(e.Store.CreateRecurringTask(t.Context(), e.LocB, tenantry.System(),
			tenantry.RecurringTask{Title: "b", Rule: hourly()}, false))
		e.Clock.Advance(20 * time.Hour)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := runner(e).Tick(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if a, b := len(tasks(t, e, e.LocA)), len(tasks(t, e, e.LocB)); a != 5*3*20 || b != 20 {
			t.Errorf("%d and %d tasks, want %d and 20", a, b, 5*3*20)
		}
		wantOneEach(t, e, e.LocA)
		wantOneEach(t, e, e.LocB)
	})
}

// TestOneBrokenLocationStopsNoOther, and is tried again after a pause.
func TestOneBrokenLocationStopsNoOther(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := recur(t, e, tenantry.RecurringTask{Title: "a", Rule: hourly()})
		ok[tenantry.RecurringTask](t)(e.Store.CreateRecurringTask(t.Context(), e.LocB, tenantry.System(),
			tenantry.RecurringTask{Title: "b", Rule: hourly()}, false))
		e.Clock.Advance(time.Hour)
		exec(t, e, `UPDATE recurring_tasks SET contact_ids = '{' || contact_ids WHERE id = $1`, id)
		var log bytes.Buffer
		r := jobs.New(e.Store, e.Files, e.Clock.Now, slog.New(slog.NewTextHandler(&log, nil)))
		if err := r.Tick(t.Context()); err == nil {
			t.Error("broken data is no failure")
		}
		if !strings.Contains(log.String(), "location="+string(e.LocA)) {
			t.Errorf("the log does not name the location: %s", &log)
		}
		if n := len(tasks(t, e, e.LocB)); n != 1 {
			t.Errorf("the other location has %d tasks, want 1", n)
		}
		exec(t, e, `UPDATE recurring_tasks SET contact_ids = substr(contact_ids, 2) WHERE id = $1`, id)
		if err := r.Tick(t.Context()); err != nil || len(tasks(t, e, e.LocA)) != 0 {
			t.Errorf("tried again at once: %v", err)
		}
		e.Clock.Advance(10 * time.Second)
		if err := r.Tick(t.Context()); err != nil || len(tasks(t, e, e.LocA)) != 1 {
			t.Errorf("not made after the pause: %v, %d tasks", err, len(tasks(t, e, e.LocA)))
		}
	})
}

// keep stores a file of a location and gives its place on the disk.
func keep(t *testing.T, f *files.Store, dir string, loc tenantry.LocationID, name string) string {
	t.Helper()
	staged := ok[*files.Staged](t)(f.Stage(name, strings.NewReader("content"), 100))
	if err := staged.Keep(t.Context(), string(loc)+"/"+name); err != nil {
		t.Fatal(err)
	}
	return dir + "/" + string(loc) + "/" + name
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// TestPurgeGoesOnWhereItWasInterrupted: after a purge that stopped between rows, and one
// that failed at the files, the next one leaves nothing (requirement 40).
func TestPurgeGoesOnWhereItWasInterrupted(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		dir := t.TempDir()
		open := func() *files.Store { return ok[*files.Store](t)(files.Open(dir)) }
		f := open()
		mine, theirs := keep(t, f, dir, e.LocA, "a.txt"), keep(t, f, dir, e.LocB, "b.txt")
		for i := range 30 {
			ok[tenantry.Contact](t)(e.Store.CreateContact(t.Context(), e.LocA, tenantry.System(), tenantry.Contact{Tags: []string{fmt.Sprint(i)}}))
		}
		recur(t, e, tenantry.RecurringTask{Title: "t", Rule: hourly()})
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		if done := ok[bool](t)(e.Store.PurgeLocation(t.Context(), e.LocA, 40)); done {
			t.Fatal("all rows went at once: the test would show nothing")
		}
		if err := f.Close(); err != nil { // the disk fails
			t.Fatal(err)
		}
		failing := jobs.New(e.Store, f, e.Clock.Now, slog.New(slog.DiscardHandler))
		if err := failing.Tick(t.Context()); err == nil {
			t.Fatal("files that cannot be removed are no failure")
		}
		if left := ok[[]store.Work](t)(e.Store.DeletedLocations(t.Context(), store.Work{}, 10)); len(left) != 1 || !exists(t, mine) {
			t.Fatalf("the location was dropped before its files: %v", left)
		}
		f = open()
		defer func() { _ = f.Close() }()
		again := jobs.New(e.Store, f, e.Clock.Now, slog.New(slog.DiscardHandler))
		if err := again.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if exists(t, mine) || exists(t, dir+"/"+string(e.LocA)) || !exists(t, theirs) {
			t.Errorf("files: own %v, the neighbour's %v", exists(t, mine), exists(t, theirs))
		}
		for table, rows := range e.Snapshot(t) {
			for _, row := range rows {
				if strings.Contains(row, string(e.LocA)) && table != "events" && table != "audit" {
					t.Errorf("%s still has %s", table, row)
				}
			}
		}
		if events := ok[[]tenantry.Event](t)(e.Store.Events(t.Context(), e.LocA)); events[len(events)-1].Type != tenantry.LocationDeleted {
			t.Error("the location's events did not outlive it")
		}
		if err := again.Tick(t.Context()); err != nil {
			t.Error(err)
		}
		if err := e.DB.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestRunWorksUntilItsContextEnds, in the middle of a backlog, and leaves no half work.
func TestRunWorksUntilItsContextEnds(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := recur(t, e, tenantry.RecurringTask{Title: "t", Rule: hourly()})
		e.Clock.Advance(2000 * time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		var log bytes.Buffer
		go func() {
			defer close(stopped)
			jobs.New(e.Store, e.Files, e.Clock.Now, slog.New(slog.NewTextHandler(&log, nil))).Run(ctx)
		}()
		for deadline := time.Now().Add(10 * time.Second); series(t, e, id).TotalOccurrence == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing was made")
			}
		}
		cancel()
		select {
		case <-stopped:
		case <-time.After(10 * time.Second):
			t.Fatal("Run goes on after the end of its context")
		}
		n := len(tasks(t, e, e.LocA))
		if total := series(t, e, id).TotalOccurrence; total != n || n == 0 {
			t.Errorf("%d tasks of %d occurrences", n, total)
		}
		if log.Len() > 0 {
			t.Errorf("the end of the context was logged as a failure: %s", &log)
		}
		wantOneEach(t, e, e.LocA)
	})
}
