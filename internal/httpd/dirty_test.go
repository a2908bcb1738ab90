package httpd_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/internal/testkit"
)

// answer is what came back over a bare connection.
type answer struct {
	status int
	header http.Header
	body   string
}

// raw sends text as it is and reads one answer: net/http's client would clean a
// dirty path, and refuse what this has to send.
func raw(t *testing.T, e *testkit.Env, method, text string) answer {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(e.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	go func() { _, _ = io.WriteString(conn, text) }() // the server may answer before it has read all
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.60q: %v", text, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%.60q: %v", text, err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// request writes a request with a target of any form and the good headers of a
// sub-account.
func request(e *testkit.Env, method, target string, header ...string) string {
	lines := []string{method + " " + e.Names(target) + " HTTP/1.1", "Host: tenantry.test", "Connection: close", "Version: v3",
		"Authorization: Bearer " + e.Token("locA")}
	return strings.Join(append(lines, header...), "\r\n") + "\r\n\r\n"
}

// checkNoRedirect checks what holds for every answer, whatever was asked.
func checkNoRedirect(t *testing.T, a answer) {
	t.Helper()
	if a.status/100 == 3 || a.status == http.StatusMethodNotAllowed || a.header.Get("Location") != "" || a.header.Get("Allow") != "" {
		t.Errorf("a redirect or a 405: %d %v %s", a.status, a.header, a.body)
	}
}

// cannot is the 404 of the contract without its traceId.
func cannot(method, path string) string {
	return `{"statusCode":404,"message":"Cannot ` + method + ` ` + path + `","error":"Not Found","code":"route_not_found"}`
}

// TestDirtyRequests (requirement 26; contract, decision 13).
func TestDirtyRequests(t *testing.T) {
	e := testkit.NewEnv(t, testkit.OpenDB(t))
	before := e.Snapshot(t)
	t.Run("paths and methods", func(t *testing.T) { dirtyPaths(t, e) })
	t.Run("clean forms", func(t *testing.T) { cleanForms(t, e) })
	t.Run("refused by net/http", func(t *testing.T) { refusedByHTTP(t, e) })
	t.Run("preflight", func(t *testing.T) { preflight(t, e) })
	if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// dirtyPaths: what leads to no operation is a 404 that names it, or an id that nobody has.
func dirtyPaths(t *testing.T, e *testkit.Env) {
	noAccess := `{"statusCode":403,"message":"The token does not have access to this location.","error":"Forbidden","code":"location_access_denied"}`
	tests := []struct {
		method, target string
		want           string // body without its traceId; default: the 404 for the target
	}{
		{method: "GET", target: "//locations/search"},
		{method: "GET", target: "///"},
		{method: "GET", target: "/locations//tags"},
		{method: "GET", target: "/locations//search"},
		{method: "GET", target: "/locations/{locA}//tags"},
		{method: "GET", target: "/locations/{locA}/tags//"},
		{method: "GET", target: "/locations/search//"},
		{method: "GET", target: "/locations/{locA}/../{locA}/tags"},
		{method: "GET", target: "/locations/./{locA}/tags"},
		{method: "GET", target: "/../locations/search"},
		{method: "GET", target: "/Locations/search"},
		{method: "GET", target: "/locations/{locA}/Tags"},
		{method: "GET", target: "/locations/{locA}/customfields"},
		{method: "GET", target: "/locations/{locA}/tags/%2e%2e/tags"},
		{method: "GET", target: "/locations%2F{locA}/tags"},
		{method: "GET", target: "/locations/{locA}/tags%2F"},
		{method: "GET", target: "/%6cocations%2fsearch"},
		{method: "GET", target: "/locations/{locA}/tags;v=1"},
		{method: "GET", target: "/locations/{locA}/tags%20"},
		{method: "GET", target: "/locations/{locA}/tags%00"},
		{method: "GET", target: "/"},
		{method: "GET", target: "/?x=1", want: cannot("GET", "/")},
		{method: "GET", target: "/favicon.ico"},
		{method: "GET", target: "/index.html"},
		{method: "GET", target: "*"},
		{method: "OPTIONS", target: "*"},
		{method: "OPTIONS", target: "/locations/search"},
		{method: "TRACE", target: "/locations/search"},
		{method: "CONNECT", target: "/locations/search"},
		{method: "CONNECT", target: "tenantry.test:443", want: cannot("CONNECT", "")},
		{method: "PATCH", target: "/locations/{locA}"},
		{method: "POST", target: "/locations/{locA}"},
		{method: "POST", target: "/locations/search"},
		{method: "DELETE", target: "/locations"},
		{method: "get", target: "/locations/search"},
		{method: "BREW", target: "/docs"},
		{method: "POST", target: "/openapi.json"},
		{method: "DELETE", target: "/health"},
		{method: "GET", target: "http://elsewhere.test//locations/search", want: cannot("GET", "//locations/search")},

		// Dirt inside a segment is an id, which nobody has.
		{method: "GET", target: "/locations/%2e%2e/tags", want: noAccess},
		{method: "GET", target: "/locations/../tags", want: noAccess},
		{method: "GET", target: "/locations/./tags", want: noAccess},
		{method: "GET", target: "/locations/a%2Fb/tags", want: noAccess},
		{method: "GET", target: "/locations/{locA}%2Ftags/tags", want: noAccess},
		{method: "GET", target: "/locations/{locA}%00/tags", want: noAccess},
		{method: "GET", target: "/locations/%20{locA}/tags", want: noAccess},
		{method: "GET", target: "/locations/SEARCH", want: noAccess},
		{method: "GET", target: "http://elsewhere.test/locations/none/tags", want: noAccess},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			a := raw(t, e, tt.method, request(e, tt.method, tt.target))
			checkNoRedirect(t, a)
			want := tt.want
			if want == "" {
				want = cannot(tt.method, e.Names(tt.target))
			}
			status := 404
			if want == noAccess {
				status = 403
			}
			trace := a.header.Get("X-Trace-Id")
			want = strings.TrimSuffix(want, "}") + `,"traceId":"` + trace + `"}`
			if a.status != status || a.body != want || len(trace) != 36 {
				t.Errorf("%d %s\nwant %d %s", a.status, a.body, status, want)
			}
			if got := a.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

// cleanForms: what clients may send instead of the plain form reaches the operation.
func cleanForms(t *testing.T, e *testkit.Env) {
	for _, target := range []string{
		"/locations/{locA}/tags", "/locations/{locA}/tags/", "/locations/{locA}/tags?", "/locations/{locA}/tags/?",
		"/locations/{locA}/tags?&&", "http://elsewhere.test/locations/{locA}/tags", "/locations/%7BlocationId%7D/timezones",
	} {
		a := raw(t, e, "GET", request(e, "GET", target))
		checkNoRedirect(t, a)
		if a.status != 200 {
			t.Errorf("%s answers %d %s", target, a.status, a.body)
		}
	}
	for _, target := range []string{"/locations/{locA}/tags", "/locations/{locB}/tags", "/nothing", "/health", "/openapi.json", "/docs"} {
		get, head := raw(t, e, "GET", request(e, "GET", target)), raw(t, e, "HEAD", request(e, "HEAD", target))
		checkNoRedirect(t, head)
		for _, h := range []http.Header{get.header, head.header} {
			h.Del("Date")
			h.Del("X-Trace-Id")
		}
		if head.status != get.status || head.body != "" {
			t.Errorf("HEAD %s answers %d %q, GET %d", target, head.status, head.body, get.status)
		}
		// The 404 names the method, which is a letter longer.
		if get.status == 404 {
			get.header.Del("Content-Length")
			head.header.Del("Content-Length")
		}
		if diff := cmp.Diff(get.header, head.header); diff != "" {
			t.Errorf("HEAD %s has other headers (-GET +HEAD):\n%s", target, diff)
		}
	}
}

// refusedByHTTP: requests that no handler sees, because net/http refuses them itself, in
// text. They must leave the server as it was.
func refusedByHTTP(t *testing.T, e *testkit.Env) {
	big := "X-Big: " + strings.Repeat("x", 70<<10)
	for name, tt := range map[string]struct {
		text   string
		status int
	}{
		"a header of 70 KB":         {request(e, "GET", "/locations/search", big), 431},
		"many small headers":        {request(e, "GET", "/locations/search", strings.Repeat("X-Small: 0123456789\r\n", 4000)+"X-Last: 1"), 431},
		"a path of 70 KB":           {request(e, "GET", "/locations/"+strings.Repeat("x", 70<<10)), 431},
		"a broken escape":           {request(e, "GET", "/locations/%zz/tags"), 400},
		"no path":                   {request(e, "GET", ""), 400},
		"a line break in the path":  {request(e, "GET", "/locations/a\nb/tags"), 400},
		"a space in the path":       {request(e, "GET", "/locations/a b/tags"), 400},
		"two lengths":               {request(e, "POST", "/locations", "Content-Length: 2", "Content-Length: 3"), 400},
		"a negative length":         {request(e, "POST", "/locations", "Content-Length: -1"), 400},
		"an unknown encoding":       {request(e, "POST", "/locations", "Transfer-Encoding: gzip"), 501},
		"no host":                   {"GET /locations/search HTTP/1.1\r\n\r\n", 400},
		"a header without a colon":  {request(e, "GET", "/locations/search", "Nonsense"), 400},
		"a control byte in a value": {request(e, "GET", "/locations/search", "X-Ctl: a\x00b"), 400},
	} {
		t.Run(name, func(t *testing.T) {
			a := raw(t, e, "GET", tt.text)
			checkNoRedirect(t, a)
			if a.status != tt.status {
				t.Errorf("%d %s, want %d", a.status, a.body, tt.status)
			}
		})
	}
	if a := raw(t, e, "GET", request(e, "GET", "/locations/{locA}/tags")); a.status != 200 {
		t.Errorf("the next request answers %d %s", a.status, a.body)
	}
}

// preflight: only OPTIONS with the headers of a preflight is one.
func preflight(t *testing.T, e *testkit.Env) {
	a := raw(t, e, "OPTIONS", request(e, "OPTIONS", "/locations/search", "Origin: https://app.test", "Access-Control-Request-Method: GET"))
	if a.status != 204 || a.body != "" || a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %s %v", a.status, a.body, a.header)
	}
	a = raw(t, e, "OPTIONS", request(e, "OPTIONS", "/locations/search", "Origin: https://app.test"))
	var body struct{ Message string }
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != 404 || body.Message != "Cannot OPTIONS /locations/search" {
		t.Errorf("%d %s", a.status, a.body)
	}
}
