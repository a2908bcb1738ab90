package client

import (
	"context"
	"encoding/json"
)

// Task is a row of a task search. The published document leaves its members open:
// these are the ones that both servers answer with.
type Task struct {
	// ID is the task's id. The hosted service sends only ObjectID, which then
	// stands here as well, and the other way round.
	ID string `json:"id"`
	// ObjectID is the same id under the name _id.
	ObjectID    string       `json:"_id"`
	LocationID  string       `json:"locationId"`
	Title       string       `json:"title"`
	Body        string       `json:"body"`
	ContactID   string       `json:"contactId"`
	AssignedTo  string       `json:"assignedTo"` // user id
	Completed   bool         `json:"completed"`
	Deleted     bool         `json:"deleted"`
	Status      string       `json:"status"`
	StatusGroup string       `json:"statusGroup"` // to_do or completed
	DueDate     Timestamp    `json:"dueDate"`
	DateAdded   Timestamp    `json:"dateAdded"`
	DateUpdated Timestamp    `json:"dateUpdated"`
	UpdatedAt   Timestamp    `json:"updatedAt"`
	Contact     *TaskContact `json:"contactDetails,omitzero"`
	Assignee    *TaskUser    `json:"assignedToUserDetails,omitzero"`
	// SearchAfter is the cursor behind this row, for [TaskSearch.SearchAfter].
	SearchAfter json.RawMessage `json:"searchAfter,omitzero"`
}

// TaskContact is the contact of a task.
type TaskContact struct {
	ID        string `json:"_id"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
}

// TaskUser is the user that a task is assigned to.
type TaskUser struct {
	ID           string `json:"id"`
	FirstName    string `json:"firstName"`
	LastName     string `json:"lastName"`
	ProfilePhoto string `json:"profilePhoto"`
}

// UnmarshalJSON decodes a task and fills the one id from the other.
func (t *Task) UnmarshalJSON(data []byte) error {
	type plain Task
	if err := json.Unmarshal(data, (*plain)(t)); err != nil {
		return err
	}
	if t.ID == "" {
		t.ID = t.ObjectID
	}
	if t.ObjectID == "" {
		t.ObjectID = t.ID
	}
	return nil
}

// TaskSearch selects tasks (TaskSearchParamsDto of the published document). A zero
// member is not sent and filters nothing.
type TaskSearch struct {
	ContactIDs  []string        `json:"contactId,omitempty"`  // any of these
	AssignedTo  []string        `json:"assignedTo,omitempty"` // any of these user ids
	Completed   *bool           `json:"completed,omitzero"`
	Query       string          `json:"query,omitzero"`
	BusinessID  string          `json:"businessId,omitzero"`
	Limit       int             `json:"limit,omitzero"`       // 1 to 500; the server takes 25 for none
	Skip        int             `json:"skip,omitzero"`        // from 0
	SearchAfter json.RawMessage `json:"searchAfter,omitzero"` // of the last row before, instead of Skip
}

// TaskPage is one page of a search.
type TaskPage struct {
	Tasks []Task `json:"tasks"`
	// Total counts the tasks on all pages. Only Tenantry sends it.
	Total *int `json:"total,omitzero"`
}

// SearchTasks finds tasks of the location. Scope: locations/tasks.readonly.
func (c *Client) SearchTasks(ctx context.Context, locationID string, s TaskSearch) (*TaskPage, error) {
	return call[TaskPage](ctx, c, post(s, "locations", locationID, "tasks", "search"))
}
