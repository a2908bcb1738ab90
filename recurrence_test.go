package tenantry_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

const minute = "2006-01-02T15:04Z07:00"

// zoneOf loads a zone that the test needs.
func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := tenantry.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// instant reads a time with its offset, to the minute; "" is the zero time.
func instant(t testing.TB, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(minute, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// take gives the first n occurrences after an instant, at most.
func take(r tenantry.Recurrence, zone *time.Location, after time.Time, n int) []time.Time {
	var times []time.Time
	for at := range r.Occurrences(zone, after) {
		if times = append(times, at); len(times) == n {
			break
		}
	}
	return times
}

func format(times []time.Time, zone *time.Location) []string {
	var texts []string
	for _, at := range times {
		texts = append(texts, at.In(zone).Format(minute))
	}
	return texts
}

// series is a row of a table: a rule, and its first occurrences in local time.
// The wanted list is the whole series when whole is set.
type series struct {
	name, zone, start, end string
	rule                   tenantry.Recurrence
	want                   []string
	whole                  bool
}

func (s series) run(t *testing.T) {
	t.Helper()
	t.Run(s.name, func(t *testing.T) {
		zone := zoneOf(t, s.zone)
		s.rule.StartAt, s.rule.EndAt = instant(t, s.start), instant(t, s.end)
		s.rule.Interval = max(s.rule.Interval, 1)
		if problems := s.rule.Problems(); problems != nil {
			t.Fatalf("problems: %q", problems)
		}
		n := len(s.want)
		if s.whole {
			n++
		}
		if diff := cmp.Diff(s.want, format(take(s.rule, zone, time.Time{}, n), zone)); diff != "" {
			t.Errorf("occurrences (-want +got):\n%s", diff)
		}
	})
}

func TestOccurrencesByRFC5545(t *testing.T) {
	monthly, yearly, weekly, daily := tenantry.Monthly, tenantry.Yearly, tenantry.Weekly, tenantry.Daily
	for _, row := range []series{
		{name: "monthly on the 31st skips short months", start: "2026-01-31T09:00Z", rule: tenantry.Recurrence{IntervalType: monthly, DayOfMonth: 31},
			want: []string{"2026-01-31T09:00Z", "2026-03-31T09:00Z", "2026-05-31T09:00Z", "2026-07-31T09:00Z"}},
		{name: "monthly on the 30th skips February", start: "2026-01-01T09:00Z", rule: tenantry.Recurrence{IntervalType: monthly, DayOfMonth: 30},
			want: []string{"2026-01-30T09:00Z", "2026-03-30T09:00Z", "2026-04-30T09:00Z"}},
		{name: "monthly on the 29th has February in leap years", start: "2027-12-29T09:00Z", rule: tenantry.Recurrence{IntervalType: monthly, DayOfMonth: 29, Interval: 14},
			want: []string{"2027-12-29T09:00Z", "2030-04-29T09:00Z", "2031-06-29T09:00Z"}},
		{name: "monthly takes the day of the start", start: "2023-12-29T09:00Z", rule: tenantry.Recurrence{IntervalType: monthly},
			want: []string{"2023-12-29T09:00Z", "2024-01-29T09:00Z", "2024-02-29T09:00Z"}},
		{name: "monthly expands a weekday", start: "2026-01-10T09:00Z", rule: tenantry.Recurrence{IntervalType: monthly, DayOfWeek: "MO", Interval: 2},
			want: []string{"2026-01-12T09:00Z", "2026-01-19T09:00Z", "2026-01-26T09:00Z", "2026-03-02T09:00Z"}},
		{name: "Friday the 13th", start: "2026-01-01T09:00Z", rule: tenantry.Recurrence{IntervalType: monthly, DayOfMonth: 13, DayOfWeek: "FR"},
			want: []string{"2026-02-13T09:00Z", "2026-03-13T09:00Z", "2026-11-13T09:00Z", "2027-08-13T09:00Z"}},
		{name: "monthly limited to a month", start: "2026-05-03T09:00Z", rule: tenantry.Recurrence{IntervalType: monthly, MonthOfYear: 4},
			want: []string{"2027-04-03T09:00Z", "2028-04-03T09:00Z"}},
		{name: "yearly on 29 February", start: "2096-02-29T09:00Z", rule: tenantry.Recurrence{IntervalType: yearly},
			want: []string{"2096-02-29T09:00Z", "2104-02-29T09:00Z"}},
		{name: "yearly takes the day of the start into another month", start: "2026-05-03T09:00Z", rule: tenantry.Recurrence{IntervalType: yearly, MonthOfYear: 4, Interval: 3},
			want: []string{"2029-04-03T09:00Z", "2032-04-03T09:00Z"}},
		{name: "yearly expands a day of the month over the year", start: "2026-11-20T09:00Z", rule: tenantry.Recurrence{IntervalType: yearly, DayOfMonth: 15, Interval: 2},
			want: []string{"2026-12-15T09:00Z", "2028-01-15T09:00Z", "2028-02-15T09:00Z"}},
		{name: "yearly expands a weekday over the year", start: "2026-12-25T09:00Z", rule: tenantry.Recurrence{IntervalType: yearly, DayOfWeek: "TU", Interval: 2},
			want: []string{"2026-12-29T09:00Z", "2028-01-04T09:00Z", "2028-01-11T09:00Z"}},
		{name: "yearly expands a weekday over a month", start: "2026-06-20T09:00Z", rule: tenantry.Recurrence{IntervalType: yearly, MonthOfYear: 6, DayOfWeek: "TU"},
			want: []string{"2026-06-23T09:00Z", "2026-06-30T09:00Z", "2027-06-01T09:00Z"}},
		{name: "weekly takes the weekday of the start", start: "2026-01-07T09:00Z", rule: tenantry.Recurrence{IntervalType: weekly, Interval: 2},
			want: []string{"2026-01-07T09:00Z", "2026-01-21T09:00Z", "2026-02-04T09:00Z"}},
		{name: "weeks begin on Monday", start: "2026-01-04T09:00Z", rule: tenantry.Recurrence{IntervalType: weekly, Interval: 2, DayOfWeek: "MO"},
			want: []string{"2026-01-12T09:00Z", "2026-01-26T09:00Z"}},
		{name: "weekly limited to a month", start: "2026-01-28T09:00Z", rule: tenantry.Recurrence{IntervalType: weekly, MonthOfYear: 1},
			want: []string{"2026-01-28T09:00Z", "2027-01-06T09:00Z"}},
		{name: "daily limited to a weekday", start: "2026-01-01T09:00Z", rule: tenantry.Recurrence{IntervalType: daily, Interval: 3, DayOfWeek: "SU"},
			want: []string{"2026-01-04T09:00Z", "2026-01-25T09:00Z"}},
		{name: "daily before 1970", start: "1969-12-30T09:00Z", rule: tenantry.Recurrence{IntervalType: daily, Interval: 2},
			want: []string{"1969-12-30T09:00Z", "1970-01-01T09:00Z"}},
		{name: "hourly limited to a date", start: "2026-01-30T22:30Z", rule: tenantry.Recurrence{IntervalType: tenantry.Hourly, Interval: 9, DayOfMonth: 31, MonthOfYear: 1},
			want: []string{"2026-01-31T07:30Z", "2026-01-31T16:30Z", "2027-01-31T04:30Z"}},
	} {
		row.zone = "UTC"
		row.run(t)
	}
}

func TestOccurrencesInZones(t *testing.T) {
	daily, hourly := tenantry.Daily, tenantry.Hourly
	for _, row := range []series{
		{name: "daily across spring (X09)", zone: "Europe/Berlin", start: "2026-03-28T08:00+01:00", rule: tenantry.Recurrence{IntervalType: daily, Count: 3}, whole: true,
			want: []string{"2026-03-28T08:00+01:00", "2026-03-29T08:00+02:00", "2026-03-30T08:00+02:00"}},
		{name: "a gap takes the offset before it", zone: "America/New_York", start: "2026-03-07T02:30-05:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2026-03-07T02:30-05:00", "2026-03-08T03:30-04:00", "2026-03-09T02:30-04:00"}},
		{name: "the ends of a gap", zone: "America/New_York", start: "2026-03-07T02:00-05:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2026-03-07T02:00-05:00", "2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"}},
		{name: "an ambiguous time takes the first", zone: "America/New_York", start: "2026-10-31T01:30-04:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2026-10-31T01:30-04:00", "2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"}},
		{name: "the end of an ambiguous hour", zone: "Europe/Berlin", start: "2026-10-24T03:00+02:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2026-10-24T03:00+02:00", "2026-10-25T03:00+01:00", "2026-10-26T03:00+01:00"}},
		{name: "a start in the second of an ambiguous time", zone: "America/New_York", start: "2026-11-01T01:30-05:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2026-11-01T01:30-05:00", "2026-11-02T01:30-05:00"}},
		{name: "southern spring", zone: "Pacific/Auckland", start: "2026-09-26T02:15+12:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2026-09-26T02:15+12:00", "2026-09-27T03:15+13:00", "2026-09-28T02:15+13:00"}},
		{name: "southern autumn by half an hour", zone: "Australia/Lord_Howe", start: "2026-04-04T01:45+11:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2026-04-04T01:45+11:00", "2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30"}},
		{name: "a gap at midnight", zone: "America/Sao_Paulo", start: "2018-11-03T00:00-03:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2018-11-03T00:00-03:00", "2018-11-04T01:00-02:00", "2018-11-05T00:00-02:00"}},
		{name: "a gap up to midnight", zone: "America/Nuuk", start: "2026-03-27T23:30-02:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2026-03-27T23:30-02:00", "2026-03-29T00:30-01:00", "2026-03-29T23:30-01:00"}},
		{name: "an end on a date that comes again", zone: "America/St_Johns", start: "2010-11-06T00:00-02:30", end: "2010-11-06T23:30-03:30", rule: tenantry.Recurrence{IntervalType: daily}, whole: true,
			want: []string{"2010-11-06T00:00-02:30", "2010-11-07T00:00-02:30"}},
		{name: "a date that was left out", zone: "Pacific/Apia", start: "2011-12-29T08:00-10:00", rule: tenantry.Recurrence{IntervalType: daily, Count: 4}, whole: true,
			want: []string{"2011-12-29T08:00-10:00", "2011-12-31T08:00+14:00", "2012-01-01T08:00+14:00"}},
		{name: "the last day of a leap year", zone: "Europe/Berlin", start: "2096-12-30T23:30+01:00", rule: tenantry.Recurrence{IntervalType: daily},
			want: []string{"2096-12-30T23:30+01:00", "2096-12-31T23:30+01:00", "2097-01-01T23:30+01:00"}},
		{name: "the day of the start is the local one", zone: "Asia/Kolkata", start: "2026-01-31T01:00+05:30", rule: tenantry.Recurrence{IntervalType: tenantry.Monthly},
			want: []string{"2026-01-31T01:00+05:30", "2026-03-31T01:00+05:30"}},
		{name: "hourly across spring", zone: "Europe/Berlin", start: "2026-03-29T00:30+01:00", rule: tenantry.Recurrence{IntervalType: hourly},
			want: []string{"2026-03-29T00:30+01:00", "2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"}},
		{name: "hourly across autumn", zone: "Europe/Berlin", start: "2026-10-25T01:30+02:00", rule: tenantry.Recurrence{IntervalType: hourly},
			want: []string{"2026-10-25T01:30+02:00", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "2026-10-25T03:30+01:00"}},
		{name: "24 hours are no day", zone: "Europe/Berlin", start: "2026-03-28T08:00+01:00", rule: tenantry.Recurrence{IntervalType: hourly, Interval: 24},
			want: []string{"2026-03-28T08:00+01:00", "2026-03-29T09:00+02:00"}},
		{name: "hourly limited to the short day", zone: "Europe/Berlin", start: "2026-03-28T23:30+01:00", rule: tenantry.Recurrence{IntervalType: hourly, Interval: 6, DayOfWeek: "SU"},
			want: []string{"2026-03-29T06:30+02:00", "2026-03-29T12:30+02:00", "2026-03-29T18:30+02:00", "2026-04-05T00:30+02:00"}},
		{name: "hourly over the end of the short day", zone: "Europe/Berlin", start: "2026-03-29T00:30+01:00", rule: tenantry.Recurrence{IntervalType: hourly, Interval: 23, DayOfWeek: "SU"},
			want: []string{"2026-03-29T00:30+01:00", "2026-04-05T17:30+02:00"}},
		{name: "hourly through a date that comes again", zone: "America/St_Johns", start: "2010-11-06T22:30-02:30", rule: tenantry.Recurrence{IntervalType: hourly, DayOfWeek: "SA"},
			want: []string{"2010-11-06T22:30-02:30", "2010-11-06T23:30-02:30", "2010-11-06T23:30-03:30", "2010-11-13T00:30-03:30"}},
	} {
		row.run(t)
	}
}

func TestOccurrencesEnd(t *testing.T) {
	for _, row := range []series{
		{name: "count", rule: tenantry.Recurrence{Count: 2}, want: []string{"2026-01-05T09:00Z", "2026-01-12T09:00Z"}},
		{name: "a start that does not match does not count", rule: tenantry.Recurrence{Count: 2, DayOfWeek: "TU"}, want: []string{"2026-01-06T09:00Z", "2026-01-13T09:00Z"}},
		{name: "end on an occurrence", end: "2026-01-12T09:00Z", want: []string{"2026-01-05T09:00Z", "2026-01-12T09:00Z"}},
		{name: "end before an occurrence", end: "2026-01-12T08:59Z", want: []string{"2026-01-05T09:00Z"}},
		{name: "end at the start", end: "2026-01-05T09:00Z", want: []string{"2026-01-05T09:00Z"}},
		{name: "end before the first match", end: "2026-01-06T08:00Z", rule: tenantry.Recurrence{DayOfWeek: "TU"}},
		{name: "count before end", end: "2026-01-12T09:00Z", rule: tenantry.Recurrence{Count: 1}, want: []string{"2026-01-05T09:00Z"}},
		{name: "end before count", end: "2026-01-12T09:00Z", rule: tenantry.Recurrence{Count: 3}, want: []string{"2026-01-05T09:00Z", "2026-01-12T09:00Z"}},
		{name: "hourly count and end", end: "2026-01-05T11:00Z", rule: tenantry.Recurrence{IntervalType: tenantry.Hourly, Count: 9},
			want: []string{"2026-01-05T09:00Z", "2026-01-05T10:00Z", "2026-01-05T11:00Z"}},
		{name: "an interval beyond the calendar", rule: tenantry.Recurrence{Interval: 1 << 62}, want: []string{"2026-01-05T09:00Z"}},
	} {
		row.zone, row.start, row.whole = "UTC", "2026-01-05T09:00Z", true
		if row.rule.IntervalType == "" {
			row.rule.IntervalType = tenantry.Weekly
		}
		row.run(t)
	}
}

func TestNext(t *testing.T) {
	hourly := tenantry.Recurrence{IntervalType: tenantry.Hourly, Interval: 7}
	tuesdays := tenantry.Recurrence{IntervalType: tenantry.Weekly, Interval: 1, DayOfWeek: "TU"}
	counted, countedDays := hourly, tenantry.Recurrence{IntervalType: tenantry.Daily, Interval: 1, DayOfWeek: "TU", Count: 523}
	counted.Count = 12525
	for _, tt := range []struct {
		name, after, want string
		rule              tenantry.Recurrence
	}{
		{"the first", "", "2016-01-05T09:00Z", tuesdays},
		{"before the start", "2015-01-01T00:00Z", "2016-01-05T09:00Z", tuesdays},
		{"between", "2026-01-06T08:59Z", "2026-01-06T09:00Z", tuesdays},
		{"at an occurrence", "2026-01-06T09:00Z", "2026-01-13T09:00Z", tuesdays},
		{"ten years of hours", "2026-01-01T00:00Z", "2026-01-01T05:00Z", hourly},
		{"the last of many", "2026-01-01T00:00Z", "2026-01-01T05:00Z", counted},
		{"after the last of many", "2026-01-01T05:00Z", "", counted},
		{"the last of many days", "2026-01-01T06:00Z", "2026-01-06T09:00Z", countedDays},
		{"after the last of many days", "2026-01-06T09:00Z", "", countedDays},
		{"near the end of the calendar", "9999-12-28T09:00Z", "", tuesdays},
		{"beyond the end of the calendar", "9999-12-31T09:00Z", "", counted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.rule.StartAt = instant(t, "2016-01-01T09:00Z")
			at, ok := tt.rule.Next(time.UTC, instant(t, tt.after))
			if want := instant(t, tt.want); !at.Equal(want) || ok != (tt.want != "") {
				t.Errorf("Next = %v, %v, want %v", at, ok, want)
			}
		})
	}
}

// An occurrence that a clock change moved to the next date is found from there.
func TestNextOnTheDateAfter(t *testing.T) {
	rule := tenantry.Recurrence{IntervalType: tenantry.Daily, Interval: 1, StartAt: instant(t, "2026-01-01T23:30-02:00")}
	at, ok := rule.Next(zoneOf(t, "America/Nuuk"), instant(t, "2026-03-29T00:10-01:00"))
	if want := instant(t, "2026-03-29T00:30-01:00"); !ok || !at.Equal(want) {
		t.Errorf("Next = %v, %v, want %v", at, ok, want)
	}
}

// Rules that no date fits end instead of searching for ever.
func TestRulesWithoutOccurrences(t *testing.T) {
	for _, tt := range []struct {
		name, start string
		rule        tenantry.Recurrence
	}{
		{"31 April by the start", "2026-01-31T09:00Z", tenantry.Recurrence{IntervalType: tenantry.Yearly, MonthOfYear: 4}},
		{"29 February in odd years", "2025-01-01T09:00Z", tenantry.Recurrence{IntervalType: tenantry.Yearly, Interval: 2, MonthOfYear: 2, DayOfMonth: 29}},
		{"a month out of step", "2025-01-01T09:00Z", tenantry.Recurrence{IntervalType: tenantry.Monthly, Interval: 2, MonthOfYear: 2}},
		{"a weekday out of step", "2025-01-01T09:00Z", tenantry.Recurrence{IntervalType: tenantry.Daily, Interval: 7, DayOfWeek: "MO", Count: 3}},
		{"a weekday out of step by hours", "2025-01-01T09:00Z", tenantry.Recurrence{IntervalType: tenantry.Hourly, Interval: 168, DayOfWeek: "MO"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.rule.StartAt = instant(t, tt.start)
			tt.rule.Interval = max(tt.rule.Interval, 1)
			for _, zone := range []string{"UTC", "Europe/Berlin"} {
				if at, ok := tt.rule.Next(zoneOf(t, zone), time.Time{}); ok {
					t.Errorf("Next in %s = %v, want none", zone, at)
				}
			}
		})
	}
}

func TestRecurrenceProblems(t *testing.T) {
	good := tenantry.Recurrence{IntervalType: tenantry.Monthly, Interval: 1, StartAt: instant(t, "2026-01-05T09:00Z"), DayOfMonth: 29, MonthOfYear: 2, DayOfWeek: "SU", Count: 3, DueAfter: time.Hour}
	if problems := good.Problems(); problems != nil {
		t.Errorf("problems of a good rule: %q", problems)
	}
	for _, tt := range []struct {
		spoil func(*tenantry.Recurrence)
		want  []string
	}{
		{func(r *tenantry.Recurrence) { *r = tenantry.Recurrence{} }, []string{
			"intervalType must be one of the following values: yearly, monthly, weekly, daily, hourly",
			"interval must not be less than 1", "startDate should not be empty"}},
		{func(r *tenantry.Recurrence) { r.IntervalType = "Monthly" }, []string{"intervalType must be one of the following values: yearly, monthly, weekly, daily, hourly"}},
		{func(r *tenantry.Recurrence) { r.EndAt = r.StartAt.Add(-1) }, []string{"endDate must not be before startDate"}},
		{func(r *tenantry.Recurrence) { r.DayOfMonth = -1 }, []string{"dayOfMonth must not be less than 1"}},
		{func(r *tenantry.Recurrence) { r.DayOfMonth = 32 }, []string{"dayOfMonth must not be greater than 31"}},
		{func(r *tenantry.Recurrence) { r.IntervalType = tenantry.Weekly }, []string{"dayOfMonth must not be used with intervalType weekly"}},
		{func(r *tenantry.Recurrence) { r.DayOfWeek = "mo" }, []string{"dayOfWeek must be one of the following values: MO, TU, WE, TH, FR, SA, SU"}},
		{func(r *tenantry.Recurrence) { r.MonthOfYear = -1 }, []string{"monthOfYear must not be less than 1"}},
		{func(r *tenantry.Recurrence) { r.MonthOfYear = 13 }, []string{"monthOfYear must not be greater than 12"}},
		{func(r *tenantry.Recurrence) { r.DayOfMonth = 30 }, []string{"dayOfMonth 30 does not exist in monthOfYear 2"}},
		{func(r *tenantry.Recurrence) { r.DayOfMonth, r.MonthOfYear = 31, 9 }, []string{"dayOfMonth 31 does not exist in monthOfYear 9"}},
		{func(r *tenantry.Recurrence) { r.Count, r.DueAfter = -1, -1 }, []string{"count must not be less than 1", "dueAfterSeconds must not be less than 0"}},
	} {
		bad := good
		tt.spoil(&bad)
		if diff := cmp.Diff(tt.want, bad.Problems()); diff != "" {
			t.Errorf("problems of %+v (-want +got):\n%s", bad, diff)
		}
		if at, ok := bad.Next(time.UTC, time.Time{}); ok {
			t.Errorf("%+v has problems, yet it occurs at %v", bad, at)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	now := instant(b, "2026-01-01T00:00Z")
	zone := zoneOf(b, "Europe/Berlin")
	for _, bb := range []struct {
		name string
		rule tenantry.Recurrence
	}{
		{"hourly", tenantry.Recurrence{IntervalType: tenantry.Hourly}},
		{"hourly counted", tenantry.Recurrence{IntervalType: tenantry.Hourly, Count: 1_000_000}},
		{"hourly on Mondays counted", tenantry.Recurrence{IntervalType: tenantry.Hourly, DayOfWeek: "MO", Count: 1_000_000}},
		{"hourly never", tenantry.Recurrence{IntervalType: tenantry.Hourly, Interval: 168 * 24, DayOfMonth: 30, DayOfWeek: "MO"}},
		{"daily counted", tenantry.Recurrence{IntervalType: tenantry.Daily, Count: 1_000_000}},
		{"daily on Mondays counted", tenantry.Recurrence{IntervalType: tenantry.Daily, DayOfWeek: "MO", Count: 1_000_000}},
	} {
		bb.rule.StartAt = instant(b, "2016-01-01T09:00Z")
		bb.rule.Interval = max(bb.rule.Interval, 1)
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				bb.rule.Next(zone, now)
			}
		})
	}
}
