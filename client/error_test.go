package client_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry/client"
)

func TestErrorForms(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   client.Error // but for what every case has
		text   string
	}{
		{
			"a list of messages", 422,
			`{"message":["property foo should not exist","name must be a string"],"error":"Unprocessable Entity","statusCode":422,` +
				`"code":"validation_failed","traceId":"tr-1"}`,
			client.Error{
				Code: "validation_failed", TraceID: "tr-1",
				Messages: []string{"property foo should not exist", "name must be a string"},
			},
			"GET /locations/loc_A/tags: 422 validation_failed: property foo should not exist; name must be a string (trace tr-1)",
		},
		{
			"one message", 403,
			`{"statusCode":403,"message":"The token does not have access to this location.","error":"Forbidden"}`,
			client.Error{Messages: []string{"The token does not have access to this location."}},
			"GET /locations/loc_A/tags: 403: The token does not have access to this location.",
		},
		{
			"meta", 400,
			`{"statusCode":400,"message":"This location does not allow duplicated contacts.","meta":{"contactId":"c1","n":[1]}}`,
			client.Error{
				Messages: []string{"This location does not allow duplicated contacts."},
				Meta:     map[string]json.RawMessage{"contactId": json.RawMessage(`"c1"`), "n": json.RawMessage(`[1]`)},
			},
			"GET /locations/loc_A/tags: 400: This location does not allow duplicated contacts.",
		},
		{
			"OAuth", 401, `{"error":"UnAuthorized!","error_description":"Authorization code not found"}`,
			client.Error{Messages: []string{"Authorization code not found"}},
			"GET /locations/loc_A/tags: 401: Authorization code not found",
		},
		{
			"nested, as in v3", 404, `{"error":{"code":"NOT_FOUND","message":"App not found","details":{},"resolution":""}}`,
			client.Error{Code: "NOT_FOUND", Messages: []string{"App not found"}},
			"GET /locations/loc_A/tags: 404 NOT_FOUND: App not found",
		},
		{
			"no message", 500, `{"error":"Internal Server Error","code":17}`,
			client.Error{Code: "17", Messages: []string{"Internal Server Error"}},
			"GET /locations/loc_A/tags: 500 17: Internal Server Error",
		},
		{
			"detail only", 502, `{"message":null,"detail":"upstream"}`,
			client.Error{Messages: []string{"upstream"}},
			"GET /locations/loc_A/tags: 502: upstream",
		},
		{
			"odd messages", 400, `{"message":[{"a":1},"",2],"meta":"m"}`,
			client.Error{Messages: []string{`{"a":1}`, "2"}},
			`GET /locations/loc_A/tags: 400: {"a":1}; 2`,
		},
		{
			"names in another letter case", 400, `{"MESSAGE":"x","Code":"y"}`,
			client.Error{Messages: []string{"Bad Request"}},
			"GET /locations/loc_A/tags: 400: Bad Request",
		},
		{
			"HTML", 403, `<html>error code: 1010</html>`,
			client.Error{Messages: []string{"Forbidden"}},
			"GET /locations/loc_A/tags: 403: Forbidden",
		},
		{
			"nothing", 529, ``,
			client.Error{Messages: []string{"status 529"}},
			"GET /locations/loc_A/tags: 529: status 529",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := answering(test.status, nil, test.body).Tags(t.Context(), "loc_A")
			want := test.want
			want.Method, want.Path, want.StatusCode = "GET", "/locations/loc_A/tags", test.status
			want.RateLimit = client.RateLimit{Max: -1, Remaining: -1, LimitDaily: -1, DailyRemaining: -1}
			if diff := cmp.Diff(&want, failure(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err.Error() != test.text {
				t.Errorf("text %q, want %q", err, test.text)
			}
		})
	}
}

func TestErrorTraceIDOfTheHeader(t *testing.T) {
	for _, name := range []string{"X-Trace-Id", "X-Request-Id"} {
		header := http.Header{}
		header.Set(name, "tr-1")
		_, err := answering(401, header, `{"message":"no"}`).Tags(t.Context(), "loc_A")
		if e := failure(t, err); e.TraceID != "tr-1" {
			t.Errorf("%s: trace id %q", name, e.TraceID)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		status int
		header map[string]string
		want   time.Duration
	}{
		{"seconds", 429, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		{"seconds on another status", 503, map[string]string{"Retry-After": "7"}, 7 * time.Second},
		{"a time", 429, map[string]string{"Retry-After": "Mon, 05 Jan 2026 09:00:09 GMT"}, 9 * time.Second},
		{"a time gone by", 503, map[string]string{"Retry-After": "Mon, 05 Jan 2026 08:00:00 GMT"}, 0},
		{"more than a duration holds", 429, map[string]string{"Retry-After": "9223372036854775807"}, 1<<63 - 1},
		{"negative", 503, map[string]string{"Retry-After": "-1"}, 0},
		{"nothing", 429, nil, 0},
		{"the window", 429, map[string]string{"X-RateLimit-Interval-Milliseconds": "10000"}, 10 * time.Second},
		{"the window after nonsense", 429, map[string]string{
			"Retry-After": "soon", "X-RateLimit-Interval-Milliseconds": "10000",
		}, 10 * time.Second},
		{"the window on another status", 503, map[string]string{"X-RateLimit-Interval-Milliseconds": "10000"}, 0},
		{"the day", 429, map[string]string{
			"X-RateLimit-Interval-Milliseconds": "10000", "X-RateLimit-Daily-Remaining": "0", "X-RateLimit-Daily-Reset": "3600000",
		}, time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{}
			for name, value := range test.header {
				header.Set(name, value)
			}
			c := answering(test.status, header, "", client.WithClock(func() time.Time { return now }, nil))
			_, err := c.Tags(t.Context(), "loc_A")
			if e := failure(t, err); e.RetryAfter != test.want {
				t.Errorf("wait %v, want %v", e.RetryAfter, test.want)
			}
		})
	}
}

func TestAnyErrorBodyIsAnError(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Int(), func(n int) any { return n }),
		rapid.Map(rapid.SliceOf(rapid.String()), func(l []string) any { return l }),
		rapid.Map(rapid.MapOf(rapid.SampledFrom([]string{"code", "message"}), rapid.String()), func(m map[string]string) any { return m }),
		rapid.Just[any](nil),
	)
	names := rapid.SampledFrom([]string{"message", "error", "code", "meta", "traceId", "error_description", "detail"})
	rapid.Check(t, func(t *rapid.T) {
		body, err := json.Marshal(rapid.MapOf(names, value).Draw(t, "body"))
		if err != nil {
			t.Fatal(err)
		}
		cut := rapid.IntRange(0, len(body)).Draw(t, "cut")
		for _, b := range [][]byte{body, body[:cut]} {
			_, err := answering(400, nil, string(b)).Tags(t.Context(), "loc_A")
			e, ok := err.(*client.Error)
			if !ok || e.StatusCode != 400 || len(e.Messages) == 0 || e.Messages[0] == "" {
				t.Fatalf("%s gave %#v", b, err)
			}
		}
	})
}
