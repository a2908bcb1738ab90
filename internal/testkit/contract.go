package testkit

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/tenantry/tenantry/internal/wire"
)

// document is the served OpenAPI document, made strict: an answer may have no
// member that the document does not name.
type document struct {
	doc *openapi3.T

	mu   sync.Mutex
	seen map[string]map[int]bool // operation id to the statuses that were answered
}

func newDocument(t testing.TB, routes []wire.Route) *document {
	t.Helper()
	var raw map[string]any
	must(t, json.Unmarshal(wire.OpenAPI(routes, "test"), &raw))
	closeObjects(raw)
	strict, err := json.Marshal(raw)
	must(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(strict)
	must(t, err)
	return &document{doc: doc, seen: map[string]map[int]bool{}}
}

// closeObjects forbids undeclared members in every object schema that lists its properties.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		_, properties := v["properties"].(map[string]any)
		if _, said := v["additionalProperties"]; properties && v["type"] == "object" && !said {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	case []any:
		for _, element := range v {
			closeObjects(element)
		}
	}
}

// check validates an answer of the operation against the document.
func (d *document) check(t testing.TB, op wire.Op, a Answer) {
	t.Helper()
	d.mu.Lock()
	if d.seen[op.ID] == nil {
		d.seen[op.ID] = map[int]bool{}
	}
	d.seen[op.ID][a.Status] = true
	d.mu.Unlock()
	operation := d.doc.Paths.Find(op.Path).GetOperation(op.Method)
	response := operation.Responses.Value(strconv.Itoa(a.Status))
	if response == nil {
		t.Errorf("%s answers %d, which its document does not list: %s", op.ID, a.Status, a.Raw)
		return
	}
	if err := response.Value.Content["application/json"].Schema.Value.VisitJSON(a.JSON, openapi3.MultiErrors()); err != nil {
		t.Errorf("%s answers %d with a body that its document does not describe: %v\n%s", op.ID, a.Status, err, a.Raw)
	}
}

// Seen lists the statuses that an operation has answered with in this Env.
func (e *Env) Seen(id string) []int {
	e.document.mu.Lock()
	defer e.document.mu.Unlock()
	return slices.Sorted(maps.Keys(e.document.seen[id]))
}

// operation finds the row that a request leads to, nil when there is none.
func (e *Env) operation(method, path string) *wire.Route {
	path, _, _ = strings.Cut(path, "?")
	given := strings.Split(strings.Trim(path, "/"), "/")
	for _, literal := range []bool{true, false} {
		for i := range e.Routes {
			r := &e.Routes[i]
			if r.Method == method && matches(strings.Split(r.Path[1:], "/"), given, literal) {
				return r
			}
		}
	}
	return nil
}

// matches compares segments; literal wants the last one to be no parameter.
func matches(pattern, given []string, literal bool) bool {
	if len(pattern) != len(given) || (literal && strings.HasPrefix(pattern[len(pattern)-1], "{")) {
		return false
	}
	for i, segment := range pattern {
		if given[i] == "" || (!strings.HasPrefix(segment, "{") && segment != given[i]) {
			return false
		}
	}
	return true
}
