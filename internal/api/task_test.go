package api_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// person makes a contact of a location.
func person(t *testing.T, e *testkit.Env, loc tenantry.LocationID, c tenantry.Contact) tenantry.ContactID {
	t.Helper()
	c, err := e.Store.CreateContact(t.Context(), loc, tenantry.System(), c)
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// user makes a user of an agency.
func user(t *testing.T, e *testkit.Env, u tenantry.User) tenantry.UserID {
	t.Helper()
	u, err := e.Store.CreateUser(t.Context(), tenantry.System(), u)
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// task makes a task of a location, due a day later when it says no time.
func task(t *testing.T, e *testkit.Env, loc tenantry.LocationID, task tenantry.Task) string {
	t.Helper()
	if task.DueAt.IsZero() {
		task.DueAt = e.Clock.Now().Add(24 * time.Hour)
	}
	task, err := e.Store.CreateTask(t.Context(), loc, tenantry.System(), task)
	if err != nil {
		t.Fatal(err)
	}
	return string(task.ID)
}

// search posts a task search of location A and gives the ids that it finds.
func search(t *testing.T, e *testkit.Env, body string) []string {
	t.Helper()
	return ids(e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Body: body, Status: 200}), "tasks")
}

func TestU55And57TasksAreAFlatListAndTheStatusIsAlways200(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Body: `{}`, Status: 200,
			Want: `{"tasks":[],"total":0}`})
		task(t, e, e.LocA, tenantry.Task{Title: "one"})
		task(t, e, e.LocA, tenantry.Task{Title: "two"})
		task(t, e, e.LocB, tenantry.Task{Title: "another location's"})
		for _, body := range []string{`{}`, ``, `{"contactId":[],"assignedTo":[]}`} {
			for _, version := range []string{"2021-04-15", "2021-07-28", "2023-02-21", "v3"} {
				e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Version: version, Body: body,
					Status: 200, Want: `{"tasks":[{"title":"one"},{"title":"two"}],"total":2}`})
			}
		}
	})
}

func TestU56RowsHaveBothIdsAndTheirPeople(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		contact := person(t, e, e.LocA, tenantry.Contact{FirstName: "Ada", LastName: "Byron"})
		owner := user(t, e, tenantry.User{CompanyID: e.CompanyA, FirstName: "Grace", LastName: "Hopper", ProfilePhoto: "https://p.test/g.png"})
		id := task(t, e, e.LocA, tenantry.Task{Title: "Call", Body: "About it", ContactID: contact, AssignedTo: owner, Completed: true})
		bare := task(t, e, e.LocA, tenantry.Task{Title: "Bare"})
		a := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Body: `{"limit":1}`, Status: 200,
			Want: fmt.Sprintf(`{"total":2,"tasks":[{"_id":%q,"id":%q,"title":"Call","body":"About it","assignedTo":%q,"completed":true,"contactId":%q,
				"dateAdded":"2026-03-02T09:00:00.000Z","dateUpdated":"2026-03-02T09:00:00.000Z","updatedAt":"2026-03-02T09:00:00.000Z","deleted":false,
				"dueDate":"2026-03-03T09:00:00.000Z","locationId":"{locA}","status":"completed","statusGroup":"completed",
				"contactDetails":{"_id":%q,"firstName":"Ada","lastName":"Byron"},
				"assignedToUserDetails":{"id":%q,"firstName":"Grace","lastName":"Hopper","profilePhoto":"https://p.test/g.png"},
				"searchAfter":[1772442000000,%q]}]}`, id, id, owner, contact, contact, owner, id)})
		if n := len(a.Get("tasks").([]any)); n != 1 {
			t.Errorf("limit 1 gives %d rows", n)
		}
		a = e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Body: `{"skip":1}`, Status: 200,
			Want: fmt.Sprintf(`{"tasks":[{"_id":%q,"assignedTo":"","contactId":"","completed":false,"status":"to_do","statusGroup":"to_do"}]}`, bare)})
		row := a.Get("tasks").([]any)[0].(map[string]any)
		if _, has := row["contactDetails"]; has {
			t.Errorf("a task without a contact has its details: %s", a.Raw)
		}
	})
}

func TestU59DueRangeAndSortKey(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		due := map[string]string{}
		for _, day := range []string{"2026-01-10", "2025-12-31", "2026-02-01", "2026-01-01", "2026-01-10", "2026-02-02"} {
			at, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			due[task(t, e, e.LocA, tenantry.Task{Title: day, DueAt: at})] = day
		}
		days := func(body string) (found []string) {
			for _, id := range search(t, e, body) {
				found = append(found, due[id])
			}
			return found
		}
		january := `"dueDate":{"gt":"2026-01-01T00:00:00.000Z","lte":"2026-02-01T00:00:00.000Z"}`
		for _, tt := range []struct {
			body string
			want []string
		}{
			{`{` + january + `,"sortKey":"dueDate","sortDirection":"desc"}`, []string{"2026-02-01", "2026-01-10", "2026-01-10"}},
			{`{` + january + `}`, []string{"2026-01-10", "2026-02-01", "2026-01-10"}},
			{`{"dueDate":{"gte":"2026-01-01","lt":"2026-02-01"},"sortKey":"dueDate"}`, []string{"2026-01-01", "2026-01-10", "2026-01-10"}},
			{`{"dueDate":{},"sortKey":"dateAdded","sortDirection":"desc"}`,
				[]string{"2026-02-02", "2026-01-10", "2026-01-01", "2026-02-01", "2025-12-31", "2026-01-10"}},
		} {
			if diff := cmp.Diff(tt.want, days(tt.body)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.body, diff)
			}
		}
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Status: 422,
			Body: `{"dueDate":{"gt":"soon","from":1},"sortKey":"title","sortDirection":"up","unassigned":true}`,
			Want: `{"message":["property unassigned should not exist","dueDate.property from should not exist",
				"dueDate.gt must be a valid ISO 8601 date string","sortKey must be one of the following values: dateAdded, dueDate",
				"sortDirection must be one of the following values: asc, desc"]}`})
	})
}

func TestU60ListFilters(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c1 := person(t, e, e.LocA, tenantry.Contact{BusinessID: "b1"})
		c2 := person(t, e, e.LocA, tenantry.Contact{})
		c3 := person(t, e, e.LocA, tenantry.Contact{BusinessID: "b1"})
		u1 := user(t, e, tenantry.User{CompanyID: e.CompanyA})
		t1 := task(t, e, e.LocA, tenantry.Task{Title: "t1", ContactID: c1, AssignedTo: u1})
		t2 := task(t, e, e.LocA, tenantry.Task{Title: "t2", ContactID: c2, Completed: true})
		t3 := task(t, e, e.LocA, tenantry.Task{Title: "t3", ContactID: c3})
		t4 := task(t, e, e.LocA, tenantry.Task{Title: "t4", ContactID: c2})
		t5 := task(t, e, e.LocA, tenantry.Task{Title: "t5"})
		both := fmt.Sprintf(`"contactId":[%q,%q]`, c1, c2)
		for _, tt := range []struct {
			body string
			want []string
		}{
			{`{` + both + `,"completed":false,"limit":2,"skip":0}`, []string{t1, t4}},
			{`{` + both + `}`, []string{t1, t2, t4}},
			{`{` + both + `,"limit":2,"skip":2}`, []string{t4}},
			{`{"completed":true}`, []string{t2}},
			{`{"contactId":["nobody"]}`, []string{}},
			{`{"contactId":[""]}`, []string{t5}},
			{`{"contactId":[],"assignedTo":[]}`, []string{t1, t2, t3, t4, t5}},
			{fmt.Sprintf(`{"assignedTo":[%q]}`, u1), []string{t1}},
			{`{"businessId":"b1"}`, []string{t1, t3}},
			{`{"businessId":"b2"}`, []string{}},
			{`{"query":"T3"}`, []string{t3}},
			{`{"skip":1000000000}`, []string{}},
		} {
			if diff := cmp.Diff(tt.want, search(t, e, tt.body)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.body, diff)
			}
		}
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Status: 200,
			Body: `{` + both + `,"limit":1}`, Want: `{"total":3}`})
	})
}

func TestU60WrongFiltersAreRefused(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for body, messages := range map[string]string{
			`{"contactId":"c1"}`:        `["contactId must be an array"]`,
			`{"contactId":null}`:        `["contactId must be an array"]`,
			`{"contactId":[1]}`:         `["each value in contactId must be a string"]`,
			`{"assignedTo":"u1"}`:       `["assignedTo must be an array"]`,
			`{"completed":"true"}`:      `["completed must be a boolean value"]`,
			`{"limit":"10"}`:            `["limit must be a number conforming to the specified constraints"]`,
			`{"limit":0}`:               `["limit must not be less than 1"]`,
			`{"limit":501}`:             `["limit must not be greater than 500"]`,
			`{"limit":1.5}`:             `["limit must be an integer number"]`,
			`{"skip":-1}`:               `["skip must not be less than 0"]`,
			`{"skip":null}`:             `["skip must be a number conforming to the specified constraints"]`,
			`{"query":7}`:               `["query must be a string"]`,
			`{"query":"a\u0000"}`:       `["query must not contain the NUL character"]`,
			`{"dueDate":"2026-01-01"}`:  `["dueDate must be an object"]`,
			`{"searchAfter":"x"}`:       `["searchAfter must be an array"]`,
			`{"searchAfter":[1]}`:       `["searchAfter must be the searchAfter of a task"]`,
			`{"searchAfter":["1","x"]}`: `["searchAfter must be the searchAfter of a task"]`,
			`{"searchAfter":[1.5,"x"]}`: `["searchAfter must be the searchAfter of a task"]`,
			`{"foo":1,"limit":"x","status":"open"}`: `["property foo should not exist","property status should not exist",
				"limit must be a number conforming to the specified constraints"]`,
		} {
			e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Body: body, Status: 422,
				Want: `{"statusCode":422,"message":` + messages + `,"error":"Unprocessable Entity","code":"validation_failed"}`})
		}
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Body: `{"limit":500}`, Status: 200})
	})
}

// TestTaskPagesMissNothing walks with both kinds of paging, in each order, through tasks
// that share their times, while new ones arrive.
func TestTaskPagesMissNothing(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for i := range 23 {
			if i%4 == 0 {
				e.Clock.Advance(time.Millisecond)
			}
			task(t, e, e.LocA, tenantry.Task{Title: fmt.Sprint(i), DueAt: testkit.Start().Add(time.Duration(i%3) * time.Hour)})
		}
		for _, order := range []string{`"sortKey":"dateAdded"`, `"sortKey":"dateAdded","sortDirection":"desc"`,
			`"sortKey":"dueDate"`, `"sortKey":"dueDate","sortDirection":"desc"`} {
			all := search(t, e, `{`+order+`,"limit":500}`)
			var skipped, followed []string
			cursor := ""
			for skip := 0; skip < len(all); skip += 5 {
				skipped = append(skipped, search(t, e, fmt.Sprintf(`{%s,"limit":5,"skip":%d}`, order, skip))...)
				a := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Status: 200,
					Body: `{` + order + `,"limit":5` + cursor + `}`, Want: fmt.Sprintf(`{"total":%d}`, len(all))})
				followed = append(followed, ids(a, "tasks")...)
				rows := a.Get("tasks").([]any)
				last, err := json.Marshal(rows[len(rows)-1].(map[string]any)["searchAfter"])
				if err != nil {
					t.Fatal(err)
				}
				cursor = `,"searchAfter":` + string(last)
			}
			if diff := cmp.Diff(all, skipped); diff != "" {
				t.Errorf("%s by skip:\n%s", order, diff)
			}
			if diff := cmp.Diff(all, followed); diff != "" {
				t.Errorf("%s by searchAfter:\n%s", order, diff)
			}
			if rest := search(t, e, `{`+order+`,"limit":5`+cursor+`}`); len(rest) != 0 {
				t.Errorf("%s: %d tasks follow the last", order, len(rest))
			}
		}
		before := search(t, e, `{"limit":10}`)
		task(t, e, e.LocA, tenantry.Task{Title: "new"})
		if diff := cmp.Diff(before, search(t, e, `{"limit":10}`)); diff != "" {
			t.Errorf("a new task moves the others:\n%s", diff)
		}
	})
}

func TestTasksStayInTheirLocation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		contact := person(t, e, e.LocB, tenantry.Contact{FirstName: "Only B's"})
		task(t, e, e.LocB, tenantry.Task{Title: "same title", ContactID: contact})
		mine := task(t, e, e.LocA, tenantry.Task{Title: "same title"})
		if diff := cmp.Diff([]string{mine}, search(t, e, `{"query":"same title"}`)); diff != "" {
			t.Error(diff)
		}
		e.Run(t,
			testkit.Scenario{Name: "by another location's contact", Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA",
				Body: fmt.Sprintf(`{"contactId":[%q]}`, contact), Status: 200, Want: `{"tasks":[],"total":0}`},
			testkit.Scenario{Name: "in another location", Method: "POST", Path: "/locations/{locB}/tasks/search", Token: "locA", Status: 403},
			testkit.Scenario{Name: "agency token", Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "agencyA", Status: 401,
				Want: `{"code":"token_class"}`},
			testkit.Scenario{Name: "neighbour scope", Method: "POST", Path: "/locations/{locA}/tasks/search", Status: 401,
				Token: e.LocationToken(t, e.LocA, tenantry.TasksWrite, tenantry.LocationsRead), Want: `{"code":"scope_missing"}`},
			testkit.Scenario{Name: "exact scope", Method: "POST", Path: "/locations/{locA}/tasks/search", Status: 200,
				Token: e.LocationToken(t, e.LocA, tenantry.TasksRead)},
		)
	})
}
