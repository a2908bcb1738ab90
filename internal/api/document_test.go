package api_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/wire"
)

// TestDocumentSaysWhatIsChecked: what a type demands beyond its rule tag is in the
// document too.
func TestDocumentSaysWhatIsChecked(t *testing.T) {
	type schema struct {
		Required   []string
		Properties map[string]struct{ MaxLength int }
	}
	var doc struct {
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(wire.OpenAPI(api.New(nil, nil, "").Routes(), "test"), &doc); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tagBody", "CreateCustomFieldsDTO", "UpdateCustomFieldsDTO", "customValuesDTO", "CreateTemplateDto", "UpdateTemplateDto"} {
		if n := doc.Components.Schemas[name].Properties["name"].MaxLength; n != 255 {
			t.Errorf("the name of %s has maxLength %d", name, n)
		}
	}
	if diff := cmp.Diff([]string{"label"}, doc.Components.Schemas["textBoxListOptionsSchema"].Required); diff != "" {
		t.Errorf("a text box requires (-want +got):\n%s", diff)
	}
}
