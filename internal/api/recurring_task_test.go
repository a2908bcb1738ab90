package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// weekly starts a week after the Env's clock.
const weekly = `{"intervalType":"weekly","interval":1,"startDate":"2026-03-09T09:00:00.000Z","dayOfWeek":"MO","dueAfterSeconds":3600}`

// recur creates a recurring task of location A and gives its id.
func recur(t *testing.T, e *testkit.Env, body string, more ...tenantry.EventType) string {
	t.Helper()
	a := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Body: body, Status: 201,
		Events: append(events(tenantry.RecurringTaskCreated), more...)})
	return a.Text("recurringTask", "id")
}

func TestU64TheListHasTheLiveOnes(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 200, Want: `{"recurringTasks":[]}`})
		first := recur(t, e, `{"title":"first","rruleOptions":`+weekly+`}`)
		second := recur(t, e, `{"title":"second","rruleOptions":`+weekly+`}`)
		path := "/locations/{locA}/recurring-tasks/" + first
		notFound := `{"statusCode":400,"message":"Recurring task with id ` + first + ` not found","error":"Bad Request","code":"not_found"}`
		e.Run(t,
			testkit.Scenario{Name: "list", Method: "GET", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 200,
				Want: `{"recurringTasks":[{"id":"` + first + `"},{"id":"` + second + `"}]}`},
			testkit.Scenario{Name: "another location's list", Method: "GET", Path: "/locations/{locB}/recurring-tasks", Token: "locB", Status: 200,
				Want: `{"recurringTasks":[]}`},
			testkit.Scenario{Name: "delete", Method: "DELETE", Path: path, Token: "locA", Status: 200,
				Want: `{"id":"` + first + `","success":true}`, Events: events(tenantry.RecurringTaskDeleted)},
			testkit.Scenario{Name: "list again", Method: "GET", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 200,
				Want: `{"recurringTasks":[{"id":"` + second + `","title":"second"}]}`},
			testkit.Scenario{Name: "delete again", Method: "DELETE", Path: path, Token: "locA", Status: 400, Want: notFound},
			testkit.Scenario{Name: "read", Method: "GET", Path: path, Token: "locA", Status: 400, Want: notFound},
			testkit.Scenario{Name: "update", Method: "PUT", Path: path, Token: "locA", Body: `{"title":"x"}`, Status: 400, Want: notFound},
		)
	})
}

func TestU65WritesUseListsAndReadsShowTheFirst(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c1, c2 := person(t, e, e.LocA, tenantry.Contact{}), person(t, e, e.LocA, tenantry.Contact{})
		u1, u2 := user(t, e, tenantry.User{CompanyID: e.CompanyA}), user(t, e, tenantry.User{CompanyID: e.CompanyA})
		a := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 201,
			Body: fmt.Sprintf(`{"title":"Call","contactIds":[%[1]q,%[2]q,%[1]q],"owners":[%[3]q,%[4]q],"rruleOptions":
				{"intervalType":"weekly","interval":1,"startDate":"2026-01-05T09:00:00.000Z","dayOfWeek":"MO","dueAfterSeconds":3600}}`, c1, c2, u1, u2),
			Want: fmt.Sprintf(`{"recurringTask":{"id":"*","title":"Call","description":"","locationId":"{locA}","assignedTo":%q,"contactId":%q,
				"deleted":false,"totalOccurrence":1,"createdAt":"2026-03-02T09:00:00.000Z","updatedAt":"2026-03-02T09:00:00.000Z","rruleOptions":
				{"intervalType":"weekly","interval":1,"startDate":"2026-01-05T09:00:00.000Z","dayOfWeek":"MO","dueAfterSeconds":3600,"createTaskIfOverDue":true}}}`, u1, c1),
			Events: events(tenantry.RecurringTaskCreated, tenantry.TaskCreated, tenantry.TaskCreated)})
		path := "/locations/{locA}/recurring-tasks/" + a.Text("recurringTask", "id")
		read := func() any {
			return e.Send(t, testkit.Scenario{Method: "GET", Path: path, Token: "locA", Status: 200}).Get("recurringTask")
		}
		if diff := cmp.Diff(a.Get("recurringTask"), read()); diff != "" {
			t.Errorf("what is read differs from what the create answered:\n%s", diff)
		}
		e.Clock.Advance(time.Minute)
		echo, err := json.Marshal(a.Get("recurringTask", "rruleOptions"))
		if err != nil {
			t.Fatal(err)
		}
		e.Run(t,
			testkit.Scenario{Name: "rename", Method: "PUT", Path: path, Token: "locA", Body: `{"title":"Call back"}`, Status: 200,
				Want: fmt.Sprintf(`{"recurringTask":{"title":"Call back","assignedTo":%q,"contactId":%q,"totalOccurrence":1,
					"createdAt":"2026-03-02T09:00:00.000Z","updatedAt":"2026-03-02T09:01:00.000Z"}}`, u1, c1),
				Events: events(tenantry.RecurringTaskUpdated)},
			testkit.Scenario{Name: "the same again", Method: "PUT", Path: path, Token: "locA", Status: 200,
				Body: fmt.Sprintf(`{"title":"Call back","owners":[%q,%q],"rruleOptions":%s,"ignoreTaskCreation":true}`, u1, u2, echo)},
			testkit.Scenario{Name: "nothing", Method: "PUT", Path: path, Token: "locA", Body: `{}`, Status: 200},
			testkit.Scenario{Name: "the read names", Method: "PUT", Path: path, Token: "locA", Body: `{"assignedTo":"u1","contactId":"c1","deleted":true}`, Status: 422,
				Want: `{"message":["property assignedTo should not exist","property contactId should not exist","property deleted should not exist"]}`},
			testkit.Scenario{Name: "other owner, no contact", Method: "PUT", Path: path, Token: "locA", Status: 200,
				Body: fmt.Sprintf(`{"owners":[%q],"contactIds":[],"description":"x"}`, u2),
				Want: fmt.Sprintf(`{"recurringTask":{"description":"x","assignedTo":%q,"contactId":""}}`, u2), Events: events(tenantry.RecurringTaskUpdated)},
			testkit.Scenario{Name: "another rule", Method: "PUT", Path: path, Token: "locA", Status: 200,
				Body: `{"rruleOptions":{"intervalType":"monthly","interval":2,"startDate":"2026-04-01","endDate":"2026-09-01T00:00:00+02:00","dayOfMonth":31,
					"count":3,"createTaskIfOverDue":false,"dueAfterSeconds":0}}`,
				Want: `{"recurringTask":{"rruleOptions":{"intervalType":"monthly","interval":2,"startDate":"2026-04-01T00:00:00.000Z","endDate":"2026-08-31T22:00:00.000Z",
					"dayOfMonth":31,"count":3,"createTaskIfOverDue":false,"dueAfterSeconds":0}}}`,
				Events: events(tenantry.RecurringTaskUpdated)},
		)
		if _, has := read().(map[string]any)["rruleOptions"].(map[string]any)["dayOfWeek"]; has {
			t.Error("the old rule's day is still there: rruleOptions replaces the whole")
		}
		if found := search(t, e, `{}`); len(found) != 2 {
			t.Errorf("updates changed the tasks that were made: %v", found)
		}
	})
}

func TestU62TheTaskEventHasTheEssentials(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		contact, owner := person(t, e, e.LocA, tenantry.Contact{}), user(t, e, tenantry.User{CompanyID: e.CompanyA})
		recur(t, e, fmt.Sprintf(`{"title":"Call <now>","description":"the body","contactIds":[%q],"owners":[%q],"rruleOptions":
			{"intervalType":"daily","interval":1,"startDate":"2026-03-02T08:00:00.000Z","dueAfterSeconds":7200}}`, contact, owner), tenantry.TaskCreated)
		list, err := e.Store.Events(t.Context(), e.LocA)
		if err != nil {
			t.Fatal(err)
		}
		last := list[len(list)-1]
		id := search(t, e, `{}`)[0]
		want := fmt.Sprintf(`{"type":"TaskCreate","locationId":%q,"id":%q,"assignedTo":%q,"body":"the body","contactId":%q,"title":"Call <now>",`+
			`"dateAdded":"2026-03-02T09:00:00.000Z","dueDate":"2026-03-02T10:00:00.000Z","completed":false,`+
			`"timestamp":"2026-03-02T09:00:00.000Z","webhookId":%q}`, e.LocA, id, owner, contact, last.ID)
		if diff := cmp.Diff(want, last.Payload); diff != "" {
			t.Error(diff)
		}
		records, err := e.Store.Audit(t.Context(), e.LocA)
		if err != nil {
			t.Fatal(err)
		}
		if by := records[len(records)-1].By; by == tenantry.System() || by.TokenID == "" {
			t.Errorf("the first task was made by %+v, want the caller", by)
		}
	})
}

func TestFirstTaskOfARecurringTask(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) { // the clock is at 2026-03-02T09:00Z, a Monday
		rule := func(start string) string {
			return `{"intervalType":"daily","interval":1,"startDate":"` + start + `","dueAfterSeconds":60}`
		}
		for name, tt := range map[string]struct {
			rest string
			due  string // of the task that is made at once, "" for none
		}{
			"in the past":          {`"rruleOptions":` + rule("2026-02-01T09:00:00.000Z"), "2026-02-01T09:01:00.000Z"},
			"now":                  {`"rruleOptions":` + rule("2026-03-02T09:00:00.000Z"), "2026-03-02T09:01:00.000Z"},
			"not ignored":          {`"ignoreTaskCreation":false,"rruleOptions":` + rule("2026-03-02T09:00:00.000Z"), "2026-03-02T09:01:00.000Z"},
			"in the future":        {`"rruleOptions":` + rule("2026-03-02T09:00:00.001Z"), ""},
			"in the past, ignored": {`"ignoreTaskCreation":true,"rruleOptions":` + rule("2026-02-01T09:00:00.000Z"), ""},
			"now, ignored":         {`"ignoreTaskCreation":true,"rruleOptions":` + rule("2026-03-02T09:00:00.000Z"), ""},
		} {
			t.Run(name, func(t *testing.T) {
				want, total, more := `{"total":0}`, 0, []tenantry.EventType(nil)
				if tt.due != "" {
					want, total, more = `{"total":1,"tasks":[{"dueDate":"`+tt.due+`"}]}`, 1, events(tenantry.TaskCreated)
				}
				id := recur(t, e, `{"title":"`+name+`",`+tt.rest+`}`, more...)
				e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tasks/search", Token: "locA", Status: 200,
					Body: `{"query":"` + name + `"}`, Want: want})
				e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/recurring-tasks/" + id, Token: "locA", Status: 200,
					Want: fmt.Sprintf(`{"recurringTask":{"totalOccurrence":%d}}`, total)})
				e.Send(t, testkit.Scenario{Method: "DELETE", Path: "/locations/{locA}/recurring-tasks/" + id, Token: "locA", Status: 200,
					Events: events(tenantry.RecurringTaskDeleted)})
			})
		}
	})
}

func TestRecurringTasksAreValidated(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		rule := func(members string) string {
			return `{"title":"t","rruleOptions":{"startDate":"2026-03-09T09:00:00Z","dueAfterSeconds":0,` + members + `}}`
		}
		bodies := map[string]string{
			`{}`: `["title must be a string","title should not be empty","rruleOptions must be an object"]`,
			`{"title":" ","rruleOptions":{}}`: `["title should not be empty",
				"rruleOptions.intervalType must be one of the following values: yearly, monthly, weekly, daily, hourly",
				"rruleOptions.interval must be a number conforming to the specified constraints","rruleOptions.startDate must be a string",
				"rruleOptions.dueAfterSeconds must be a number conforming to the specified constraints"]`,
			`{"id":"x","title":7,"description":null,"contactIds":"c","owners":[1],"ignoreTaskCreation":"no","rruleOptions":[]}`: `["property id should not exist",
				"title must be a string","description must be a string","contactIds must be an array","each value in owners must be a string",
				"rruleOptions must be an object","ignoreTaskCreation must be a boolean value"]`,
			`{"title":"t","contactIds":[""],"owners":null,"rruleOptions":null}`: `["each value in contactIds should not be empty",
				"owners must be an array","rruleOptions must be an object"]`,
			rule(`"intervalType":"minutely","interval":0,"extra":1`): `["rruleOptions.property extra should not exist",
				"rruleOptions.intervalType must be one of the following values: yearly, monthly, weekly, daily, hourly",
				"rruleOptions.interval must not be less than 1"]`,
			rule(`"intervalType":"daily","interval":1,"count":1001`): `["rruleOptions.count must not be greater than 1000"]`,
			rule(`"intervalType":"daily","interval":1.5,"count":0,"dayOfMonth":32,"monthOfYear":0,"dayOfWeek":"MON"`): `[
				"rruleOptions.interval must be an integer number","rruleOptions.dayOfMonth must not be greater than 31",
				"rruleOptions.dayOfWeek must be one of the following values: MO, TU, WE, TH, FR, SA, SU",
				"rruleOptions.monthOfYear must not be less than 1","rruleOptions.count must not be less than 1"]`,
			rule(`"intervalType":"daily","interval":"1","endDate":"later","createTaskIfOverDue":1`): `[
				"rruleOptions.interval must be a number conforming to the specified constraints",
				"rruleOptions.endDate must be a valid ISO 8601 date string","rruleOptions.createTaskIfOverDue must be a boolean value"]`,
			rule(`"intervalType":"daily","interval":1,"endDate":"2026-03-09T08:59:59Z"`):                   `["rruleOptions.endDate must not be before startDate"]`,
			rule(`"intervalType":"daily","interval":1,"endDate":"2026-03-09T08:59"`):                       `["rruleOptions.endDate must not be before startDate"]`,
			rule(`"intervalType":"weekly","interval":1,"dayOfMonth":3`):                                    `["rruleOptions.dayOfMonth must not be used with intervalType weekly"]`,
			rule(`"intervalType":"yearly","interval":1,"monthOfYear":2,"dayOfMonth":30`):                   `["rruleOptions.dayOfMonth 30 does not exist in monthOfYear 2"]`,
			rule(`"intervalType":"weekly","interval":1,"dayOfWeek":"TU","endDate":"2026-03-09T10:00:00Z"`): `["rruleOptions must have an occurrence"]`,
			`{"title":"t","rruleOptions":{"intervalType":"daily","interval":1,"startDate":"tomorrow","dueAfterSeconds":-1}}`: `[
				"rruleOptions.startDate must be a valid ISO 8601 date string","rruleOptions.dueAfterSeconds must not be less than 0"]`,
		}
		for body, messages := range bodies {
			e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Body: body, Status: 422,
				Want: `{"statusCode":422,"message":` + messages + `,"error":"Unprocessable Entity"}`})
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 200, Want: `{"recurringTasks":[]}`})
		id := recur(t, e, `{"title":"t","rruleOptions":`+weekly+`}`)
		for body, messages := range map[string]string{
			`{"title":""}`:                          `["title should not be empty"]`,
			`{"title":null,"description":null}`:     `["title must be a string","description must be a string"]`,
			`{"rruleOptions":{"interval":1}}`:       `["rruleOptions.intervalType must be one of the following values: yearly, monthly, weekly, daily, hourly","rruleOptions.startDate must be a string","rruleOptions.dueAfterSeconds must be a number conforming to the specified constraints"]`,
			`{"createdAt":"x","totalOccurrence":9}`: `["property createdAt should not exist","property totalOccurrence should not exist"]`,
		} {
			e.Send(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}/recurring-tasks/" + id, Token: "locA", Body: body, Status: 422,
				Want: `{"message":` + messages + `}`})
		}
	})
}

func TestRecurringTasksKnowTheirPeople(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		theirs := person(t, e, e.LocB, tenantry.Contact{})
		stranger := user(t, e, tenantry.User{CompanyID: e.CompanyB})
		id := recur(t, e, `{"title":"t","rruleOptions":`+weekly+`}`)
		for _, ids := range [][2]string{{string(theirs), string(stranger)}, {"unknown", "unknown"}} {
			people := fmt.Sprintf(`"contactIds":[%q],"owners":[%q]`, ids[0], ids[1])
			want := `{"message":["each value in contactIds must be a contact of the location","each value in owners must be a user of the location's agency"],
				"code":"validation_failed"}`
			e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 422,
				Body: `{"title":"t",` + people + `,"rruleOptions":` + weekly + `}`, Want: want})
			e.Send(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}/recurring-tasks/" + id, Token: "locA", Status: 422,
				Body: `{` + people + `}`, Want: want})
		}
	})
}

func TestRecurringTasksOfAnotherLocation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := recur(t, e, `{"title":"t","rruleOptions":`+weekly+`}`)
		for _, other := range []string{id, "unknown"} {
			for _, row := range [][2]string{{"GET", ""}, {"PUT", `{"title":"stolen"}`}, {"DELETE", ""}} {
				e.Send(t, testkit.Scenario{Method: row[0], Path: "/locations/{locB}/recurring-tasks/" + other, Token: "locB", Body: row[1], Status: 400,
					Want: `{"statusCode":400,"message":"Recurring task with id ` + other + ` not found","error":"Bad Request","code":"not_found"}`})
				e.Send(t, testkit.Scenario{Method: row[0], Path: "/locations/{locA}/recurring-tasks/" + other, Token: "locB", Body: row[1], Status: 403})
			}
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/recurring-tasks/" + id, Token: "locA", Status: 200,
			Want: `{"recurringTask":{"title":"t"}}`})
	})
}

func TestScopesOfRecurringTasks(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := recur(t, e, `{"title":"t","rruleOptions":`+weekly+`}`)
		one := "/locations/{locA}/recurring-tasks/" + id
		reads := [][3]string{{"GET", "/locations/{locA}/recurring-tasks", ""}, {"GET", one, ""}}
		writes := [][3]string{{"PUT", one, `{}`}, {"POST", "/locations/{locA}/recurring-tasks", `{}`}, {"DELETE", "/locations/{locA}/recurring-tasks/unknown", ""}}
		for _, scope := range tenantry.PrivateScopes() {
			token := e.LocationToken(t, e.LocA, scope)
			for i, row := range slices.Concat(reads, writes) {
				status := []int{200, 200, 200, 422, 400}[i]
				permitted := scope == tenantry.TasksRead
				if i >= len(reads) {
					permitted = scope == tenantry.TasksWrite || scope == tenantry.LocationsWrite
				}
				if !permitted {
					status = 401
				}
				e.Send(t, testkit.Scenario{Method: row[0], Path: row[1], Token: token, Body: row[2], Status: status})
			}
		}
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "agencyA", Body: `{}`, Status: 401})
	})
}

// TestParallelUpdatesKeepBoth: partial updates of different members both survive (requirement 39).
func TestParallelUpdatesKeepBoth(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := recur(t, e, `{"title":"t","rruleOptions":`+weekly+`}`)
		owner := user(t, e, tenantry.User{CompanyID: e.CompanyA})
		contact := person(t, e, e.LocA, tenantry.Contact{})
		var wg sync.WaitGroup
		for _, body := range []string{`{"title":"new"}`, `{"description":"new"}`, fmt.Sprintf(`{"owners":[%q]}`, owner),
			fmt.Sprintf(`{"contactIds":[%q]}`, contact)} {
			wg.Go(func() {
				if a := e.Do(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}/recurring-tasks/" + id, Token: "locA", Body: body}); a.Status != 200 {
					t.Errorf("%s: %d %s", body, a.Status, a.Raw)
				}
			})
		}
		wg.Wait()
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/recurring-tasks/" + id, Token: "locA", Status: 200,
			Want: fmt.Sprintf(`{"recurringTask":{"title":"new","description":"new","assignedTo":%q,"contactId":%q}}`, owner, contact)})
	})
}

// TestDatesWithoutAnOffset are of the location's time zone.
func TestDatesWithoutAnOffset(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}", Token: "locA", Body: `{"companyId":"{companyA}","timezone":"America/New_York"}`,
			Status: 200, Events: events(tenantry.LocationUpdated)})
		for dates, want := range map[string]string{
			`"startDate":"2026-06-01T08:00"`:                                                       `"startDate":"2026-06-01T12:00:00.000Z"`,
			`"startDate":"2026-06-01"`:                                                             `"startDate":"2026-06-01T04:00:00.000Z"`,
			`"startDate":"2026-06-01T08:00+0200","endDate":"2026-06-01T09:00Z"`:                    `"startDate":"2026-06-01T06:00:00.000Z","endDate":"2026-06-01T09:00:00.000Z"`,
			`"startDate":"2026-06-01T08:00:00.1239Z","endDate":"2026-06-01T07:30:00"`:              `"startDate":"2026-06-01T08:00:00.123Z","endDate":"2026-06-01T11:30:00.000Z"`,
			`"startDate":"2026-06-01T08:00:00+02:00","endDate":"2027-01-01T00:00:00.000000+01:00"`: `"startDate":"2026-06-01T06:00:00.000Z","endDate":"2026-12-31T23:00:00.000Z"`,
		} {
			e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 201,
				Body: `{"title":"t","rruleOptions":{"intervalType":"daily","interval":1,"dueAfterSeconds":0,` + dates + `}}`,
				Want: `{"recurringTask":{"rruleOptions":{` + want + `}}}`, Events: events(tenantry.RecurringTaskCreated)})
		}
		// Both have an offset, so the location's time zone is not needed to tell.
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 422,
			Body: `{"title":"","rruleOptions":{"intervalType":"daily","interval":1,"dueAfterSeconds":0,"startDate":"2026-06-01T12:00+0000","endDate":"2026-06-01T11:00Z"}}`,
			Want: `{"message":["title should not be empty","rruleOptions.endDate must not be before startDate"]}`})
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Status: 422,
			Body: `{"title":"t","rruleOptions":{"intervalType":"daily","interval":1,"dueAfterSeconds":0,"startDate":"2026-06-01T12:00:00Z","endDate":"2026-06-01T07:59"}}`,
			Want: `{"message":["rruleOptions.endDate must not be before startDate"]}`})
	})
}

// TestALocalDateIsOfOneZone: a date without an offset is read in the zone that the series
// is stored with, also where that changes at the same moment.
func TestALocalDateIsOfOneZone(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		const body = `{"title":"t","rruleOptions":{"intervalType":"daily","interval":1,"startDate":"2026-03-09T09:00:00","dueAfterSeconds":0}}`
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 20 {
					e.Do(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/recurring-tasks", Token: "locA", Body: body})
				}
			})
		}
		for i := range 40 {
			zone := []string{"Asia/Tokyo", "UTC"}[i%2]
			e.Do(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}", Token: "agencyA", Body: `{"companyId":"{companyA}","timezone":"` + zone + `"}`})
		}
		wg.Wait()
		list, err := e.Store.RecurringTasks(t.Context(), e.LocA)
		if err != nil || len(list) != 80 {
			t.Fatalf("%d series, %v", len(list), err)
		}
		for _, r := range list {
			if start := r.Rule.StartAt.Format(time.RFC3339); start != "2026-03-09T09:00:00Z" { // it is UTC in the end
				t.Errorf("a series starts at %s", start)
			}
		}
	})
}
