package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

const templatesPath = "/locations/{locA}/templates"

// createTemplate makes a template of location A from a body and gives its id.
func createTemplate(t *testing.T, e *testkit.Env, body string) string {
	t.Helper()
	a := e.Send(t, testkit.Scenario{Method: "POST", Path: templatesPath, Token: "locA", Body: body, Status: 201, Events: events(tenantry.TemplateCreated)})
	return a.Text("template", "id")
}

func TestTemplates(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "GET", Path: templatesPath, Token: "locA", Status: 200, Want: `{"templates":[],"totalCount":0}`})
		e.Run(t,
			testkit.Scenario{Name: "sms", Method: "POST", Path: templatesPath, Token: "locA", Status: 201, Events: events(tenantry.TemplateCreated),
				Body: `{"name":" Reminder ","type":"sms","template":{"body":"See you","attachments":["a"]},"urlAttachments":["https://x.test/a.png"]}`,
				Want: `{"template":{"id":"*","name":"Reminder","type":"sms","template":{"body":"See you","attachments":["a"]},
					"dateAdded":"2026-03-02T09:00:00.000Z","locationId":"{locA}","urlAttachments":["https://x.test/a.png"]}}`},
			testkit.Scenario{Name: "email", Method: "POST", Path: templatesPath, Token: "locA", Status: 201, Events: events(tenantry.TemplateCreated),
				Body: `{"name":"News","type":"email","originId":"builder","template":{"subject":"News & more","html":"<p>\u00fc</p>"},"urlAttachments":[]}`,
				Want: `{"template":{"name":"News","type":"email","template":{"subject":"News & more","html":"<p>ü</p>","attachments":[]},"locationId":"{locA}"}}`},
			testkit.Scenario{Name: "whatsapp", Method: "POST", Path: templatesPath, Token: "locA", Status: 201, Events: events(tenantry.TemplateCreated),
				Body: `{"name":"Hello","type":"whatsapp","template":{"body":"👋"}}`,
				Want: `{"template":{"type":"whatsapp","template":{"body":"👋","attachments":[]},"urlAttachments":[]}}`},
		)
		a := e.Send(t, testkit.Scenario{Method: "GET", Path: templatesPath, Token: "locA", Status: 200,
			Want: `{"templates":[{"name":"Reminder"},{"name":"News"},{"name":"Hello"}],"totalCount":3}`})
		rows, _ := a.Get("templates").([]any)
		for i, want := range []string{"dateAdded id locationId name template type urlAttachments", "dateAdded id locationId name template type",
			"dateAdded id locationId name template type urlAttachments"} {
			row, _ := rows[i].(map[string]any)
			if got := strings.Join(slices.Sorted(maps.Keys(row)), " "); got != want {
				t.Errorf("row %d has the members %s, want %s", i, got, want)
			}
			content, _ := row["template"].(map[string]any)
			if got, want := strings.Join(slices.Sorted(maps.Keys(content)), " "), []string{"attachments body", "attachments html subject", "attachments body"}[i]; got != want {
				t.Errorf("row %d has the content %s, want %s", i, got, want)
			}
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locB}/templates", Token: "locB", Status: 200, Want: `{"templates":[],"totalCount":0}`})
	})
}

func TestTemplateUpdate(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := createTemplate(t, e, `{"name":"N","type":"sms","template":{"body":"b","attachments":["a"]},"urlAttachments":["https://x.test/a"]}`)
		path := templatesPath + "/" + id
		put := func(name, body string, status int, want string, types ...tenantry.EventType) testkit.Scenario {
			return testkit.Scenario{Name: name, Method: "PUT", Path: path, Token: "locA", Body: body, Status: status, Want: want, Events: types}
		}
		e.Run(t,
			put("one member", `{"template":{"body":"c"}}`, 200,
				`{"template":{"id":"`+id+`","name":"N","type":"sms","template":{"body":"c","attachments":["a"]},"urlAttachments":["https://x.test/a"]}}`, tenantry.TemplateUpdated),
			put("nothing", `{}`, 200, `{"template":{"name":"N","template":{"body":"c"}}}`),
			put("the same", `{"name":" N ","type":"sms","template":{"body":"c","attachments":["a"]},"urlAttachments":["https://x.test/a"]}`, 200, ``),
			put("lists", `{"template":{"attachments":[]},"urlAttachments":["https://x.test/b","https://x.test/c"]}`, 200,
				`{"template":{"template":{"body":"c","attachments":[]},"urlAttachments":["https://x.test/b","https://x.test/c"]}}`, tenantry.TemplateUpdated),
			put("content of another type", `{"template":{"subject":"s","html":"h"},"name":"M"}`, 422,
				`{"message":["template.subject is only allowed for type email","template.html is only allowed for type email"]}`),
			put("blank", `{"template":{"body":" "}}`, 422, `{"message":["template.body should not be empty"]}`),
			put("another type without its content", `{"type":"email"}`, 422, `{"message":["template.subject should not be empty","template.html should not be empty"]}`),
			put("unchanged by refusals", `{}`, 200, `{"template":{"name":"N","type":"sms","template":{"body":"c"}}}`),
			put("another type", `{"type":"email","template":{"subject":"s","html":"h"}}`, 200,
				`{"template":{"name":"N","type":"email","template":{"subject":"s","html":"h","attachments":[]}}}`, tenantry.TemplateUpdated),
			put("and back", `{"type":"whatsapp","template":{"body":"w"}}`, 200,
				`{"template":{"type":"whatsapp","template":{"body":"w"},"urlAttachments":[]}}`, tenantry.TemplateUpdated),
		)
	})
}

func TestTemplateValidation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := createTemplate(t, e, `{"name":"Kept","type":"email","template":{"subject":"s","html":"h"}}`)
		type row struct{ name, body, want string }
		both := []row{
			{"wrong types", `{"name":1,"type":[],"originId":{},"template":"x","urlAttachments":"y"}`,
				`["name must be a string","type must be one of the following values: sms, email, whatsapp","originId must be a string","template must be an object","urlAttachments must be an array"]`},
			{"null", `{"name":null,"type":null,"template":null}`,
				`["name must be a string","type must be one of the following values: sms, email, whatsapp","template must be an object"]`},
			{"unknown type", `{"name":"n","type":"fax","template":{"body":"b"}}`, `["type must be one of the following values: sms, email, whatsapp"]`},
			{"wrong case of the type", `{"name":"n","type":"SMS","template":{"body":"b"}}`, `["type must be one of the following values: sms, email, whatsapp"]`},
			{"unknown members", `{"id":"x","dateAdded":"y","name":"n","type":"sms","template":{"body":"b","text":"z"}}`,
				`["property id should not exist","property dateAdded should not exist","template.property text should not exist"]`},
			{"content types", `{"name":" ","type":"sms","template":{"body":1,"attachments":[1]},"urlAttachments":[""]}`,
				`["name should not be empty","template.body must be a string","each value in template.attachments must be a string","each value in urlAttachments should not be empty"]`},
			{"too long", `{"name":"` + strings.Repeat("n", 256) + `","type":"sms","template":{"body":"` + strings.Repeat("b", tenantry.MaxTemplateText+1) + `"},"originId":""}`,
				`["name must be shorter than or equal to 255 characters","originId should not be empty","template.body must be shorter than or equal to 100000 characters"]`},
		}
		create := append(both,
			row{"missing", `{}`, `["name must be a string","name should not be empty","type must be one of the following values: sms, email, whatsapp","template must be an object"]`},
			row{"no content of an sms", `{"name":"n","type":"sms","template":{}}`, `["template.body should not be empty"]`},
			row{"no content of an email", `{"type":"email","template":{"body":"b"},"urlAttachments":["u"]}`,
				`["name must be a string","name should not be empty","template.subject should not be empty","template.html should not be empty",
				"template.body is only allowed for type sms, whatsapp","urlAttachments is only allowed for type sms, whatsapp"]`},
		)
		for _, r := range create {
			e.Run(t, testkit.Scenario{Name: "create " + r.name, Method: "POST", Path: templatesPath, Token: "locA", Body: r.body, Status: 422,
				Want: `{"message":` + r.want + `,"code":"validation_failed"}`})
		}
		for _, r := range both {
			e.Run(t, testkit.Scenario{Name: "update " + r.name, Method: "PUT", Path: templatesPath + "/" + id, Token: "locA", Body: r.body, Status: 422,
				Want: `{"message":` + r.want + `,"code":"validation_failed"}`})
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: templatesPath, Token: "locA", Status: 200,
			Want: `{"templates":[{"name":"Kept","type":"email","template":{"subject":"s","html":"h","attachments":[]}}],"totalCount":1}`})
		longest := strings.Repeat("é", tenantry.MaxTemplateText)
		a := e.Send(t, testkit.Scenario{Method: "POST", Path: templatesPath, Token: "locA", Status: 201, Events: events(tenantry.TemplateCreated),
			Body: `{"name":"Long","type":"email","template":{"subject":"s","html":"` + longest + `"}}`})
		if a.Text("template", "template", "html") != longest {
			t.Error("the longest text comes back changed")
		}
	})
}

func TestU67ListTemplates(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		sms := createTemplate(t, e, `{"name":"1","type":"sms","template":{"body":"b"}}`)
		e.Clock.Advance(time.Second)
		email := createTemplate(t, e, `{"name":"2","type":"email","originId":"{locA}","template":{"subject":"s","html":"h"}}`)
		built := createTemplate(t, e, `{"name":"3","type":"email","originId":"builder","template":{"subject":"s","html":"h"}}`)
		whatsapp := createTemplate(t, e, `{"name":"4","type":"whatsapp","originId":"builder","template":{"body":"b"}}`)
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locB}/templates", Token: "locB", Status: 201,
			Body: `{"name":"5","type":"sms","originId":"builder","template":{"body":"b"}}`})
		for query, want := range map[string][]string{
			"":                                  {sms, email, built, whatsapp},
			"?limit=10&skip=0":                  {sms, email, built, whatsapp},
			"?originId={locA}":                  {sms, email, built, whatsapp},
			"?originId={locA}&type=sms":         {sms},
			"?type=email":                       {email, built},
			"?type=whatsapp":                    {whatsapp},
			"?originId=builder":                 {built, whatsapp},
			"?originId=builder&type=email":      {built},
			"?originId=build%25":                {},
			"?originId={locB}":                  {},
			"?deleted=false":                    {sms, email, built, whatsapp},
			"?deleted=true":                     {},
			"?originId={locA}&limit=200&skip=0": {sms, email, built, whatsapp},
		} {
			a := e.Send(t, testkit.Scenario{Method: "GET", Path: templatesPath + query, Token: "locA", Status: 200, Want: fmt.Sprintf(`{"totalCount":%d}`, len(want))})
			if diff := cmp.Diff(want, ids(a, "templates")); diff != "" {
				t.Errorf("%s (-want +got)\n%s", query, diff)
			}
		}
		for query, want := range map[string]string{
			"originId=":                 `["originId should not be empty"]`,
			"originId={locA}&type=fax":  `["type must be one of the following values: sms, email, whatsapp"]`,
			"type=":                     `["type must be one of the following values: sms, email, whatsapp"]`,
			"deleted=yes":               `["deleted must be a boolean value"]`,
			"limit=0":                   `["limit must not be less than 1"]`,
			"limit=201&skip=-1":         `["skip must not be less than 0","limit must not be greater than 200"]`,
			"limit=1e9":                 `["limit must not be greater than 200"]`,
			"limit=all&skip=":           `["skip must be a number conforming to the specified constraints","limit must be a number conforming to the specified constraints"]`,
			"query=x&locationId={locA}": `["property query should not exist","property locationId should not exist"]`,
			"type=sms&type=email":       `["property type should not be repeated"]`,
		} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: templatesPath + "?" + query, Token: "locA", Status: 422, Want: `{"message":` + want + `}`})
		}
	})
}

// TestTemplatePages: pages of a list cover it once, with rows of one moment in them.
func TestTemplatePages(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		all := []string{}
		for i := range 27 {
			if i%4 == 0 {
				e.Clock.Advance(time.Millisecond)
			}
			all = append(all, createTemplate(t, e, fmt.Sprintf(`{"name":"%d","type":"sms","template":{"body":"b"}}`, i)))
		}
		get := func(query string) []string {
			return ids(e.Send(t, testkit.Scenario{Method: "GET", Path: templatesPath + query, Token: "locA", Status: 200, Want: `{"totalCount":27}`}), "templates")
		}
		if diff := cmp.Diff(all[:25], get("")); diff != "" {
			t.Errorf("without limit (-want +got)\n%s", diff)
		}
		walked := []string{}
		for skip := 0; skip < 30; skip += 5 {
			walked = append(walked, get(fmt.Sprintf("?limit=5&skip=%d", skip))...)
		}
		if diff := cmp.Diff(all, walked); diff != "" {
			t.Errorf("pages (-want +got)\n%s", diff)
		}
	})
}

func TestTemplateDelete(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := createTemplate(t, e, `{"name":"Gone","type":"sms","originId":"builder","template":{"body":"b"}}`)
		kept := createTemplate(t, e, `{"name":"Kept","type":"sms","template":{"body":"b"}}`)
		path := templatesPath + "/" + id
		notFound := `{"statusCode":400,"message":"Template with id ` + id + ` not found","error":"Bad Request","code":"not_found"}`
		e.Run(t,
			testkit.Scenario{Name: "another location's", Method: "DELETE", Path: "/locations/{locB}/templates/" + id, Token: "locB", Status: 400, Want: notFound},
			testkit.Scenario{Name: "update another location's", Method: "PUT", Path: "/locations/{locB}/templates/" + id, Token: "locB", Status: 400, Body: `{"name":"x"}`, Want: notFound},
			testkit.Scenario{Name: "delete", Method: "DELETE", Path: path, Token: "locA", Status: 200, Want: `{"succeded":true,"succeeded":true}`,
				Events: events(tenantry.TemplateDeleted)},
			testkit.Scenario{Name: "again", Method: "DELETE", Path: path, Token: "locA", Status: 400, Want: notFound},
			testkit.Scenario{Name: "update", Method: "PUT", Path: path, Token: "locA", Status: 400, Body: `{"name":"Back"}`, Want: notFound},
			testkit.Scenario{Name: "unknown", Method: "DELETE", Path: templatesPath + "/none", Token: "locA", Status: 400, Want: `{"message":"Template with id none not found"}`},
			testkit.Scenario{Name: "the live", Method: "GET", Path: templatesPath, Token: "locA", Status: 200,
				Want: `{"templates":[{"id":"` + kept + `"}],"totalCount":1}`},
			testkit.Scenario{Name: "the deleted", Method: "GET", Path: templatesPath + "?deleted=true", Token: "locA", Status: 200,
				Want: `{"templates":[{"id":"` + id + `","name":"Gone","template":{"body":"b"}}],"totalCount":1}`},
			testkit.Scenario{Name: "the deleted of an origin", Method: "GET", Path: templatesPath + "?deleted=true&originId=builder&type=email", Token: "locA", Status: 200,
				Want: `{"templates":[],"totalCount":0}`},
		)
	})
}

// TestTemplateScopes: no readonly scope permits a write (contract, decision 9).
func TestTemplateScopes(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := createTemplate(t, e, `{"name":"N","type":"sms","template":{"body":"b"}}`)
		read := e.LocationToken(t, e.LocA, tenantry.TemplatesRead, tenantry.LocationsRead)
		for _, s := range []testkit.Scenario{
			{Method: "POST", Path: templatesPath, Body: `{"name":"N","type":"sms","template":{"body":"b"}}`},
			{Method: "PUT", Path: templatesPath + "/" + id, Body: `{"name":"M"}`},
			{Method: "DELETE", Path: templatesPath + "/" + id},
		} {
			s.Token, s.Status, s.Want = read, 401, `{"message":"The token is not authorized for this scope."}`
			e.Send(t, s)
		}
		for i, scope := range []tenantry.Scope{tenantry.TemplatesWrite, tenantry.LocationsWrite} {
			token := e.LocationToken(t, e.LocA, scope)
			e.Send(t, testkit.Scenario{Method: "PUT", Path: templatesPath + "/" + id, Token: token, Body: fmt.Sprintf(`{"name":"%d"}`, i), Status: 200,
				Events: events(tenantry.TemplateUpdated)})
			e.Send(t, testkit.Scenario{Method: "GET", Path: templatesPath, Token: token, Status: 401})
		}
	})
}

// TestConcurrentTemplateUpdates: parallel updates of different members all survive (requirement 39).
func TestConcurrentTemplateUpdates(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		path := templatesPath + "/" + createTemplate(t, e, `{"name":"0","type":"sms","template":{"body":"0"}}`)
		var wg sync.WaitGroup
		for _, body := range []string{`{"name":"1"}`, `{"originId":"1"}`, `{"template":{"body":"1"}}`, `{"template":{"attachments":["1"]}}`, `{"urlAttachments":["1"]}`} {
			wg.Go(func() {
				if a := e.Do(t, testkit.Scenario{Method: "PUT", Path: path, Token: "locA", Body: body}); a.Status != 200 {
					t.Errorf("%s: %d %s", body, a.Status, a.Raw)
				}
			})
		}
		wg.Wait()
		e.Send(t, testkit.Scenario{Method: "GET", Path: templatesPath + "?originId=1", Token: "locA", Status: 200,
			Want: `{"templates":[{"name":"1","template":{"body":"1","attachments":["1"]},"urlAttachments":["1"]}],"totalCount":1}`})
	})
}
