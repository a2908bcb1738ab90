package tenantry

import (
	"math"
	"slices"
	"time"
)

const (
	secondsPerHour = 60 * 60
	secondsPerDay  = 24 * secondsPerHour
	// longestInterval is more of any period than the calendar of [Recurrence.Occurrences]
	// has, and small enough that no arithmetic on it overflows.
	longestInterval = 100_000_000
)

// day is a date of the proleptic Gregorian calendar: days since 1 January 1970.
type day int64

func dayOf(t time.Time) day { return newDay(t.Date()) }

func newDay(year int, month time.Month, d int) day {
	return day(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func (d day) date() (int, time.Month, int) {
	return time.Unix(int64(d)*secondsPerDay, 0).UTC().Date()
}

// weekday is 1 for Monday to 7 for Sunday. Day 0 was a Thursday.
func (d day) weekday() int { return int(floorMod(int64(d)+3, 7)) + 1 }

// week counts weeks that begin on Monday.
func (d day) week() int64 { return floorDiv(int64(d)+3, 7) }

func (d day) month() int64 {
	year, month, _ := d.date()
	return int64(year)*12 + int64(month-1)
}

func (d day) year() int64 {
	year, _, _ := d.date()
	return int64(year)
}

// series is a rule made ready for its expansion in one zone. Every date rule is
// a filter on days in every interval-th period, counted from that of StartAt:
// that says the same as the table of RFC 5545, whose expanding parts choose days
// within the period and whose limiting parts drop some.
type series struct {
	period   IntervalType
	interval int64
	zone     *time.Location
	startAt  time.Time
	start    day
	endAt    time.Time // the last instant that is searched
	last     day       // no occurrence up to endAt lies on a later date
	limit    int       // number of occurrences, 0 for no limit

	month    time.Month // 0 for any
	monthDay int        // 0 for any
	weekday  int        // as of day.weekday, 0 for any
}

// newSeries wants a rule without problems. The occurrences after an instant
// are what it will be asked for.
func newSeries(r Recurrence, zone *time.Location, after time.Time) series {
	s := series{
		period:   r.IntervalType,
		interval: int64(min(r.Interval, longestInterval)),
		zone:     zone,
		startAt:  r.StartAt.In(zone),
		limit:    r.Count,
		month:    time.Month(r.MonthOfYear),
		monthDay: r.DayOfMonth,
		weekday:  slices.Index(Weekdays(), r.DayOfWeek) + 1,
	}
	s.start = dayOf(s.startAt)
	s.endAt = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
	if at := after.AddDate(400, 0, 0); at.Before(s.endAt) {
		s.endAt = at
	}
	if !r.EndAt.IsZero() && r.EndAt.Before(s.endAt) {
		s.endAt = r.EndAt
	}
	// A clock put back at midnight can show the next date before endAt and this one at it.
	s.last = dayOf(s.endAt.In(zone)) + 1
	s.takePartsOfStart()
	return s
}

// takePartsOfStart fills in what the rule leaves to StartAt.
func (s *series) takePartsOfStart() {
	_, month, monthDay := s.start.date()
	noDay := s.monthDay == 0 && s.weekday == 0
	switch s.period {
	case Weekly:
		if s.weekday == 0 {
			s.weekday = s.start.weekday()
		}
	case Monthly:
		if noDay {
			s.monthDay = monthDay
		}
	case Yearly:
		if noDay {
			s.monthDay = monthDay
			if s.month == 0 {
				s.month = month
			}
		}
	}
}

// days gives the occurrences of a date rule.
func (s *series) days(after time.Time, yield func(time.Time) bool) {
	// A day back: a clock change can move an occurrence past the end of its date.
	from := max(s.start, dayOf(after.In(s.zone))-1)
	n := 0
	if s.limit > 0 {
		n = s.countBefore(from)
	}
	for d := s.next(from); d <= s.last && !s.full(n); d = s.next(d + 1) {
		n++
		at := s.at(d)
		if at.After(s.endAt) {
			return
		}
		if !at.After(after) {
			continue
		}
		if after = at; !yield(at.UTC()) {
			return
		}
	}
}

// full tells whether n occurrences are all that the series may have.
func (s *series) full(n int) bool { return s.limit > 0 && n >= s.limit }

// countBefore counts the dates of the series before a date, up to the limit.
func (s *series) countBefore(d day) int {
	first := s.next(s.start)
	if stride := s.stride(); stride > 0 {
		return int(max(0, (d-first+stride-1)/stride))
	}
	n := 0
	for at := first; at < d && at <= s.last && n < s.limit; at = s.next(at + 1) {
		n++
	}
	return n
}

// stride is the number of days between any two neighbouring dates, 0 where
// it varies.
func (s *series) stride() day {
	switch {
	case s.month != 0 || s.monthDay != 0:
		return 0
	case s.period == Weekly:
		return day(7 * s.interval)
	case s.period == Daily && s.weekday == 0:
		return day(s.interval)
	}
	return 0
}

// next is the first date of the series at or after d, later than s.last when
// there is none.
func (s *series) next(d day) day {
	for d <= s.last {
		match := s.match(d)
		if d = s.align(match); d == match {
			break
		}
	}
	return d
}

// match is the first date at or after d that the parts allow, later than
// s.last when there is none.
func (s *series) match(d day) day {
	for d <= s.last {
		if ahead := s.aheadOfDate(d); ahead > d {
			d = ahead
			continue
		}
		missing := (s.weekday - d.weekday() + 7) % 7
		if s.weekday == 0 || missing == 0 {
			break
		}
		d += day(missing)
	}
	return d
}

// aheadOfDate is d itself when it is of the right month and day of the month,
// else a later date before which none is.
func (s *series) aheadOfDate(d day) day {
	if s.month == 0 && s.monthDay == 0 {
		return d
	}
	year, month, monthDay := d.date()
	switch {
	case s.month != 0 && month > s.month:
		return newDay(year+1, s.month, 1)
	case s.month != 0 && month < s.month:
		return newDay(year, s.month, 1)
	case s.monthDay == 0 || s.monthDay == monthDay:
		return d
	}
	nextMonth := newDay(year, month+1, 1)
	if ahead := d + day(s.monthDay-monthDay); ahead > d && ahead < nextMonth {
		return ahead
	}
	return nextMonth
}

// align is d itself when its period belongs to the series, else the first
// date of the next period that does.
func (s *series) align(d day) day {
	switch s.period {
	case Daily:
		return d + day(s.missing(int64(d-s.start)))
	case Weekly:
		if k := s.missing(d.week() - s.start.week()); k > 0 {
			return day((d.week()+k)*7 - 3)
		}
	case Monthly:
		if k := s.missing(d.month() - s.start.month()); k > 0 {
			return newDay(0, time.Month(d.month()+k+1), 1)
		}
	case Yearly:
		if k := s.missing(d.year() - s.start.year()); k > 0 {
			return newDay(int(d.year()+k), time.January, 1)
		}
	}
	return d
}

// missing is how many periods a distance falls short of a multiple of the interval.
func (s *series) missing(distance int64) int64 { return floorMod(-distance, s.interval) }

// at is the occurrence on a date of the series.
func (s *series) at(d day) time.Time {
	if d == s.start {
		return s.startAt // it may be the second of an ambiguous time
	}
	hour, minute, second := s.startAt.Clock()
	wall := int64(d)*secondsPerDay + int64(hour*secondsPerHour+minute*60+second)
	return time.Unix(wallToUnix(wall, s.zone), int64(s.startAt.Nanosecond()))
}

// moved is a date rule with the same wall-clock times in another zone.
func (r Recurrence) moved(from, to *time.Location) Recurrence {
	move := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		_, offset := t.In(from).Zone()
		return time.Unix(wallToUnix(t.Unix()+int64(offset), to), int64(t.Nanosecond())).UTC()
	}
	r.StartAt, r.EndAt = move(r.StartAt), move(r.EndAt)
	return r
}

// dateOf is the date that an occurrence of a date rule is for: the day before its own
// where a clock change has moved it past midnight.
func (r Recurrence) dateOf(zone *time.Location, occurrence time.Time) day {
	s := newSeries(r, zone, occurrence)
	d := dayOf(occurrence.In(zone))
	if s.at(d - 1).Equal(occurrence) {
		return d - 1
	}
	return d
}

// on is when a date rule would occur on a date.
func (r Recurrence) on(zone *time.Location, d day) time.Time {
	s := newSeries(r, zone, r.StartAt)
	return s.at(d)
}

// wallToUnix finds the Unix time at which clocks in the zone show wall, given as
// if it were UTC: the first if there are two, and by the offset before the gap if
// there is none. [time.Date] does not promise which it takes.
func wallToUnix(wall int64, zone *time.Location) int64 {
	t := time.Unix(wall-secondsPerDay, 0).In(zone) // no offset reaches a day
	for {
		_, offset := t.Zone()
		at, end := wall-int64(offset), offsetEnd(t)
		if at < end {
			return at
		}
		t = time.Unix(end, 0).In(zone)
		if _, next := t.Zone(); wall-int64(next) < end {
			return at // clocks jump over wall at end
		}
	}
}

// offsetEnd is a Unix time after t until which the offset of t holds.
func offsetEnd(t time.Time) int64 {
	_, end := t.ZoneBounds()
	switch {
	case end.IsZero():
		return math.MaxInt64
	case !end.After(t):
		// Beyond the listed transitions ZoneBounds lets a year end after 365 days,
		// which in a leap year is before its last day.
		return time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	return end.Unix()
}

// floorDiv divides rounding down; b is positive.
func floorDiv(a, b int64) int64 { return (a - floorMod(a, b)) / b }

// floorMod is the remainder of floorDiv, from 0 to b-1.
func floorMod(a, b int64) int64 { return (a%b + b) % b }

// hours gives the occurrences of an hourly rule. Its candidates are numbered
// from 0 at StartAt and an interval apart; they match by their local date, so
// the matching ones come in runs.
func (s *series) hours(after time.Time, yield func(time.Time) bool) {
	wanted := s.stepAfter(after)
	last := s.stepAfter(s.endAt) - 1
	n, k := 0, wanted
	if s.limit > 0 {
		k = 0
	}
	for k <= last && !s.full(n) {
		first, end := s.run(k, last)
		if first < wanted {
			skipped := min(wanted, end) - first
			n += int(skipped)
			first += skipped
		}
		for k = first; k < end; k++ {
			if s.full(n) {
				return
			}
			n++
			if !yield(s.step(k).UTC()) {
				return
			}
		}
	}
}

// run is the first run of matching candidates at or after k, up to but without
// end; it is empty and ends after last when there is none.
func (s *series) run(k, last int64) (first, end int64) {
	if s.month == 0 && s.monthDay == 0 && s.weekday == 0 {
		return k, last + 1
	}
	for k <= last {
		t := s.step(k).In(s.zone)
		_, offset := t.Zone()
		midnight := func(d day) int64 { return int64(d)*secondsPerDay - int64(offset) }
		today, change := dayOf(t), offsetEnd(t)
		match := s.match(today)
		if match == today {
			return k, min(s.stepFrom(min(midnight(today+1), change)), last+1)
		}
		// No further than the next change: a clock put back can bring a date again.
		k = s.stepFrom(min(midnight(match), change))
	}
	return k, k
}

// step is candidate k of an hourly rule.
func (s *series) step(k int64) time.Time {
	return time.Unix(s.startAt.Unix()+k*s.interval*secondsPerHour, int64(s.startAt.Nanosecond()))
}

// stepFrom is the first candidate at or after a Unix time.
func (s *series) stepFrom(unix int64) int64 {
	step := s.interval * secondsPerHour
	return -floorDiv(s.startAt.Unix()-unix, step)
}

// stepAfter is the first candidate strictly after t.
func (s *series) stepAfter(t time.Time) int64 {
	unix := t.Unix()
	if t.Nanosecond() < s.startAt.Nanosecond() {
		unix--
	}
	return s.stepFrom(unix + 1)
}
