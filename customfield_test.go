package tenantry_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
)

func TestFieldKeys(t *testing.T) {
	const id = "0Ab1cDxyz"
	tests := []struct {
		model     tenantry.FieldModel
		name, key string
		want      string
	}{
		{"contact", "Ship Date", "", "contact.ship_date"},
		{"opportunity", "ship   date!", "", "opportunity.ship_date"},
		{"contact", "Größe (cm)", "", "contact.größe_cm"},
		{"contact", "--", "", ""},
		{"contact", "EIN", "tax", "contact.tax"},
		{"contact", "EIN", "contact.tax", "contact.tax"},
		{"contact", "EIN", "Contact.Tax No", "contact.tax_no"},
		{"contact", "EIN", "a.b", "contact.a_b"},
		{"contact", "EIN", "{{ contact.k6 }}", "contact.k6"},
		{"contact", "EIN", "{{contact.k6}}", "contact.k6"},
		{"contact", "EIN", " contact.k6 ", "contact.k6"},
		{"opportunity", "EIN", "opportunity.tax", "opportunity.tax"},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.key, func(t *testing.T) {
			d := draft(tt.name, "TEXT")
			d.Model, d.Key = tt.model, tt.key
			if got := d.Field(id, "loc", time.Time{}).Key; got != tt.want {
				t.Errorf("key %q, want %q", got, tt.want)
			}
		})
	}
	if diff := cmp.Diff([]string{"contact.field_0Ab1cD", "contact.field_" + id}, tenantry.FallbackFieldKeys("contact", id)); diff != "" {
		t.Error(diff)
	}
}

// TestFieldKeysAreSlugs: whatever the name, a key is its model and letters, digits and
// single underscores between them; making a key of a key changes nothing.
func TestFieldKeysAreSlugs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := tenantry.FieldKey("contact", rapid.String().Draw(t, "name"))
		if key == "" {
			return
		}
		slug := strings.TrimPrefix(key, "contact.")
		for part := range strings.SplitSeq(slug, "_") {
			if part == "" || strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				t.Fatalf("%q is no key", key)
			}
		}
		if again := tenantry.FieldKey("contact", slug); again != key {
			t.Fatalf("%q becomes %q", key, again)
		}
	})
}

func draft(name string, dataType tenantry.DataType) tenantry.CustomFieldDraft {
	return tenantry.CustomFieldDraft{
		DocumentType: tenantry.FieldDocument, Model: tenantry.ContactModel, DataType: dataType,
		CustomFieldPatch: tenantry.CustomFieldPatch{Name: &name},
	}
}

func TestStandardFields(t *testing.T) {
	for _, name := range []string{"Website", "E-mail", "email", " First  name ", "PHONE"} {
		f := draft(name, "TEXT").Field("id", "loc", time.Time{})
		err := f.CheckStandard()
		if shadows := name != "E-mail"; (tenantry.KindOf(err) == tenantry.Conflict) != shadows || (err == nil) == shadows {
			t.Errorf("%q as a contact's field: %v", name, err)
		}
		f.Model = tenantry.OpportunityModel
		if err := f.CheckStandard(); err != nil {
			t.Errorf("%q as an opportunity's field: %v", name, err)
		}
		f.Model, f.DocumentType = tenantry.ContactModel, tenantry.FolderDocument
		if err := f.CheckStandard(); err != nil {
			t.Errorf("%q as a folder: %v", name, err)
		}
	}
	d := draft("Second address", "TEXT")
	d.Key = "contact.email"
	if err := d.Field("id", "loc", time.Time{}).CheckStandard(); tenantry.KindOf(err) != tenantry.Conflict {
		t.Errorf("a standard field's key is taken: %v", err)
	}
	for _, f := range tenantry.StandardFields() {
		if slug := strings.TrimPrefix(f.Key, "contact."); tenantry.FieldKey("contact", slug) != f.Key {
			t.Errorf("%q can never be the key of a field", f.Key)
		}
		if !slices.Contains(tenantry.DataTypes(), f.DataType) || f.Name == "" {
			t.Errorf("%s has the name %q and the data type %s", f.Key, f.Name, f.DataType)
		}
	}
}

func TestDraftProblems(t *testing.T) {
	const choices = "SINGLE_OPTIONS, MULTIPLE_OPTIONS, CHECKBOX, RADIO"
	tests := []struct {
		name string
		edit func(*tenantry.CustomFieldDraft)
		want []tenantry.Problem
	}{
		{"text", func(*tenantry.CustomFieldDraft) {}, nil},
		{"no type", func(d *tenantry.CustomFieldDraft) { d.DataType, d.Key = "", "!" }, []tenantry.Problem{
			{Property: "dataType", Text: "must be one of the following values: TEXT, LARGE_TEXT, NUMERICAL, PHONE, MONETORY, CHECKBOX, " +
				"SINGLE_OPTIONS, MULTIPLE_OPTIONS, FLOAT, TIME, DATE, TEXTBOX_LIST, FILE_UPLOAD, SIGNATURE, RADIO"},
			{Property: "fieldKey", Text: "must contain a letter or digit"},
		}},
		{"radio without options", func(d *tenantry.CustomFieldDraft) { d.DataType = "RADIO" },
			[]tenantry.Problem{{Property: "options", Text: "should not be empty"}}},
		{"checkbox with no options", func(d *tenantry.CustomFieldDraft) { d.DataType, d.Options = "CHECKBOX", []string{} },
			[]tenantry.Problem{{Property: "options", Text: "should not be empty"}}},
		{"choice", func(d *tenantry.CustomFieldDraft) { d.DataType, d.Options = "MULTIPLE_OPTIONS", []string{"a"} }, nil},
		{"text box list without boxes", func(d *tenantry.CustomFieldDraft) { d.DataType = "TEXTBOX_LIST" },
			[]tenantry.Problem{{Property: "textBoxListOptions", Text: "should not be empty"}}},
		{"upload without formats", func(d *tenantry.CustomFieldDraft) { d.DataType = "FILE_UPLOAD" },
			[]tenantry.Problem{{Property: "acceptedFormat", Text: "should not be empty"}}},
		{"upload", func(d *tenantry.CustomFieldDraft) {
			d.DataType, d.AcceptedFormat, d.IsMultipleFile, d.MaxFiles = "FILE_UPLOAD", []string{"all"}, new(true), new(3)
		}, nil},
		{"members of other types", func(d *tenantry.CustomFieldDraft) {
			d.Options, d.TextBoxes, d.AcceptedFormat = []string{"a"}, []tenantry.TextBox{{Label: "a"}}, []string{".pdf"}
			d.IsMultipleFile, d.MaxFiles = new(true), new(1)
		}, []tenantry.Problem{
			{Property: "options", Text: "is only allowed for dataType " + choices},
			{Property: "textBoxListOptions", Text: "is only allowed for dataType TEXTBOX_LIST"},
			{Property: "acceptedFormat", Text: "is only allowed for dataType FILE_UPLOAD"},
			{Property: "isMultipleFile", Text: "is only allowed for dataType FILE_UPLOAD"},
			{Property: "maxNumberOfFiles", Text: "is only allowed for dataType FILE_UPLOAD"},
		}},
		{"defaults of other types", func(d *tenantry.CustomFieldDraft) {
			d.Options, d.TextBoxes, d.AcceptedFormat = []string{}, []tenantry.TextBox{}, []string{}
			d.IsMultipleFile, d.MaxFiles = new(false), new(0)
		}, nil},
		{"key of the other model", func(d *tenantry.CustomFieldDraft) { d.Key = "Opportunity.x" },
			[]tenantry.Problem{{Property: "fieldKey", Text: "must begin with contact. or name no model"}}},
		{"key that is nothing but a model", func(d *tenantry.CustomFieldDraft) { d.Key = "contact." },
			[]tenantry.Problem{{Property: "fieldKey", Text: "must contain a letter or digit"}}},
		{"folder", func(d *tenantry.CustomFieldDraft) { d.DocumentType, d.DataType = "folder", "" }, nil},
		{"folder with what only fields have", func(d *tenantry.CustomFieldDraft) {
			d.DocumentType, d.Key, d.Options, d.Placeholder = "folder", "x", []string{"a"}, new("p")
			d.ParentID, d.IsMultipleFile = new(tenantry.CustomFieldID("f")), new(true)
		}, []tenantry.Problem{
			{Property: "dataType", Text: "is not allowed for a folder"}, {Property: "fieldKey", Text: "is not allowed for a folder"},
			{Property: "options", Text: "is not allowed for a folder"}, {Property: "isMultipleFile", Text: "is not allowed for a folder"},
			{Property: "placeholder", Text: "is not allowed for a folder"}, {Property: "parentId", Text: "is not allowed for a folder"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := draft("n", "TEXT")
			tt.edit(&d)
			if diff := cmp.Diff(tt.want, d.Problems()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPatchProblems(t *testing.T) {
	d := draft("Size", "RADIO")
	d.Options = []string{"S"}
	stored := d.Field("id", "loc", time.Time{})
	tests := []struct {
		name  string
		patch tenantry.CustomFieldPatch
		want  []tenantry.Problem
	}{
		{"nothing", tenantry.CustomFieldPatch{}, nil},
		{"no options left", tenantry.CustomFieldPatch{Options: []string{}}, []tenantry.Problem{{Property: "options", Text: "should not be empty"}}},
		{"the same model", tenantry.CustomFieldPatch{Model: new(tenantry.ContactModel)}, nil},
		{"all at once", tenantry.CustomFieldPatch{Model: new(tenantry.OpportunityModel), AcceptedFormat: []string{".pdf"}}, []tenantry.Problem{
			{Property: "acceptedFormat", Text: "is only allowed for dataType FILE_UPLOAD"},
			{Property: "model", Text: "must be contact, it cannot be changed"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.patch.Problems(stored)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPatchApply(t *testing.T) {
	d := draft("Proof", "FILE_UPLOAD")
	d.AcceptedFormat = []string{".pdf"}
	f := d.Field("id", "loc", time.UnixMilli(1).UTC())
	if f.Options == nil || f.TextBoxes == nil {
		t.Error("a list is nil")
	}
	if got := (tenantry.CustomFieldPatch{}).Apply(f); !got.Same(f) {
		t.Errorf("an empty patch makes %+v of %+v", got, f)
	}
	p := tenantry.CustomFieldPatch{
		Name: new("Receipt"), Placeholder: new("p"), Description: new("d"), Position: new(1.5), ParentID: new(tenantry.CustomFieldID("x")),
		AcceptedFormat: []string{".png", ".gif"}, IsMultipleFile: new(true), MaxFiles: new(4),
	}
	want := tenantry.CustomField{
		ID: "id", LocationID: "loc", DocumentType: "field", Model: "contact", Name: "Receipt", Key: "contact.proof", DataType: "FILE_UPLOAD",
		Placeholder: "p", Description: "d", Position: 1.5, ParentID: "x", Options: []string{}, TextBoxes: []tenantry.TextBox{},
		AcceptedFormat: []string{".png", ".gif"}, IsMultipleFile: true, MaxFiles: 4,
		CreatedAt: time.UnixMilli(1).UTC(), UpdatedAt: time.UnixMilli(1).UTC(),
	}
	got := p.Apply(f)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Same(f) || slices.Equal(got.AcceptedFormat, f.AcceptedFormat) {
		t.Error("the patch reached into the stored field")
	}
	got = tenantry.CustomFieldPatch{Position: new(math.Copysign(0, -1))}.Apply(f)
	if math.Signbit(got.Position) {
		t.Error("a position is -0")
	}
}

// TestOptionsAreBoundedTogether: the options of all fields of a location come in one list.
func TestOptionsAreBoundedTogether(t *testing.T) {
	d := draft("Colour", tenantry.SingleChoiceField)
	d.Options = slices.Repeat([]string{strings.Repeat("é", 200)}, tenantry.MaxFieldOptions/200)
	if got := d.Problems(); len(got) > 0 {
		t.Errorf("as many as may be: %v", got)
	}
	d.Options = append(d.Options, "x")
	want := []tenantry.Problem{{Property: "options", Text: "must not have more than 20000 characters together"}}
	if diff := cmp.Diff(want, d.Problems()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	stored := d.Field("id", "loc", time.Time{})
	if diff := cmp.Diff(want, tenantry.CustomFieldPatch{Options: d.Options}.Problems(stored)); diff != "" {
		t.Errorf("of an update (-want +got):\n%s", diff)
	}
}

func TestFileLimit(t *testing.T) {
	for _, tt := range []struct {
		multiple  bool
		max, want int
	}{{false, 0, 1}, {false, 5, 1}, {true, 0, tenantry.MaxFieldFiles}, {true, 5, 5}} {
		if got := (tenantry.CustomField{IsMultipleFile: tt.multiple, MaxFiles: tt.max}).FileLimit(); got != tt.want {
			t.Errorf("%+v: limit %d", tt, got)
		}
	}
}
