package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

const notAFolder = `["parentId must be the id of a folder of the same location and model"]`

func TestU26FieldsLieInFolders(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		folder := fieldID(createField(t, e, `{"name":"Billing","documentType":"folder"}`, `{"documentType":"folder"}`))
		deals := fieldID(createField(t, e, `{"name":"Deals","documentType":"folder","model":"opportunity"}`, `{"model":"opportunity"}`))
		foreign := fieldID(e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locB}/customFields", Token: "locB",
			Body: `{"name":"Billing","documentType":"folder"}`, Status: 201}))
		a := createField(t, e, `{"name":"EIN","dataType":"TEXT","parentId":"`+folder+`","description":"tax no.","fieldKey":"contact.tax"}`,
			`{"parentId":"`+folder+`","description":"tax no.","fieldKey":"contact.tax"}`)
		createField(t, e, `{"name":"Loose","dataType":"TEXT","parentId":""}`, `{"parentId":""}`)
		for _, parent := range []string{foreign, deals, fieldID(a), "none"} {
			e.Run(t, refuseField("in "+parent, `{"name":"EIN2","dataType":"TEXT","parentId":"`+parent+`"}`, notAFolder))
		}
		path := fieldsPath + "/" + fieldID(a)
		e.Run(t,
			testkit.Scenario{Name: "move to no folder of it", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"EIN","parentId":"` + deals + `","model":"opportunity"}`,
				Status: 422, Want: `{"message":["model must be contact, it cannot be changed","parentId must be the id of a folder of the same location and model"]}`},
			testkit.Scenario{Name: "take out", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"EIN","parentId":""}`, Status: 200,
				Want: `{"customField":{"parentId":"","description":"tax no."}}`, Events: events(tenantry.CustomFieldUpdated)},
			testkit.Scenario{Name: "put in", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"EIN","parentId":"` + folder + `"}`, Status: 200,
				Want: `{"customField":{"parentId":"` + folder + `"}}`, Events: events(tenantry.CustomFieldUpdated)},
			testkit.Scenario{Name: "it is in there already", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"EIN","parentId":"` + folder + `"}`, Status: 200},
		)
	})
}

func TestFolders(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		a := createField(t, e, `{"name":"Billing","documentType":"folder","position":3,"description":"d"}`, `{}`)
		id := fieldID(a)
		want := map[string]any{
			"id": id, "name": "Billing", "documentType": "folder", "model": "contact", "locationId": string(e.LocA), "position": 3.0,
			"parentId": "", "description": "d", "standard": false, "dateAdded": "2026-03-02T09:00:00.000Z",
		}
		if diff := cmp.Diff(any(want), a.Get("customField")); diff != "" {
			t.Error(diff)
		}
		path := fieldsPath + "/" + id
		e.Run(t,
			refuseField("members of a field", `{"name":"F","documentType":"folder","dataType":"TEXT","fieldKey":"f","options":["a"],"parentId":"`+id+`"}`,
				`["dataType is not allowed for a folder","fieldKey is not allowed for a folder","options is not allowed for a folder","parentId is not allowed for a folder"]`),
			testkit.Scenario{Name: "update with members of a field", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"F","placeholder":"p","parentId":"` + id + `"}`,
				Status: 422, Want: `{"message":["placeholder is not allowed for a folder","parentId is not allowed for a folder"]}`},
			testkit.Scenario{Name: "rename", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"Money"}`, Status: 200,
				Want: `{"customField":{"name":"Money","documentType":"folder","position":3}}`, Events: events(tenantry.CustomFieldUpdated)},
		)
		// Folders have no key, so they may share a name, with each other and with a field.
		createField(t, e, `{"name":"Money","documentType":"folder"}`, `{}`)
		createField(t, e, `{"name":"Money","dataType":"TEXT"}`, `{"fieldKey":"contact.money"}`)
	})
}

// TestDeletedFoldersLeaveTheirFields: each field that loses its folder is an update.
func TestDeletedFoldersLeaveTheirFields(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		folder := fieldID(createField(t, e, `{"name":"Billing","documentType":"folder"}`, `{}`))
		other := fieldID(createField(t, e, `{"name":"Other","documentType":"folder"}`, `{}`))
		for _, field := range [][2]string{{"EIN", folder}, {"VAT", folder}, {"Size", other}} {
			createField(t, e, `{"name":"`+field[0]+`","dataType":"TEXT","parentId":"`+field[1]+`"}`, `{}`)
		}
		e.Send(t, testkit.Scenario{Method: "DELETE", Path: fieldsPath + "/" + folder, Token: "locA", Status: 200,
			Events: events(tenantry.CustomFieldUpdated, tenantry.CustomFieldUpdated, tenantry.CustomFieldDeleted)})
		e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath, Token: "locA", Status: 200,
			Want: `{"customFields":[{"name":"EIN","parentId":""},{"name":"VAT","parentId":""},{"name":"Size","parentId":"` + other + `"}]}`})
		list, err := e.Store.Events(t.Context(), e.LocA)
		if err != nil {
			t.Fatal(err)
		}
		if payload := list[len(list)-3].Payload; !strings.Contains(payload, `"fieldKey":"contact.ein","dataType":"TEXT","parentId":""`) {
			t.Errorf("the event of a field does not say where it is: %s", payload)
		}
	})
}

func TestU30SearchHasTwoKeys(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		search := fieldsPath + "/search"
		billing := fieldID(createField(t, e, `{"name":"Billing","documentType":"folder"}`, `{}`))
		createField(t, e, `{"name":"Deals","documentType":"folder","model":"opportunity"}`, `{}`)
		createField(t, e, `{"name":"Bill to","dataType":"TEXT","parentId":"`+billing+`"}`, `{}`)
		createField(t, e, `{"name":"Stage","dataType":"TEXT","model":"opportunity"}`, `{}`)
		get := func(name, query, want string) testkit.Scenario {
			return testkit.Scenario{Name: name, Method: "GET", Path: search + query, Token: "locA", Status: 200, Want: want}
		}
		a := e.Send(t, get("", "?documentType=folder&model=contact&query=Bill&skip=0&limit=100",
			`{"customFieldFolders":[{"id":"`+billing+`","_id":"`+billing+`","name":"Billing","documentType":"folder"}],"totalItems":1}`))
		if a.Get("customFields") != nil {
			t.Errorf("folders have fields beside them: %s", a.Raw)
		}
		a = e.Send(t, get("", "?documentType=field&model=all", `{"customFields":[{"name":"Bill to","_id":"*"},{"name":"Stage"}],"totalItems":2}`))
		if a.Get("customFieldFolders") != nil {
			t.Errorf("fields have folders beside them: %s", a.Raw)
		}
		e.Run(t,
			get("fields of contacts by default", "", `{"customFields":[{"name":"Bill to"}],"totalItems":1}`),
			get("folders of all models", "?documentType=folder&model=all", `{"customFieldFolders":[{"name":"Billing"},{"name":"Deals"}],"totalItems":2}`),
			get("any case", "?query=bILL%20T", `{"customFields":[{"name":"Bill to"}],"totalItems":1}`),
			get("no match", "?documentType=folder&query=nothing", `{"customFieldFolders":[],"totalItems":0}`),
			get("wildcards are letters", "?query=%25", `{"customFields":[],"totalItems":0}`),
			testkit.Scenario{Name: "another location", Method: "GET", Path: "/locations/{locB}/customFields/search?model=all", Token: "locB", Status: 200,
				Want: `{"customFields":[],"totalItems":0}`},
			testkit.Scenario{Name: "bad parameters", Method: "GET", Token: "locA", Status: 422,
				Path: search + "?documentType=file&model=deal&skip=-1&limit=1001&locationId=x&query=a&query=b",
				Want: `{"message":["property locationId should not exist","documentType must be one of the following values: field, folder",
					"model must be one of the following values: contact, opportunity, all","property query should not be repeated",
					"skip must not be less than 0","limit must not be greater than 1000"]}`},
		)
	})
}

func TestSearchPages(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for i := range 7 {
			createField(t, e, fmt.Sprintf(`{"name":"Field %d","dataType":"TEXT","position":%d}`, i, -i), `{}`)
		}
		all := ids(e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath, Token: "locA", Status: 200}), "customFields")
		var walked []string
		for skip := 0; skip < 10; skip += 3 {
			a := e.Send(t, testkit.Scenario{Method: "GET", Token: "locA", Status: 200, Want: `{"totalItems":7}`,
				Path: fmt.Sprintf("%s/search?query=field&limit=3&skip=%d", fieldsPath, skip)})
			walked = append(walked, ids(a, "customFields")...)
		}
		if diff := cmp.Diff(all, walked); diff != "" || len(all) != 7 {
			t.Errorf("%d fields; %s", len(all), diff)
		}
	})
}

// TestCustomFieldScopes: reading needs one scope, writing the other (contract, decision 9).
func TestCustomFieldScopes(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := fieldID(createField(t, e, `{"name":"F","dataType":"TEXT"}`, `{}`))
		read, write := e.LocationToken(t, e.LocA, tenantry.CustomFieldsRead), e.LocationToken(t, e.LocA, tenantry.CustomFieldsWrite)
		for _, row := range []struct {
			method, path, body string
			reads              bool
		}{
			{"GET", "", "", true}, {"GET", "/search", "", true}, {"GET", "/" + id, "", true},
			{"POST", "", `{"name":"x","dataType":"TEXT"}`, false}, {"PUT", "/" + id, `{"name":"x"}`, false}, {"DELETE", "/" + id, "", false},
		} {
			wrong, scope := read, tenantry.CustomFieldsWrite
			if row.reads {
				wrong, scope = write, tenantry.CustomFieldsRead
			}
			for token, want := range map[string]string{
				wrong:     `{"message":"The token is not authorized for this scope.","meta":{"requiredScopes":["` + string(scope) + `"]}}`,
				"agencyA": `{"code":"token_class"}`,
			} {
				e.Send(t, testkit.Scenario{Method: row.method, Path: fieldsPath + row.path, Token: token, Body: row.body, Status: 401, Want: want})
			}
			e.Send(t, testkit.Scenario{Method: row.method, Path: "/locations/{locB}/customFields" + row.path, Token: "locA", Body: row.body, Status: 403})
			if row.path == "/"+id {
				e.Send(t, testkit.Scenario{Method: row.method, Path: "/locations/{locB}/customFields" + row.path, Token: "locB", Body: row.body, Status: 400,
					Want: `{"message":"Custom field with id ` + id + ` not found","code":"not_found"}`})
			}
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: fieldsPath + "/search", Token: read, Status: 200})
		e.Send(t, testkit.Scenario{Method: "DELETE", Path: fieldsPath + "/" + id, Token: write, Status: 200, Events: events(tenantry.CustomFieldDeleted)})
	})
}
