package client_test

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry/client"
)

const (
	smsTemplate = `{"id":"2yMwhgTNO19bpintqrap","name":"sms template","type":"sms","template":{"body":"sms body","attachments":[]},
		"dateAdded":"2022-01-27T12:31:19.679Z","locationId":"ve9EPM428h8vShlRW1KT","urlAttachments":["https://x.test/a.png"]}`
	emailTemplate = `{"id":"2yMwhgTNO19bpintqraq","name":"email template","type":"email","dateAdded":"2022-01-27T12:31:19.679Z",
		"template":{"subject":"subject text","attachments":[["a"],{"url":"https://x.test/b.png"},"c"],"html":"<html></html>"},
		"locationId":"ve9EPM428h8vShlRW1KT"}`
)

func TestTemplateOperations(t *testing.T) {
	runOperations(t, []operation{
		{
			name: "list all",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.Templates(ctx, "loc_A", client.TemplateQuery{})
			},
			method: "GET", target: "/locations/loc_A/templates?originId=loc_A",
			answer: `{"templates":[` + smsTemplate + `,` + emailTemplate + `],"totalCount":100}`,
		},
		{
			name: "list some",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.Templates(ctx, "loc_A", client.TemplateQuery{
					OriginID: "o1", Type: client.WhatsAppTemplate, Deleted: true, Skip: 1, Limit: 25,
				})
			},
			method: "GET", target: "/locations/loc_A/templates?deleted=true&limit=25&originId=o1&skip=1&type=whatsapp",
			answer: `{"templates":[],"totalCount":0}`,
		},
		{
			name: "create, answered in a member",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CreateTemplate(ctx, "loc_A", client.CreateTemplateRequest{
					Name: "N", Type: client.SMSTemplate, OriginID: "loc_A", URLAttachments: []string{"https://x.test/a.png"},
					Content: client.TemplateContentInput{Body: new("B"), Attachments: []string{}},
				})
			},
			method: "POST", target: "/locations/loc_A/templates",
			body:   `{"name":"N","type":"sms","originId":"loc_A","template":{"body":"B","attachments":[]},"urlAttachments":["https://x.test/a.png"]}`,
			status: 201, answer: `{"template":` + smsTemplate + `}`, member: "template",
		},
		{
			name: "update, answered bare",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateTemplate(ctx, "loc_A", "t1", client.UpdateTemplateRequest{
					Name: new("N"), Content: &client.TemplateContentInput{Subject: new("S"), HTML: new("<p>&</p>")}, URLAttachments: []string{},
				})
			},
			method: "PUT", target: "/locations/loc_A/templates/t1",
			body:   `{"name":"N","template":{"subject":"S","html":"<p>&</p>"},"urlAttachments":[]}`,
			answer: emailTemplate,
		},
		{
			name:   "delete",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.DeleteTemplate(ctx, "loc_A", "t1") },
			method: "DELETE", target: "/locations/loc_A/templates/t1",
			answer: `{"succeded":true}`,
		},
	})
}

func TestDeleteTemplateTakesAnEmptyAnswer(t *testing.T) {
	if _, err := answering(200, nil, "").DeleteTemplate(t.Context(), "loc_A", "t1"); err != nil {
		t.Error(err)
	}
	// Elsewhere an empty answer is no resource.
	if tag, err := answering(200, nil, "").Tag(t.Context(), "loc_A", "t1"); err == nil {
		t.Errorf("got %+v from nothing", tag)
	}
}
