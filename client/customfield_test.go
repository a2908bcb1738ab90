package client_test

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry/client"
)

const customField = `{"id":"3sv6UEo51C9Bmpo1cKTq","name":"pincode","fieldKey":"contact.pincode","placeholder":"Pin code",
	"dataType":"TEXT","position":0,"picklistOptions":["first option"],"picklistImageOptions":[],"isAllowedCustomOption":true,
	"isMultiFileAllowed":true,"maxFileLimit":4,"locationId":"loc_A","model":"opportunity","documentType":"field",
	"parentId":"folder_1","description":"tax no.","dateAdded":"2026-07-21T09:00:00.000Z","standard":true}`

func TestCustomFieldOperations(t *testing.T) {
	const one = `{"customField":` + customField + `}`
	runOperations(t, []operation{
		{
			name:   "list",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.CustomFields(ctx, "loc_A", "") },
			method: "GET", target: "/locations/loc_A/customFields",
			answer: `{"customFields":[` + customField + `]}`, member: "customFields",
		},
		{
			name: "list of all models",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CustomFields(ctx, "loc_A", client.AllModels)
			},
			method: "GET", target: "/locations/loc_A/customFields?model=all",
			answer: `{"customFields":[]}`, member: "customFields",
		},
		{
			name: "search folders",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.SearchCustomFields(ctx, "loc_A", client.CustomFieldSearch{
					DocumentType: client.FolderDocument, Model: client.ContactModel, Query: "Bill & Co", Skip: 1, Limit: 100,
				})
			},
			method: "GET", target: "/locations/loc_A/customFields/search?documentType=folder&limit=100&model=contact&query=Bill+%26+Co&skip=1",
			answer: `{"customFieldFolders":[{"id":"f1","_id":"f1","name":"Billing","documentType":"folder","model":"contact"}],"totalItems":1}`,
		},
		{
			name: "search with nothing",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.SearchCustomFields(ctx, "loc_A", client.CustomFieldSearch{})
			},
			method: "GET", target: "/locations/loc_A/customFields/search",
			answer: `{"customFields":[` + customField + `],"totalItems":1}`,
		},
		{
			name: "create with the least",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CreateCustomField(ctx, "loc_A", client.CreateCustomFieldRequest{Name: "EIN", DataType: client.FieldText})
			},
			method: "POST", target: "/locations/loc_A/customFields", body: `{"name":"EIN","dataType":"TEXT"}`,
			status: 201, answer: one, member: "customField",
		},
		{
			name: "create with everything",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CreateCustomField(ctx, "loc_A", client.CreateCustomFieldRequest{
					Name: "N", DataType: client.FieldMonetary, Model: client.OpportunityModel, Placeholder: "P", Position: 50,
					AcceptedFormat: []string{".pdf"}, IsMultipleFile: true, MaxNumberOfFiles: 2,
					TextBoxListOptions: []client.TextBoxOption{{Label: "First"}}, Options: []string{"S", "M"},
					DocumentType: client.FieldDocument, ParentID: "folder_1", FieldKey: "contact.n", Description: "D",
				})
			},
			method: "POST", target: "/locations/loc_A/customFields",
			body: `{"name":"N","dataType":"MONETORY","model":"opportunity","placeholder":"P","position":50,"acceptedFormat":[".pdf"],` +
				`"isMultipleFile":true,"maxNumberOfFiles":2,"textBoxListOptions":[{"label":"First","prefillValue":""}],"options":["S","M"],` +
				`"documentType":"field","parentId":"folder_1","fieldKey":"contact.n","description":"D"}`,
			status: 201, answer: one, member: "customField",
		},
		{
			name: "read by key",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CustomField(ctx, "loc_A", "contact.first_name")
			},
			method: "GET", target: "/locations/loc_A/customFields/contact.first_name",
			answer: one, member: "customField",
		},
		{
			name: "update the name",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateCustomField(ctx, "loc_A", "f1", client.UpdateCustomFieldRequest{Name: "Shirt size"})
			},
			method: "PUT", target: "/locations/loc_A/customFields/f1", body: `{"name":"Shirt size"}`,
			answer: one, member: "customField",
		},
		{
			name: "update everything",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateCustomField(ctx, "loc_A", "f1", client.UpdateCustomFieldRequest{
					Name: "N", Model: client.ContactModel, Placeholder: new(""), Position: new(0.0), AcceptedFormat: []string{},
					IsMultipleFile: new(false), MaxNumberOfFiles: new(0), TextBoxListOptions: []client.TextBoxOption{},
					Options: []string{"L", "S"}, ParentID: new(""), Description: new("D"),
				})
			},
			method: "PUT", target: "/locations/loc_A/customFields/f1",
			body: `{"name":"N","model":"contact","placeholder":"","position":0,"acceptedFormat":[],"isMultipleFile":false,"maxNumberOfFiles":0,` +
				`"textBoxListOptions":[],"options":["L","S"],"parentId":"","description":"D"}`,
			answer: one, member: "customField",
		},
		{
			name: "delete",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.DeleteCustomField(ctx, "loc_A", "f1")
			},
			method: "DELETE", target: "/locations/loc_A/customFields/f1",
			answer: `{"succeded":true,"succeeded":true}`,
		},
	})
}
