package api

import (
	"cmp"
	"context"
	"math"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

type taskSearchBody struct {
	_ struct{} `schema:"TaskSearchParamsDto"`

	ContactID     []tenantry.ContactID `json:"contactId" rule:"maxItems=1000" doc:"Tasks of any of these contacts, an empty text standing for none; an empty list filters nothing"`
	Completed     *bool                `json:"completed" doc:"Only completed tasks, or only open ones" example:"true"`
	AssignedTo    []tenantry.UserID    `json:"assignedTo" rule:"maxItems=1000" doc:"Tasks of any of these users, an empty text standing for none; an empty list filters nothing"`
	Query         string               `json:"query" rule:"maxLen=100" doc:"Text in the title or the body, taken literally, in any case" example:"Task Name"`
	Limit         int                  `json:"limit" rule:"min=1,max=500" default:"25" doc:"Tasks to return, 1 to 500"`
	Skip          int                  `json:"skip" rule:"min=0" default:"0" doc:"Tasks to skip"`
	BusinessID    string               `json:"businessId" doc:"Tasks of contacts of this business"`
	DueDate       *dueDateRange        `json:"dueDate" doc:"Tasks that are due in this range"`
	SortKey       string               `json:"sortKey" rule:"enum=dateAdded|dueDate" default:"dateAdded" doc:"Order by this time, then by id"`
	SortDirection string               `json:"sortDirection" rule:"enum=asc|desc" default:"asc" doc:"Oldest or newest first"`
	SearchAfter   *searchAfter         `json:"searchAfter" doc:"Tasks that follow the one with this searchAfter, in the same order"`
}

type dueDateRange struct {
	_ struct{} `schema:"TaskDueDateRange"`

	GT  *string `json:"gt" rule:"date" doc:"Later than"`
	GTE *string `json:"gte" rule:"date" doc:"At or later than"`
	LT  *string `json:"lt" rule:"date" doc:"Earlier than"`
	LTE *string `json:"lte" rule:"date" doc:"At or earlier than"`
}

// searchAfter is the place of a task in a search: the milliseconds of its sort key
// and its id.
type searchAfter []any

// Check implements [wire.Checker].
func (s searchAfter) Check() string {
	if _, ok := s.cursor(); !ok {
		return "must be the searchAfter of a task"
	}
	return ""
}

func (s searchAfter) cursor() (*tenantry.TaskCursor, bool) {
	if len(s) != 2 {
		return nil, false
	}
	ms, isNumber := s[0].(float64)
	id, isText := s[1].(string)
	if !isNumber || !isText || ms != math.Trunc(ms) || math.Abs(ms) > 1<<53 {
		return nil, false
	}
	return &tenantry.TaskCursor{At: time.UnixMilli(int64(ms)), ID: tenantry.TaskID(id)}, true
}

type taskSearchInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Body       taskSearchBody      `body:"json"`
}

type contactDetails struct {
	_ struct{} `schema:"TaskContactDetails"`

	ID        tenantry.ContactID `json:"_id"`
	FirstName string             `json:"firstName"`
	LastName  string             `json:"lastName"`
}

type userDetails struct {
	_ struct{} `schema:"TaskUserDetails"`

	ID           tenantry.UserID `json:"id"`
	FirstName    string          `json:"firstName"`
	LastName     string          `json:"lastName"`
	ProfilePhoto string          `json:"profilePhoto" doc:"URL"`
}

// taskRow is what the hosted service answers, and the id under both of its names
// (contract, section 1.3 and decision 32).
type taskRow struct {
	_ struct{} `schema:"TaskSearchRow"`

	UnderscoreID          tenantry.TaskID     `json:"_id" doc:"Task id"`
	ID                    tenantry.TaskID     `json:"id" doc:"Task id"`
	LocationID            tenantry.LocationID `json:"locationId"`
	Title                 string              `json:"title"`
	Body                  string              `json:"body"`
	AssignedTo            tenantry.UserID     `json:"assignedTo"`
	ContactID             tenantry.ContactID  `json:"contactId"`
	Completed             bool                `json:"completed"`
	Status                string              `json:"status" rule:"enum=to_do|completed"`
	StatusGroup           string              `json:"statusGroup" rule:"enum=to_do|completed"`
	Deleted               bool                `json:"deleted"`
	DueDate               string              `json:"dueDate" doc:"ISO 8601 in UTC"`
	DateAdded             string              `json:"dateAdded" doc:"ISO 8601 in UTC"`
	DateUpdated           string              `json:"dateUpdated" doc:"ISO 8601 in UTC"`
	UpdatedAt             string              `json:"updatedAt" doc:"ISO 8601 in UTC"`
	ContactDetails        *contactDetails     `json:"contactDetails,omitempty" doc:"Present when the task has a contact"`
	AssignedToUserDetails *userDetails        `json:"assignedToUserDetails,omitempty" doc:"Present when the task is assigned"`
	SearchAfter           searchAfter         `json:"searchAfter" doc:"Cursor: milliseconds of the sort key, and the id"`
}

type tasksAnswer struct {
	_ struct{} `schema:"LocationTaskListSuccessfulResponseDto"`

	Tasks []taskRow `json:"tasks"`
	Total int       `json:"total" doc:"Tasks that match, before paging"`
}

func (a *API) searchTasks(ctx context.Context, _ tenantry.Caller, in *taskSearchInput) (tasksAnswer, error) {
	filter := in.Body.filter()
	page, err := a.store.SearchTasks(ctx, in.LocationID, filter)
	return tasksAnswer{
		Tasks: each(page.Items, func(row tenantry.TaskRow) taskRow { return taskRowOut(row, filter.SortKey) }), Total: page.Total,
	}, err
}

func (b *taskSearchBody) filter() tenantry.TaskFilter {
	f := tenantry.TaskFilter{
		ContactIDs: b.ContactID, AssignedTo: b.AssignedTo, Completed: b.Completed, Query: b.Query, BusinessID: b.BusinessID,
		SortKey: tenantry.TaskSortKey(cmp.Or(b.SortKey, string(tenantry.ByDateAdded))), Descending: b.SortDirection == "desc",
		Skip: b.Skip, Limit: cmp.Or(b.Limit, tenantry.DefaultTasks),
	}
	if b.DueDate != nil {
		f.Due = tenantry.TimeRange{
			After: date(b.DueDate.GT), From: date(b.DueDate.GTE), Before: date(b.DueDate.LT), Until: date(b.DueDate.LTE),
		}
	}
	if b.SearchAfter != nil {
		f.After, _ = b.SearchAfter.cursor() // checked before
	}
	return f
}

// date reads a text that the date rule let pass; the zero time when there is none.
func date(s *string) (t time.Time) {
	if s != nil {
		t, _ = wire.ParseDate(*s)
	}
	return t
}

func taskRowOut(t tenantry.TaskRow, key tenantry.TaskSortKey) taskRow {
	cursor := t.Cursor(key)
	row := taskRow{
		UnderscoreID: t.ID, ID: t.ID, LocationID: t.LocationID, Title: t.Title, Body: t.Body, AssignedTo: t.AssignedTo,
		ContactID: t.ContactID, Completed: t.Completed, Status: "to_do", DueDate: tenantry.Stamp(t.DueAt),
		DateAdded: tenantry.Stamp(t.CreatedAt), DateUpdated: tenantry.Stamp(t.UpdatedAt), UpdatedAt: tenantry.Stamp(t.UpdatedAt),
		SearchAfter: searchAfter{cursor.At.UnixMilli(), cursor.ID},
	}
	if t.Completed {
		row.Status = "completed"
	}
	row.StatusGroup = row.Status
	if c := t.Contact; c != nil {
		row.ContactDetails = &contactDetails{ID: c.ID, FirstName: c.FirstName, LastName: c.LastName}
	}
	if u := t.Assignee; u != nil {
		row.AssignedToUserDetails = &userDetails{ID: u.ID, FirstName: u.FirstName, LastName: u.LastName, ProfilePhoto: u.ProfilePhoto}
	}
	return row
}
