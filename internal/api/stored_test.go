package api_test

import (
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestOneAnswerNamesEveryFailure, also those that only what is stored brings to light.
func TestOneAnswerNamesEveryFailure(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		task := recur(t, e, `{"title":"t","rruleOptions":`+weekly+`}`)
		field := fieldID(createField(t, e, `{"name":"Size","dataType":"TEXT"}`, `{}`))
		template := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/templates", Token: "locA", Status: 201,
			Body: `{"name":"T","type":"sms","template":{"body":"b"}}`, Events: events(tenantry.TemplateCreated)}).Text("template", "id")
		e.Send(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}", Token: "locA", Status: 200,
			Body: `{"companyId":"{companyA}","country":"DE"}`, Events: events(tenantry.LocationUpdated)})
		refused := func(name, method, path, body, messages string) testkit.Scenario {
			return testkit.Scenario{Name: name, Method: method, Path: "/locations/{locA}" + path, Token: "locA", Status: 422, Body: body,
				Want: `{"message":` + messages + `,"code":"validation_failed"}`}
		}
		const nobody = `"contactIds":["nobody"],"owners":["nobody"]`
		const unknown = `"each value in contactIds must be a contact of the location","each value in owners must be a user of the location's agency"`
		const never = `{"intervalType":"weekly","interval":1,"startDate":"2026-03-09T09:00:00Z","dayOfWeek":"TU","endDate":"2026-03-09T10:00:00Z","dueAfterSeconds":0}`
		const noFolder = `"parentId must be the id of a folder of the same location and model"`
		const noChoice = `"options is only allowed for dataType SINGLE_OPTIONS, MULTIPLE_OPTIONS, CHECKBOX, RADIO"`
		e.Run(t,
			refused("phone", "PUT", "", `{"phone":"hello","foo":1,"website":null}`,
				`["property foo should not exist","companyId must be a string","companyId should not be empty","website must be a string","phone must be a valid phone number"]`),
			refused("phone of the stored country", "PUT", "", `{"companyId":"{companyA}","phone":"030 901820","foo":1}`, `["property foo should not exist"]`),
			refused("phone of the named country", "PUT", "", `{"companyId":"{companyA}","phone":"030 901820","country":"US"}`, `["phone must be a valid phone number"]`),
			refused("phone of the wrong type", "PUT", "", `{"companyId":"{companyA}","phone":5}`, `["phone must be a string"]`),
			refused("people beside a bad rule", "POST", "/recurring-tasks", `{"title":"",`+nobody+`,"rruleOptions":{"interval":0}}`,
				`["title should not be empty","rruleOptions.intervalType must be one of the following values: yearly, monthly, weekly, daily, hourly",
				"rruleOptions.interval must not be less than 1","rruleOptions.startDate must be a string",
				"rruleOptions.dueAfterSeconds must be a number conforming to the specified constraints",`+unknown+`]`),
			refused("people beside a rule without an occurrence", "POST", "/recurring-tasks", `{"title":"t","x":1,`+nobody+`,"rruleOptions":`+never+`}`,
				`["property x should not exist",`+unknown+`,"rruleOptions must have an occurrence"]`),
			refused("the same in an update", "PUT", "/recurring-tasks/"+task, `{"x":1,`+nobody+`,"rruleOptions":`+never+`}`,
				`["property x should not exist",`+unknown+`,"rruleOptions must have an occurrence"]`),
			refused("one list of people of the wrong type", "PUT", "/recurring-tasks/"+task, `{"contactIds":["nobody",1],"owners":["nobody"]}`,
				`["each value in contactIds must be a string","each value in owners must be a user of the location's agency"]`),
			refused("folder", "POST", "/customFields", `{"name":"N","dataType":"TEXT","parentId":"nothing","group":1}`, `["property group should not exist",`+noFolder+`]`),
			refused("folder of the wrong type", "POST", "/customFields", `{"name":"N","dataType":"TEXT","parentId":1}`, `["parentId must be a string"]`),
			refused("folder of no model", "POST", "/customFields", `{"name":"N","dataType":"TEXT","parentId":"nothing","model":"x"}`,
				`["model must be one of the following values: contact, opportunity"]`),
			refused("folder in an update", "PUT", "/customFields/"+field, `{"name":"","parentId":"nothing","options":["a"],"group":1}`,
				`["property group should not exist","name should not be empty",`+noChoice+`,`+noFolder+`]`),
			refused("failed members are not judged", "PUT", "/customFields/"+field, `{"name":"N","options":[1]}`, `["each value in options must be a string"]`),
			refused("content of a template", "PUT", "/templates/"+template, `{"name":"","template":{"html":"<p>","body":" "}}`,
				`["name should not be empty","template.body should not be empty","template.html is only allowed for type email"]`),
			refused("content of no type", "PUT", "/templates/"+template, `{"type":"fax","template":{"html":"<p>"}}`,
				`["type must be one of the following values: sms, email, whatsapp"]`),
		)
		for path, body := range map[string]string{
			"/recurring-tasks/nothing": `{"title":"t","rruleOptions":` + weekly + `}`, "/customFields/nothing": `{"name":"N"}`, "/templates/nothing": `{"name":"N"}`,
		} {
			e.Send(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}" + path, Token: "locA", Body: body, Status: 400, Want: `{"code":"not_found"}`})
		}
	})
}
