package tenantry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
)

// moment reads an RFC 3339 time, the zero time from "".
func moment(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := tenantry.Location{Timezone: name}.Zone()
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// everyDay is a rule with an occurrence at nine from 1 March on.
func everyDay(count int) tenantry.Recurrence {
	return tenantry.Recurrence{
		IntervalType: tenantry.Daily, Interval: 1, StartAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Count: count, DueAfter: time.Hour,
	}
}

func TestRecurringTaskBegin(t *testing.T) {
	for _, tt := range []struct {
		name        string
		now         string
		count       int
		ignore      bool
		first, next string // "" for none
	}{
		{"before its start", "2026-02-28T12:00:00Z", 0, false, "", "2026-03-01T09:00:00Z"},
		{"before its start, ignored", "2026-02-28T12:00:00Z", 0, true, "", "2026-03-01T09:00:00Z"},
		{"at its start", "2026-03-01T09:00:00Z", 0, false, "2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z"},
		{"at its start, ignored", "2026-03-01T09:00:00Z", 0, true, "", "2026-03-02T09:00:00Z"},
		{"days after", "2026-03-05T12:00:00Z", 0, false, "2026-03-01T09:00:00Z", "2026-03-06T09:00:00Z"},
		{"after its end", "2026-03-05T12:00:00Z", 3, false, "2026-03-01T09:00:00Z", ""},
		{"after its end, ignored", "2026-03-05T12:00:00Z", 3, true, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tenantry.RecurringTask{Rule: everyDay(tt.count)}
			first, ok := r.Begin(time.UTC, moment(t, tt.now), tt.ignore)
			if !first.Equal(moment(t, tt.first)) || ok != (tt.first != "") {
				t.Errorf("begins with %v, %v, want %q", first, ok, tt.first)
			}
			if !r.NextOccurrenceAt.Equal(moment(t, tt.next)) {
				t.Errorf("goes on with %v, want %q", r.NextOccurrenceAt, tt.next)
			}
		})
	}
}

func TestRecurringTaskReschedule(t *testing.T) {
	hourly := tenantry.Recurrence{IntervalType: tenantry.Hourly, Interval: 1, StartAt: time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)}
	for _, tt := range []struct {
		name, now, next, want string
	}{
		{"nothing has come: from now on", "2026-03-05T12:00:00Z", "2026-03-06T09:00:00Z", "2026-03-05T12:30:00Z"},
		{"one has come: from there on", "2026-03-05T12:00:00Z", "2026-03-05T09:00:00Z", "2026-03-05T09:30:00Z"},
		{"one has come that the new rule has too", "2026-03-05T12:00:00Z", "2026-03-05T09:30:00Z", "2026-03-05T09:30:00Z"},
		{"the old series has ended", "2026-03-05T12:00:00Z", "", "2026-03-05T12:30:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tenantry.RecurringTask{Rule: hourly, NextOccurrenceAt: moment(t, tt.next)}
			r.Reschedule(time.UTC, moment(t, tt.now))
			if !r.NextOccurrenceAt.Equal(moment(t, tt.want)) {
				t.Errorf("next is %v, want %s", r.NextOccurrenceAt, tt.want)
			}
		})
	}
}

func TestRecurringTaskFollow(t *testing.T) {
	hourly := everyDay(0)
	hourly.IntervalType = tenantry.Hourly
	for _, tt := range []struct {
		name, from, to string
		rule           tenantry.Recurrence // starts at 09:00Z on 1 March
		next           string
		wantStart      string
		want           string
	}{
		{"west", "UTC", "America/New_York", everyDay(0), "2026-05-02T09:00:00Z", "2026-03-01T14:00:00Z", "2026-05-02T13:00:00Z"},
		{"east, where it has passed", "UTC", "Asia/Tokyo", everyDay(0), "2026-05-02T09:00:00Z", "2026-03-01T00:00:00Z", "2026-05-02T00:00:00Z"},
		{"to summer time", "UTC", "Europe/Berlin", everyDay(0), "2026-05-02T09:00:00Z", "2026-03-01T08:00:00Z", "2026-05-02T07:00:00Z"},
		{"from summer time", "Europe/Berlin", "UTC", everyDay(0), "2026-05-02T08:00:00Z", "2026-03-01T10:00:00Z", "2026-05-02T10:00:00Z"},
		{"has ended", "UTC", "Europe/Berlin", everyDay(0), "", "2026-03-01T08:00:00Z", ""},
		{"hourly", "UTC", "Europe/Berlin", hourly, "2026-05-02T13:00:00Z", "2026-03-01T09:00:00Z", "2026-05-02T13:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := tenantry.RecurringTask{Rule: tt.rule, NextOccurrenceAt: moment(t, tt.next)}
			r.Follow(zone(t, tt.from), zone(t, tt.to), moment(t, "2026-05-02T12:00:00Z"))
			if !r.NextOccurrenceAt.Equal(moment(t, tt.want)) || !r.Rule.StartAt.Equal(moment(t, tt.wantStart)) {
				t.Errorf("starts at %v and goes on at %v, want %s and %q", r.Rule.StartAt, r.NextOccurrenceAt, tt.wantStart, tt.want)
			}
		})
	}
}

// TestFollowKeepsTheDates: a series that changes its zone again and again decides on the
// same dates as one that stays, once each.
func TestFollowKeepsTheDates(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "Europe/Berlin", "America/New_York"} {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(rt *rapid.T) {
		rule := everyDay(0)
		rule.IntervalType = rapid.SampledFrom([]tenantry.IntervalType{tenantry.Daily, tenantry.Weekly, tenantry.Monthly}).Draw(rt, "period")
		rule.Interval = rapid.IntRange(1, 3).Draw(rt, "interval")
		rule.Count = rapid.IntRange(0, 12).Draw(rt, "count")
		if rapid.Bool().Draw(rt, "ends") {
			rule.EndAt = rule.StartAt.AddDate(0, 2, 0)
		}
		r, here := tenantry.RecurringTask{Rule: rule}, time.UTC
		r.NextOccurrenceAt, _ = rule.Next(here, time.Time{})
		want, got := []string{}, []string{}
		for at := range rule.Occurrences(time.UTC, time.Time{}) {
			if want = append(want, at.Format(time.DateTime)); len(want) == 15 {
				break
			}
		}
		for len(got) < 15 && !r.NextOccurrenceAt.IsZero() {
			there := rapid.SampledFrom(zones).Draw(rt, "zone")
			r.Follow(here, there, r.NextOccurrenceAt.Add(time.Duration(rapid.IntRange(-30, 30).Draw(rt, "hours"))*time.Hour))
			here = there
			got = append(got, r.NextOccurrenceAt.In(here).Format(time.DateTime))
			r.Advance(here)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("(-stays +moves):\n%s", diff)
		}
	})
}

// TestRecurringTaskDecidesOnEachOccurrenceOnce compares a series that is advanced while due, with
// pauses of any length between, to the plain list of its occurrences.
func TestRecurringTaskDecidesOnEachOccurrenceOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rule := everyDay(rapid.IntRange(0, 12).Draw(rt, "count"))
		rule.Interval = rapid.IntRange(1, 3).Draw(rt, "interval")
		now := rule.StartAt.Add(time.Duration(rapid.IntRange(-72, 72).Draw(rt, "created after hours")) * time.Hour)
		created := now
		r := tenantry.RecurringTask{Rule: rule}
		var got, want []time.Time
		if first, ok := r.Begin(time.UTC, now, false); ok {
			got = append(got, first)
		}
		for _, hours := range rapid.SliceOfN(rapid.IntRange(0, 100), 1, 8).Draw(rt, "pauses") {
			now = now.Add(time.Duration(hours) * time.Hour)
			for r.Due(now) {
				got = append(got, r.NextOccurrenceAt)
				r.Advance(time.UTC)
			}
		}
		first := true
		for at := range rule.Occurrences(time.UTC, time.Time{}) {
			if at.After(now) {
				break
			}
			if first || at.After(created) {
				want = append(want, at)
			}
			first = false
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestRecurringTaskTasks(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	r := tenantry.RecurringTask{ID: "r", LocationID: "l", Title: "t", Description: "d", Rule: everyDay(0)}
	want := tenantry.Task{LocationID: "l", Title: "t", Body: "d", RecurringID: "r", OccurrenceAt: at, DueAt: at.Add(time.Hour)}
	if diff := cmp.Diff([]tenantry.Task{want}, r.Tasks(at)); diff != "" {
		t.Errorf("without people (-want +got):\n%s", diff)
	}
	r.ContactIDs, r.Owners = []tenantry.ContactID{"c1", "c2"}, []tenantry.UserID{"u1", "u2"}
	want.AssignedTo = "u1"
	one, two := want, want
	one.ContactID, two.ContactID = "c1", "c2"
	if diff := cmp.Diff([]tenantry.Task{one, two}, r.Tasks(at)); diff != "" {
		t.Errorf("for two contacts (-want +got):\n%s", diff)
	}
}

func TestRecurringTaskPatch(t *testing.T) {
	r := tenantry.RecurringTask{
		Title: "t", Description: "d", ContactIDs: []tenantry.ContactID{"c"}, Owners: []tenantry.UserID{"u"}, Rule: everyDay(3),
		TotalOccurrence: 2, NextOccurrenceAt: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC),
	}
	slower, berlin := everyDay(3), everyDay(3)
	slower.Interval = 2
	berlin.StartAt = berlin.StartAt.In(zone(t, "Europe/Berlin"))
	for _, tt := range []struct {
		name  string
		patch tenantry.RecurringTaskPatch
		same  bool
	}{
		{"nothing", tenantry.RecurringTaskPatch{}, true},
		{"equal values", tenantry.RecurringTaskPatch{Title: new("t"), Owners: &[]tenantry.UserID{"u"}, Rule: &berlin}, true},
		{"title", tenantry.RecurringTaskPatch{Title: new("")}, false},
		{"description", tenantry.RecurringTaskPatch{Description: new("")}, false},
		{"contacts", tenantry.RecurringTaskPatch{ContactIDs: &[]tenantry.ContactID{}}, false},
		{"owners", tenantry.RecurringTaskPatch{Owners: &[]tenantry.UserID{"u", "v"}}, false},
		{"rule", tenantry.RecurringTaskPatch{Rule: &slower}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after := tt.patch.Apply(r)
			if after.Same(r) != tt.same {
				t.Errorf("same is %v, want %v: %+v", !tt.same, tt.same, after)
			}
			if after.TotalOccurrence != 2 || !after.NextOccurrenceAt.Equal(r.NextOccurrenceAt) {
				t.Errorf("the patch touches the schedule: %+v", after)
			}
		})
	}
}

func TestTaskCursor(t *testing.T) {
	task := tenantry.Task{ID: "t", CreatedAt: time.UnixMilli(1), DueAt: time.UnixMilli(2)}
	for key, want := range map[tenantry.TaskSortKey]int64{"": 1, tenantry.ByDateAdded: 1, tenantry.ByDueDate: 2} {
		if got := task.Cursor(key); got.At.UnixMilli() != want || got.ID != "t" {
			t.Errorf("cursor by %q is %+v", key, got)
		}
	}
}
