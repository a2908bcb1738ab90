package wire

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

type testItem struct {
	_ struct{} `schema:"TestItem"`

	Label string `json:"label" rule:"required,notEmpty"`
}

type testBody struct {
	_ struct{} `schema:"TestBody"`

	Name    string     `json:"name" rule:"required,notEmpty,maxLen=5"`
	Kind    *string    `json:"kind" rule:"enum=a|b"`
	Count   *int       `json:"count" rule:"min=1,max=10"`
	Ratio   *float64   `json:"ratio"`
	On      *bool      `json:"on"`
	Mail    *string    `json:"mail" rule:"email"`
	Day     *string    `json:"day" rule:"date"`
	Tags    []string   `json:"tags" rule:"maxItems=2,eachNotEmpty"`
	Inner   *testInner `json:"inner"`
	Items   []testItem `json:"items"`
	Word    *testWord  `json:"word"`
	Partner *string    `json:"partner"`
}

type testInner struct {
	_ struct{} `schema:"TestInner"`

	A string `json:"a" rule:"required"`
	B *bool  `json:"b"`
}

type testWord string

func (testWord) MaxLength() int { return 4 }

func (w testWord) Check() string {
	if w != "good" {
		return "must be good"
	}
	return ""
}

func (b *testBody) CheckAll(v *Violations) {
	if b.Partner != nil && b.Kind == nil && !v.Failed("kind") {
		v.Add("kind", "should go with partner")
	}
}

type testInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Limit      int                 `query:"limit" default:"10" rule:"min=1,max=100"`
	Flag       *bool               `query:"flag"`
	Body       testBody            `body:"json"`
}

type testOutput struct {
	_ struct{} `schema:"TestOutput"`

	Location string `json:"location"`
	Limit    int    `json:"limit"`
	Name     string `json:"name"`
}

// testMux serves one row behind a gate that lets everybody in.
func testMux(t testing.TB) *Mux {
	t.Helper()
	gate := Gate{
		Authenticate: func(*http.Request) (tenantry.Caller, error) {
			return tenantry.Caller{Class: tenantry.SubAccount, LocationID: "loc", Scopes: tenantry.Scopes()}, nil
		},
		Admit: func(http.Header, tenantry.Caller) error { return nil },
		Reach: func(context.Context, tenantry.Caller, tenantry.LocationID) error { return nil },
	}
	h := func(_ context.Context, _ tenantry.Caller, in *testInput) (testOutput, error) {
		return testOutput{Location: string(in.LocationID), Limit: in.Limit, Name: in.Body.Name}, nil
	}
	return NewMux(gate, []Route{
		Handle(Op{Method: "POST", Path: "/locations/{locationId}/things", ID: "create-thing", Status: 201}, h),
		Handle(Op{Method: "POST", Path: "/locations/{locationId}/things/upload", ID: "upload-thing", Status: 201}, h),
		Handle(Op{Method: "PUT", Path: "/locations/{locationId}/things/{id}", ID: "put-thing", Versions: []string{V3}}, h),
	})
}

func send(t testing.TB, mux http.Handler, method, path, body string, header ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Version", "2021-07-28")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r.WithContext(WithExchange(r.Context(), &Exchange{TraceID: "trace"})))
	return w.Code, w.Body.String()
}

// TestValidationMessages pins the texts and their order: unknown properties first, in the order of
// the body, then the declared ones in the order of their declaration.
func TestValidationMessages(t *testing.T) {
	mux := testMux(t)
	tests := []struct {
		name, query, body string
		want              []string
	}{
		{"nothing at all", "", `{}`, []string{"name must be a string", "name should not be empty"}},
		{"an empty body is an empty object", "", ``, []string{"name must be a string", "name should not be empty"}},
		{"null is no string", "", `{"name":null}`, []string{"name must be a string"}},
		{"a number is no string, and not empty", "", `{"name":42}`, []string{"name must be a string"}},
		{"blank", "", `{"name":"  "}`, []string{"name should not be empty"}},
		{"too long, counted in characters", "", `{"name":"éééééé"}`, []string{"name must be shorter than or equal to 5 characters"}},
		{"NUL", "", `{"name":"a\u0000"}`, []string{"name must not contain the NUL character"}},
		{"unknown first, in body order", "?zeta=1&alpha=2", `{"z":1,"count":0,"a":2,"name":7}`, []string{
			"property zeta should not exist", "property alpha should not exist",
			"property z should not exist", "property a should not exist", "name must be a string", "count must not be less than 1",
		}},
		{"keys are case-sensitive", "", `{"name":"n","NAME":"m"}`, []string{"property NAME should not exist"}},
		{"repeated key", "", `{"name":"n","name":"m"}`, []string{"property name should not be repeated"}},
		{"repeated parameter", "?limit=1&limit=2", `{"name":"n"}`, []string{"property limit should not be repeated"}},
		{"enum", "", `{"name":"n","kind":"c"}`, []string{"kind must be one of the following values: a, b"}},
		{"enum of the wrong type", "", `{"name":"n","kind":1}`, []string{"kind must be one of the following values: a, b"}},
		{"integer", "", `{"name":"n","count":1.5}`, []string{"count must be an integer number"}},
		{"text is no number", "", `{"name":"n","count":"3"}`, []string{"count must be a number conforming to the specified constraints"}},
		{"huge number", "", `{"name":"n","count":1e999}`, []string{"count must be a number conforming to the specified constraints"}},
		{"above the maximum", "", `{"name":"n","count":11}`, []string{"count must not be greater than 10"}},
		{"boolean", "?flag=1", `{"name":"n","on":"true"}`, []string{"flag must be a boolean value", "on must be a boolean value"}},
		{"parameters", "?limit=abc", `{"name":"n"}`, []string{"limit must be a number conforming to the specified constraints"}},
		{"parameter with a tail", "?limit=10abc", `{"name":"n"}`, []string{"limit must be a number conforming to the specified constraints"}},
		{"parameter too small", "?limit=-1", `{"name":"n"}`, []string{"limit must not be less than 1"}},
		{"e-mail", "", `{"name":"n","mail":"John <j@x.test>"}`, []string{"mail must be an email"}},
		{"date", "", `{"name":"n","day":"2026-02-30"}`, []string{"day must be a valid ISO 8601 date string"}},
		{"list", "", `{"name":"n","tags":"a"}`, []string{"tags must be an array"}},
		{"list of the wrong elements", "", `{"name":"n","tags":[1,"a",2]}`, []string{"tags must contain no more than 2 elements", "each value in tags must be a string"}},
		{"list of empty elements", "", `{"name":"n","tags":[""]}`, []string{"each value in tags should not be empty"}},
		{"nested", "", `{"name":"n","inner":{"x":1,"b":2}}`, []string{
			"inner.property x should not exist", "inner.a must be a string", "inner.b must be a boolean value",
		}},
		{"nested of the wrong type", "", `{"name":"n","inner":[]}`, []string{"inner must be an object"}},
		{"nested in a list", "", `{"name":"n","items":[{"label":"x"},{"label":"","y":1},3]}`, []string{
			"items.1.property y should not exist", "items.1.label should not be empty", "items.2 must be an object",
		}},
		{"a type's own check", "", `{"name":"n","word":"bad"}`, []string{"word must be good"}},
		{"members that depend on each other", "", `{"name":"n","partner":"p"}`, []string{"kind should go with partner"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := send(t, mux, "POST", "/locations/loc/things"+tt.query, tt.body)
			var got struct {
				StatusCode int
				Message    []string
				Error      string
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatalf("%d %s", status, body)
			}
			if diff := cmp.Diff(tt.want, got.Message); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if status != 422 || got.StatusCode != 422 || got.Error != "Unprocessable Entity" {
				t.Errorf("status %d: %s", status, body)
			}
		})
	}
}

func TestMalformedBodies(t *testing.T) {
	mux := testMux(t)
	tests := []struct {
		name, body, contentType string
		status                  int
		message                 string
	}{
		{"no JSON", `{"name":`, "", 400, "The request body is not valid JSON: unexpected end of JSON input"},
		{"trailing data", `{"name":"n"} {}`, "", 400, "The request body is not valid JSON: invalid character '{' after top-level value"},
		{"a list", `[]`, "", 400, "The request body must be a JSON object"},
		{"a text", `"x"`, "", 400, "The request body must be a JSON object"},
		{"byte order mark", "\ufeff{}", "", 400, "The request body must not begin with a byte order mark"},
		{"invalid UTF-8", "{\"name\":\"\xff\"}", "", 400, "The request body is not valid UTF-8"},
		{"lone surrogate", `{"name":"\ud83d"}`, "", 400, "The request body holds a lone surrogate escape"},
		{"surrogates in the wrong order", `{"name":"\ude80\ud83d"}`, "", 400, "The request body holds a lone surrogate escape"},
		{"depth bomb", strings.Repeat("[", 100000), "", 400, "The request body is nested too deeply"},
		{"form", `name=n`, "application/x-www-form-urlencoded", 415, "The request body must be application/json"},
		{"other charset", `{}`, "application/json; charset=latin1", 415, "The request body must be application/json"},
		{"too large", `{"name":"` + strings.Repeat("x", MaxBody) + `"}`, "", 413, "The request body is larger than 1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := send(t, mux, "POST", "/locations/loc/things", tt.body, "Content-Type", tt.contentType)
			var got struct{ Message string }
			if err := json.Unmarshal([]byte(body), &got); err != nil || status != tt.status || got.Message != tt.message {
				t.Errorf("status %d: %s", status, body)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	status, body := send(t, testMux(t), "POST", "/locations/l%2Fo%20c/things/", `{"name":"<&\ud83d\ude80"}`)
	if want := `{"location":"l/o c","limit":10,"name":"<&🚀","traceId":"trace"}`; status != 201 || body != want {
		t.Errorf("%d %s, want %s", status, body, want)
	}
}

// TestRouting: a wrong path or method is a JSON 404 that names both, never a
// redirect (contract, decision 13).
func TestRouting(t *testing.T) {
	mux := testMux(t)
	tests := []struct {
		method, path, version string
		status                int
	}{
		{"POST", "/locations/loc/things", V20210728, 422},
		{"POST", "/locations/loc/things/", V20210728, 422},
		{"POST", "/locations/loc/things//", V20210728, 404},
		{"POST", "/locations//things", V20210728, 404},
		{"POST", "//locations/loc/things", V20210728, 404},
		{"POST", "/Locations/loc/things", V20210728, 404},
		{"GET", "/locations/loc/things", V20210728, 404},
		{"TRACE", "/locations/loc/things", V20210728, 404},
		{"POST", "/locations/loc/../things", V20210728, 404},
		{"POST", "/locations/loc/things/upload", V20210728, 422},
		{"PUT", "/locations/loc/things/upload", V3, 422},
		{"PUT", "/locations/loc/things/x", V20210728, 404},
		{"PUT", "/locations/loc/things/x", "2020-01-01", 401},
		{"GET", "/", V3, 404},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path+" "+tt.version, func(t *testing.T) {
			status, body := send(t, mux, tt.method, tt.path, `{}`, "Version", tt.version)
			if status != tt.status {
				t.Errorf("%d %s, want %d", status, body, tt.status)
			}
			if want := `"message":"Cannot ` + tt.method + " " + tt.path + `"`; status == 404 && !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", body, want)
			}
		})
	}
}

func TestVersionHeader(t *testing.T) {
	mux := testMux(t)
	for version, want := range map[string]string{
		"":           `{"statusCode":401,"message":"version header was not found.","error":"Unauthorized","code":"version_missing","traceId":"trace"}`,
		"2020-01-01": `{"statusCode":401,"message":"version header is invalid","error":"Unauthorized","code":"version_invalid","traceId":"trace"}`,
	} {
		if status, body := send(t, mux, "POST", "/locations/loc/things", `{}`, "Version", version); status != 401 || body != want {
			t.Errorf("%q: %d %s", version, status, body)
		}
	}
	for _, version := range Versions() {
		if status, body := send(t, mux, "POST", "/locations/loc/things", `{"name":"n"}`, "Version", version); status != 201 {
			t.Errorf("%q: %d %s", version, status, body)
		}
	}
}

// TestUnforeseenErrors: an error without a kind says nothing of its detail.
func TestUnforeseenErrors(t *testing.T) {
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	x := &Exchange{TraceID: "trace"}
	WriteError(w, r.WithContext(WithExchange(r.Context(), x)), context.DeadlineExceeded)
	want := `{"statusCode":500,"message":"Internal server error","error":"Internal Server Error","code":"internal","traceId":"trace"}`
	if w.Body.String() != want || x.Err == nil {
		t.Errorf("%s, logged %v", w.Body, x.Err)
	}
}
