package jobs_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestX09WallClockTimeSurvivesAClockChange: 08:00 in Berlin is 07:00Z in winter and
// 06:00Z from 29 March 2026 on.
func TestX09WallClockTimeSurvivesAClockChange(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		inZone(t, e, "Europe/Berlin")
		id := recur(t, e, tenantry.RecurringTask{Title: "t", Rule: tenantry.Recurrence{
			IntervalType: tenantry.Daily, StartAt: moment(t, "2026-03-28T07:00:00Z"), Count: 3,
		}})
		for _, step := range []struct {
			now  string
			made int
		}{
			{"2026-03-28T06:59:59Z", 0}, {"2026-03-28T07:00:00Z", 1}, {"2026-03-29T05:59:59Z", 1}, {"2026-03-29T06:00:00Z", 2},
			{"2026-03-30T05:59:59Z", 2}, {"2026-03-30T06:00:00Z", 3}, {"2026-04-20T06:00:00Z", 3},
		} {
			e.Clock.Set(moment(t, step.now))
			tick(t, e)
			if n := len(tasks(t, e, e.LocA)); n != step.made {
				t.Fatalf("%d tasks at %s, want %d", n, step.now, step.made)
			}
		}
		wantOccurrences(t, e, "2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z", "2026-03-30T06:00:00Z")
		if s := series(t, e, id); s.TotalOccurrence != 3 || !s.NextOccurrenceAt.IsZero() {
			t.Errorf("after its end: %d occurrences, next %v", s.TotalOccurrence, s.NextOccurrenceAt)
		}
		wantOneEach(t, e, e.LocA)
	})
}

func TestShortMonthsAreSkipped(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		inZone(t, e, "America/New_York")
		recur(t, e, tenantry.RecurringTask{Title: "t", Rule: tenantry.Recurrence{
			IntervalType: tenantry.Monthly, StartAt: moment(t, "2026-03-31T13:00:00Z"), DayOfMonth: 31,
		}})
		e.Clock.Set(moment(t, "2027-02-01T00:00:00Z"))
		tick(t, e)
		wantOccurrences(t, e, "2026-03-31T13:00:00Z", "2026-05-31T13:00:00Z", "2026-07-31T13:00:00Z", "2026-08-31T13:00:00Z",
			"2026-10-31T13:00:00Z", "2026-12-31T14:00:00Z", "2027-01-31T14:00:00Z")
	})
}

func TestCountAndEndDateBothEndASeries(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		rule := tenantry.Recurrence{IntervalType: tenantry.Daily, StartAt: moment(t, "2026-03-03T09:00:00Z"), EndAt: moment(t, "2026-03-05T09:00:00Z")}
		recur(t, e, tenantry.RecurringTask{Title: "ends by date", Rule: rule})
		rule.Count = 2
		recur(t, e, tenantry.RecurringTask{Title: "ends by count", Rule: rule})
		e.Clock.Set(moment(t, "2026-04-01T00:00:00Z"))
		tick(t, e)
		wantOccurrences(t, e, "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z", "2026-03-05T09:00:00Z", "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z")
	})
}

// TestNothingNewWhileTheLastIsOverdue: such an occurrence is passed over and does not
// count; each contact waits for its own task only.
func TestNothingNewWhileTheLastIsOverdue(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c1 := ok[tenantry.Contact](t)(e.Store.CreateContact(t.Context(), e.LocA, tenantry.System(), tenantry.Contact{})).ID
		c2 := ok[tenantry.Contact](t)(e.Store.CreateContact(t.Context(), e.LocA, tenantry.System(), tenantry.Contact{})).ID
		id := recur(t, e, tenantry.RecurringTask{Title: "t", ContactIDs: []tenantry.ContactID{c1, c2}, Rule: tenantry.Recurrence{
			IntervalType: tenantry.Daily, StartAt: moment(t, "2026-03-03T09:00:00Z"), DueAfter: time.Hour, SkipWhenOverdue: true,
		}})
		made := func(now string, want1, want2, total int) {
			t.Helper()
			e.Clock.Set(moment(t, now))
			tick(t, e)
			got := map[tenantry.ContactID]int{}
			for _, task := range tasks(t, e, e.LocA) {
				got[task.ContactID]++
			}
			if diff := cmp.Diff(map[tenantry.ContactID]int{c1: want1, c2: want2}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", now, diff)
			}
			if n := series(t, e, id).TotalOccurrence; n != total {
				t.Errorf("%s: %d occurrences counted, want %d", now, n, total)
			}
		}
		made("2026-03-03T09:00:00Z", 1, 1, 1)
		made("2026-03-04T09:00:00Z", 1, 1, 1) // both overdue
		complete(t, e, c1)
		made("2026-03-04T23:00:00Z", 1, 1, 1) // what was passed over does not come back
		made("2026-03-05T09:00:00Z", 2, 1, 2) // only c2's is overdue
		complete(t, e, c1)
		complete(t, e, c2)
		made("2026-03-06T09:00:00Z", 3, 2, 3)
		if next := series(t, e, id).NextOccurrenceAt; !next.Equal(moment(t, "2026-03-07T09:00:00Z")) {
			t.Errorf("next is %v", next)
		}
		wantOneEach(t, e, e.LocA)
	})
}

func TestAnOpenTaskThatIsNotOverdueHoldsNothingUp(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		recur(t, e, tenantry.RecurringTask{Title: "t", Rule: tenantry.Recurrence{
			IntervalType: tenantry.Daily, StartAt: moment(t, "2026-03-03T09:00:00Z"), DueAfter: 36 * time.Hour, SkipWhenOverdue: true,
		}})
		e.Clock.Set(moment(t, "2026-03-10T00:00:00Z"))
		tick(t, e) // each last task is due half a day after the next occurrence
		if n := len(tasks(t, e, e.LocA)); n != 7 {
			t.Errorf("%d tasks, want one for each of 7 days", n)
		}
	})
}

// TestDowntimeIsMadeUpFor in order, whatever was missed, as if the server had run; the
// overdue rule is honoured in between.
func TestDowntimeIsMadeUpFor(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		start := moment(t, "2026-03-02T10:00:00Z")
		hourly := recur(t, e, tenantry.RecurringTask{Title: "hourly", Rule: tenantry.Recurrence{IntervalType: tenantry.Hourly, StartAt: start}})
		held := recur(t, e, tenantry.RecurringTask{Title: "held", Rule: tenantry.Recurrence{
			IntervalType: tenantry.Hourly, StartAt: start, DueAfter: 30 * time.Minute, SkipWhenOverdue: true,
		}})
		e.Clock.Set(start.Add(251*time.Hour + time.Minute))
		tick(t, e)
		got := map[tenantry.RecurringTaskID][]time.Time{}
		for _, task := range tasks(t, e, e.LocA) {
			got[task.RecurringID] = append(got[task.RecurringID], task.OccurrenceAt)
		}
		if n := len(got[hourly]); n != 252 || !slices.IsSortedFunc(got[hourly], time.Time.Compare) {
			t.Errorf("%d hourly tasks, want 252 in order", n)
		}
		if diff := cmp.Diff([]time.Time{start}, got[held]); diff != "" {
			t.Errorf("the one that waits for its first task (-want +got):\n%s", diff)
		}
		if s := series(t, e, held); s.TotalOccurrence != 1 || !s.NextOccurrenceAt.Equal(start.Add(252*time.Hour)) {
			t.Errorf("the one that waits has %d occurrences and goes on at %v", s.TotalOccurrence, s.NextOccurrenceAt)
		}
		if n := series(t, e, hourly).TotalOccurrence; n != 252 {
			t.Errorf("%d occurrences counted", n)
		}
		wantOneEach(t, e, e.LocA)
	})
}

func TestWhoseTimeHasComeAtCreationIsNotMadeTwice(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		recur(t, e, tenantry.RecurringTask{Title: "t", Rule: tenantry.Recurrence{IntervalType: tenantry.Weekly, StartAt: testkit.Start().AddDate(0, 0, -21)}})
		tick(t, e)
		wantOccurrences(t, e, "2026-02-09T09:00:00Z")
		e.Clock.Advance(7 * 24 * time.Hour)
		tick(t, e)
		tick(t, e)
		wantOccurrences(t, e, "2026-02-09T09:00:00Z", "2026-03-09T09:00:00Z")
	})
}

// TestTheWallClockTimeFollowsTheTimeZone: what is at 09:00 stays at 09:00, and each date
// has its task once, wherever the location moves.
func TestTheWallClockTimeFollowsTheTimeZone(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		daily := tenantry.Recurrence{
			IntervalType: tenantry.Daily, StartAt: moment(t, "2026-03-03T09:00:00Z"), EndAt: moment(t, "2026-04-05T09:00:00Z"), Count: 30,
		}
		id := recur(t, e, tenantry.RecurringTask{Title: "t", Rule: daily})
		dates := []string{}
		for _, step := range []struct{ zone, now, start, next string }{
			{"", "2026-03-04T12:00:00Z", "2026-03-03T09:00:00Z", "2026-03-05T09:00:00Z"},
			{"Asia/Tokyo", "2026-03-05T08:00:00Z", "2026-03-03T00:00:00Z", "2026-03-06T00:00:00Z"}, // 09:00 of the 5th has passed there
			{"America/New_York", "2026-03-05T08:00:01Z", "2026-03-03T14:00:00Z", "2026-03-06T14:00:00Z"},
			{"Asia/Tokyo", "2026-03-05T08:00:02Z", "2026-03-03T00:00:00Z", "2026-03-06T00:00:00Z"},
			{"Europe/Berlin", "2026-03-06T12:00:00Z", "2026-03-03T08:00:00Z", "2026-03-07T08:00:00Z"},
			{"", "2026-03-31T12:00:00Z", "2026-03-03T09:00:00Z", "2026-04-01T09:00:00Z"},
			{"Europe/Berlin", "2026-04-20T12:00:00Z", "2026-03-03T08:00:00Z", ""},
		} {
			e.Clock.Set(moment(t, step.now))
			inZone(t, e, step.zone)
			tick(t, e)
			s := series(t, e, id)
			next := ""
			if !s.NextOccurrenceAt.IsZero() {
				next = s.NextOccurrenceAt.Format(time.RFC3339)
			}
			if start := s.Rule.StartAt.Format(time.RFC3339); start != step.start || next != step.next {
				t.Errorf("in %q the series starts at %s and goes on at %s, want %s and %s", step.zone, start, next, step.start, step.next)
			}
			dates = dates[:0]
			for _, task := range tasks(t, e, e.LocA) {
				dates = append(dates, task.OccurrenceAt.Format(time.DateOnly))
			}
		}
		if n := len(dates); n != 30 || len(slices.Compact(slices.Clone(dates))) != 30 || dates[0] != "2026-03-03" || dates[29] != "2026-04-01" {
			t.Errorf("%d tasks, on %v", n, dates)
		}
		wantOneEach(t, e, e.LocA)
	})
}

// TestAZoneChangeUpdatesItsSeries: a rule that moves is an update that somebody made.
func TestAZoneChangeUpdatesItsSeries(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		daily := tenantry.Recurrence{IntervalType: tenantry.Daily, StartAt: moment(t, "2026-03-03T09:00:00Z")}
		id := recur(t, e, tenantry.RecurringTask{Title: "daily", Rule: daily})
		hourly := recur(t, e, tenantry.RecurringTask{Title: "hourly", Rule: hourly()})
		before := len(ok[[]tenantry.Event](t)(e.Store.Events(t.Context(), e.LocA)))
		e.Clock.Advance(time.Minute)
		inZone(t, e, "Asia/Tokyo")
		gained := []string{}
		for _, record := range ok[[]tenantry.AuditRecord](t)(e.Store.Audit(t.Context(), e.LocA))[before:] {
			gained = append(gained, string(record.Action)+" "+record.Resource)
		}
		if diff := cmp.Diff([]string{"LocationUpdate " + string(e.LocA), "RecurringTaskUpdate " + string(id)}, gained); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if s := series(t, e, hourly); !s.NextOccurrenceAt.Equal(testkit.Start().Add(time.Hour)) || !s.UpdatedAt.Equal(testkit.Start()) {
			t.Errorf("the hourly series has become %+v", s)
		}
		if s := series(t, e, id); !s.UpdatedAt.Equal(testkit.Start().Add(time.Minute)) {
			t.Errorf("the daily series was updated at %v", s.UpdatedAt)
		}
	})
}

func TestANewRuleRepeatsNothing(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		daily := tenantry.Recurrence{IntervalType: tenantry.Daily, Interval: 1, StartAt: moment(t, "2026-03-03T09:00:00Z")}
		id := recur(t, e, tenantry.RecurringTask{Title: "t", Rule: daily})
		e.Clock.Set(moment(t, "2026-03-04T12:00:00Z"))
		tick(t, e)
		longer, ended := daily, daily
		longer.DueAfter = time.Hour
		ended.EndAt = moment(t, "2026-03-03T09:00:00Z")
		update := func(rule tenantry.Recurrence) {
			t.Helper()
			ok[tenantry.RecurringTask](t)(e.Store.UpdateRecurringTask(t.Context(), e.LocA, tenantry.System(), id, tenantry.RecurringTaskPatch{Rule: &rule}))
			tick(t, e)
		}
		update(longer)
		wantOccurrences(t, e, "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z")
		update(ended)
		e.Clock.Set(moment(t, "2026-03-06T08:00:00Z"))
		tick(t, e)
		wantOccurrences(t, e, "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z")
		update(daily) // goes on from now: what the ended rule left out does not come back
		e.Clock.Set(moment(t, "2026-03-06T09:00:00Z"))
		tick(t, e)
		wantOccurrences(t, e, "2026-03-03T09:00:00Z", "2026-03-04T09:00:00Z", "2026-03-06T09:00:00Z")
	})
}

func TestDeletedMakeNothing(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		daily := tenantry.Recurrence{IntervalType: tenantry.Daily, StartAt: moment(t, "2026-03-03T09:00:00Z")}
		id := recur(t, e, tenantry.RecurringTask{Title: "deleted", Rule: daily})
		recur(t, e, tenantry.RecurringTask{Title: "live", Rule: daily})
		if err := e.Store.DeleteRecurringTask(t.Context(), e.LocA, tenantry.System(), id); err != nil {
			t.Fatal(err)
		}
		e.Clock.Set(moment(t, "2026-03-03T09:00:00Z"))
		tick(t, e)
		if list := tasks(t, e, e.LocA); len(list) != 1 || list[0].Title != "live" {
			t.Errorf("tasks are %+v", list)
		}
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		before := len(ok[[]tenantry.Event](t)(e.Store.Events(t.Context(), e.LocA)))
		e.Clock.Advance(24 * time.Hour)
		if _, err := e.Store.MakeDueTasks(t.Context(), e.LocA, 10); tenantry.KindOf(err) != tenantry.NoAccess {
			t.Errorf("work on a deleted location gives %v, want NoAccess", err)
		}
		if err := runner(e).Tick(t.Context()); err != nil { // which must end, too
			t.Fatal(err)
		}
		if due := ok[[]store.Work](t)(e.Store.DueLocations(t.Context(), store.Work{}, 10)); len(due) != 0 {
			t.Errorf("a purged location is due: %v", due)
		}
		if after := len(ok[[]tenantry.Event](t)(e.Store.Events(t.Context(), e.LocA))); after != before {
			t.Errorf("a deleted location gained %d events", after-before)
		}
	})
}
