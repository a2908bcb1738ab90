package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const recurringColumns = `id, location_id, title, description, contact_ids, owners, rule, total_occurrence, next_occurrence_at,
	created_at, updated_at`

func scanRecurring(r db.Row) (rt tenantry.RecurringTask, err error) {
	var contacts, owners, rule string
	var next sql.NullInt64
	var created, updated int64
	err = r.Scan(&rt.ID, &rt.LocationID, &rt.Title, &rt.Description, &contacts, &owners, &rule, &rt.TotalOccurrence, &next,
		&created, &updated)
	if err != nil {
		return rt, err
	}
	rt.CreatedAt, rt.UpdatedAt = at(created), at(updated)
	if next.Valid {
		rt.NextOccurrenceAt = at(next.Int64)
	}
	var stored storedRule
	err = errors.Join(decode(contacts, &rt.ContactIDs), decode(owners, &rt.Owners), decode(rule, &stored))
	rt.Rule = stored.rule()
	return rt, err
}

// storedRule is a recurrence as its column keeps it.
type storedRule struct {
	IntervalType    tenantry.IntervalType `json:"intervalType"`
	Interval        int                   `json:"interval"`
	StartAt         int64                 `json:"startAt"` // milliseconds, as EndAt
	EndAt           *int64                `json:"endAt,omitempty"`
	DayOfMonth      int                   `json:"dayOfMonth,omitempty"`
	DayOfWeek       string                `json:"dayOfWeek,omitempty"`
	MonthOfYear     int                   `json:"monthOfYear,omitempty"`
	Count           int                   `json:"count,omitempty"`
	SkipWhenOverdue bool                  `json:"skipWhenOverdue,omitempty"`
	DueAfterSeconds int64                 `json:"dueAfterSeconds"`
}

func storeRule(r tenantry.Recurrence) storedRule {
	s := storedRule{
		IntervalType: r.IntervalType, Interval: r.Interval, StartAt: r.StartAt.UnixMilli(), DayOfMonth: r.DayOfMonth,
		DayOfWeek: r.DayOfWeek, MonthOfYear: r.MonthOfYear, Count: r.Count, SkipWhenOverdue: r.SkipWhenOverdue,
		DueAfterSeconds: int64(r.DueAfter / time.Second),
	}
	if !r.EndAt.IsZero() {
		s.EndAt = new(r.EndAt.UnixMilli())
	}
	return s
}

func (s storedRule) rule() tenantry.Recurrence {
	r := tenantry.Recurrence{
		IntervalType: s.IntervalType, Interval: s.Interval, StartAt: at(s.StartAt), DayOfMonth: s.DayOfMonth,
		DayOfWeek: s.DayOfWeek, MonthOfYear: s.MonthOfYear, Count: s.Count, SkipWhenOverdue: s.SkipWhenOverdue,
		DueAfter: time.Duration(s.DueAfterSeconds) * time.Second,
	}
	if s.EndAt != nil {
		r.EndAt = at(*s.EndAt)
	}
	return r
}

// RecurringTasks lists the live recurring tasks of a location in the order of their making.
func (s *Store) RecurringTasks(ctx context.Context, loc tenantry.LocationID) ([]tenantry.RecurringTask, error) {
	return db.All(ctx, s.db.Within(loc).Read(), scanRecurring, recurringTasksOf, loc)
}

// recurringTasksOf relies on ids that sort in the order of their making.
const recurringTasksOf = `SELECT ` + recurringColumns + ` FROM recurring_tasks
	WHERE location_id = $1 AND deleted_at IS NULL ORDER BY id`

// RecurringTask reads one live recurring task. Errors: NotFound.
func (s *Store) RecurringTask(ctx context.Context, loc tenantry.LocationID, id tenantry.RecurringTaskID) (tenantry.RecurringTask, error) {
	return recurringOf(ctx, s.db.Within(loc).Lookup(), loc, id)
}

func recurringOf(ctx context.Context, q db.Q, loc tenantry.LocationID, id tenantry.RecurringTaskID) (tenantry.RecurringTask, error) {
	rt, err := db.One(ctx, q, scanRecurring,
		`SELECT `+recurringColumns+` FROM recurring_tasks WHERE location_id = $1 AND id = $2 AND deleted_at IS NULL`, loc, id)
	return found(rt, err, "Recurring task", string(id))
}

// CreateRecurringTask adds a recurring task; its id and times are made here. Unless
// ignoreFirst is set it makes the tasks of the first occurrence at once when that has come; see
// [tenantry.RecurringTask.Begin]. Errors: Invalid when a contact is none of the
// location's or an owner none of its agency's users, Refused when there are too many, NoAccess.
func (s *Store) CreateRecurringTask(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, rt tenantry.RecurringTask, ignoreFirst bool) (tenantry.RecurringTask, error) {
	return s.CreateRecurringTaskInZone(ctx, loc, by, rt, func(*time.Location) (tenantry.Recurrence, error) { return rt.Rule, nil }, ignoreFirst)
}

// CreateRecurringTaskInZone is [Store.CreateRecurringTask] with a rule that depends on the
// location's time zone: the one that it has when the task is added. Errors: those of rule, too.
func (s *Store) CreateRecurringTaskInZone(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, rt tenantry.RecurringTask, rule tenantry.ZonedRule, ignoreFirst bool) (tenantry.RecurringTask, error) {
	err := s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		rt.ID, rt.LocationID, rt.CreatedAt, rt.UpdatedAt = tenantry.RecurringTaskID(t.newID()), loc, t.now, t.now
		rt.ContactIDs, rt.Owners = uniq(rt.ContactIDs), uniq(rt.Owners)
		if err := recurringPeople(rt.ContactIDs, rt.Owners).check(ctx, t, loc, t.company); err != nil {
			return err
		}
		if err := t.room(ctx, `recurring_tasks WHERE deleted_at IS NULL AND`, "recurring tasks", tenantry.MaxRecurringTasks); err != nil {
			return err
		}
		zone, err := t.location()
		if err != nil {
			return err
		}
		if rt.Rule, err = rule(zone); err != nil {
			return err
		}
		first, begins := rt.Begin(zone, t.now, ignoreFirst)
		rt.TotalOccurrence = int(boolean(begins))
		if err := insertRecurring(ctx, t, rt); err != nil {
			return err
		}
		err = t.record(ctx, change{event: tenantry.RecurringTaskCreated, by: by, resource: string(rt.ID), after: rt, payload: recurringPayload(rt)})
		if err != nil || !begins {
			return err
		}
		_, err = t.addTasks(ctx, by, rt.Tasks(first))
		return err
	})
	return rt, err
}

func insertRecurring(ctx context.Context, t *tx, rt tenantry.RecurringTask) error {
	c, err := encodeRecurring(rt)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO recurring_tasks (location_id, id, title, description, contact_ids, owners, rule,
			total_occurrence, next_occurrence_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`, t.loc, rt.ID, rt.Title, rt.Description, c.contacts, c.owners, c.rule,
		rt.TotalOccurrence, c.next, t.now.UnixMilli())
	return err
}

// UpdateRecurringTask changes what the patch names; one that changes nothing leaves
// the row and the outbox as they are. A new rule schedules the series anew, see
// [tenantry.RecurringTask.Reschedule]; tasks that were made stay as they are. Errors:
// Invalid as in [Store.CreateRecurringTask], NotFound, NoAccess.
func (s *Store) UpdateRecurringTask(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.RecurringTaskID, p tenantry.RecurringTaskPatch) (rt tenantry.RecurringTask, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := recurringOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		zone, err := t.location()
		if err != nil {
			return err
		}
		p, err := p.In(zone)
		if err != nil {
			return err
		}
		rt = p.Apply(before)
		rt.ContactIDs, rt.Owners = uniq(rt.ContactIDs), uniq(rt.Owners)
		if err := t.checkPatchPeople(ctx, p, rt); err != nil || rt.Same(before) {
			return err
		}
		if !rt.Rule.Same(before.Rule) {
			rt.Reschedule(zone, t.now)
		}
		rt.UpdatedAt = t.now
		if err := storeRecurring(ctx, t, rt); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.RecurringTaskUpdated, by: by, resource: string(id), before: before, after: rt, payload: recurringPayload(rt)})
	})
	return rt, err
}

// checkPatchPeople checks the lists that the patch brings, not those that are kept.
func (t *tx) checkPatchPeople(ctx context.Context, p tenantry.RecurringTaskPatch, rt tenantry.RecurringTask) error {
	var contacts []tenantry.ContactID
	var owners []tenantry.UserID
	if p.ContactIDs != nil {
		contacts = rt.ContactIDs
	}
	if p.Owners != nil {
		owners = rt.Owners
	}
	return recurringPeople(contacts, owners).check(ctx, t, t.loc, t.company)
}

func recurringPeople(contacts []tenantry.ContactID, owners []tenantry.UserID) people {
	return people{
		contacts: contacts, contactText: "each value in contactIds must be a contact of the location",
		users: owners, userText: "each value in owners must be a user of the location's agency",
	}
}

// CheckRecurringPeople refuses what [Store.CreateRecurringTask] would refuse, before
// there is anything to create. Errors: Invalid, NoAccess.
func (s *Store) CheckRecurringPeople(ctx context.Context, loc tenantry.LocationID, contacts []tenantry.ContactID, owners []tenantry.UserID) error {
	if len(contacts) == 0 && len(owners) == 0 {
		return nil
	}
	company, err := s.LocationCompany(ctx, loc)
	if err != nil {
		return err
	}
	return recurringPeople(contacts, owners).check(ctx, s.db.Within(loc).Read(), loc, company)
}

func storeRecurring(ctx context.Context, t *tx, rt tenantry.RecurringTask) error {
	c, err := encodeRecurring(rt)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `UPDATE recurring_tasks SET title = $3, description = $4, contact_ids = $5, owners = $6, rule = $7,
		next_occurrence_at = $8, updated_at = $9 WHERE location_id = $1 AND id = $2`,
		t.loc, rt.ID, rt.Title, rt.Description, c.contacts, c.owners, c.rule, c.next, rt.UpdatedAt.UnixMilli())
	return err
}

// recurringTexts are the columns of a recurring task that are not kept as they are.
type recurringTexts struct {
	contacts, owners, rule string
	next                   any
}

func encodeRecurring(rt tenantry.RecurringTask) (c recurringTexts, err error) {
	if c.contacts, c.owners, err = encodeBoth(rt.ContactIDs, rt.Owners); err != nil {
		return c, err
	}
	c.rule, err = encode(storeRule(rt.Rule))
	c.next = orNull(rt.NextOccurrenceAt)
	return c, err
}

// orNull is a time as a column keeps it, null when it is zero.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// DeleteRecurringTask ends a series; the tasks that it made stay. Errors: NotFound, NoAccess.
func (s *Store) DeleteRecurringTask(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.RecurringTaskID) error {
	return s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := recurringOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `UPDATE recurring_tasks SET deleted_at = $3 WHERE location_id = $1 AND id = $2`, loc, id, t.now.UnixMilli())
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.RecurringTaskDeleted, by: by, resource: string(id), before: before, payload: recurringPayload(before)})
	})
}

func recurringPayload(rt tenantry.RecurringTask) any {
	return struct {
		LocationID tenantry.LocationID      `json:"locationId"`
		ID         tenantry.RecurringTaskID `json:"id"`
		Title      string                   `json:"title"`
		AssignedTo tenantry.UserID          `json:"assignedTo"`
		ContactID  tenantry.ContactID       `json:"contactId"`
	}{rt.LocationID, rt.ID, rt.Title, rt.AssignedTo(), rt.ContactID()}
}
