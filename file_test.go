package tenantry_test

import (
	"testing"

	"github.com/tenantry/tenantry"
)

func TestFileURLName(t *testing.T) {
	for name, want := range map[string]string{
		"a.pdf": "id.pdf", "a.tar.GZ": "id.gz", "a": "id", "a.": "id", ".pdf": "id.pdf", "a.p df": "id", "a.pdé": "id",
		"a.verylongext": "id", "a.p/../..": "id", "a.%2f": "id", "a.html?x": "id",
	} {
		if got := (tenantry.File{ID: "id", Name: name}).URLName(); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func TestCheckFiles(t *testing.T) {
	files := tenantry.CustomField{ID: "f", DocumentType: tenantry.FieldDocument, DataType: tenantry.FileUploadField}
	several := files
	several.IsMultipleFile, several.MaxFiles = true, 2
	unlimited := files
	unlimited.IsMultipleFile = true
	text := tenantry.CustomField{ID: "f", DocumentType: tenantry.FieldDocument, DataType: tenantry.TextField}
	folder := files
	folder.DocumentType = tenantry.FolderDocument
	for _, row := range []struct {
		name  string
		field tenantry.CustomField
		n     int
		want  string
	}{
		{"one", files, 1, ""},
		{"two in a field of one", files, 2, "upload_refused: 2 files are more than the 1 that may be uploaded"},
		{"two of two", several, 2, ""},
		{"three of two", several, 3, "upload_refused: 3 files are more than the 2 that may be uploaded"},
		{"many", unlimited, tenantry.MaxFieldFiles, ""},
		{"more than any field takes", unlimited, tenantry.MaxFieldFiles + 1, "upload_refused: 101 files are more than the 100 that may be uploaded"},
		{"text", text, 1, "upload_refused: Custom field with id f does not take files"},
		{"folder", folder, 1, "upload_refused: Custom field with id f does not take files"},
	} {
		err := row.field.CheckFiles(row.n)
		if got := errorText(err); got != row.want || (err != nil && tenantry.KindOf(err) != tenantry.Refused) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
