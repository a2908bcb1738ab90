package api

import (
	"context"
	"strings"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// rruleOptions is a recurrence, the same in bodies and in answers: an answer's can be
// sent back.
type rruleOptions struct {
	_ struct{} `schema:"CustomRRulesOptions"`

	IntervalType        tenantry.IntervalType `json:"intervalType" rule:"required,enum=yearly|monthly|weekly|daily|hourly" doc:"Period; all but hourly keep the wall-clock time of startDate in the location's time zone" example:"monthly"`
	Interval            int                   `json:"interval" rule:"required,min=1" doc:"Every so many periods" example:"2"`
	StartDate           string                `json:"startDate" rule:"required,date" doc:"ISO 8601; without an offset, of the location's time zone. When that changes, all but hourly recurrences keep their wall-clock time, and this date moves" example:"2021-09-30T00:00:00.000Z"`
	EndDate             *string               `json:"endDate,omitempty" rule:"date" doc:"The last instant that can be an occurrence; as startDate" example:"2021-09-30T00:00:00.000Z"`
	DayOfMonth          *int                  `json:"dayOfMonth,omitempty" rule:"min=1,max=31" doc:"1 to 31; months without the day are skipped" example:"15"`
	DayOfWeek           *string               `json:"dayOfWeek,omitempty" rule:"enum=MO|TU|WE|TH|FR|SA|SU" example:"MO"`
	MonthOfYear         *int                  `json:"monthOfYear,omitempty" rule:"min=1,max=12" doc:"1 to 12" example:"1"`
	Count               *int                  `json:"count,omitempty" rule:"min=1,max=1000" doc:"The series has at most so many occurrences, counted from startDate; 1 to 1000" example:"10"`
	CreateTaskIfOverDue *bool                 `json:"createTaskIfOverDue,omitempty" default:"true" doc:"false makes no new task for a contact whose last one is open and overdue; that occurrence is passed over"`
	DueAfterSeconds     int                   `json:"dueAfterSeconds" rule:"required,min=0,max=3155760000" doc:"Seconds from an occurrence until its task is due, up to a hundred years" example:"600"`
}

// CheckAll implements [wire.CrossChecker].
func (o *rruleOptions) CheckAll(v *wire.Violations) {
	rule := o.recurrence(time.UTC)
	if o.EndDate != nil && (v.Failed("endDate") || wire.IsLocalDate(o.StartDate) != wire.IsLocalDate(*o.EndDate)) {
		rule.EndAt = time.Time{} // which comes first depends on the time zone: see [rruleOptions.inZone]
	}
	for _, text := range rule.Problems() {
		name, rest, _ := strings.Cut(text, " ")
		if !v.Failed(name) {
			v.Add(name, rest)
		}
	}
}

// recurrence reads the options, with dates that have no offset in the zone.
func (o *rruleOptions) recurrence(zone *time.Location) tenantry.Recurrence {
	r := tenantry.Recurrence{
		IntervalType: o.IntervalType, Interval: o.Interval, StartAt: moment(o.StartDate, zone), EndAt: moment(deref(o.EndDate), zone),
		DayOfMonth: deref(o.DayOfMonth), DayOfWeek: deref(o.DayOfWeek), MonthOfYear: deref(o.MonthOfYear), Count: deref(o.Count),
		DueAfter: time.Duration(o.DueAfterSeconds) * time.Second,
	}
	r.SkipWhenOverdue = o.CreateTaskIfOverDue != nil && !*o.CreateTaskIfOverDue
	return r
}

// moment reads a date to the millisecond, which is what is kept; zero when it is none.
func moment(text string, zone *time.Location) time.Time {
	t, err := wire.ParseDateIn(text, zone)
	if err != nil {
		return time.Time{}
	}
	return t.Truncate(time.Millisecond)
}

// checkRecurrence refuses options that turn out to be impossible in the time zone of
// the location.
func (a *API) checkRecurrence(ctx context.Context, loc tenantry.LocationID, o rruleOptions, v *wire.Violations) error {
	if v.FailedIn("rruleOptions") {
		return nil
	}
	l, err := a.store.Location(ctx, loc)
	if err != nil {
		return err
	}
	zone, err := l.Zone()
	if err != nil {
		return err
	}
	_, err = o.inZone(zone)
	return v.Merge(err)
}

// inZone is the [tenantry.ZonedRule] of the options: it refuses those that only in the
// time zone turn out to be impossible.
func (o rruleOptions) inZone(zone *time.Location) (tenantry.Recurrence, error) {
	r := o.recurrence(zone)
	if problems := r.Problems(); len(problems) > 0 {
		return r, tenantry.InvalidInput(each(problems, func(text string) string { return "rruleOptions." + text })...)
	}
	if _, ok := r.Next(zone, time.Time{}); !ok {
		return r, tenantry.InvalidInput("rruleOptions must have an occurrence")
	}
	return r, nil
}

func rruleOptionsOut(r tenantry.Recurrence) rruleOptions {
	o := rruleOptions{
		IntervalType: r.IntervalType, Interval: r.Interval, StartDate: tenantry.Stamp(r.StartAt), DayOfMonth: unlessZero(r.DayOfMonth),
		DayOfWeek: unlessZero(r.DayOfWeek), MonthOfYear: unlessZero(r.MonthOfYear), Count: unlessZero(r.Count),
		CreateTaskIfOverDue: new(!r.SkipWhenOverdue), DueAfterSeconds: int(r.DueAfter / time.Second),
	}
	if !r.EndAt.IsZero() {
		o.EndDate = new(tenantry.Stamp(r.EndAt))
	}
	return o
}

func unlessZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
