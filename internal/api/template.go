package api

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// template is a template of any type: the union of GetSmsTemplateResponseSchema and
// GetEmailTemplateResponseSchema of the published document. Which members it has depends on
// the type; one for WhatsApp, which the document has no schema for, looks like an SMS.
type template struct {
	_ struct{} `schema:"GetTemplateResponseSchema"`

	ID             tenantry.TemplateID   `json:"id" doc:"Template id"`
	Name           string                `json:"name" example:"sms template"`
	Type           tenantry.TemplateType `json:"type" rule:"enum=sms|email|whatsapp" example:"sms"`
	Template       templateContent       `json:"template"`
	DateAdded      string                `json:"dateAdded" doc:"ISO 8601 in UTC" example:"2022-01-27T12:31:19.679Z"`
	LocationID     tenantry.LocationID   `json:"locationId" doc:"Location id"`
	URLAttachments []string              `json:"urlAttachments,omitzero" doc:"Of sms and whatsapp"`
}

type templateContent struct {
	_ struct{} `schema:"TemplateSchema"`

	Body        *string  `json:"body,omitzero" doc:"Of sms and whatsapp" example:"sms body"`
	Subject     *string  `json:"subject,omitzero" doc:"Of email" example:"subject text"`
	HTML        *string  `json:"html,omitzero" doc:"Of email" example:"<p>testing</p>"`
	Attachments []string `json:"attachments"`
}

type templatesAnswer struct {
	_ struct{} `schema:"GetTemplatesSuccessfulResponseDto"`

	Templates  []template `json:"templates"`
	TotalCount int        `json:"totalCount" doc:"Templates that match, before paging" example:"100"`
}

type templateAnswer struct {
	_ struct{} `schema:"TemplateSuccessfulResponseDto"`

	Template template `json:"template"`
}

type templatesInput struct {
	LocationID tenantry.LocationID   `path:"locationId"`
	OriginID   string                `query:"originId" rule:"notEmpty" doc:"Origin of the templates; the location's own id, or none, lists all"`
	Deleted    bool                  `query:"deleted" default:"false" doc:"Whether to list the deleted templates, and only them"`
	Skip       int                   `query:"skip" default:"0" rule:"min=0" doc:"Templates to skip"`
	Limit      int                   `query:"limit" default:"25" rule:"min=1,max=200" doc:"Templates to return, 1 to 200"`
	Type       tenantry.TemplateType `query:"type" rule:"enum=sms|email|whatsapp" doc:"Type of the templates; any when absent"`
}

type templateContentBody struct {
	_ struct{} `schema:"TemplateContentDto"`

	Body        *string  `json:"body" rule:"maxLen=100000" doc:"Text; required for sms and whatsapp and only allowed there"`
	Subject     *string  `json:"subject" rule:"maxLen=1000" doc:"Subject; required for email and only allowed there"`
	HTML        *string  `json:"html" rule:"maxLen=100000" doc:"Text with markup; required for email and only allowed there"`
	Attachments []string `json:"attachments" rule:"maxItems=20,maxLen=2048,eachNotEmpty" doc:"Kept as given"`
}

type createTemplateBody struct {
	_ struct{} `schema:"CreateTemplateDto"`

	Name           fieldName             `json:"name" rule:"required,notEmpty" doc:"Name: 1 to 255 characters, kept in NFC and trimmed" example:"sms template"`
	Type           tenantry.TemplateType `json:"type" rule:"required,enum=sms|email|whatsapp" example:"sms"`
	OriginID       *string               `json:"originId" rule:"notEmpty,maxLen=255" doc:"Where the template comes from; the location when absent"`
	Template       templateContentBody   `json:"template" rule:"required"`
	URLAttachments []string              `json:"urlAttachments" rule:"maxItems=20,maxLen=2048,eachNotEmpty" doc:"Only allowed for sms and whatsapp"`
}

// CheckAll implements [wire.CrossChecker].
func (b *createTemplateBody) CheckAll(v *wire.Violations) {
	if v.Failed("type") {
		return // the content depends on it
	}
	addProblems(v, b.patch().Apply(tenantry.Template{}).Problems())
}

func (b *createTemplateBody) patch() tenantry.TemplatePatch {
	p := b.Template.patch()
	p.Name, p.Type, p.OriginID, p.URLAttachments = new(b.Name.stored()), &b.Type, b.OriginID, b.URLAttachments
	return p
}

// updateTemplateBody changes what it names. Whether the content fits the type is known
// once the stored template is.
type updateTemplateBody struct {
	_ struct{} `schema:"UpdateTemplateDto"`

	Name           *fieldName             `json:"name" rule:"notEmpty" doc:"Name: 1 to 255 characters, kept in NFC and trimmed" example:"sms template"`
	Type           *tenantry.TemplateType `json:"type" rule:"enum=sms|email|whatsapp" doc:"Another type starts with no content but the attachments" example:"sms"`
	OriginID       *string                `json:"originId" rule:"notEmpty,maxLen=255" doc:"Where the template comes from"`
	Template       templateContentBody    `json:"template"`
	URLAttachments []string               `json:"urlAttachments" rule:"maxItems=20,maxLen=2048,eachNotEmpty" doc:"Only allowed for sms and whatsapp; replaces all of them"`
}

func (b *updateTemplateBody) patch() tenantry.TemplatePatch {
	p := b.Template.patch()
	p.Type, p.OriginID, p.URLAttachments = b.Type, b.OriginID, b.URLAttachments
	if b.Name != nil {
		p.Name = new(b.Name.stored())
	}
	return p
}

func (b templateContentBody) patch() tenantry.TemplatePatch {
	return tenantry.TemplatePatch{Body: b.Body, Subject: b.Subject, HTML: b.HTML, Attachments: b.Attachments}
}

type createTemplateInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Body       createTemplateBody  `body:"json"`
}

type templateInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	ID         tenantry.TemplateID `path:"id"`
}

type updateTemplateInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	ID         tenantry.TemplateID `path:"id"`
	Body       updateTemplateBody  `body:"json"`
}

func templateOut(t tenantry.Template) template {
	out := template{
		ID: t.ID, Name: t.Name, Type: t.Type, DateAdded: tenantry.Stamp(t.CreatedAt), LocationID: t.LocationID,
		Template: templateContent{Attachments: t.Attachments},
	}
	if t.Type == tenantry.EmailTemplate {
		out.Template.Subject, out.Template.HTML = &t.Subject, &t.HTML
		return out
	}
	out.Template.Body, out.URLAttachments = &t.Body, t.URLAttachments
	return out
}

func (a *API) templates(ctx context.Context, _ tenantry.Caller, in *templatesInput) (templatesAnswer, error) {
	page, err := a.store.Templates(ctx, in.LocationID, tenantry.TemplateFilter{
		OriginID: in.OriginID, Type: in.Type, Deleted: in.Deleted, Skip: in.Skip, Limit: in.Limit,
	})
	return templatesAnswer{Templates: each(page.Items, templateOut), TotalCount: page.Total}, err
}

func (a *API) createTemplate(ctx context.Context, c tenantry.Caller, in *createTemplateInput) (templateAnswer, error) {
	t, err := a.store.CreateTemplate(ctx, in.LocationID, c.Actor(), in.Body.patch())
	return templateAnswer{Template: templateOut(t)}, err
}

func (a *API) checkUpdateTemplate(ctx context.Context, _ tenantry.Caller, in *updateTemplateInput, v *wire.Violations) error {
	if v.Failed("type") {
		return nil // the content depends on it
	}
	problems, err := a.store.TemplateProblems(ctx, in.LocationID, in.ID, in.Body.patch())
	return addStored(v, problems, err)
}

func (a *API) updateTemplate(ctx context.Context, c tenantry.Caller, in *updateTemplateInput) (templateAnswer, error) {
	t, err := a.store.UpdateTemplate(ctx, in.LocationID, c.Actor(), in.ID, in.Body.patch())
	return templateAnswer{Template: templateOut(t)}, err
}

func (a *API) deleteTemplate(ctx context.Context, c tenantry.Caller, in *templateInput) (deleted, error) {
	return isDeleted(), a.store.DeleteTemplate(ctx, in.LocationID, c.Actor(), in.ID)
}
