package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
)

// obj is a JSON object of the OpenAPI document; encoding sorts its keys, so the
// document is the same at every start.
type obj = map[string]any

// printer collects the component schemas while it prints.
type printer struct {
	compiler *compiler
	schemas  obj
	owners   map[string]reflect.Type // schema name to its Go type
}

func newPrinter() *printer {
	return &printer{compiler: newCompiler(), schemas: obj{}, owners: map[string]reflect.Type{}}
}

// schema prints a value; an object becomes a component and a reference to it.
// input says whether required follows the rules or the answer's members.
func (p *printer) schema(v *value, input bool) obj {
	s := obj{}
	switch v.kind {
	case kindString:
		s["type"] = "string"
		p.text(s, v)
	case kindBool:
		s["type"] = "boolean"
	case kindInteger, kindNumber:
		s["type"] = "number"
		if v.kind == kindInteger {
			s["type"] = "integer"
		}
		bound(s, "minimum", v.rules.min)
		bound(s, "maximum", v.rules.max)
	case kindList:
		s["type"], s["items"] = "array", p.schema(v.elem, input)
		if v.rules.maxItems > 0 {
			s["maxItems"] = v.rules.maxItems
		}
		if v.rules.notEmpty {
			s["minItems"] = 1
		}
	case kindObject:
		if v.typ.Name() == "" {
			return p.objectSchema(v.object, input) // a struct without a name of its own stands in its place
		}
		return obj{"$ref": "#/components/schemas/" + p.component(v.object, input)}
	case kindAny:
		if v.typ.Kind() == reflect.Map {
			s["type"] = "object"
			s["additionalProperties"] = p.schema(p.compiler.value(v.typ.Elem(), ruleSet{}), input)
		}
	}
	return s
}

func (p *printer) text(s obj, v *value) {
	if len(v.rules.enum) > 0 {
		s["enum"] = v.rules.enum
	}
	if n := v.maxLength(); n > 0 {
		s["maxLength"] = n
	}
	if v.rules.notEmpty {
		s["minLength"] = 1
	}
	if v.rules.email {
		s["format"] = "email"
	}
}

func bound(s obj, key string, n *float64) {
	if n != nil {
		s[key] = *n
	}
}

// component prints an object once and tells its name.
func (p *printer) component(o *object, input bool) string {
	if o.name == "" {
		panic(fmt.Sprintf("wire: %s has no schema tag", o.typ)) // its name in Go is nobody's business
	}
	if owner, seen := p.owners[o.name]; seen {
		if owner != o.typ {
			panic(fmt.Sprintf("wire: schema %s names both %s and %s", o.name, owner, o.typ))
		}
		if input {
			p.closeSchema(o)
		}
		return o.name
	}
	p.owners[o.name] = o.typ
	p.schemas[o.name] = p.objectSchema(o, input)
	return o.name
}

func (p *printer) objectSchema(o *object, input bool) obj {
	properties := obj{}
	for i := range o.fields {
		properties[o.fields[i].name] = p.property(&o.fields[i], input)
	}
	s := obj{"type": "object", "properties": properties}
	demand(s, o, input)
	return s
}

// demand says in a schema which members a body must have and that it may have no
// others, or which members an answer always has.
func demand(s obj, o *object, input bool) {
	required := []string{}
	for i := range o.fields {
		f := &o.fields[i]
		if (input && f.value.rules.required) || (!input && !f.omits) {
			required = append(required, f.name)
		}
	}
	delete(s, "required")
	if len(required) > 0 {
		s["required"] = required
	}
	if input {
		s["additionalProperties"] = false
	}
}

// closeSchema makes a schema that was first printed for an answer, and what it
// consists of, say what a body must be: that is true of the answer as well.
func (p *printer) closeSchema(o *object) {
	s, printed := p.schemas[o.name].(obj)
	if !printed || s["additionalProperties"] == false {
		return
	}
	demand(s, o, true)
	for i := range o.fields {
		v := o.fields[i].value
		for v.kind == kindList {
			v = v.elem
		}
		if v.kind == kindObject {
			p.closeSchema(v.object)
		}
	}
}

// property prints a declared property with its texts. In OpenAPI 3.1 a reference
// may have siblings.
func (p *printer) property(f *field, input bool) obj {
	s := p.schema(f.value, input)
	if f.doc != "" {
		s["description"] = f.doc
	}
	if f.example != "" {
		s["example"] = literal(f.value, f.example)
	}
	if f.def != "" {
		s["default"] = literal(f.value, f.def)
	}
	return s
}

// literal reads a tag's text as a value of the field's kind.
func literal(v *value, text string) any {
	if v.kind != kindString {
		var out any
		if json.Unmarshal([]byte(text), &out) == nil {
			return out
		}
	}
	return text
}

// errorStatuses lists the statuses that any operation can answer besides success, with
// what they mean.
func errorStatuses() map[int]string {
	return map[int]string{
		http.StatusBadRequest:            "Bad Request: malformed input, a missing part of the location, or a name that is taken",
		http.StatusUnauthorized:          "Unauthorized: no good token, the wrong token class, or a scope that is missing",
		http.StatusForbidden:             "Forbidden: the location or company is out of the token's reach",
		http.StatusNotFound:              "Not Found: the resource does not exist",
		http.StatusRequestEntityTooLarge: "Request Entity Too Large",
		http.StatusUnsupportedMediaType:  "Unsupported Media Type",
		http.StatusUnprocessableEntity:   "Unprocessable Entity: every failing property is named",
		http.StatusTooManyRequests:       "Too Many Requests: the quota is spent",
		http.StatusInternalServerError:   "Internal Server Error",
		http.StatusServiceUnavailable:    "Service Unavailable",
	}
}

// traceID prints the member that every object answer has at its top.
func traceID() obj {
	return obj{"type": "string", "format": "uuid", "description": "Of the request, also in the X-Trace-Id header"}
}

// errorSchemas prints the error bodies: message is a list on 422 only, error is an object
// on a 400 or 404 of some rows.
func errorSchemas() obj {
	text := obj{"type": "string"}
	body := func(message, failure obj) obj {
		return obj{
			"type": "object",
			"properties": obj{
				"statusCode": obj{"type": "integer", "description": "The HTTP status"},
				"message":    message,
				"error":      failure,
				"code":       obj{"type": "string", "description": "Machine-readable, of a closed list"},
				"meta":       obj{"type": "object", "description": "Detail that depends on the code"},
				"traceId":    traceID(),
			},
			"required": []string{"statusCode", "message", "error", "code", "traceId"},
		}
	}
	words := obj{"type": "string", "description": "The status in words"}
	named := body(text, obj{"type": "string", "description": "The name of RFC 6749, else the status in words"})
	named["properties"].(obj)["error_description"] = obj{"type": "string", "description": "The message, where error is a name"}
	return obj{
		"ErrorDTO":         body(text, words),
		"UnprocessableDTO": body(obj{"type": "array", "items": text}, words),
		"OAuthErrorDTO":    named,
		"AipErrorResponseDto": body(text, obj{
			"type": "object", "properties": obj{"code": text, "message": text}, "required": []string{"code", "message"},
		}),
	}
}

func statusKey(n int) string { return strconv.Itoa(n) }
