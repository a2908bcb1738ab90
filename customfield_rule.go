package tenantry

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// fallbackKeyLen is how many characters of the id make the key of a field whose name
// has no letter or digit (contract, decision 23).
const fallbackKeyLen = 6

// StandardField is a field that every contact has. A custom field of contacts may take
// neither its key nor a name that reads like it (contract, section 1.3 (16) to (21)).
type StandardField struct {
	Key      string // with its model, such as contact.first_name
	Name     string
	DataType DataType
}

// StandardFields lists the fields that every contact has.
func StandardFields() []StandardField {
	return []StandardField{
		{"contact.name", "Name", TextField}, {"contact.first_name", "First Name", TextField}, {"contact.last_name", "Last Name", TextField},
		{"contact.full_name", "Full Name", TextField}, {"contact.email", "Email", TextField}, {"contact.phone", "Phone", phoneField},
		{"contact.company_name", "Company Name", TextField}, {"contact.address1", "Address", TextField},
		{"contact.full_address", "Full Address", TextField}, {"contact.city", "City", TextField}, {"contact.state", "State", TextField},
		{"contact.country", "Country", TextField}, {"contact.postal_code", "Postal Code", TextField}, {"contact.website", "Website", TextField},
		{"contact.timezone", "Timezone", TextField}, {"contact.date_of_birth", "Date of Birth", dateField}, {"contact.source", "Source", TextField},
		{"contact.type", "Type", TextField}, {"contact.tags", "Tags", TextField}, {"contact.assigned_to", "Assigned To", TextField},
		{"contact.dnd", "DND", TextField},
	}
}

// StandardFieldOf finds the standard field with a key.
func StandardFieldOf(key string) (f StandardField, ok bool) {
	all := StandardFields()
	i := slices.IndexFunc(all, func(f StandardField) bool { return f.Key == key })
	if i < 0 {
		return f, false
	}
	return all[i], true
}

// FieldKey makes the key of a custom field from a text: "contact.ship_date" from "Ship
// Date". It is empty for a text without a letter or digit.
func FieldKey(m FieldModel, text string) string {
	slug := Slug(text)
	if slug == "" {
		return ""
	}
	return string(m) + "." + slug
}

// FallbackFieldKeys lists the keys to try for a field whose name gives none: the short
// one of the contract, then the whole id, because ids begin with their time and those
// made within a few seconds share the short one.
func FallbackFieldKeys(m FieldModel, id CustomFieldID) []string {
	prefix := string(m) + ".field_"
	return []string{prefix + string(id[:min(fallbackKeyLen, len(id))]), prefix + string(id)}
}

// key is the key that the draft asks for, else the one that the name gives.
func (d CustomFieldDraft) key(name string) string {
	if d.Key == "" {
		return FieldKey(d.Model, name)
	}
	return FieldKey(d.Model, strings.TrimPrefix(d.asked(), string(d.Model)+"."))
}

// asked is the key that the draft asks for, out of the braces of a merge tag.
func (d CustomFieldDraft) asked() string { return strings.Trim(Fold(d.Key), "{} ") }

// FieldKeyTaken makes the error for a key that another field of the location has
// (contract, decision 23).
func FieldKeyTaken(key string, existing CustomFieldID) *Error {
	return Errorf(Conflict, "duplicate", "Custom field with key %s already exists", key).WithMeta("existingId", existing)
}

// CheckStandard refuses a field of contacts whose name or key is that of a standard
// field, with a [Conflict].
func (f CustomField) CheckStandard() error {
	if f.IsFolder() || f.Model != ContactModel {
		return nil
	}
	for _, key := range []string{FieldKey(f.Model, f.Name), f.Key} {
		if _, taken := StandardFieldOf(key); taken {
			return Errorf(Conflict, "duplicate", "%s is a standard field", key).WithMeta("fieldKey", key)
		}
	}
	return nil
}

// Problem is a property of an input that a rule turns down, and why.
type Problem struct {
	Property string
	Text     string
}

// ParentProblem is the problem of a parent that is no folder of the field's location
// and model.
func ParentProblem() Problem {
	return Problem{"parentId", "must be the id of a folder of the same location and model"}
}

// InvalidProperties makes the error for the problems, nil when there is none.
func InvalidProperties(list []Problem) error {
	if len(list) == 0 {
		return nil
	}
	messages := make([]string, len(list))
	for i, p := range list {
		messages[i] = p.Property + " " + p.Text
	}
	return InvalidInput(messages...)
}

// Problems lists what is wrong with the draft beyond the types and lengths of its
// members, and beyond its parent.
func (d CustomFieldDraft) Problems() []Problem {
	var list []Problem
	isFolder := d.DocumentType == FolderDocument
	switch {
	case isFolder && d.DataType != "":
		list = append(list, Problem{"dataType", textNotOfFolder})
	case !isFolder && d.DataType == "":
		list = append(list, Problem{"dataType", oneOf(DataTypes())})
	}
	switch {
	case d.Key == "":
	case isFolder:
		list = append(list, Problem{"fieldKey", textNotOfFolder})
	case strings.HasPrefix(d.asked(), otherModel(d.Model)+"."):
		list = append(list, Problem{"fieldKey", "must begin with " + string(d.Model) + ". or name no model"})
	case d.key("") == "":
		list = append(list, Problem{"fieldKey", "must contain a letter or digit"})
	}
	if !isFolder && d.DataType == "" {
		return list // the other members depend on the type
	}
	return append(list, d.unfit(d.DocumentType, d.DataType, true)...)
}

// Problems lists what of the patch does not fit the stored field, beyond its parent.
func (p CustomFieldPatch) Problems(stored CustomField) []Problem {
	list := p.unfit(stored.DocumentType, stored.DataType, false)
	if p.Model != nil && *p.Model != stored.Model {
		list = append(list, Problem{"model", "must be " + string(stored.Model) + ", it cannot be changed"})
	}
	return list
}

const (
	textNotOfFolder = "is not allowed for a folder"
	textNotEmpty    = "should not be empty"
)

// unfit lists the members that a field of the type does not have, and those that it
// cannot be without: a complete patch must bring them, no patch may empty them. A
// member that says no more than that the field lacks it (an empty list, false, 0)
// fits every type: clients send their defaults along (contract, decision 25).
func (p CustomFieldPatch) unfit(d DocumentType, t DataType, complete bool) []Problem {
	if d == FolderDocument {
		return p.unfitFolder()
	}
	var list []Problem
	for _, l := range []struct {
		property string
		n        int
		given    bool
		types    []DataType
	}{
		{"options", len(p.Options), p.Options != nil, ChoiceTypes()},
		{"textBoxListOptions", len(p.TextBoxes), p.TextBoxes != nil, []DataType{TextBoxListField}},
		{"acceptedFormat", len(p.AcceptedFormat), p.AcceptedFormat != nil, []DataType{FileUploadField}},
	} {
		has := slices.Contains(l.types, t)
		switch {
		case !has && l.n > 0:
			list = append(list, onlyOf(l.property, l.types))
		case has && l.n == 0 && (complete || l.given):
			list = append(list, Problem{l.property, textNotEmpty})
		}
	}
	length := 0
	for _, option := range p.Options {
		length += utf8.RuneCountInString(option)
	}
	if length > MaxFieldOptions {
		list = append(list, Problem{"options", fmt.Sprintf("must not have more than %d characters together", MaxFieldOptions)})
	}
	if t == FileUploadField {
		return list
	}
	if p.IsMultipleFile != nil && *p.IsMultipleFile {
		list = append(list, onlyOf("isMultipleFile", []DataType{FileUploadField}))
	}
	if p.MaxFiles != nil && *p.MaxFiles != 0 {
		list = append(list, onlyOf("maxNumberOfFiles", []DataType{FileUploadField}))
	}
	return list
}

func (p CustomFieldPatch) unfitFolder() []Problem {
	var list []Problem
	for _, m := range []struct {
		property string
		given    bool
	}{
		{"options", len(p.Options) > 0},
		{"textBoxListOptions", len(p.TextBoxes) > 0},
		{"acceptedFormat", len(p.AcceptedFormat) > 0},
		{"isMultipleFile", p.IsMultipleFile != nil && *p.IsMultipleFile},
		{"maxNumberOfFiles", p.MaxFiles != nil && *p.MaxFiles != 0},
		{"placeholder", p.Placeholder != nil && *p.Placeholder != ""},
		{"parentId", p.ParentID != nil && *p.ParentID != ""}, // folders do not nest
	} {
		if m.given {
			list = append(list, Problem{m.property, textNotOfFolder})
		}
	}
	return list
}

func onlyOf(property string, types []DataType) Problem {
	return Problem{property, "is only allowed for dataType " + joinTypes(types)}
}

func oneOf(types []DataType) string {
	return "must be one of the following values: " + joinTypes(types)
}

func joinTypes(types []DataType) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

// otherModel is the model that m is not.
func otherModel(m FieldModel) string {
	if m == ContactModel {
		return string(OpportunityModel)
	}
	return string(ContactModel)
}
