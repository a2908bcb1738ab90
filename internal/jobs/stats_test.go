package jobs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/testkit"
)

func TestStats(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		r := runner(e)
		recur(t, e, tenantry.RecurringTask{Title: "t", Rule: hourly()})
		e.Clock.Advance(time.Hour)
		if err := r.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []jobs.Stats{{Name: "recurring tasks", Steps: 1}, {Name: "purge"}}
		if diff := cmp.Diff(want, r.Stats()); diff != "" {
			t.Error(diff)
		}
		testkit.Refuse(t, e.DB, `UPDATE OF next_occurrence_at ON recurring_tasks`)
		e.Clock.Advance(time.Hour)
		if err := r.Tick(t.Context()); err == nil {
			t.Fatal("no failure")
		}
		want[0].Steps, want[0].Failures, want[0].Paused = 2, 1, 1
		if diff := cmp.Diff(want, r.Stats()); diff != "" {
			t.Error(diff)
		}
		e.Clock.Advance(time.Hour) // the pause is over
		want[0].Paused = 0
		if diff := cmp.Diff(want, r.Stats()); diff != "" {
			t.Error(diff)
		}
	})
}
