package client

import "context"

// IntervalType is the unit that a recurring task repeats by.
type IntervalType string

// The interval types of the published document.
const (
	Hourly  IntervalType = "hourly"
	Daily   IntervalType = "daily"
	Weekly  IntervalType = "weekly"
	Monthly IntervalType = "monthly"
	Yearly  IntervalType = "yearly"
)

// Weekday is a day of the week in two letters.
type Weekday string

// The days of the week.
const (
	Monday    Weekday = "MO"
	Tuesday   Weekday = "TU"
	Wednesday Weekday = "WE"
	Thursday  Weekday = "TH"
	Friday    Weekday = "FR"
	Saturday  Weekday = "SA"
	Sunday    Weekday = "SU"
)

// RecurringTask is a rule that makes tasks (RecurringTaskResponseDTO of the
// published document).
type RecurringTask struct {
	ID          string       `json:"id"`
	LocationID  string       `json:"locationId"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	ContactID   string       `json:"contactId"`  // the first of the contacts
	AssignedTo  string       `json:"assignedTo"` // the first of the owners
	RRule       RRuleOptions `json:"rruleOptions"`
	// TotalOccurrence counts the occurrences made so far.
	TotalOccurrence int       `json:"totalOccurrence"`
	Deleted         bool      `json:"deleted"`
	CreatedAt       Timestamp `json:"createdAt"`
	UpdatedAt       Timestamp `json:"updatedAt"`
}

// RRuleOptions is when a recurring task repeats (CustomRRulesOptions of the
// published document). IntervalType, Interval, StartDate and DueAfterSeconds are
// required; another zero member is not sent.
type RRuleOptions struct {
	IntervalType IntervalType `json:"intervalType"`
	Interval     int          `json:"interval"` // in units of IntervalType
	StartDate    Timestamp    `json:"startDate"`
	EndDate      Timestamp    `json:"endDate,omitzero"`
	DayOfMonth   int          `json:"dayOfMonth,omitzero"` // 1 to 31
	DayOfWeek    Weekday      `json:"dayOfWeek,omitzero"`
	MonthOfYear  int          `json:"monthOfYear,omitzero"` // 1 to 12
	Count        int          `json:"count,omitzero"`       // occurrences at most
	// CreateTaskIfOverDue false makes no task while the last one is open and overdue.
	CreateTaskIfOverDue *bool `json:"createTaskIfOverDue,omitzero"`
	DueAfterSeconds     int64 `json:"dueAfterSeconds"`
}

// CreateRecurringTaskRequest says what a new recurring task is
// (RecurringTaskCreateDTO of the published document). Title and RRule are required.
type CreateRecurringTaskRequest struct {
	Title       string       `json:"title"`
	Description string       `json:"description,omitzero"`
	ContactIDs  []string     `json:"contactIds,omitempty"`
	Owners      []string     `json:"owners,omitempty"` // user ids
	RRule       RRuleOptions `json:"rruleOptions"`
	// IgnoreTaskCreation makes no task at the time of creation.
	IgnoreTaskCreation bool `json:"ignoreTaskCreation,omitzero"`
}

// UpdateRecurringTaskRequest says what changes (RecurringTaskUpdateDTO of the
// published document). A nil member changes nothing; an empty list is sent as one.
type UpdateRecurringTaskRequest struct {
	Title              *string       `json:"title,omitzero"`
	Description        *string       `json:"description,omitzero"`
	ContactIDs         []string      `json:"contactIds,omitzero"`
	Owners             []string      `json:"owners,omitzero"` // user ids
	RRule              *RRuleOptions `json:"rruleOptions,omitzero"`
	IgnoreTaskCreation *bool         `json:"ignoreTaskCreation,omitzero"`
}

// RecurringTaskDeletion is the answer to the deletion of a recurring task.
type RecurringTaskDeletion struct {
	ID      string `json:"id"`
	Success bool   `json:"success"`
}

// RecurringTasks lists the recurring tasks of the location that are not deleted.
// The published document lacks this operation. Scope: locations/tasks.readonly.
func (c *Client) RecurringTasks(ctx context.Context, locationID string) ([]RecurringTask, error) {
	return member[[]RecurringTask](ctx, c, get("locations", locationID, "recurring-tasks"), "recurringTasks")
}

// CreateRecurringTask makes a recurring task. Scope: locations/tasks.write, or
// locations.write on Tenantry.
func (c *Client) CreateRecurringTask(ctx context.Context, locationID string, t CreateRecurringTaskRequest) (*RecurringTask, error) {
	return member[*RecurringTask](ctx, c, post(t, "locations", locationID, "recurring-tasks"), "recurringTask")
}

// RecurringTask reads one recurring task. Scope: locations/tasks.readonly.
func (c *Client) RecurringTask(ctx context.Context, locationID, id string) (*RecurringTask, error) {
	return member[*RecurringTask](ctx, c, get("locations", locationID, "recurring-tasks", id), "recurringTask")
}

// UpdateRecurringTask changes what t names and keeps the rest. Scope: as
// [Client.CreateRecurringTask].
func (c *Client) UpdateRecurringTask(ctx context.Context, locationID, id string, t UpdateRecurringTaskRequest) (*RecurringTask, error) {
	return member[*RecurringTask](ctx, c, put(t, "locations", locationID, "recurring-tasks", id), "recurringTask")
}

// DeleteRecurringTask ends a recurring task; the tasks it made stay. Scope: as
// [Client.CreateRecurringTask].
func (c *Client) DeleteRecurringTask(ctx context.Context, locationID, id string) (*RecurringTaskDeletion, error) {
	return call[RecurringTaskDeletion](ctx, c, del("locations", locationID, "recurring-tasks", id))
}
