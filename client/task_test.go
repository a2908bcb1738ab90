package client_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/tenantry/tenantry/client"
)

const (
	taskRow = `{"_id":"t1","id":"t1","title":"Call","body":"about shoes","assignedTo":"u1","completed":false,"contactId":"c1",
		"dateAdded":"2026-01-05T09:00:00.000Z","dateUpdated":"2026-01-05T09:00:00.000Z","updatedAt":"2026-01-05T09:00:00.000Z",
		"deleted":false,"dueDate":"2026-01-06T09:00:00.000Z","locationId":"loc_A","status":"to_do","statusGroup":"to_do",
		"contactDetails":{"_id":"c1","firstName":"Ann","lastName":"Lee"},
		"assignedToUserDetails":{"id":"u1","firstName":"Bo","lastName":"Ray","profilePhoto":"https://x.test/p.png"},
		"searchAfter":[1767603600000,"t1"]}`
	recurringTask = `{"id":"sx6wyHhbFdRXh302Lunr","title":"Task Name","description":"Task Description","locationId":"loc_A",
		"updatedAt":"2021-04-15T10:00:00.000Z","createdAt":"2021-04-15T10:00:00.000Z",
		"rruleOptions":{"createTaskIfOverDue":false,"interval":1,"intervalType":"hourly","startDate":"2024-10-29T12:34:03.000Z",
			"dueAfterSeconds":600,"count":550,"endDate":"2025-10-29T12:34:03.000Z","dayOfMonth":15,"dayOfWeek":"MO","monthOfYear":1},
		"totalOccurrence":10,"deleted":false,"assignedTo":"u1","contactId":"c1"}`
)

func TestTaskOperations(t *testing.T) {
	runOperations(t, []operation{
		{
			name: "search with nothing",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.SearchTasks(ctx, "loc_A", client.TaskSearch{})
			},
			method: "POST", target: "/locations/loc_A/tasks/search", body: `{}`,
			answer: `{"tasks":[` + taskRow + `],"total":1}`,
		},
		{
			name: "search with everything, answered 201 as the hosted service does",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.SearchTasks(ctx, "loc_A", client.TaskSearch{
					ContactIDs: []string{"c1", "c2"}, AssignedTo: []string{"u1"}, Completed: new(false), Query: "Task <Name>",
					BusinessID: "b1", Limit: 2, Skip: 4, SearchAfter: json.RawMessage(`[1767603600000,"t1"]`),
				})
			},
			method: "POST", target: "/locations/loc_A/tasks/search",
			body: `{"contactId":["c1","c2"],"assignedTo":["u1"],"completed":false,"query":"Task <Name>","businessId":"b1",` +
				`"limit":2,"skip":4,"searchAfter":[1767603600000,"t1"]}`,
			status: 201, answer: `{"tasks":[]}`,
		},
	})
}

func TestTaskHasBothIDs(t *testing.T) {
	for _, answer := range []string{`{"tasks":[{"_id":"t1"}]}`, `{"tasks":[{"id":"t1"}]}`, `{"tasks":[{"id":"t1","_id":"t1"}]}`} {
		page, err := answering(200, nil, answer).SearchTasks(t.Context(), "loc_A", client.TaskSearch{})
		if err != nil {
			t.Fatal(err)
		}
		if task := page.Tasks[0]; task.ID != "t1" || task.ObjectID != "t1" {
			t.Errorf("%s: ids %q and %q, want t1 twice", answer, task.ID, task.ObjectID)
		}
	}
}

func TestRecurringTaskOperations(t *testing.T) {
	least := client.RRuleOptions{IntervalType: client.Hourly, Interval: 1, StartDate: "2025-07-23T10:00:00.000Z", DueAfterSeconds: 600}
	all := client.RRuleOptions{
		IntervalType: client.Yearly, Interval: 2, StartDate: "2026-01-05T09:00:00.000Z", EndDate: "2030-01-05T09:00:00.000Z",
		DayOfMonth: 15, DayOfWeek: client.Monday, MonthOfYear: 1, Count: 10, CreateTaskIfOverDue: new(false), DueAfterSeconds: 0,
	}
	const sentLeast = `{"intervalType":"hourly","interval":1,"startDate":"2025-07-23T10:00:00.000Z","dueAfterSeconds":600}`
	const sentAll = `{"intervalType":"yearly","interval":2,"startDate":"2026-01-05T09:00:00.000Z","endDate":"2030-01-05T09:00:00.000Z",` +
		`"dayOfMonth":15,"dayOfWeek":"MO","monthOfYear":1,"count":10,"createTaskIfOverDue":false,"dueAfterSeconds":0}`
	const one = `{"recurringTask":` + recurringTask + `}`
	runOperations(t, []operation{
		{
			name:   "list",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.RecurringTasks(ctx, "loc_A") },
			method: "GET", target: "/locations/loc_A/recurring-tasks",
			answer: `{"recurringTasks":[` + recurringTask + `]}`, member: "recurringTasks",
		},
		{
			name: "create with the least",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CreateRecurringTask(ctx, "loc_A", client.CreateRecurringTaskRequest{Title: "Call", RRule: least})
			},
			method: "POST", target: "/locations/loc_A/recurring-tasks", body: `{"title":"Call","rruleOptions":` + sentLeast + `}`,
			status: 201, answer: one, member: "recurringTask",
		},
		{
			name: "create with everything",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CreateRecurringTask(ctx, "loc_A", client.CreateRecurringTaskRequest{
					Title: "Call", Description: "D", ContactIDs: []string{"c1"}, Owners: []string{"u1"}, RRule: all, IgnoreTaskCreation: true,
				})
			},
			method: "POST", target: "/locations/loc_A/recurring-tasks",
			body: `{"title":"Call","description":"D","contactIds":["c1"],"owners":["u1"],"rruleOptions":` + sentAll +
				`,"ignoreTaskCreation":true}`,
			status: 201, answer: one, member: "recurringTask",
		},
		{
			name:   "read",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.RecurringTask(ctx, "loc_A", "r1") },
			method: "GET", target: "/locations/loc_A/recurring-tasks/r1",
			answer: one, member: "recurringTask",
		},
		{
			name: "update nothing",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateRecurringTask(ctx, "loc_A", "r1", client.UpdateRecurringTaskRequest{})
			},
			method: "PUT", target: "/locations/loc_A/recurring-tasks/r1", body: `{}`,
			answer: one, member: "recurringTask",
		},
		{
			name: "update everything",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateRecurringTask(ctx, "loc_A", "r1", client.UpdateRecurringTaskRequest{
					Title: new("T"), Description: new(""), ContactIDs: []string{}, Owners: []string{"u2"}, RRule: &least,
					IgnoreTaskCreation: new(false),
				})
			},
			method: "PUT", target: "/locations/loc_A/recurring-tasks/r1",
			body:   `{"title":"T","description":"","contactIds":[],"owners":["u2"],"rruleOptions":` + sentLeast + `,"ignoreTaskCreation":false}`,
			answer: one, member: "recurringTask",
		},
		{
			name: "delete",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.DeleteRecurringTask(ctx, "loc_A", "r1")
			},
			method: "DELETE", target: "/locations/loc_A/recurring-tasks/r1",
			answer: `{"id":"r1","success":true}`,
		},
	})
}
