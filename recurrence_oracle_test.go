package tenantry_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
)

// drawRule draws a rule without problems, which may have no occurrences.
func drawRule(t *rapid.T, zone *time.Location) tenantry.Recurrence {
	optional := func(low, high int, label string) int {
		return rapid.OneOf(rapid.Just(0), rapid.Just(0), rapid.IntRange(low, high)).Draw(t, label)
	}
	r := tenantry.Recurrence{
		IntervalType: rapid.SampledFrom(tenantry.IntervalTypes()).Draw(t, "type"),
		Interval:     rapid.OneOf(rapid.IntRange(1, 4), rapid.IntRange(1, 30)).Draw(t, "interval"),
		StartAt:      time.Unix(rapid.Int64Range(500_000_000, 3_500_000_000).Draw(t, "start"), 0).In(zone),
		DayOfMonth:   optional(1, 31, "day"),
		DayOfWeek:    rapid.SampledFrom(append(tenantry.Weekdays(), "", "", "", "", "", "", "")).Draw(t, "weekday"),
		MonthOfYear:  optional(1, 12, "month"),
		Count:        optional(1, 40, "count"),
	}
	if len(r.Problems()) > 0 {
		r.DayOfMonth = 0
	}
	years := 15
	if r.IntervalType == tenantry.Hourly {
		years = 2
	}
	r.EndAt = r.StartAt.AddDate(years, 0, rapid.IntRange(-700, 0).Draw(t, "fewer days"))
	return r
}

// oracle expands the rule by another implementation, reading the wall-clock
// time of StartAt in its zone as UTC.
func oracle(t *rapid.T, r tenantry.Recurrence) []time.Time {
	wall := func(at time.Time) time.Time {
		_, offset := at.Zone()
		return at.Add(time.Duration(offset) * time.Second).UTC()
	}
	option := rrule.ROption{
		Freq:     rrule.Frequency(slices.Index(tenantry.IntervalTypes(), r.IntervalType)),
		Dtstart:  wall(r.StartAt),
		Interval: r.Interval,
		Wkst:     rrule.MO,
		Count:    r.Count,
		Until:    wall(r.EndAt.In(r.StartAt.Location())),
	}
	if r.DayOfMonth != 0 {
		option.Bymonthday = []int{r.DayOfMonth}
	}
	if r.MonthOfYear != 0 {
		option.Bymonth = []int{r.MonthOfYear}
	}
	if i := slices.Index(tenantry.Weekdays(), r.DayOfWeek); i >= 0 {
		option.Byweekday = []rrule.Weekday{[]rrule.Weekday{rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU}[i]}
	}
	rule, err := rrule.NewRRule(option)
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Time
	next := rule.Iterator()
	for at, ok := next(); ok && len(times) < 60; at, ok = next() {
		times = append(times, at)
	}
	return times
}

func TestOccurrencesMatchOracle(t *testing.T) {
	zones := []*time.Location{time.UTC, zoneOf(t, "Asia/Kolkata")}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		rule := drawRule(t, zone)
		_, offset := rule.StartAt.Zone()
		var want []time.Time
		for _, wall := range oracle(t, rule) {
			want = append(want, wall.Add(-time.Duration(offset)*time.Second))
		}
		if diff := cmp.Diff(want, take(rule, zone, time.Time{}, 60)); diff != "" {
			t.Fatalf("%+v (-want +got):\n%s", rule, diff)
		}
	})
}

// clockZones are zones whose clocks change, by whole and half hours, north and
// south of the equator, in the middle of the night and at midnight.
func clockZones(t testing.TB) []*time.Location {
	t.Helper()
	var zones []*time.Location
	for _, name := range []string{"Europe/Berlin", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Pacific/Auckland", "Africa/Cairo", "Africa/Casablanca", "America/Nuuk"} {
		zones = append(zones, zoneOf(t, name))
	}
	return zones
}

// walk finds when clocks first show a wall-clock time, by looking at every
// quarter of an hour; in a gap it goes by the offset before it.
func walk(wall time.Time, zone *time.Location) time.Time {
	shown := func(at time.Time) time.Duration {
		_, offset := at.In(zone).Zone()
		return time.Duration(offset) * time.Second
	}
	before := wall.Add(-26 * time.Hour)
	for at := before; at.Add(shown(at)).Before(wall); at = at.Add(15 * time.Minute) {
		before = at
	}
	late := wall.Add(-shown(before.Add(15 * time.Minute)))
	early := wall.Add(-shown(before))
	if shown(early) != shown(before) && shown(late) == shown(before.Add(15*time.Minute)) {
		return late
	}
	return early
}

func TestOccurrencesAcrossClockChanges(t *testing.T) {
	zones := clockZones(t)
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		rule := drawRule(t, zone)
		var want []time.Time
		if rule.IntervalType == tenantry.Hourly {
			want = walkHours(rule)
		} else {
			for _, wall := range oracle(t, rule) {
				if at := walk(wall, zone); at.Before(rule.StartAt) {
					want = append(want, rule.StartAt.UTC()) // the second of an ambiguous time
				} else if !at.After(rule.EndAt) {
					want = append(want, at)
				}
			}
		}
		if diff := cmp.Diff(want, take(rule, zone, time.Time{}, 60)); diff != "" {
			t.Fatalf("%+v in %v (-want +got):\n%s", rule, zone, diff)
		}
	})
}

// walkHours expands an hourly rule by looking at every step.
func walkHours(r tenantry.Recurrence) []time.Time {
	var times []time.Time
	for at := r.StartAt; !at.After(r.EndAt) && len(times) < 60 && (r.Count == 0 || len(times) < r.Count); at = at.Add(time.Duration(r.Interval) * time.Hour) {
		weekday := tenantry.Weekdays()[(int(at.Weekday())+6)%7]
		if (r.DayOfMonth == 0 || at.Day() == r.DayOfMonth) && (r.MonthOfYear == 0 || int(at.Month()) == r.MonthOfYear) && (r.DayOfWeek == "" || weekday == r.DayOfWeek) {
			times = append(times, at.UTC())
		}
	}
	return times
}

// Next from any instant agrees with the list from the start.
func TestNextMatchesOccurrences(t *testing.T) {
	zones := append(clockZones(t), zoneOf(t, "Pacific/Apia"))
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		rule := drawRule(t, zone)
		rule.StartAt = rule.StartAt.Add(time.Duration(rapid.IntRange(0, 999).Draw(t, "milliseconds")) * time.Millisecond)
		all := take(rule, zone, time.Time{}, 200)
		after := rule.StartAt.Add(time.Duration(rapid.Int64Range(-1e9, int64(rule.EndAt.Sub(rule.StartAt))).Draw(t, "after")))
		if len(all) > 0 && rapid.Bool().Draw(t, "at an occurrence") {
			after = rapid.SampledFrom(all).Draw(t, "occurrence").Add(rapid.SampledFrom([]time.Duration{0, -1, 1}).Draw(t, "off by"))
		}
		i := slices.IndexFunc(all, func(at time.Time) bool { return at.After(after) })
		if i < 0 && len(all) == 200 {
			return // beyond the list
		}
		var want time.Time
		if i >= 0 {
			want = all[i]
		}
		if at, ok := rule.Next(zone, after); !at.Equal(want) || ok != (i >= 0) {
			t.Fatalf("%+v in %v: Next(%v) = %v, %v, want %v", rule, zone, after, at, ok, want)
		}
	})
}

func FuzzOccurrences(f *testing.F) {
	f.Add(uint8(0), 1, int64(1_700_000_000_123), int64(0), int64(0), 29, "MO", 2, 3)
	f.Add(uint8(4), 168, int64(-5_000_000_000_000), int64(9_000_000_000_000), int64(1), 0, "SU", 12, 0)
	f.Add(uint8(1), 1<<62, int64(0), int64(-1), int64(1)<<45, 0, "", 0, 1<<40)
	zones := append(clockZones(f), time.UTC)
	f.Fuzz(func(t *testing.T, kind uint8, interval int, start, length, after int64, day int, weekday string, month, count int) {
		zone := zones[int(kind/8)%len(zones)]
		rule := tenantry.Recurrence{IntervalType: tenantry.IntervalTypes()[kind%5], Interval: interval, DayOfMonth: day, DayOfWeek: weekday, MonthOfYear: month, Count: count}
		rule.StartAt = time.UnixMilli(start % (1 << 48)) // about year 10000
		if length != 0 {
			rule.EndAt = rule.StartAt.Add(time.Duration(length))
		}
		last := time.UnixMilli(after % (1 << 48))
		n := 0
		for at := range rule.Occurrences(zone, last) {
			if !at.After(last) || at.Before(rule.StartAt) || (!rule.EndAt.IsZero() && at.After(rule.EndAt)) || at.Year() > 9999 {
				t.Fatalf("%+v in %v: %v after %v", rule, zone, at, last)
			}
			if next, ok := rule.Next(zone, last); !ok || !next.Equal(at) {
				t.Fatalf("%+v in %v: Next(%v) = %v, %v, want %v", rule, zone, last, next, ok, at)
			}
			last = at
			if n++; n == 5 || n == count {
				break
			}
		}
	})
}
