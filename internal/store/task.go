package store

import (
	"cmp"
	"context"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// CreateTask adds a task; its id and times are made here. Errors: Invalid when the
// contact is none of the location's or the assignee none of its agency's users, NoAccess.
func (s *Store) CreateTask(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, task tenantry.Task) (tenantry.Task, error) {
	err := s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		task.LocationID, task.RecurringID = loc, ""
		err := people{
			contacts: []tenantry.ContactID{task.ContactID}, contactText: "contactId must be a contact of the location",
			users: []tenantry.UserID{task.AssignedTo}, userText: "assignedTo must be a user of the location's agency",
		}.check(ctx, t, loc, t.company)
		if err != nil {
			return err
		}
		_, err = t.addTask(ctx, by, &task)
		return err
	})
	return task, err
}

// addTask stores a new task of the tenant and records it, unless its occurrence has
// made one for its contact already: then it tells false.
func (t *tx) addTask(ctx context.Context, by tenantry.Actor, task *tenantry.Task) (added bool, err error) {
	task.ID, task.CreatedAt, task.UpdatedAt = tenantry.TaskID(t.newID()), t.now, t.now
	var recurring, occurrence any
	if task.RecurringID != "" {
		recurring, occurrence = task.RecurringID, task.OccurrenceAt.UnixMilli()
	}
	n, err := t.Exec(ctx, `INSERT INTO tasks (location_id, id, title, body, contact_id, assigned_to, due_at, completed,
			recurring_id, occurrence_at, search_text, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
		ON CONFLICT (location_id, recurring_id, contact_id, occurrence_at) WHERE recurring_id IS NOT NULL DO NOTHING`,
		t.loc, task.ID, task.Title, task.Body, task.ContactID, task.AssignedTo, task.DueAt.UnixMilli(), boolean(task.Completed),
		recurring, occurrence, task.SearchText(), t.now.UnixMilli())
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.record(ctx, change{event: tenantry.TaskCreated, by: by, resource: string(task.ID), after: *task, payload: taskPayload(*task)})
}

// taskPayload has the published members in their order, then the additive one (contract,
// section 2.9).
func taskPayload(t tenantry.Task) any {
	return struct {
		LocationID tenantry.LocationID `json:"locationId"`
		ID         tenantry.TaskID     `json:"id"`
		AssignedTo tenantry.UserID     `json:"assignedTo"`
		Body       string              `json:"body"`
		ContactID  tenantry.ContactID  `json:"contactId"`
		Title      string              `json:"title"`
		DateAdded  string              `json:"dateAdded"`
		DueDate    string              `json:"dueDate"`
		Completed  bool                `json:"completed"`
	}{t.LocationID, t.ID, t.AssignedTo, t.Body, t.ContactID, t.Title, tenantry.Stamp(t.CreatedAt), tenantry.Stamp(t.DueAt), t.Completed}
}

// taskSource joins the people of a task; its $1 is the location.
const taskSource = ` FROM tasks t
	LEFT JOIN contacts c ON c.location_id = t.location_id AND c.id = t.contact_id
	LEFT JOIN users u ON u.id = t.assigned_to
		AND u.company_id = (SELECT company_id FROM locations WHERE location_id = $1)`

const taskRowColumns = `t.id, t.location_id, t.title, t.body, t.contact_id, t.assigned_to, t.due_at, t.completed,
	COALESCE(t.recurring_id, ''), COALESCE(t.occurrence_at, 0), t.created_at, t.updated_at,
	COALESCE(c.id, ''), COALESCE(c.first_name, ''), COALESCE(c.last_name, ''),
	COALESCE(u.id, ''), COALESCE(u.first_name, ''), COALESCE(u.last_name, ''), COALESCE(u.profile_photo, '')`

func scanTaskRow(r db.Row) (row tenantry.TaskRow, err error) {
	var due, occurrence, created, updated, completed int64
	var c tenantry.Contact
	var u tenantry.User
	err = r.Scan(&row.ID, &row.LocationID, &row.Title, &row.Body, &row.ContactID, &row.AssignedTo, &due, &completed,
		&row.RecurringID, &occurrence, &created, &updated,
		&c.ID, &c.FirstName, &c.LastName, &u.ID, &u.FirstName, &u.LastName, &u.ProfilePhoto)
	row.DueAt, row.CreatedAt, row.UpdatedAt, row.Completed = at(due), at(created), at(updated), completed != 0
	if row.RecurringID != "" {
		row.OccurrenceAt = at(occurrence)
	}
	if c.ID != "" {
		row.Contact = &c
	}
	if u.ID != "" {
		row.Assignee = &u
	}
	return row, err
}

// SearchTasks lists the tasks of a location that the filter selects. The total is of
// all that match, wherever the cursor stands.
func (s *Store) SearchTasks(ctx context.Context, loc tenantry.LocationID, f tenantry.TaskFilter) (page tenantry.Page[tenantry.TaskRow], err error) {
	err = s.db.Within(loc).Snapshot(ctx, func(ctx context.Context, q db.Q) error {
		w := taskConditions(loc, f)
		if err := s.narrow(ctx, q, w, taskTexts(), loc, f.Query); err != nil {
			return err
		}
		if page.Total, err = countTasks(ctx, q, f, w); err != nil {
			return err
		}
		page.Items, err = listTasks(ctx, q, f, w)
		return err
	})
	return page, err
}

// listTasks reads the page of what the conditions select.
func listTasks(ctx context.Context, q db.Q, f tenantry.TaskFilter, w *conditions) ([]tenantry.TaskRow, error) {
	key, than, direction := `t.created_at`, `>`, ``
	if f.SortKey == tenantry.ByDueDate {
		key = `t.due_at`
	}
	if f.Descending {
		than, direction = `<`, ` DESC`
	}
	if f.After != nil {
		w.add(`(` + key + `, t.id) ` + than + ` (` + w.arg(f.After.At.UnixMilli()) + `, ` + w.arg(f.After.ID) + `)`)
	}
	query := `SELECT ` + taskRowColumns + taskSource + w.where() + ` ORDER BY ` + key + direction + `, t.id` + direction +
		` LIMIT ` + w.arg(cmp.Or(f.Limit, tenantry.DefaultTasks)) + ` OFFSET ` + w.arg(f.Skip)
	return db.All(ctx, q, scanTaskRow, query, w.args...)
}

// countTasks counts what the conditions select, without people that no condition asks for.
func countTasks(ctx context.Context, q db.Q, f tenantry.TaskFilter, w *conditions) (int, error) {
	source := ` FROM tasks t`
	if f.BusinessID != "" {
		source = taskSource
	}
	return db.One(ctx, q, func(r db.Row) (n int, err error) { return n, r.Scan(&n) },
		`SELECT count(*)`+source+w.where(), w.args...)
}

// taskTexts is the index of what [tenantry.Task.SearchText] gives.
func taskTexts() db.TextIndex {
	return db.TextIndex{Table: `tasks`, Alias: `t`, Column: `search_text`, SQLite: `task_search`, View: `task_texts`}
}

func taskConditions(loc tenantry.LocationID, f tenantry.TaskFilter) *conditions {
	w := &conditions{}
	w.add(`t.location_id = ` + w.arg(loc))
	if len(f.ContactIDs) > 0 {
		w.add(`t.contact_id IN (` + inArgs(w, f.ContactIDs) + `)`)
	}
	if len(f.AssignedTo) > 0 {
		w.add(`t.assigned_to IN (` + inArgs(w, f.AssignedTo) + `)`)
	}
	if f.Completed != nil {
		w.add(`t.completed = ` + w.arg(boolean(*f.Completed)))
	}
	if f.Query != "" {
		w.add(db.Contains(`t.search_text`, w.arg(tenantry.Fold(f.Query))))
	}
	if f.BusinessID != "" {
		w.add(`c.business_id = ` + w.arg(f.BusinessID))
	}
	for _, bound := range []struct {
		is string
		at time.Time
	}{{`>`, f.Due.After}, {`>=`, f.Due.From}, {`<`, f.Due.Before}, {`<=`, f.Due.Until}} {
		if !bound.at.IsZero() {
			w.add(`t.due_at ` + bound.is + ` ` + w.arg(bound.at.UnixMilli()))
		}
	}
	return w
}
