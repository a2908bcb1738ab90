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

const fieldsPath = "/locations/{locA}/customFields"

// allTypes is the part of a message that lists the data types.
const allTypes = "TEXT, LARGE_TEXT, NUMERICAL, PHONE, MONETORY, CHECKBOX, SINGLE_OPTIONS, MULTIPLE_OPTIONS, FLOAT, TIME, DATE, " +
	"TEXTBOX_LIST, FILE_UPLOAD, SIGNATURE, RADIO"

// createField makes a custom field or folder of location A.
func createField(t testing.TB, e *testkit.Env, body, want string) testkit.Answer {
	t.Helper()
	return e.Send(t, testkit.Scenario{Method: "POST", Path: fieldsPath, Token: "locA", Body: body, Status: 201,
		Want: `{"customField":` + want + `}`, Events: events(tenantry.CustomFieldCreated)})
}

func fieldID(a testkit.Answer) string { return a.Text("customField", "id") }

// refuseField is the row of a create that fails validation; nothing is stored.
func refuseField(name, body, messages string) testkit.Scenario {
	return testkit.Scenario{Name: name, Method: "POST", Path: fieldsPath, Token: "locA", Body: body, Status: 422,
		Want: `{"statusCode":422,"message":` + messages + `,"error":"Unprocessable Entity","code":"validation_failed"}`}
}

// noFields checks that location A has no custom field of any model.
func noFields(t *testing.T, e *testkit.Env) {
	t.Helper()
	e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + "?model=all", Token: "locA", Status: 200, Want: `{"customFields":[]}`})
}

func TestU19ChoicesTakeOptions(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		a := createField(t, e, `{"name":"Colour","dataType":"SINGLE_OPTIONS","options":["Red","Blue"],"model":"contact"}`,
			`{"name":"Colour","dataType":"SINGLE_OPTIONS","fieldKey":"contact.colour","picklistOptions":["Red","Blue"],"model":"contact"}`)
		e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + "/" + fieldID(a), Token: "locA", Status: 200,
			Want: `{"customField":{"picklistOptions":["Red","Blue"]}}`})
		for _, dataType := range []string{"MULTIPLE_OPTIONS", "CHECKBOX", "RADIO"} {
			createField(t, e, `{"name":"`+dataType+`","dataType":"`+dataType+`","options":["b","a"]}`, `{"picklistOptions":["b","a"]}`)
		}
		e.Run(t,
			refuseField("the text boxes of the published document", `{"name":"A","dataType":"RADIO","textBoxListOptions":[{"label":"Red"}]}`,
				`["options should not be empty","textBoxListOptions is only allowed for dataType TEXTBOX_LIST"]`),
			refuseField("the name of the answer", `{"name":"A","dataType":"RADIO","picklistOptions":["a"]}`,
				`["property picklistOptions should not exist","options should not be empty"]`),
			refuseField("objects", `{"name":"A","dataType":"RADIO","options":[{"label":"Red"}]}`, `["each value in options must be a string"]`),
			refuseField("no list", `{"name":"A","dataType":"RADIO","options":"Red"}`, `["options must be an array"]`),
			refuseField("null", `{"name":"A","dataType":"RADIO","options":null}`, `["options must be an array"]`),
			refuseField("a blank one", `{"name":"A","dataType":"RADIO","options":["Red"," "]}`, `["each value in options should not be empty"]`),
			refuseField("one twice", `{"name":"A","dataType":"RADIO","options":["Red","Blue"," Red"]}`,
				`["options should not contain the same value twice"]`),
			refuseField("options of a text", `{"name":"A","dataType":"TEXT","options":["Red"]}`,
				`["options is only allowed for dataType SINGLE_OPTIONS, MULTIPLE_OPTIONS, CHECKBOX, RADIO"]`),
		)
	})
}

func TestU20TypesNeedTheirMembers(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Run(t,
			refuseField("options", `{"name":"A","dataType":"RADIO"}`, `["options should not be empty"]`),
			refuseField("text boxes", `{"name":"B","dataType":"TEXTBOX_LIST"}`, `["textBoxListOptions should not be empty"]`),
			refuseField("formats", `{"name":"C","dataType":"FILE_UPLOAD"}`, `["acceptedFormat should not be empty"]`),
			refuseField("empty formats", `{"name":"C","dataType":"FILE_UPLOAD","acceptedFormat":[]}`, `["acceptedFormat should not be empty"]`),
			refuseField("a MIME type", `{"name":"C","dataType":"FILE_UPLOAD","acceptedFormat":[".pdf","image/png"]}`,
				`["acceptedFormat should contain nothing but file extensions, such as .pdf"]`),
			refuseField("too many files", `{"name":"C","dataType":"FILE_UPLOAD","acceptedFormat":["pdf"],"maxNumberOfFiles":101}`,
				`["maxNumberOfFiles must not be greater than 100"]`),
			refuseField("boxes without a label", `{"name":"B","dataType":"TEXTBOX_LIST","textBoxListOptions":[{},{"label":""},{"label":1},{"wrong":"x","label":"ok"}]}`,
				`["textBoxListOptions.0.label must be a string","textBoxListOptions.0.label should not be empty","textBoxListOptions.1.label should not be empty",
				"textBoxListOptions.2.label must be a string","textBoxListOptions.3.property wrong should not exist"]`),
			refuseField("a box that is none", `{"name":"B","dataType":"TEXTBOX_LIST","textBoxListOptions":["First"]}`,
				`["textBoxListOptions.0 must be an object"]`),
		)
		noFields(t, e)
		createField(t, e, `{"name":"B","dataType":"TEXTBOX_LIST","textBoxListOptions":[{"label":"First"},{"label":"Second","prefillValue":"2"}]}`,
			`{"dataType":"TEXTBOX_LIST","textBoxListOptions":[{"label":"First","prefillValue":""},{"label":"Second","prefillValue":"2"}]}`)
		createField(t, e, `{"name":"C","dataType":"FILE_UPLOAD","acceptedFormat":[".pdf","JPEG"],"isMultipleFile":true,"maxNumberOfFiles":2}`,
			`{"dataType":"FILE_UPLOAD","acceptedFormat":[".pdf","JPEG"],"isMultiFileAllowed":true,"maxFileLimit":2}`)
		createField(t, e, `{"name":"D","dataType":"FILE_UPLOAD","acceptedFormat":["all"]}`, `{"isMultiFileAllowed":false,"maxFileLimit":1}`)
	})
}

func TestU21OptionsAreKeptOrReplaced(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := fieldID(createField(t, e, `{"name":"Size","dataType":"MULTIPLE_OPTIONS","options":["S","M","L"],"placeholder":"p"}`, `{}`))
		e.Run(t,
			testkit.Scenario{Name: "the name alone", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA", Body: `{"name":"Shirt size"}`, Status: 200,
				Want:   `{"customField":{"name":"Shirt size","picklistOptions":["S","M","L"],"placeholder":"p"}}`,
				Events: events(tenantry.CustomFieldUpdated)},
			testkit.Scenario{Name: "read", Method: "GET", Path: fieldsPath + "/" + id, Token: "locA", Status: 200,
				Want: `{"customField":{"name":"Shirt size","picklistOptions":["S","M","L"]}}`},
			testkit.Scenario{Name: "other options", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA", Body: `{"name":"Shirt size","options":["L","S"]}`,
				Status: 200, Want: `{"customField":{"picklistOptions":["L","S"]}}`, Events: events(tenantry.CustomFieldUpdated)},
			testkit.Scenario{Name: "the same again", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA",
				Body: `{"name":" Shirt size ","options":["L","S"],"model":"contact","position":-0}`, Status: 200},
			testkit.Scenario{Name: "no options", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA", Body: `{"name":"Shirt size","options":[]}`, Status: 422,
				Want: `{"message":["options should not be empty"]}`},
			testkit.Scenario{Name: "a read body", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA",
				Body: `{"name":"Shirt size","picklistOptions":["L"],"isMultiFileAllowed":true,"maxFileLimit":1,"dataType":"TEXT","fieldKey":"contact.x"}`, Status: 422,
				Want: `{"message":["property picklistOptions should not exist","property isMultiFileAllowed should not exist",
					"property maxFileLimit should not exist","property dataType should not exist","property fieldKey should not exist"]}`},
			testkit.Scenario{Name: "still there", Method: "GET", Path: fieldsPath + "/" + id, Token: "locA", Status: 200,
				Want: `{"customField":{"picklistOptions":["L","S"]}}`},
		)
	})
}

func TestU23KeysSurviveRenames(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := fieldID(createField(t, e, `{"name":"Favourite Colour","dataType":"TEXT","model":"contact"}`, `{"fieldKey":"contact.favourite_colour"}`))
		e.Send(t, testkit.Scenario{Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA", Body: `{"name":"Best Shade"}`, Status: 200,
			Want: `{"customField":{"fieldKey":"contact.favourite_colour","name":"Best Shade"}}`, Events: events(tenantry.CustomFieldUpdated)})
		for _, path := range []string{id, "contact.favourite_colour", "contact%2Efavourite_colour"} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + "/" + path, Token: "locA", Status: 200,
				Want: `{"customField":{"id":"` + id + `","name":"Best Shade"}}`})
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + "/contact.best_shade", Token: "locA", Status: 400,
			Want: `{"message":"Custom field with id contact.best_shade not found","code":"not_found"}`})
		createField(t, e, `{"name":"Best Shade","dataType":"TEXT"}`, `{"fieldKey":"contact.best_shade"}`)
	})
}

func TestU24DeletingFreesTheKey(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		first := fieldID(createField(t, e, `{"name":"Proof","dataType":"TEXT"}`, `{"fieldKey":"contact.proof"}`))
		e.Send(t, testkit.Scenario{Method: "DELETE", Path: fieldsPath + "/" + first, Token: "locA", Status: 200, Events: events(tenantry.CustomFieldDeleted)})
		second := fieldID(createField(t, e, `{"name":"Proof","dataType":"LARGE_TEXT"}`, `{"fieldKey":"contact.proof"}`))
		if first == second {
			t.Errorf("id %s was used twice", first)
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + "/" + first, Token: "locA", Status: 400,
			Want: `{"statusCode":400,"message":"Custom field with id ` + first + ` not found","error":"Bad Request","code":"not_found"}`})
	})
}

func TestU27UnknownMembersAreListed(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Run(t,
			refuseField("unknown", `{"name":"F","dataType":"TEXT","group":"g","locationId":"loc_A"}`,
				`["property group should not exist","property locationId should not exist"]`),
			refuseField("nothing", `{}`, `["name must be a string","name should not be empty","dataType must be one of the following values: `+allTypes+`"]`),
			refuseField("nulls", `{"name":null,"dataType":null,"placeholder":null,"position":null,"parentId":null}`,
				`["name must be a string","dataType must be one of the following values: TEXT, LARGE_TEXT, NUMERICAL, PHONE, MONETORY, CHECKBOX, SINGLE_OPTIONS, MULTIPLE_OPTIONS, FLOAT, TIME, DATE, TEXTBOX_LIST, FILE_UPLOAD, SIGNATURE, RADIO","placeholder must be a string",
				"position must be a number conforming to the specified constraints","parentId must be a string"]`),
			refuseField("wrong types", `{"name":1,"dataType":"TEXT","acceptedFormat":"x","isMultipleFile":"true","maxNumberOfFiles":1.5,"position":"1","model":"deal","documentType":"x","fieldKey":""}`,
				`["name must be a string","acceptedFormat must be an array","isMultipleFile must be a boolean value","maxNumberOfFiles must be an integer number",
				"position must be a number conforming to the specified constraints","model must be one of the following values: contact, opportunity",
				"documentType must be one of the following values: field, folder","fieldKey should not be empty"]`),
			refuseField("a blank name", `{"name":"  ","dataType":"TEXT"}`, `["name should not be empty"]`),
			refuseField("a long name", fmt.Sprintf(`{"name":"%0256d","dataType":"TEXT"}`, 0), `["name must be shorter than or equal to 255 characters"]`),
			refuseField("all that can be judged", `{"name":"F","dataType":"RADIO","model":"deal","fieldKey":"opportunity.f"}`,
				`["model must be one of the following values: contact, opportunity","options should not be empty"]`),
			refuseField("what does not depend on the type", `{"name":"F","dataType":"RADIOS","fieldKey":"opportunity.f"}`,
				`["dataType must be one of the following values: `+allTypes+`","fieldKey must begin with contact. or name no model"]`),
			refuseField("key of the other model", `{"name":"F","dataType":"TEXT","fieldKey":"opportunity.f"}`,
				`["fieldKey must begin with contact. or name no model"]`),
		)
		noFields(t, e)
	})
}

func TestU31MoneyIsSpelledMonetory(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		createField(t, e, `{"name":"Budget","dataType":"MONETORY"}`, `{"dataType":"MONETORY"}`)
		e.Run(t, refuseField("MONETARY", `{"name":"Budget2","dataType":"MONETARY"}`,
			`["dataType must be one of the following values: `+allTypes+`"]`))
	})
}

// TestEveryDataType pins the members of each type: only some types have some members.
func TestEveryDataType(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		extra := map[tenantry.DataType][2]string{ // what a create needs besides, and what the answer has besides
			"TEXTBOX_LIST": {`,"textBoxListOptions":[{"label":"a"}]`, `,"textBoxListOptions":[{"label":"a","prefillValue":""}]`},
			"FILE_UPLOAD":  {`,"acceptedFormat":[".pdf"]`, `,"acceptedFormat":[".pdf"],"isMultiFileAllowed":false,"maxFileLimit":1`},
		}
		for _, choice := range tenantry.ChoiceTypes() {
			extra[choice] = [2]string{`,"options":["a"]`, `,"picklistOptions":["a"]`}
		}
		const common = 15
		for _, dataType := range tenantry.DataTypes() {
			text := string(dataType)
			a := createField(t, e, `{"name":"Of `+text+`","dataType":"`+text+`"`+extra[dataType][0]+`}`,
				`{"id":"*","name":"Of `+text+`","fieldKey":"*","placeholder":"","dataType":"`+text+`","position":0,"picklistImageOptions":[],
				"isAllowedCustomOption":false,"locationId":"{locA}","model":"contact","documentType":"field","parentId":"","description":"",
				"standard":false,"dateAdded":"2026-03-02T09:00:00.000Z"`+extra[dataType][1]+`}`)
			object, _ := a.Get("customField").(map[string]any)
			special := 0
			if members := extra[dataType][1]; members != "" {
				var m map[string]any
				if err := json.Unmarshal([]byte("{"+members[1:]+"}"), &m); err != nil {
					t.Fatal(err)
				}
				special = len(m)
			}
			if len(object) != common+special {
				t.Errorf("%s has the %d members %v", text, len(object), object)
			}
		}
	})
}

func TestU32AndU28TheListIsOfOneModel(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		contact := fieldID(createField(t, e, `{"name":"Tier","dataType":"TEXT"}`, `{"model":"contact"}`))
		opportunity := fieldID(createField(t, e, `{"name":"Stage","dataType":"TEXT","model":"opportunity"}`, `{"fieldKey":"opportunity.stage"}`))
		createField(t, e, `{"name":"Folder","documentType":"folder"}`, `{}`)
		for query, want := range map[string][]string{
			"": {contact}, "?model=contact": {contact}, "?model=opportunity": {opportunity}, "?model=all": {contact, opportunity},
		} {
			a := e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + query, Token: "locA", Status: 200})
			if diff := cmp.Diff(want, ids(a, "customFields")); diff != "" {
				t.Errorf("%s: %s", query, diff)
			}
		}
		e.Run(t,
			testkit.Scenario{Name: "unknown model", Method: "GET", Path: fieldsPath + "?model=deal", Token: "locA", Status: 422,
				Want: `{"message":["model must be one of the following values: contact, opportunity, all"]}`},
			testkit.Scenario{Name: "the location twice", Method: "GET", Path: fieldsPath + "?locationId={locA}&model=contact", Token: "locA", Status: 422,
				Want: `{"statusCode":422,"message":["property locationId should not exist"],"error":"Unprocessable Entity"}`},
			testkit.Scenario{Name: "another location", Method: "GET", Path: "/locations/{locB}/customFields?model=all", Token: "locB", Status: 200,
				Want: `{"customFields":[]}`},
		)
	})
}

// TestU35TheListIsComplete: 250 fields come in one answer, by position, then creation, then id.
func TestU35TheListIsComplete(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		const n = 250
		want := make([]string, n)
		for i := range n {
			if i%10 == 0 {
				e.Clock.Advance(time.Second)
			}
			f, err := e.Store.CreateCustomField(t.Context(), e.LocA, tenantry.System(), tenantry.CustomFieldDraft{
				DocumentType: tenantry.FieldDocument, Model: tenantry.ContactModel, DataType: tenantry.TextField,
				// The later half goes before the earlier.
				CustomFieldPatch: tenantry.CustomFieldPatch{Name: new(fmt.Sprintf("Field %d", i)), Position: new(float64(1 - i/(n/2)))},
			})
			if err != nil {
				t.Fatal(err)
			}
			want[(i+n/2)%n] = string(f.ID)
		}
		a := e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath, Token: "locA", Status: 200})
		if diff := cmp.Diff(want, ids(a, "customFields")); diff != "" {
			t.Error(diff)
		}
		rows, _ := a.Get("customFields").([]any)
		for _, row := range rows {
			object, _ := row.(map[string]any)
			for _, member := range []string{"id", "name", "fieldKey", "dataType", "model", "position"} {
				if object[member] == nil || object[member] == "" {
					t.Fatalf("%s is missing in %v", member, row)
				}
			}
		}
	})
}

func TestU36DeleteHasBothFlags(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := fieldID(createField(t, e, `{"name":"Proof","dataType":"TEXT"}`, `{}`))
		e.Run(t,
			testkit.Scenario{Name: "by key", Method: "DELETE", Path: fieldsPath + "/contact.proof", Token: "locA", Status: 400},
			testkit.Scenario{Name: "first", Method: "DELETE", Path: fieldsPath + "/" + id, Token: "locA", Status: 200,
				Want: `{"succeded":true,"succeeded":true}`, Events: events(tenantry.CustomFieldDeleted)},
			testkit.Scenario{Name: "second", Method: "DELETE", Path: fieldsPath + "/" + id, Token: "locA", Status: 400,
				Want: `{"message":"Custom field with id ` + id + ` not found"}`},
			testkit.Scenario{Name: "update after it", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA", Body: `{"name":"x"}`, Status: 400,
				Want: `{"message":"Custom field with id ` + id + ` not found"}`},
		)
	})
}

func TestX03OneKeyOneField(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := fieldID(createField(t, e, `{"name":"Ship Date","dataType":"DATE"}`, `{"fieldKey":"contact.ship_date"}`))
		for _, body := range []string{
			`{"name":"ship date","dataType":"DATE"}`, `{"name":"Other","dataType":"TEXT","fieldKey":"ship_date"}`,
			`{"name":"Other","dataType":"TEXT","fieldKey":"contact.Ship Date"}`,
		} {
			e.Send(t, testkit.Scenario{Method: "POST", Path: fieldsPath, Token: "locA", Body: body, Status: 400,
				Want: `{"statusCode":400,"message":"Custom field with key contact.ship_date already exists","error":"Bad Request","code":"duplicate",
					"meta":{"existingId":"` + id + `"}}`})
		}
		createField(t, e, `{"name":"Ship Date","dataType":"DATE","fieldKey":"ship_day"}`, `{"name":"Ship Date","fieldKey":"contact.ship_day"}`)
		// In another location the key is free.
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locB}/customFields", Token: "locB", Body: `{"name":"Ship Date","dataType":"DATE"}`,
			Status: 201, Want: `{"customField":{"fieldKey":"contact.ship_date","locationId":"{locB}"}}`})
		// Names without a letter or digit get a key from the id, each its own.
		a := createField(t, e, `{"name":"!!!","dataType":"TEXT"}`, `{}`)
		b := createField(t, e, `{"name":"???","dataType":"TEXT"}`, `{}`)
		if want := "contact.field_" + fieldID(a)[:6]; a.Text("customField", "fieldKey") != want {
			t.Errorf("key %q, want %q", a.Text("customField", "fieldKey"), want)
		}
		if want := "contact.field_" + fieldID(b); b.Text("customField", "fieldKey") != want {
			t.Errorf("key %q, want %q", b.Text("customField", "fieldKey"), want)
		}
	})
}

func TestX04OneNameInEachModel(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		createField(t, e, `{"name":"Tier","dataType":"TEXT","model":"contact"}`, `{"fieldKey":"contact.tier","model":"contact"}`)
		id := fieldID(createField(t, e, `{"name":"Tier","dataType":"TEXT","model":"opportunity"}`, `{"fieldKey":"opportunity.tier","model":"opportunity"}`))
		e.Run(t,
			testkit.Scenario{Name: "the other model", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA", Status: 422,
				Body: `{"name":"Tier","model":"contact","options":["a"]}`,
				Want: `{"message":["options is only allowed for dataType SINGLE_OPTIONS, MULTIPLE_OPTIONS, CHECKBOX, RADIO",
					"model must be opportunity, it cannot be changed"]}`},
			testkit.Scenario{Name: "its own model", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA", Status: 200,
				Body: `{"name":"Rank","model":"opportunity"}`, Want: `{"customField":{"name":"Rank"}}`, Events: events(tenantry.CustomFieldUpdated)},
			testkit.Scenario{Name: "without a name", Method: "PUT", Path: fieldsPath + "/" + id, Token: "locA", Status: 422, Body: `{"position":1}`,
				Want: `{"message":["name must be a string","name should not be empty"]}`},
		)
	})
}

// TestStandardFieldsAreNotShadowed (contract, section 1.3 (16) to (21)).
func TestStandardFieldsAreNotShadowed(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		refused := func(name, method, path, body, key string) testkit.Scenario {
			return testkit.Scenario{Name: name, Method: method, Path: path, Token: "locA", Body: body, Status: 400,
				Want: `{"message":"` + key + ` is a standard field","code":"duplicate","meta":{"fieldKey":"` + key + `"}}`}
		}
		id := fieldID(createField(t, e, `{"name":"Shop","dataType":"TEXT"}`, `{}`))
		e.Run(t,
			refused("name", "POST", fieldsPath, `{"name":"Website","dataType":"TEXT"}`, "contact.website"),
			refused("name with another key", "POST", fieldsPath, `{"name":"First Name","dataType":"TEXT","fieldKey":"given"}`, "contact.first_name"),
			refused("key", "POST", fieldsPath, `{"name":"Work mail","dataType":"TEXT","fieldKey":"contact.email"}`, "contact.email"),
			refused("rename", "PUT", fieldsPath+"/"+id, `{"name":"Phone"}`, "contact.phone"),
		)
		for _, f := range tenantry.StandardFields() {
			e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + "/" + f.Key, Token: "locA", Status: 200,
				Want: `{"customField":{"id":"` + f.Key + `","name":"` + f.Name + `","fieldKey":"` + f.Key + `","dataType":"` + string(f.DataType) + `",
					"model":"contact","documentType":"field","locationId":"{locA}","standard":true,"dateAdded":""}}`})
		}
		for _, row := range [][2]string{{"PUT", `{"name":"N"}`}, {"DELETE", ""}} {
			e.Send(t, testkit.Scenario{Method: row[0], Path: fieldsPath + "/contact.email", Token: "locA", Body: row[1], Status: 400,
				Want: `{"message":"Custom field with id contact.email not found"}`})
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + "?model=all", Token: "locA", Status: 200, Want: `{"customFields":[{"id":"` + id + `"}]}`})
		createField(t, e, `{"name":"Website","dataType":"TEXT","model":"opportunity"}`, `{"fieldKey":"opportunity.website"}`)
		createField(t, e, `{"name":"Website","documentType":"folder"}`, `{"documentType":"folder"}`)
	})
}
