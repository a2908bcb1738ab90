package api

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// fieldName is the name of a custom field, folder, custom value or template; its stored
// form is NFC and trimmed.
type fieldName string

func (n fieldName) stored() string { return strings.TrimSpace(norm.NFC.String(string(n))) }

// MaxLength implements [wire.Bounded].
func (fieldName) MaxLength() int { return tenantry.MaxFieldName }

// Check implements [wire.Checker].
func (n fieldName) Check() string {
	if utf8.RuneCountInString(n.stored()) > tenantry.MaxFieldName {
		return "must be shorter than or equal to 255 characters"
	}
	return ""
}

// fieldOptions are the options of a choice: each once, in the order of the list.
type fieldOptions []string

// Check implements [wire.Checker]. Options that differ in nothing but the spaces around
// them look the same to the person who picks one.
func (o fieldOptions) Check() string {
	seen := make(map[string]bool, len(o))
	for _, option := range o {
		key := norm.NFC.String(strings.TrimSpace(option))
		if seen[key] {
			return "should not contain the same value twice"
		}
		seen[key] = true
	}
	return ""
}

// fileFormats are file extensions, with or without their dot, or the word all.
type fileFormats []string

// Check implements [wire.Checker]. Anything else, such as a MIME type, would match no
// file and make a field that takes none.
func (f fileFormats) Check() string {
	for _, format := range f {
		if !isExtension(strings.TrimPrefix(format, ".")) {
			return "should contain nothing but file extensions, such as .pdf"
		}
	}
	return ""
}

func isExtension(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || strings.Trim(strings.ToLower(part), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return true
}

// dataType is one of [tenantry.DataTypes].
type dataType string

// Enum implements [wire.Enumerated].
func (dataType) Enum() []string {
	return each(tenantry.DataTypes(), func(t tenantry.DataType) string { return string(t) })
}

type textBoxBody struct {
	_ struct{} `schema:"textBoxListOptionsSchema"`

	Label        string `json:"label" rule:"required,notEmpty,maxLen=255" doc:"What the box is called: without it, it cannot be told from the others" example:"First"`
	PrefillValue string `json:"prefillValue" rule:"maxLen=1000" doc:"What is in the box at first" example:""`
}

type createCustomFieldBody struct {
	_ struct{} `schema:"CreateCustomFieldsDTO"`

	Name               fieldName               `json:"name" rule:"required,notEmpty" doc:"Name: 1 to 255 characters, kept in NFC and trimmed; the key is made from it" example:"Custom Field"`
	DataType           *dataType               `json:"dataType" doc:"Kind of value; required for a field, not allowed for a folder" example:"TEXT"`
	Placeholder        *string                 `json:"placeholder" rule:"maxLen=255" example:"Placeholder Text"`
	AcceptedFormat     fileFormats             `json:"acceptedFormat" rule:"maxItems=100,maxLen=20,eachNotEmpty" doc:"File extensions; required for FILE_UPLOAD and only allowed there" example:"[\".pdf\",\".docx\",\".jpeg\"]"`
	IsMultipleFile     *bool                   `json:"isMultipleFile" doc:"Whether a FILE_UPLOAD takes more than one file; answered as isMultiFileAllowed" example:"false"`
	MaxNumberOfFiles   *int                    `json:"maxNumberOfFiles" rule:"min=0,max=100" doc:"Files that a FILE_UPLOAD of several takes at a time, 0 for as many as may be; answered as maxFileLimit" example:"2"`
	TextBoxListOptions []textBoxBody           `json:"textBoxListOptions" rule:"maxItems=100" doc:"Boxes; required for TEXTBOX_LIST and only allowed there"`
	Position           *float64                `json:"position" default:"0" doc:"Place in lists, lowest first" example:"0"`
	Model              *string                 `json:"model" rule:"enum=contact|opportunity" default:"contact" doc:"Model of the custom field" example:"opportunity"`
	Options            fieldOptions            `json:"options" rule:"maxItems=1000,maxLen=255,eachNotEmpty" doc:"Choices, each once; required for SINGLE_OPTIONS, MULTIPLE_OPTIONS, CHECKBOX and RADIO and only allowed there; answered as picklistOptions" example:"[\"Red\",\"Blue\"]"`
	DocumentType       *string                 `json:"documentType" rule:"enum=field|folder" default:"field" doc:"Whether to make a field or a folder of fields"`
	ParentID           *tenantry.CustomFieldID `json:"parentId" doc:"Folder of the same location and model; empty for none"`
	FieldKey           *string                 `json:"fieldKey" rule:"notEmpty,maxLen=255" doc:"Key, with or without the model in front; made from the name when absent" example:"contact.pincode"`
	Description        *string                 `json:"description" rule:"maxLen=1000"`
}

// CheckAll implements [wire.CrossChecker].
func (b *createCustomFieldBody) CheckAll(v *wire.Violations) {
	if v.Failed("documentType") {
		return // all depends on it
	}
	for _, p := range b.draft().Problems() {
		if !v.Failed(p.Property) && (p.Property != "fieldKey" || !v.Failed("model")) {
			v.Add(p.Property, p.Text)
		}
	}
}

func (b *createCustomFieldBody) draft() tenantry.CustomFieldDraft {
	d := tenantry.CustomFieldDraft{
		DocumentType: tenantry.FieldDocument, Model: tenantry.ContactModel, DataType: tenantry.DataType(deref(b.DataType)),
		Key: norm.NFC.String(deref(b.FieldKey)),
		CustomFieldPatch: tenantry.CustomFieldPatch{
			Name: new(b.Name.stored()), Placeholder: b.Placeholder, Description: b.Description, Position: b.Position,
			ParentID: b.ParentID, Options: b.Options, TextBoxes: textBoxes(b.TextBoxListOptions), AcceptedFormat: b.AcceptedFormat,
			IsMultipleFile: b.IsMultipleFile, MaxFiles: b.MaxNumberOfFiles,
		},
	}
	if b.DocumentType != nil {
		d.DocumentType = tenantry.DocumentType(*b.DocumentType)
	}
	if b.Model != nil {
		d.Model = tenantry.FieldModel(*b.Model)
	}
	return d
}

type updateCustomFieldBody struct {
	_ struct{} `schema:"UpdateCustomFieldsDTO"`

	Name               fieldName               `json:"name" rule:"required,notEmpty" doc:"Name: 1 to 255 characters, kept in NFC and trimmed; the key stays as it is" example:"Custom Field"`
	Placeholder        *string                 `json:"placeholder" rule:"maxLen=255" example:"Placeholder Text"`
	AcceptedFormat     fileFormats             `json:"acceptedFormat" rule:"maxItems=100,maxLen=20,eachNotEmpty" doc:"File extensions of a FILE_UPLOAD; replaces all of them" example:"[\".pdf\",\".docx\",\".jpeg\"]"`
	IsMultipleFile     *bool                   `json:"isMultipleFile" doc:"Whether a FILE_UPLOAD takes more than one file" example:"false"`
	MaxNumberOfFiles   *int                    `json:"maxNumberOfFiles" rule:"min=0,max=100" doc:"Files that a FILE_UPLOAD of several takes at a time, 0 for as many as may be" example:"2"`
	TextBoxListOptions []textBoxBody           `json:"textBoxListOptions" rule:"maxItems=100" doc:"Boxes of a TEXTBOX_LIST; replaces all of them"`
	Position           *float64                `json:"position" doc:"Place in lists, lowest first" example:"0"`
	Model              *string                 `json:"model" rule:"enum=contact|opportunity" doc:"The field's own model: it cannot be changed" example:"opportunity"`
	Options            fieldOptions            `json:"options" rule:"maxItems=1000,maxLen=255,eachNotEmpty" doc:"Choices, in this order; replaces all of them" example:"[\"Red\",\"Blue\"]"`
	ParentID           *tenantry.CustomFieldID `json:"parentId" doc:"Folder of the same location and model; empty for none"`
	Description        *string                 `json:"description" rule:"maxLen=1000"`
}

func (b *updateCustomFieldBody) patch() tenantry.CustomFieldPatch {
	return tenantry.CustomFieldPatch{
		Name: new(b.Name.stored()), Placeholder: b.Placeholder, Description: b.Description, Position: b.Position,
		ParentID: b.ParentID, Options: b.Options, TextBoxes: textBoxes(b.TextBoxListOptions), AcceptedFormat: b.AcceptedFormat,
		IsMultipleFile: b.IsMultipleFile, MaxFiles: b.MaxNumberOfFiles, Model: (*tenantry.FieldModel)(b.Model),
	}
}

// textBoxes keeps an absent list absent: it says nothing, an empty one does.
func textBoxes(list []textBoxBody) []tenantry.TextBox {
	if list == nil {
		return nil
	}
	return each(list, func(b textBoxBody) tenantry.TextBox {
		return tenantry.TextBox{Label: b.Label, PrefillValue: b.PrefillValue}
	})
}
