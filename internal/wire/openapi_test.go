package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

// load reads a document the way a strict client does.
func load(t *testing.T, data []byte) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	if !doc.IsOpenAPI31OrLater() {
		t.Errorf("the document is of version %s", doc.OpenAPI)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

type testForm struct {
	_ struct{} `schema:"TestUpload"`

	Label string `json:"label" rule:"required"`
}

type testNode struct {
	_ struct{} `schema:"TestNode"`

	Name     string     `json:"name"`
	Children []testNode `json:"children,omitempty"`
	Empty    struct{}   `json:"empty,omitzero"`
}

func handlerOf[In, Out any](context.Context, tenantry.Caller, *In) (out Out, err error) {
	return out, err
}

// documentedRoutes has one row of each kind that the printer tells apart.
func documentedRoutes() []Route {
	type noInput struct{}
	type formInput struct {
		Body Form[testForm] `body:"form"`
	}
	return []Route{
		Handle(Op{Method: "POST", Path: "/a/{locationId}", ID: "with-body", Group: "A", Status: 201,
			Scopes: []tenantry.Scope{tenantry.TagsWrite, tenantry.TagsRead}}, handlerOf[testInput, testNode]),
		Handle(Op{Method: "GET", Path: "/a", ID: "plain", Group: "A", Tokens: AnyTokens, Versions: []string{V3},
			Scopes: []tenantry.Scope{tenantry.TagsRead}}, handlerOf[noInput, testOutput]),
		Handle(Op{Method: "PUT", Path: "/b", ID: "with-form", Group: "B", Tokens: AgencyTokens,
			Scopes: []tenantry.Scope{tenantry.TagsWrite}}, handlerOf[formInput, []string]),
	}
}

// TestDocumentIsValid: the printed document is an OpenAPI 3.1 document, the same at each
// printing, and is served as it was printed.
func TestDocumentIsValid(t *testing.T) {
	printed := OpenAPI(documentedRoutes(), "1.2.3")
	doc := load(t, printed)
	if doc.Info.Version != "1.2.3" || doc.Paths.Len() != 3 || len(doc.Tags) != 2 {
		t.Errorf("version %s, %d paths, tags %v", doc.Info.Version, doc.Paths.Len(), doc.Tags)
	}
	for range 20 { // maps are walked in another order each time
		if !bytes.Equal(printed, OpenAPI(documentedRoutes(), "1.2.3")) {
			t.Fatal("two printings differ")
		}
	}
	w := httptest.NewRecorder()
	Document(documentedRoutes(), "1.2.3").ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/openapi.json", nil))
	if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), printed) {
		t.Errorf("served: %d", w.Code)
	}
}

// TestDocumentSaysTheRules: what the binder enforces is what the document says.
func TestDocumentSaysTheRules(t *testing.T) {
	var doc struct {
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(OpenAPI(documentedRoutes(), "test"), &doc); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"TestBody": `{"type":"object","additionalProperties":false,"required":["name"],"properties":{
			"name":{"type":"string","maxLength":5,"minLength":1},
			"kind":{"type":"string","enum":["a","b"]},
			"count":{"type":"integer","minimum":1,"maximum":10},
			"ratio":{"type":"number"},
			"on":{"type":"boolean"},
			"mail":{"type":"string","format":"email"},
			"day":{"type":"string"},
			"tags":{"type":"array","maxItems":2,"items":{"type":"string","minLength":1}},
			"inner":{"$ref":"#/components/schemas/TestInner"},
			"items":{"type":"array","items":{"$ref":"#/components/schemas/TestItem"}},
			"word":{"type":"string","maxLength":4},
			"partner":{"type":"string"}}}`,
		"TestInner": `{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"boolean"}}}`,
		"TestNode": `{"type":"object","required":["name"],"properties":{"name":{"type":"string"},
			"traceId":{"type":"string","format":"uuid","description":"Of the request, also in the X-Trace-Id header"},
			"children":{"type":"array","items":{"$ref":"#/components/schemas/TestNode"}},
			"empty":{"type":"object","properties":{}}}}`,
	} {
		var got, expected any
		if err := json.Unmarshal(doc.Components.Schemas[name], &got); err != nil {
			t.Fatalf("schema %s: %v", name, err)
		}
		if err := json.Unmarshal([]byte(want), &expected); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(expected, got); diff != "" {
			t.Errorf("schema %s (-want +got):\n%s", name, diff)
		}
	}
}

// TestDocumentSaysWhatARowAnswers: 413 and 415 only where a body is read, the success
// status of the row, its parameters and who may call it.
func TestDocumentSaysWhatARowAnswers(t *testing.T) {
	doc := load(t, OpenAPI(documentedRoutes(), "test"))
	for _, tt := range []struct {
		path, method string
		statuses     []int
		media        string
		parameters   int
		security     openapi3.SecurityRequirements
	}{
		{"/a/{locationId}", "POST", []int{201, 400, 401, 403, 413, 415, 422, 429, 500, 503}, "application/json", 4, openapi3.SecurityRequirements{
			{"Location-Access": {"locations/tags.write"}}, {"Location-Access": {"locations/tags.readonly"}}}},
		{"/a", "GET", []int{200, 400, 401, 403, 422, 429, 500, 503}, "", 1, openapi3.SecurityRequirements{
			{"Agency-Access": {"locations/tags.readonly"}}, {"Location-Access": {"locations/tags.readonly"}}}},
		{"/b", "PUT", []int{200, 400, 401, 403, 413, 415, 422, 429, 500, 503}, "multipart/form-data", 1, openapi3.SecurityRequirements{
			{"Agency-Access": {"locations/tags.write"}}}},
	} {
		op := doc.Paths.Find(tt.path).GetOperation(tt.method)
		for _, status := range tt.statuses {
			if op.Responses.Status(status) == nil {
				t.Errorf("%s lacks status %d", op.OperationID, status)
			}
		}
		if op.Responses.Len() != len(tt.statuses) {
			t.Errorf("%s lists %d statuses, want %v", op.OperationID, op.Responses.Len(), tt.statuses)
		}
		if (op.RequestBody == nil) != (tt.media == "") || (op.RequestBody != nil && op.RequestBody.Value.GetMediaType(tt.media) == nil) {
			t.Errorf("%s does not take %q", op.OperationID, tt.media)
		}
		if len(op.Parameters) != tt.parameters {
			t.Errorf("%s has %d parameters, want %d", op.OperationID, len(op.Parameters), tt.parameters)
		}
		if diff := cmp.Diff(tt.security, *op.Security); diff != "" {
			t.Errorf("%s (-want +got):\n%s", op.OperationID, diff)
		}
	}
}

// TestBodySchemasAreClosed: a body refuses undeclared members at every level and requires
// what its rules say, so its schemas say so even when an answer was printed first.
func TestBodySchemasAreClosed(t *testing.T) {
	type noInput struct{}
	type nodeInput struct {
		Body testNode `body:"json"`
	}
	read := Handle(Op{Method: "GET", Path: "/n", ID: "read", Group: "N"}, handlerOf[noInput, testNode])
	write := Handle(Op{Method: "PUT", Path: "/n", ID: "write", Group: "N"}, handlerOf[nodeInput, testNode])
	for name, routes := range map[string][]Route{"the answer first": {read, write}, "the body first": {write, read}, "the answer only": {read}} {
		schema := load(t, OpenAPI(routes, "test")).Components.Schemas["TestNode"].Value
		closed := schema.AdditionalProperties.Has != nil && !*schema.AdditionalProperties.Has
		if body := len(routes) == 2; closed != body || slices.Contains(schema.Required, "name") == body {
			t.Errorf("%s: closed is %t, required %v", name, closed, schema.Required)
		}
	}
}

// TestNoNameInGoLeaks: a type that is to be a schema says how it is called there.
func TestNoNameInGoLeaks(t *testing.T) {
	type nameless struct {
		Name string `json:"name"`
	}
	type noInput struct{}
	defer func() {
		if recover() == nil {
			t.Error("a type without a schema tag is printed")
		}
	}()
	OpenAPI([]Route{Handle(Op{Method: "GET", Path: "/d", ID: "nameless", Group: "D"}, handlerOf[noInput, nameless])}, "test")
}

// TestOneNameOneSchema: two types under one name would make one of them a lie.
func TestOneNameOneSchema(t *testing.T) {
	type other struct {
		_ struct{} `schema:"TestNode"`

		Other string `json:"other"`
	}
	type noInput struct{}
	routes := append(documentedRoutes(),
		Handle(Op{Method: "GET", Path: "/c", ID: "other", Group: "C"}, handlerOf[noInput, other]))
	defer func() {
		if recover() == nil {
			t.Error("the second type under one name is accepted")
		}
	}()
	OpenAPI(routes, "test")
}
