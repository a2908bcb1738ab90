package main

import "github.com/tenantry/tenantry"

// demoFields are custom fields of many types.
func demoFields() []tenantry.CustomFieldDraft {
	field := func(name string, t tenantry.DataType, p tenantry.CustomFieldPatch) tenantry.CustomFieldDraft {
		p.Name = &name
		return tenantry.CustomFieldDraft{
			DocumentType: tenantry.FieldDocument, Model: tenantry.ContactModel, DataType: t, CustomFieldPatch: p,
		}
	}
	yes, three := true, 3
	drafts := []tenantry.CustomFieldDraft{
		field("Preferred name", "TEXT", tenantry.CustomFieldPatch{}),
		field("Notes", "LARGE_TEXT", tenantry.CustomFieldPatch{}),
		field("Visits", "NUMERICAL", tenantry.CustomFieldPatch{}),
		field("Second phone", "PHONE", tenantry.CustomFieldPatch{}),
		field("Budget", "MONETORY", tenantry.CustomFieldPatch{}),
		field("Interests", tenantry.MultiChoiceField, tenantry.CustomFieldPatch{Options: []string{"News", "Offers", "Events"}}),
		field("Shirt size", tenantry.SingleChoiceField, tenantry.CustomFieldPatch{Options: []string{"S", "M", "L", "XL"}}),
		field("Consent", tenantry.CheckboxField, tenantry.CustomFieldPatch{Options: []string{"I agree to be called"}}),
		field("Contact by", tenantry.RadioField, tenantry.CustomFieldPatch{Options: []string{"Phone", "E-mail"}}),
		field("First visit", "DATE", tenantry.CustomFieldPatch{}),
		field("Emergency contact", tenantry.TextBoxListField, tenantry.CustomFieldPatch{TextBoxes: []tenantry.TextBox{{Label: "Name"}, {Label: "Phone"}}}),
		field("Documents", tenantry.FileUploadField, tenantry.CustomFieldPatch{
			AcceptedFormat: []string{".pdf", ".png", ".jpg"}, IsMultipleFile: &yes, MaxFiles: &three,
		}),
	}
	source := field("Source", tenantry.SingleChoiceField, tenantry.CustomFieldPatch{Options: []string{"Web", "Referral"}})
	source.Model = tenantry.OpportunityModel
	return append(drafts, source)
}
