package wire

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
)

// Document serves the OpenAPI 3.1 document of the rows. It is printed once, from the
// plans that bind and validate, so it cannot say anything else than they do.
func Document(routes []Route, version string) http.Handler {
	body := OpenAPI(routes, version)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) // a client that has gone is nobody's error
	})
}

// OpenAPI prints the document of the rows.
func OpenAPI(routes []Route, version string) []byte {
	p := newPrinter()
	paths, groups := obj{}, []obj{}
	for i := range routes {
		r := &routes[i]
		item, ok := paths[r.Path].(obj)
		if !ok {
			item = obj{}
			paths[r.Path] = item
		}
		item[methodKey(r.Method)] = p.operation(r)
		if !slices.ContainsFunc(groups, func(g obj) bool { return g["name"] == r.Group }) {
			groups = append(groups, obj{"name": r.Group})
		}
	}
	maps.Copy(p.schemas, errorSchemas())
	doc := obj{
		"openapi": "3.1.0",
		"info": obj{
			"title": "Tenantry Sub-Accounts API", "version": version,
			"description": "The Sub-Accounts API, served by Tenantry.",
		},
		"servers":    []obj{{"url": "/"}},
		"tags":       groups,
		"paths":      paths,
		"components": obj{"schemas": p.schemas, "securitySchemes": securitySchemes()},
	}
	body, err := json.Marshal(doc)
	if err != nil {
		panic("wire: the OpenAPI document does not encode: " + err.Error())
	}
	return body
}

func methodKey(m string) string {
	return map[string]string{
		http.MethodGet: "get", http.MethodPost: "post", http.MethodPut: "put", http.MethodDelete: "delete",
	}[m]
}

func (p *printer) operation(r *Route) obj {
	op := obj{
		"operationId": r.ID, "summary": r.Summary, "tags": []string{r.Group},
		"parameters": p.parameters(r), "responses": p.responses(r), "security": security(r),
	}
	switch {
	case r.in.body != nil:
		op["requestBody"] = requestBody(p.schema(r.in.body.value, true), r.in.media...)
	case r.in.form != nil:
		op["requestBody"] = requestBody(p.formSchema(r.in.form), "multipart/form-data")
	}
	return op
}

func requestBody(schema obj, media ...string) obj {
	content := obj{}
	for _, m := range media {
		content[m] = obj{"schema": schema}
	}
	return obj{"required": true, "content": content}
}

// formSchema adds what a multipart body has besides its text parts: any number of
// files, under any part name.
func (p *printer) formSchema(o *object) obj {
	name := p.component(o, true)
	s := p.schemas[name].(obj)
	s["additionalProperties"] = obj{"type": "string", "format": "binary", "description": "A file, under any part name"}
	return obj{"$ref": "#/components/schemas/" + name}
}

func (p *printer) parameters(r *Route) []obj {
	list := []obj{{
		"name": "Version", "in": "header", "required": !r.IsPublic(), "description": "API version",
		"schema": obj{"type": "string", "enum": r.versions()},
	}}
	for i := range r.in.path {
		list = append(list, p.parameter(&r.in.path[i], "path", true))
	}
	for i := range r.in.query {
		list = append(list, p.parameter(&r.in.query[i], "query", r.in.query[i].value.rules.required))
	}
	return list
}

func (p *printer) parameter(f *field, in string, required bool) obj {
	s := p.schema(f.value, true)
	if f.def != "" {
		s["default"] = literal(f.value, f.def)
	}
	out := obj{"name": f.name, "in": in, "required": required, "schema": s}
	if f.doc != "" {
		out["description"] = f.doc
	}
	return out
}

func (p *printer) responses(r *Route) obj {
	out := obj{}
	for status, meaning := range errorStatuses() {
		if !r.answers(status) {
			continue
		}
		schema := "ErrorDTO"
		switch {
		case status == http.StatusUnprocessableEntity:
			schema = "UnprocessableDTO"
		case r.ErrorObject && (status == http.StatusBadRequest || status == http.StatusNotFound):
			schema = "AipErrorResponseDto"
		case r.IsPublic():
			schema = "OAuthErrorDTO"
		}
		out[statusKey(status)] = response(meaning, obj{"$ref": "#/components/schemas/" + schema})
	}
	out[statusKey(r.status())] = response("Successful response", p.answer(r.out))
	return out
}

// answers tells whether the row can answer with the error status at all.
func (route *Route) answers(status int) bool {
	switch status {
	case http.StatusNotFound:
		return route.ErrorObject
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return route.in.body != nil || route.in.form != nil
	default:
		return true
	}
}

// answer prints the type of a success answer. An object's has the member that
// [WriteJSON] adds; it is not required, because the type may also be part of another.
func (p *printer) answer(t reflect.Type) obj {
	v := p.compiler.value(t, ruleSet{})
	if v.kind == kindObject {
		s := p.schemas[p.component(v.object, false)].(obj)
		s["properties"].(obj)["traceId"] = traceID()
	}
	return p.schema(v, false)
}

func response(description string, schema obj) obj {
	return obj{"description": description, "content": obj{"application/json": obj{"schema": schema}}}
}

// security prints the alternatives: each token class with each scope that suffices.
func security(r *Route) []obj {
	names := map[Tokens][]string{
		SubAccountTokens: {"Location-Access"}, AgencyTokens: {"Agency-Access"}, AnyTokens: {"Agency-Access", "Location-Access"},
		AgencyAppTokens: {"Agency-Access-Only"},
	}[r.Tokens]
	list := []obj{} // a public row says that it needs none
	for _, name := range names {
		for _, s := range r.Scopes {
			list = append(list, obj{name: []string{string(s)}})
		}
	}
	return list
}

func securitySchemes() obj {
	scheme := func(text string) obj {
		return obj{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": text}
	}
	return obj{
		"Location-Access":    scheme("An access token or a private integration token of a sub-account"),
		"Agency-Access":      scheme("An access token or a private integration token of an agency"),
		"Agency-Access-Only": scheme("An access token that an app holds for an agency"),
	}
}
