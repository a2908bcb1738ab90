package tenantry

import (
	"reflect"
	"strings"
	"time"
)

// Limits of templates. Mail programs cut an e-mail off before MaxTemplateText; a page of
// the longest texts must fit into the server's memory many times over.
const (
	MaxTemplateText = 100_000 // characters of a text
	MaxTemplates    = 200     // templates of a page
)

// TemplateType is the channel that a template is for.
type TemplateType string

// The template types, spelled as on the wire.
const (
	SMSTemplate      TemplateType = "sms"
	EmailTemplate    TemplateType = "email"
	WhatsAppTemplate TemplateType = "whatsapp" // its content is like that of an SMS
)

// Template is a message of a location to send later. Its lists are never nil.
type Template struct {
	ID             TemplateID
	LocationID     LocationID
	OriginID       string // where it comes from; the location's id for its own
	Type           TemplateType
	Name           string
	Body           string   // but of an e-mail
	Subject        string   // of an e-mail
	HTML           string   // of an e-mail
	Attachments    []string // as they were given
	URLAttachments []string // but of an e-mail
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Same tells whether two states of a template differ in nothing but UpdatedAt.
func (t Template) Same(o Template) bool {
	o.UpdatedAt = t.UpdatedAt
	return reflect.DeepEqual(t, o)
}

// Problems lists what the template lacks, and has too much, for its type.
func (t Template) Problems() []Problem {
	const (
		onlyEmail = "is only allowed for type email"
		onlyText  = "is only allowed for type sms, whatsapp"
	)
	var list []Problem
	check := func(bad bool, property, text string) {
		if bad {
			list = append(list, Problem{property, text})
		}
	}
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	if t.Type == EmailTemplate {
		check(blank(t.Subject), "template.subject", textNotEmpty)
		check(blank(t.HTML), "template.html", textNotEmpty)
		check(t.Body != "", "template.body", onlyText)
		check(len(t.URLAttachments) > 0, "urlAttachments", onlyText)
		return list
	}
	check(blank(t.Body), "template.body", textNotEmpty)
	check(t.Subject != "", "template.subject", onlyEmail)
	check(t.HTML != "", "template.html", onlyEmail)
	return list
}

// TemplatePatch is what a create or update says; a nil member says nothing. A list
// replaces the stored one.
type TemplatePatch struct {
	Name           *string
	OriginID       *string
	Type           *TemplateType
	Body           *string
	Subject        *string
	HTML           *string
	Attachments    []string
	URLAttachments []string
}

// Apply gives the template as the patch leaves it. Where it becomes one of another type,
// nothing of its content is kept but the attachments.
func (p TemplatePatch) Apply(t Template) Template {
	if p.Type != nil && *p.Type != t.Type {
		t.Type, t.Body, t.Subject, t.HTML, t.URLAttachments = *p.Type, "", "", "", nil
	}
	set(&t.Name, p.Name)
	set(&t.OriginID, p.OriginID)
	set(&t.Body, p.Body)
	set(&t.Subject, p.Subject)
	set(&t.HTML, p.HTML)
	setList(&t.Attachments, p.Attachments)
	setList(&t.URLAttachments, p.URLAttachments)
	return t
}

// TemplateFilter selects templates of a location, oldest first.
type TemplateFilter struct {
	OriginID string       // empty, or the location's own id: any
	Type     TemplateType // empty: any
	Deleted  bool         // the deleted ones and no others
	Skip     int
	Limit    int
}
