package store

import (
	"context"
	"errors"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// Work is a location that background work waits for, and since when. Lists of it are
// ordered by time, then location, and go on after any of their items; the zero Work
// is before all of them.
type Work struct {
	Since      time.Time
	LocationID tenantry.LocationID
}

func scanWork(r db.Row) (w Work, err error) {
	var since int64
	err = r.Scan(&since, &w.LocationID)
	w.Since = at(since)
	return w, err
}

// DueLocations lists locations with occurrences of recurring tasks that have come and
// were not decided on, at most limit from the one after `after` on. A location is there
// once for each time at which one of its series is due, and a deleted one until it is purged:
// what is not due is not looked at, however much there is.
func (s *Store) DueLocations(ctx context.Context, after Work, limit int) ([]Work, error) {
	return db.All(ctx, s.db.Across(housekeeping).Read(), scanWork, dueLocations, s.now().UnixMilli(), after.Since.UnixMilli(), after.LocationID, limit)
}

const dueLocations = `SELECT DISTINCT next_occurrence_at, location_id FROM recurring_tasks
	WHERE deleted_at IS NULL AND next_occurrence_at <= $1 AND (next_occurrence_at, location_id) > ($2, $3)
	ORDER BY next_occurrence_at, location_id LIMIT $4`

func scanLocationID(r db.Row) (id tenantry.LocationID, err error) { return id, r.Scan(&id) }

// MakeDueTasks decides on occurrences of the location's recurring tasks that have come:
// each makes its tasks, or none while the last one is open and overdue where the
// rule says so. The occurrences of a series are decided on in order and exactly once, also those
// that were missed while the server was down.
//
// One call is one short transaction: it decides on at least one occurrence and, beyond that,
// makes at most about budget tasks. more tells that some may be left. Errors: NoAccess.
func (s *Store) MakeDueTasks(ctx context.Context, loc tenantry.LocationID, budget int) (more bool, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		zone, err := t.location()
		if err != nil {
			return err
		}
		due, err := db.All(ctx, t, scanRecurring, `SELECT `+recurringColumns+` FROM recurring_tasks
			WHERE location_id = $1 AND deleted_at IS NULL AND next_occurrence_at <= $2
			ORDER BY next_occurrence_at, id LIMIT $3`, loc, t.now.UnixMilli(), budget)
		if err != nil {
			return err
		}
		more = len(due) == budget
		left := budget
		for i := range due {
			if left <= 0 {
				more = true
				return nil
			}
			if left, err = t.catchUp(ctx, zone, &due[i], left); err != nil {
				return err
			}
			more = more || due[i].Due(t.now)
		}
		return nil
	})
	return more, err
}

// catchUp decides on the series' occurrences until none is due or the budget is
// spent, and tells what is left of it.
func (t *tx) catchUp(ctx context.Context, zone *time.Location, rt *tenantry.RecurringTask, budget int) (int, error) {
	was := rt.NextOccurrenceAt
	for rt.Due(t.now) && budget > 0 {
		tasks := rt.Tasks(rt.NextOccurrenceAt)
		budget -= len(tasks)
		if rt.Rule.SkipWhenOverdue {
			var err error
			if tasks, err = t.withoutOverdue(ctx, tasks); err != nil {
				return budget, err
			}
		}
		made, err := t.addTasks(ctx, tenantry.System(), tasks)
		if err != nil {
			return budget, err
		}
		rt.TotalOccurrence += int(boolean(made))
		rt.Advance(zone)
	}
	// The old time in the condition: what another process has decided on stands.
	_, err := t.Exec(ctx, `UPDATE recurring_tasks SET total_occurrence = $4, next_occurrence_at = $5
		WHERE location_id = $1 AND id = $2 AND next_occurrence_at = $3`,
		t.loc, rt.ID, was.UnixMilli(), rt.TotalOccurrence, orNull(rt.NextOccurrenceAt))
	return budget, err
}

// addTasks stores the tasks of an occurrence and tells whether any was new.
func (t *tx) addTasks(ctx context.Context, by tenantry.Actor, tasks []tenantry.Task) (made bool, err error) {
	for i := range tasks {
		added, err := t.addTask(ctx, by, &tasks[i])
		if err != nil {
			return made, err
		}
		made = made || added
	}
	return made, nil
}

// withoutOverdue leaves out the tasks of contacts whose last task of the series is
// open and was overdue when the occurrence came. For an occurrence that was missed
// this asks what was so at its own time, not now.
func (t *tx) withoutOverdue(ctx context.Context, tasks []tenantry.Task) ([]tenantry.Task, error) {
	kept := make([]tenantry.Task, 0, len(tasks))
	for _, task := range tasks {
		overdue, err := db.One(ctx, t, func(r db.Row) (is bool, err error) { return is, r.Scan(&is) },
			`SELECT completed = 0 AND due_at < $4 FROM tasks WHERE location_id = $1 AND recurring_id = $2 AND contact_id = $3
				ORDER BY occurrence_at DESC LIMIT 1`, t.loc, task.RecurringID, task.ContactID, task.OccurrenceAt.UnixMilli())
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return nil, err
		}
		if !overdue {
			kept = append(kept, task)
		}
	}
	return kept, nil
}

// location loads the tenant's time zone.
func (t *tx) location() (*time.Location, error) { return tenantry.Location{Timezone: t.zone}.Zone() }

// followZone keeps the wall-clock times of the location's series when its time zone has
// changed; a series whose rule moves with it is updated, after the location is.
func (t *tx) followZone(ctx context.Context, by tenantry.Actor, before, after tenantry.Location) error {
	from, err := before.Zone()
	if err != nil {
		return err
	}
	to, err := after.Zone()
	if err != nil {
		return err
	}
	series, err := db.All(ctx, t, scanRecurring, `SELECT `+recurringColumns+` FROM recurring_tasks
		WHERE location_id = $1 AND deleted_at IS NULL ORDER BY id`, t.loc)
	if err != nil {
		return err
	}
	for _, was := range series {
		rt := was
		rt.Follow(from, to, t.now)
		if err := t.followed(ctx, by, was, rt); err != nil {
			return err
		}
	}
	return nil
}

// followed stores a series that has followed a time zone. Its schedule alone is no state
// that anyone sees.
func (t *tx) followed(ctx context.Context, by tenantry.Actor, before, rt tenantry.RecurringTask) error {
	if rt.Same(before) {
		return storeRecurring(ctx, t, rt)
	}
	rt.UpdatedAt = t.now
	if err := storeRecurring(ctx, t, rt); err != nil {
		return err
	}
	return t.record(ctx, change{
		event: tenantry.RecurringTaskUpdated, by: by, resource: string(rt.ID), before: before, after: rt, payload: recurringPayload(rt),
	})
}
