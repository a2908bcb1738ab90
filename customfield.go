package tenantry

import (
	"reflect"
	"time"
)

// Limits of custom fields. The published document has none; these bound what one field may keep.
const (
	MaxFieldName  = 255 // characters of a name
	MaxFieldFiles = 100 // files that a FILE_UPLOAD field may take at a time
	// MaxFieldOptions is the length of all options of a field together, in characters.
	MaxFieldOptions = 20_000
)

// FieldModel is what a custom field belongs to.
type FieldModel string

// The models, spelled as on the wire.
const (
	ContactModel     FieldModel = "contact" // where an input names none (contract, decision 24)
	OpportunityModel FieldModel = "opportunity"
)

// DocumentType tells the custom fields from the folders that group them.
type DocumentType string

// The document types, spelled as on the wire.
const (
	FieldDocument  DocumentType = "field"
	FolderDocument DocumentType = "folder"
)

// DataType is the kind of value that a custom field holds.
type DataType string

// The data types of which rules depend; [DataTypes] lists all.
const (
	TextField         DataType = "TEXT"
	CheckboxField     DataType = "CHECKBOX"
	SingleChoiceField DataType = "SINGLE_OPTIONS"
	MultiChoiceField  DataType = "MULTIPLE_OPTIONS"
	RadioField        DataType = "RADIO"
	TextBoxListField  DataType = "TEXTBOX_LIST"
	FileUploadField   DataType = "FILE_UPLOAD"

	phoneField DataType = "PHONE"
	dateField  DataType = "DATE"
)

// DataTypes lists the data types. The money type is spelled as on the wire, where
// the right spelling is refused (contract, section 1.3 (16) to (21)).
func DataTypes() []DataType {
	return []DataType{
		TextField, "LARGE_TEXT", "NUMERICAL", phoneField, "MONETORY", CheckboxField, SingleChoiceField, MultiChoiceField,
		"FLOAT", "TIME", dateField, TextBoxListField, FileUploadField, "SIGNATURE", RadioField,
	}
}

// ChoiceTypes lists the data types whose values are picked from the field's options.
func ChoiceTypes() []DataType {
	return []DataType{SingleChoiceField, MultiChoiceField, CheckboxField, RadioField}
}

// TextBox is one box of a TEXTBOX_LIST field.
type TextBox struct {
	Label        string `json:"label"`
	PrefillValue string `json:"prefillValue"`
}

// CustomField is the definition of a custom field, or a folder of them. A folder has
// no more than a name, a model, a description and a position. Its lists are never nil.
type CustomField struct {
	ID             CustomFieldID
	LocationID     LocationID
	DocumentType   DocumentType
	Model          FieldModel
	Name           string
	Key            string // such as contact.colour: made once, unique in the location
	DataType       DataType
	Placeholder    string
	Description    string
	Position       float64
	ParentID       CustomFieldID // folder of the same model, or empty
	Options        []string      // of a choice, in their order
	TextBoxes      []TextBox     // of a TEXTBOX_LIST
	AcceptedFormat []string      // of a FILE_UPLOAD: file extensions, as they were given
	IsMultipleFile bool          // of a FILE_UPLOAD
	MaxFiles       int           // of a FILE_UPLOAD; 0: not given, see FileLimit
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// IsFolder tells a folder from a field.
func (f CustomField) IsFolder() bool { return f.DocumentType == FolderDocument }

// FileLimit is how many files a FILE_UPLOAD field takes at a time: one, unless it takes
// several; then MaxFiles, or [MaxFieldFiles] where that is not given.
func (f CustomField) FileLimit() int {
	switch {
	case !f.IsMultipleFile:
		return 1
	case f.MaxFiles == 0:
		return MaxFieldFiles
	default:
		return f.MaxFiles
	}
}

// Same tells whether two states of a custom field differ in nothing but UpdatedAt.
func (f CustomField) Same(o CustomField) bool {
	o.UpdatedAt = f.UpdatedAt
	return reflect.DeepEqual(f, o)
}

// CustomFieldPatch is what a create or update says; a nil member says nothing. A list
// replaces the stored one, in the given order.
type CustomFieldPatch struct {
	Name           *string
	Placeholder    *string
	Description    *string
	Position       *float64
	ParentID       *CustomFieldID // empty: in no folder
	Options        []string
	TextBoxes      []TextBox
	AcceptedFormat []string
	IsMultipleFile *bool
	MaxFiles       *int        // 0: not given
	Model          *FieldModel // of an update: must be the stored one
}

// Apply gives the field as the patch leaves it.
func (p CustomFieldPatch) Apply(f CustomField) CustomField {
	set(&f.Name, p.Name)
	set(&f.Placeholder, p.Placeholder)
	set(&f.Description, p.Description)
	set(&f.Position, p.Position)
	if f.Position == 0 {
		f.Position = 0 // not -0, which JSON readers write differently
	}
	set(&f.ParentID, p.ParentID)
	setList(&f.Options, p.Options)
	setList(&f.TextBoxes, p.TextBoxes)
	setList(&f.AcceptedFormat, p.AcceptedFormat)
	set(&f.IsMultipleFile, p.IsMultipleFile)
	set(&f.MaxFiles, p.MaxFiles)
	return f
}

// setList stores from in to when it says something; to is never nil afterwards.
func setList[T any](to *[]T, from []T) {
	if from != nil {
		*to = from
	}
	if *to == nil {
		*to = []T{}
	}
}

// CustomFieldDraft is a custom field or folder that is to be made.
type CustomFieldDraft struct {
	DocumentType DocumentType
	Model        FieldModel
	DataType     DataType // of a field
	Key          string   // as asked for, with or without the model; empty: made from the name
	CustomFieldPatch
}

// Field gives the field that the draft describes, with the key that it asks for or
// that its name gives: empty for a folder, and where no letter or digit is in it.
func (d CustomFieldDraft) Field(id CustomFieldID, loc LocationID, now time.Time) CustomField {
	f := d.Apply(CustomField{
		ID: id, LocationID: loc, DocumentType: d.DocumentType, Model: d.Model, DataType: d.DataType, CreatedAt: now, UpdatedAt: now,
	})
	if !f.IsFolder() {
		f.Key = d.key(f.Name)
	}
	return f
}

// CustomFieldFilter selects custom fields or folders of a location, ordered by
// Position, CreatedAt, then id.
type CustomFieldFilter struct {
	DocumentType DocumentType
	Model        FieldModel // empty: any
	Query        string     // part of the name, in any case; empty: any
	Skip         int
	Limit        int
}
