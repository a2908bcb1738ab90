package tenantry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

func TestTemplateProblems(t *testing.T) {
	for name, row := range map[string]struct {
		template tenantry.Template
		want     []tenantry.Problem
	}{
		"sms":      {tenantry.Template{Type: tenantry.SMSTemplate, Body: "b", URLAttachments: []string{"u"}}, nil},
		"whatsapp": {tenantry.Template{Type: tenantry.WhatsAppTemplate, Body: "b", Attachments: []string{"a"}}, nil},
		"email":    {tenantry.Template{Type: tenantry.EmailTemplate, Subject: "s", HTML: "h", Attachments: []string{"a"}}, nil},
		"blank sms": {tenantry.Template{Type: tenantry.SMSTemplate, Body: " \n"}, []tenantry.Problem{
			{Property: "template.body", Text: "should not be empty"},
		}},
		"email in an sms": {tenantry.Template{Type: tenantry.WhatsAppTemplate, Subject: "s", HTML: "h"}, []tenantry.Problem{
			{Property: "template.body", Text: "should not be empty"},
			{Property: "template.subject", Text: "is only allowed for type email"},
			{Property: "template.html", Text: "is only allowed for type email"},
		}},
		"sms in an email": {tenantry.Template{Type: tenantry.EmailTemplate, Body: "b", URLAttachments: []string{"u"}}, []tenantry.Problem{
			{Property: "template.subject", Text: "should not be empty"},
			{Property: "template.html", Text: "should not be empty"},
			{Property: "template.body", Text: "is only allowed for type sms, whatsapp"},
			{Property: "urlAttachments", Text: "is only allowed for type sms, whatsapp"},
		}},
	} {
		if diff := cmp.Diff(row.want, row.template.Problems()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestTemplatePatch(t *testing.T) {
	sms := tenantry.Template{
		OriginID: "o", Type: tenantry.SMSTemplate, Name: "N", Body: "b", Attachments: []string{"a"}, URLAttachments: []string{"u"},
	}
	for name, row := range map[string]struct {
		patch tenantry.TemplatePatch
		want  tenantry.Template
	}{
		"nothing": {tenantry.TemplatePatch{}, sms},
		"its own type": {tenantry.TemplatePatch{Type: new(tenantry.SMSTemplate), Name: new("M")}, tenantry.Template{
			OriginID: "o", Type: tenantry.SMSTemplate, Name: "M", Body: "b", Attachments: []string{"a"}, URLAttachments: []string{"u"},
		}},
		"lists": {tenantry.TemplatePatch{Attachments: []string{}, URLAttachments: []string{"v", "w"}}, tenantry.Template{
			OriginID: "o", Type: tenantry.SMSTemplate, Name: "N", Body: "b", Attachments: []string{}, URLAttachments: []string{"v", "w"},
		}},
		"another type": {tenantry.TemplatePatch{Type: new(tenantry.EmailTemplate), Subject: new("s"), HTML: new("h")}, tenantry.Template{
			OriginID: "o", Type: tenantry.EmailTemplate, Name: "N", Subject: "s", HTML: "h", Attachments: []string{"a"}, URLAttachments: []string{},
		}},
	} {
		got := row.patch.Apply(sms)
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
		if same := name == "nothing"; got.Same(sms) != same {
			t.Errorf("%s: Same is %v", name, !same)
		}
	}
}
