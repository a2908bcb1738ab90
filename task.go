package tenantry

import "time"

// The page sizes of a task search, in tasks (contract, decision 32).
const (
	MaxTasks     = 500
	DefaultTasks = 25
)

// Task is something to do, for a contact or for nobody in particular.
type Task struct {
	ID           TaskID
	LocationID   LocationID
	Title        string
	Body         string
	ContactID    ContactID // empty: of no contact
	AssignedTo   UserID    // empty: unassigned
	DueAt        time.Time
	Completed    bool
	RecurringID  RecurringTaskID // empty: made by hand
	OccurrenceAt time.Time       // the occurrence of the recurring task that made it
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// SearchText is what the query of a search looks into: title and body, folded. The
// unit separator between them keeps a text from matching across both.
func (t Task) SearchText() string { return Fold(t.Title) + "\x1f" + Fold(t.Body) }

// TaskSortKey is the time that a task search orders by, spelled as on the wire.
type TaskSortKey string

// The sort keys of a task search.
const (
	ByDateAdded TaskSortKey = "dateAdded"
	ByDueDate   TaskSortKey = "dueDate"
)

// TaskFilter selects tasks of a location, ordered by the sort key, then id. A zero
// member selects all.
type TaskFilter struct {
	ContactIDs []ContactID // any of them
	AssignedTo []UserID    // any of them
	Completed  *bool
	Query      string // literally in the title or the body, in any case
	BusinessID string // of the contact
	Due        TimeRange
	SortKey    TaskSortKey // empty: [ByDateAdded]
	Descending bool
	After      *TaskCursor // only what follows it in the order
	Skip       int
	Limit      int
}

// TimeRange bounds a time; a zero bound is none.
type TimeRange struct {
	After  time.Time // exclusive
	From   time.Time // inclusive
	Before time.Time // exclusive
	Until  time.Time // inclusive
}

// TaskCursor is the place of a task in the order of a search.
type TaskCursor struct {
	At time.Time // the sort key
	ID TaskID
}

// TaskRow is a task in a search, with the people that it is about.
type TaskRow struct {
	Task

	Contact  *Contact // id and names only; nil: none, or not known
	Assignee *User    // id, names and photo only; nil: none, or not known
}

// Cursor is the place of the task in a search that is ordered by key.
func (t Task) Cursor(key TaskSortKey) TaskCursor {
	if key == ByDueDate {
		return TaskCursor{At: t.DueAt, ID: t.ID}
	}
	return TaskCursor{At: t.CreatedAt, ID: t.ID}
}
