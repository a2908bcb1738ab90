package client

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
)

// TemplateType is the channel that a template is for.
type TemplateType string

// The template types of the published document.
const (
	SMSTemplate      TemplateType = "sms"
	EmailTemplate    TemplateType = "email"
	WhatsAppTemplate TemplateType = "whatsapp"
)

// Template is a message to send later: the union of GetSmsTemplateResponseSchema and
// GetEmailTemplateResponseSchema of the published document.
type Template struct {
	ID             string          `json:"id"`
	LocationID     string          `json:"locationId"`
	OriginID       string          `json:"originId,omitzero"` // not published
	Name           string          `json:"name"`
	Type           TemplateType    `json:"type"`
	Content        TemplateContent `json:"template"`
	URLAttachments []string        `json:"urlAttachments,omitzero"` // not of an e-mail
	DateAdded      Timestamp       `json:"dateAdded"`
}

// TemplateContent is the text of a template: Body for a short message, Subject and
// HTML for an e-mail. The document leaves the form of an attachment open.
type TemplateContent struct {
	Body        string            `json:"body,omitzero"`
	Subject     string            `json:"subject,omitzero"`
	HTML        string            `json:"html,omitzero"`
	Attachments []json.RawMessage `json:"attachments,omitzero"`
}

// TemplateQuery selects templates; a zero member but OriginID is not sent.
type TemplateQuery struct {
	// OriginID is the owner of the templates. The hosted service requires it; the
	// location's id, which is taken if it is empty, lists all.
	OriginID string
	Type     TemplateType // any if empty
	Deleted  bool         // the deleted ones, and only them on Tenantry
	Skip     int          // from 0
	Limit    int          // the server takes 25 for none
}

// TemplatePage is one page of templates.
type TemplatePage struct {
	Templates  []Template `json:"templates"`
	TotalCount int        `json:"totalCount"` // on all pages
}

// CreateTemplateRequest says what a new template is.
type CreateTemplateRequest struct {
	Name           string               `json:"name"`
	Type           TemplateType         `json:"type"`
	OriginID       string               `json:"originId,omitzero"`
	Content        TemplateContentInput `json:"template"`
	URLAttachments []string             `json:"urlAttachments,omitempty"`
}

// UpdateTemplateRequest says what changes; a nil member changes nothing.
type UpdateTemplateRequest struct {
	Name           *string               `json:"name,omitzero"`
	Content        *TemplateContentInput `json:"template,omitzero"`
	URLAttachments []string              `json:"urlAttachments,omitzero"`
}

// TemplateContentInput is the text of a template to write; a nil member is not sent.
type TemplateContentInput struct {
	Body        *string  `json:"body,omitzero"`
	Subject     *string  `json:"subject,omitzero"`
	HTML        *string  `json:"html,omitzero"`
	Attachments []string `json:"attachments,omitzero"`
}

// Templates lists templates of the location. Scope: locations/templates.readonly.
func (c *Client) Templates(ctx context.Context, locationID string, q TemplateQuery) (*TemplatePage, error) {
	r := get("locations", locationID, "templates")
	r.query = url.Values{"originId": {cmp.Or(q.OriginID, locationID)}}
	addText(r.query, "type", string(q.Type))
	addCount(r.query, "skip", q.Skip)
	addCount(r.query, "limit", q.Limit)
	if q.Deleted {
		r.query.Set("deleted", "true")
	}
	return call[TemplatePage](ctx, c, r)
}

// CreateTemplate makes a template. Only Tenantry has this operation. Scope:
// locations/templates.write or locations.write.
func (c *Client) CreateTemplate(ctx context.Context, locationID string, t CreateTemplateRequest) (*Template, error) {
	return template(ctx, c, post(t, "locations", locationID, "templates"))
}

// UpdateTemplate changes what t names and keeps the rest. Only Tenantry has this
// operation. Scope: as [Client.CreateTemplate].
func (c *Client) UpdateTemplate(ctx context.Context, locationID, id string, t UpdateTemplateRequest) (*Template, error) {
	return template(ctx, c, put(t, "locations", locationID, "templates", id))
}

// DeleteTemplate marks a template as deleted. The hosted service documents no body
// for the answer, so a deletion without a flag has succeeded too. Scope:
// locations/templates.write or locations.write on Tenantry.
func (c *Client) DeleteTemplate(ctx context.Context, locationID, id string) (*Deletion, error) {
	r := del("locations", locationID, "templates", id)
	r.emptyOK = true
	return call[Deletion](ctx, c, r)
}

// template reads a template that stands in the answer itself or in its member of
// that name, where the content of a template would stand too.
func template(ctx context.Context, c *Client, r request) (*Template, error) {
	answer, err := call[json.RawMessage](ctx, c, r)
	if err != nil {
		return nil, err
	}
	var envelope struct {
		ID       string          `json:"id"`
		Template json.RawMessage `json:"template"`
	}
	raw := *answer
	if json.Unmarshal(raw, &envelope) == nil && envelope.ID == "" && envelope.Template != nil {
		raw = envelope.Template
	}
	var t Template
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("client: decode the answer to %s %s: %w", r.method, r.label(), err)
	}
	return &t, nil
}
