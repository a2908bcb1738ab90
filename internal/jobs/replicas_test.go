package jobs_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestReplicasWorkOnce (requirement 42): of three servers on one database, whose clocks are five
// minutes apart, one makes each task and one drops each deleted location.
func TestReplicasWorkOnce(t *testing.T) {
	url := testkit.PostgresURL(t)
	open := func() *db.DB {
		d := ok[*db.DB](t)(db.Open(t.Context(), url, db.Options{Durability: db.Relaxed}))
		t.Cleanup(func() { _ = d.Close() })
		return d
	}
	e := testkit.NewEnv(t, open())
	contacts := []tenantry.ContactID{}
	for range 3 {
		contacts = append(contacts, ok[tenantry.Contact](t)(e.Store.CreateContact(t.Context(), e.LocA, tenantry.System(), tenantry.Contact{})).ID)
	}
	for i := range 3 {
		recur(t, e, tenantry.RecurringTask{Title: fmt.Sprint(i), ContactIDs: contacts, Rule: hourly()})
	}
	var gone []tenantry.LocationID
	for i := range 5 {
		loc := e.Location(t, e.CompanyA, fmt.Sprint("gone ", i))
		for range 4 {
			ok[tenantry.Contact](t)(e.Store.CreateContact(t.Context(), loc, tenantry.System(), tenantry.Contact{Tags: []string{"a", "b"}}))
		}
		if err := e.Store.DeleteLocation(t.Context(), loc, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		gone = append(gone, loc)
	}
	e.Clock.Advance(20*time.Hour + 10*time.Minute) // beyond the clocks' difference
	var text strings.Builder
	log := slog.New(slog.NewTextHandler(&text, nil)) // writes one line at a time
	var runners []*jobs.Runner
	for i := range 3 {
		now := func() time.Time { return e.Clock.Now().Add(time.Duration(i-1) * 5 * time.Minute) }
		s := ok[*store.Store](t)(store.New(open(), make([]byte, store.KeySize), now))
		runners = append(runners, jobs.New(s, e.Files, now, log))
	}
	var wg sync.WaitGroup
	for _, r := range runners {
		wg.Go(func() {
			if err := r.Tick(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(tasks(t, e, e.LocA)); n != 3*3*20 {
		t.Errorf("%d tasks, want %d", n, 3*3*20)
	}
	wantOneEach(t, e, e.LocA)
	for _, loc := range gone {
		if n := strings.Count(text.String(), "location="+string(loc)); n != 1 {
			t.Errorf("location %s was purged %d times", loc, n)
		}
	}
	if left := ok[[]store.Work](t)(e.Store.DeletedLocations(t.Context(), store.Work{}, 10)); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	for _, r := range runners { // what expired goes on whichever server looks first
		if err := r.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
