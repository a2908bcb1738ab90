package tenantry

import (
	"slices"
	"time"
)

// RecurringTask makes a task again and again, by the rule of its recurrence. It
// is one series, whose every occurrence makes a task for each of its contacts, or one
// without a contact (contract, decision 30).
type RecurringTask struct {
	ID              RecurringTaskID
	LocationID      LocationID
	Title           string
	Description     string
	ContactIDs      []ContactID
	Owners          []UserID // the first is whom the tasks are assigned to
	Rule            Recurrence
	TotalOccurrence int // occurrences that have made tasks so far
	// NextOccurrenceAt is the first occurrence that has not been decided on; zero once
	// the series has ended.
	NextOccurrenceAt time.Time
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// Begin schedules a new series. It gives the occurrence that makes its tasks at
// once: the first of the series, when its time has come and the caller did not ask
// for none. Later ones that have passed by then are not made up for.
func (r *RecurringTask) Begin(zone *time.Location, now time.Time, ignoreFirst bool) (first time.Time, ok bool) {
	r.NextOccurrenceAt, _ = r.Rule.Next(zone, now)
	first, ok = r.Rule.Next(zone, time.Time{})
	if !ok || ignoreFirst || first.After(now) {
		return time.Time{}, false
	}
	return first, true
}

// Due tells whether an occurrence has come that was not decided on.
func (r *RecurringTask) Due(now time.Time) bool {
	return !r.NextOccurrenceAt.IsZero() && !r.NextOccurrenceAt.After(now)
}

// Advance moves on from the occurrence that was decided on.
func (r *RecurringTask) Advance(zone *time.Location) {
	r.NextOccurrenceAt, _ = r.Rule.Next(zone, r.NextOccurrenceAt)
}

// Reschedule follows a change of the rule. An occurrence that has come and was not
// decided on yet goes by the new rule, as do those after it; nothing earlier is made up
// for or repeated.
func (r *RecurringTask) Reschedule(zone *time.Location, now time.Time) {
	after := now
	if r.Due(now) {
		after = r.NextOccurrenceAt.Add(-time.Millisecond)
	}
	r.NextOccurrenceAt, _ = r.Rule.Next(zone, after)
}

// Follow keeps the wall-clock times of the series when the location's time zone changes
// from one to another: what was at 09:00 there is at 09:00 here, on the same dates. A date that was
// decided on stays decided and the first that was not is the next, even where its time has
// passed in the new zone; so each date has its tasks exactly once. Hourly rules step
// elapsed time and stay where they are; the days that they are limited to are those of the new zone.
func (r *RecurringTask) Follow(from, to *time.Location, now time.Time) {
	if r.Rule.IntervalType == Hourly {
		if !r.NextOccurrenceAt.IsZero() && !r.Due(now) {
			r.NextOccurrenceAt, _ = r.Rule.Next(to, now)
		}
		return
	}
	moved := r.Rule.moved(from, to)
	if !r.NextOccurrenceAt.IsZero() {
		after := moved.on(to, r.Rule.dateOf(from, r.NextOccurrenceAt)).Add(-time.Millisecond)
		r.NextOccurrenceAt, _ = moved.Next(to, after)
	}
	r.Rule = moved
}

// Tasks are what the occurrence makes: one for each contact, or one without. Their
// ids and the times of their making are the caller's to fill in.
func (r *RecurringTask) Tasks(occurrence time.Time) []Task {
	contacts := r.ContactIDs
	if len(contacts) == 0 {
		contacts = []ContactID{""}
	}
	tasks := make([]Task, len(contacts))
	for i, contact := range contacts {
		tasks[i] = Task{
			LocationID: r.LocationID, Title: r.Title, Body: r.Description, ContactID: contact, AssignedTo: r.AssignedTo(),
			DueAt: occurrence.Add(r.Rule.DueAfter), RecurringID: r.ID, OccurrenceAt: occurrence,
		}
	}
	return tasks
}

// AssignedTo is whom the tasks are assigned to, "" for nobody.
func (r *RecurringTask) AssignedTo() UserID { return firstOf(r.Owners) }

// ContactID is the first contact, "" when there is none.
func (r *RecurringTask) ContactID() ContactID { return firstOf(r.ContactIDs) }

func firstOf[T ~string](list []T) T {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// Same tells whether two states differ in nothing that an update can change.
func (r *RecurringTask) Same(o RecurringTask) bool {
	return r.Title == o.Title && r.Description == o.Description && r.Rule.Same(o.Rule) &&
		slices.Equal(r.ContactIDs, o.ContactIDs) && slices.Equal(r.Owners, o.Owners)
}

// Same tells whether two rules say the same.
func (r Recurrence) Same(o Recurrence) bool {
	if !r.StartAt.Equal(o.StartAt) || !r.EndAt.Equal(o.EndAt) {
		return false
	}
	o.StartAt, o.EndAt = r.StartAt, r.EndAt
	return r == o
}

// RecurringTaskPatch is what an update says; a nil member says nothing.
type RecurringTaskPatch struct {
	Title       *string
	Description *string
	ContactIDs  *[]ContactID
	Owners      *[]UserID
	Rule        *Recurrence // replaces the whole rule
	RuleInZone  ZonedRule   // gives Rule, once the time zone is known
}

// ZonedRule is a rule that depends on the time zone of its location, such as one whose
// dates were given without an offset. It fails where it makes no sense in the zone.
type ZonedRule func(zone *time.Location) (Recurrence, error)

// In gives the patch as it reads in a time zone. Errors: those of RuleInZone.
func (p RecurringTaskPatch) In(zone *time.Location) (RecurringTaskPatch, error) {
	if p.RuleInZone == nil {
		return p, nil
	}
	rule, err := p.RuleInZone(zone)
	p.Rule, p.RuleInZone = &rule, nil
	return p, err
}

// Apply gives the recurring task as the patch leaves it, still on its old schedule:
// after a change of the rule it wants [RecurringTask.Reschedule]. The patch is one of [RecurringTaskPatch.In].
func (p RecurringTaskPatch) Apply(r RecurringTask) RecurringTask {
	set(&r.Title, p.Title)
	set(&r.Description, p.Description)
	set(&r.ContactIDs, p.ContactIDs)
	set(&r.Owners, p.Owners)
	set(&r.Rule, p.Rule)
	return r
}
