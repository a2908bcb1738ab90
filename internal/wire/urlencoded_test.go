package wire

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
)

type encodedBody struct {
	ID    string `json:"id" rule:"required,notEmpty"`
	Count *int   `json:"count" rule:"min=1"`
	On    *bool  `json:"on"`
}

type encodedInput struct {
	Body encodedBody `body:"urlencoded"`
}

type eitherInput struct {
	Body encodedBody `body:"urlencoded,json"`
}

type refusedInput struct {
	Status int `query:"status" default:"400"`
}

// encodedMux serves rows that take URL-encoded bodies, one that any body does for, one that
// fails with an error object, and one that needs no token.
func encodedMux(t testing.TB, c tenantry.Caller) *Mux {
	t.Helper()
	gate := Gate{
		Authenticate: func(*http.Request) (tenantry.Caller, error) { return c, nil },
		Admit:        func(http.Header, tenantry.Caller) error { return nil },
	}
	echo := func(b encodedBody) (encodedBody, error) { return b, nil }
	refuse := func(_ context.Context, _ tenantry.Caller, in *refusedInput) (encodedBody, error) {
		switch in.Status {
		case 404:
			return encodedBody{}, tenantry.NotFoundError("Thing", "x")
		case 403:
			return encodedBody{}, tenantry.NoAccessError()
		}
		return encodedBody{}, tenantry.Errorf(tenantry.Refused, "invalid_page_token", "no")
	}
	public := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		texts, err := ReadURLEncoded(r)
		if err != nil {
			WriteNamedError(w, r, err, "invalid_request")
			return
		}
		WriteJSON(w, r, http.StatusOK, map[string]int{"n": len(texts)})
	})
	return NewMux(gate, []Route{
		Handle(Op{Method: "POST", Path: "/form", ID: "form", Tokens: AgencyAppTokens},
			func(_ context.Context, _ tenantry.Caller, in *encodedInput) (encodedBody, error) {
				return echo(in.Body)
			}),
		Handle(Op{Method: "POST", Path: "/either", ID: "either", Tokens: AgencyAppTokens},
			func(_ context.Context, _ tenantry.Caller, in *eitherInput) (encodedBody, error) { return echo(in.Body) }),
		Handle(Op{Method: "GET", Path: "/old", ID: "old", Tokens: AgencyAppTokens, Versions: []string{V20210415}, Successor: "/new", ErrorObject: true}, refuse),
		Public[encodedInput, encodedBody](Op{Method: "POST", Path: "/public", ID: "public", MaxBody: 20}, public),
	})
}

const urlEncoded = "application/x-www-form-urlencoded"

func TestURLEncodedBodies(t *testing.T) {
	mux := encodedMux(t, tenantry.Caller{Class: tenantry.Agency, AppID: "app"})
	for _, row := range []struct {
		name, path, media, body string
		status                  int
		want                    string
	}{
		{"texts", "/form", urlEncoded, "id=a%20b+c%26&count=3&on=true", 200, `{"id":"a b c&","count":3,"on":true,`},
		{"with a character set", "/form", urlEncoded + "; charset=UTF-8", "id=%C3%A9", 200, `{"id":"é"`},
		{"without a media type", "/form", "", "id=a", 200, `"id":"a"`},
		{"without an equals sign", "/form", urlEncoded, "id", 422, `["id should not be empty"]`},
		{"everything wrong", "/form", urlEncoded, "y=1&count=x&on=1&y=2", 422,
			`["property y should not exist","property y should not exist","id must be a string","id should not be empty","count must be a number conforming to the specified constraints","on must be a boolean value"]`},
		{"twice", "/form", urlEncoded, "id=a&id=b", 422, `["property id should not be repeated"]`},
		{"out of bounds", "/form", urlEncoded, "id=a&count=0", 422, `["count must not be less than 1"]`},
		{"not UTF-8", "/form", urlEncoded, "id=%ff", 422, `["id must be a string"]`},
		{"a wrong escape", "/form", urlEncoded, "id=%f", 400, `"code":"malformed_body"`},
		{"JSON", "/form", "application/json", `{"id":"a"}`, 415, `must be application/x-www-form-urlencoded`},
		{"either: a form", "/either", urlEncoded, "id=a", 200, `"id":"a"`},
		{"either: JSON", "/either", "application/json", `{"id":"a","count":2}`, 200, `"count":2`},
		{"either: wrong JSON", "/either", "application/json", `{"id":1,"x":2}`, 422, `["property x should not exist","id must be a string"]`},
		{"either: neither", "/either", "text/plain", "id=a", 415, `"code":"unsupported_media_type"`},
		{"public", "/public", urlEncoded, "id=a&&b=c", 200, `{"n":2,`},
		{"public: an error", "/public", urlEncoded, "%", 400, `"error":"invalid_request","error_description":"The request body is not a valid form","code":"malformed_body"`},
		{"public: large", "/public", urlEncoded, strings.Repeat("x", 21), 413, `larger than 20 bytes`},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, body := send(t, mux, "POST", row.path, row.body, "Content-Type", row.media)
			if status != row.status || !strings.Contains(body, row.want) {
				t.Errorf("%d %s, want %d with %s", status, body, row.status, row.want)
			}
		})
	}
}

// TestAgencyAppTokens: only an app's token of an agency passes.
func TestAgencyAppTokens(t *testing.T) {
	for want, c := range map[int]tenantry.Caller{
		200: {Class: tenantry.Agency, AppID: "app"}, 401: {Class: tenantry.Agency}, 403: {Class: tenantry.SubAccount, AppID: "app"},
	} {
		if status, body := send(t, encodedMux(t, c), "POST", "/form", "id=a", "Content-Type", urlEncoded); status != want {
			t.Errorf("%+v: %d %s, want %d", c, status, body, want)
		}
	}
}

// TestErrorObjectAndSuccessor: a 400 and a 404 have an object, other errors a text; in a
// version that it is not in, the row names its successor.
func TestErrorObjectAndSuccessor(t *testing.T) {
	mux := encodedMux(t, tenantry.Caller{Class: tenantry.Agency, AppID: "app"})
	for path, want := range map[string]string{
		"/old":            `{"statusCode":400,"message":"no","error":{"code":"INVALID_ARGUMENT","message":"no"},"code":"invalid_page_token",`,
		"/old?status=404": `{"statusCode":404,"message":"Thing with id x not found","error":{"code":"RESOURCE_NOT_FOUND","message":"Thing with id x not found"},"code":"not_found",`,
		"/old?status=403": `{"statusCode":403,"message":"The token does not have access to this location.","error":"Forbidden",`,
		"/old?x=1":        `{"statusCode":422,"message":["property x should not exist"],"error":"Unprocessable Entity",`,
	} {
		if _, body := send(t, mux, "GET", path, "", "Version", V20210415); !strings.HasPrefix(body, want) {
			t.Errorf("%s: %s, want %s", path, body, want)
		}
	}
	status, body := send(t, mux, "GET", "/old", "", "Version", V3)
	if status != 400 || !strings.Contains(body, `"code":"endpoint_removed"`) || !strings.Contains(body, `"successor":"/new"`) {
		t.Errorf("%d %s", status, body)
	}
}
