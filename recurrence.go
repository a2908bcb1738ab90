package tenantry

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// IntervalType is the period that a recurrence counts in, spelled as on the wire.
type IntervalType string

// The interval types of a recurrence (CustomRRulesOptions of the published document).
const (
	Yearly  IntervalType = "yearly"
	Monthly IntervalType = "monthly"
	Weekly  IntervalType = "weekly"
	Daily   IntervalType = "daily"
	Hourly  IntervalType = "hourly"
)

// IntervalTypes lists the interval types, in the order of the published document.
func IntervalTypes() []IntervalType {
	return []IntervalType{Yearly, Monthly, Weekly, Daily, Hourly}
}

// Weekdays lists the spellings of DayOfWeek, Monday first.
func Weekdays() []string { return []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"} }

// Recurrence is the rule of a recurring task: an RFC 5545 rule that starts at
// StartAt, seen in the time zone of its location (contract, decision 30).
//
// DayOfMonth, DayOfWeek and MonthOfYear choose among the days of a period, all
// of them together; RFC 5545 tells it as a table of what expands and what
// limits. A monthly or yearly rule without a day takes that of StartAt, a yearly
// one without any of the three takes its month too, a weekly one its weekday.
// A month without the day is skipped, and so is an ordinary year for 29 February.
// Weeks begin on Monday.
//
// All but hourly rules keep the wall-clock time of StartAt. Where a clock change
// leaves that time out, the offset before the change counts (02:30 becomes
// 03:30); where it comes twice, the first is taken. Hourly rules step elapsed
// hours.
type Recurrence struct {
	IntervalType IntervalType
	Interval     int       // in periods of IntervalType, at least 1
	StartAt      time.Time // an occurrence itself only when it matches the rule
	EndAt        time.Time // the last instant that can be an occurrence; zero means none
	DayOfMonth   int       // 1 to 31; 0 means none
	DayOfWeek    string    // one of [Weekdays]; empty means none
	MonthOfYear  int       // 1 to 12; 0 means none
	Count        int       // the series has at most so many occurrences; 0 means no limit

	// SkipWhenOverdue makes no new task while the last one is open and overdue
	// (createTaskIfOverDue: false on the wire). It does not change the series.
	SkipWhenOverdue bool
	// DueAfter is the time from an occurrence until its task is due.
	DueAfter time.Duration
}

// Next finds the first occurrence strictly after an instant, in UTC. A zero
// after asks for the first of the series. It returns false when there is none:
// the series is over, or the rule matches no date in that zone (see
// [Recurrence.Problems]), or the next match is out of the range that
// [Recurrence.Occurrences] searches. The zone must not be nil.
func (r Recurrence) Next(zone *time.Location, after time.Time) (at time.Time, ok bool) {
	for at := range r.Occurrences(zone, after) {
		return at, true
	}
	return time.Time{}, false
}

// Occurrences gives the occurrences strictly after an instant, in order and in
// UTC. A zero after asks for all of them. The zone must not be nil.
//
// A rule with [Recurrence.Problems] has no occurrences. The search ends 400 years,
// one cycle of the calendar, after the later of StartAt and after, or with
// 30 December 9999 if that is sooner; so a rule that never matches costs some
// milliseconds, not for ever. Where the series began costs nothing, except with
// a Count: occurrences before after are then counted, by one division for daily,
// weekly and hourly rules that have no limiting parts, else in a walk over the
// matching days, well under a microsecond each.
//
// Where a zone has left out a whole date (Pacific/Apia, 30 December 2011), its
// occurrence and that of the next day are the same instant. It is given once,
// and counts as two for Count.
func (r Recurrence) Occurrences(zone *time.Location, after time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		if len(r.Problems()) > 0 {
			return
		}
		if after.IsZero() || after.Before(r.StartAt) {
			after = r.StartAt.Add(-1)
		}
		s := newSeries(r, zone, after)
		switch {
		case !after.Before(s.endAt):
		case r.IntervalType == Hourly:
			s.hours(after, yield)
		default:
			s.days(after, yield)
		}
	}
}

// Problems tells what is wrong with the rule itself, none for a usable one. Each
// text begins with the member's wire name, so that a caller can put the path
// of the object before it.
//
// The members that a request left out must be zero. What depends on the zone
// too is not told here: a yearly rule for month 4 that starts on a 31st, an
// every-other-year rule for 29 February that starts in an odd year. For those,
// and for an endDate before the first match, [Recurrence.Next] finds no first
// occurrence.
func (r Recurrence) Problems() []string {
	var texts []string
	check := func(bad bool, text string) {
		if bad {
			texts = append(texts, text)
		}
	}
	types, days := IntervalTypes(), Weekdays()
	check(!slices.Contains(types, r.IntervalType), "intervalType must be one of the following values: "+joinWords(types))
	check(r.Interval < 1, "interval must not be less than 1")
	check(r.StartAt.IsZero(), "startDate should not be empty")
	check(!r.EndAt.IsZero() && r.EndAt.Before(r.StartAt), "endDate must not be before startDate")
	check(r.DayOfMonth < 0, "dayOfMonth must not be less than 1")
	check(r.DayOfMonth > 31, "dayOfMonth must not be greater than 31")
	check(r.IntervalType == Weekly && r.DayOfMonth != 0, "dayOfMonth must not be used with intervalType weekly")
	check(r.DayOfWeek != "" && !slices.Contains(days, r.DayOfWeek), "dayOfWeek must be one of the following values: "+joinWords(days))
	check(r.MonthOfYear < 0, "monthOfYear must not be less than 1")
	check(r.MonthOfYear > 12, "monthOfYear must not be greater than 12")
	check(r.neverInMonth(), fmt.Sprintf("dayOfMonth %d does not exist in monthOfYear %d", r.DayOfMonth, r.MonthOfYear))
	check(r.Count < 0, "count must not be less than 1")
	check(r.DueAfter < 0, "dueAfterSeconds must not be less than 0")
	return texts
}

// neverInMonth tells whether the month, in a leap year too, lacks the day.
func (r Recurrence) neverInMonth() bool {
	if r.MonthOfYear < 1 || r.MonthOfYear > 12 || r.DayOfMonth > 31 {
		return false
	}
	return r.DayOfMonth > time.Date(2000, time.Month(r.MonthOfYear)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// joinWords joins words the way the hosted service's validator does.
func joinWords[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}
