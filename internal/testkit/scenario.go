package testkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// Scenario is one request and what must follow from it. Path, Body and Want may
// name the Env's ids, see [Env.Names].
type Scenario struct {
	Name    string
	Method  string
	Path    string
	Token   string // see [Env.Token]
	Version string // "-" sends none; default 2021-07-28
	Header  map[string]string
	Body    string // JSON
	Status  int
	// Want is JSON that the answer must contain: an object matches when each
	// of its members does, a list element by element, "*" matches anything.
	Want string
	// Events are the types of the events that location A must gain, in order.
	Events []tenantry.EventType
}

// Run sends the rows one after the other, each as a subtest, to one Env.
func (e *Env) Run(t *testing.T, rows ...Scenario) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			t.Helper()
			e.Send(t, row)
		})
	}
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Raw    []byte
	JSON   any // nil when the body is no JSON
}

// Get digs a member out of the answer: Get("tag", "id").
func (a Answer) Get(path ...string) any {
	v := a.JSON
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

// Text digs a text member out of the answer, "" when there is none.
func (a Answer) Text(path ...string) string {
	s, _ := a.Get(path...).(string)
	return s
}

// Send sends one row, checks all that it says, and gives the answer for what a row cannot say.
func (e *Env) Send(t testing.TB, row Scenario) Answer {
	t.Helper()
	before := e.eventCount(t)
	a := e.Do(t, row)
	if a.Status != row.Status {
		t.Fatalf("%s %s: status %d, want %d: %s", row.Method, row.Path, a.Status, row.Status, a.Raw)
	}
	if row.Want != "" {
		var want any
		if err := json.Unmarshal([]byte(e.Names(row.Want)), &want); err != nil {
			t.Fatalf("the row's Want is no JSON: %v", err)
		}
		if diff := Contains(want, a.JSON, "$"); diff != "" {
			t.Fatalf("%s %s: %s\n%s", row.Method, row.Path, diff, a.Raw)
		}
	}
	checkShape(t, row, a)
	gained := e.eventsAfter(t, before)
	if !slices.Equal(gained, row.Events) {
		t.Fatalf("%s %s: events %v, want %v", row.Method, row.Path, gained, row.Events)
	}
	return a
}

// eventCount tells how many events location A has had; each has its audit record.
func (e *Env) eventCount(t testing.TB) int {
	t.Helper()
	n, err := db.One(t.Context(), e.DB.Across("tests look at everything").Read(), func(r db.Row) (n [2]int, err error) { return n, r.Scan(&n[0], &n[1]) },
		`SELECT (SELECT count(*) FROM events WHERE location_id = $1), (SELECT count(*) FROM audit WHERE location_id = $1)`, e.LocA)
	must(t, err)
	if n[0] != n[1] {
		t.Fatalf("%d events but %d audit records", n[0], n[1])
	}
	return n[0]
}

// eventsAfter lists the types of the events that location A has had since it had n. The
// store would read them all, which adds up in a test of many requests.
func (e *Env) eventsAfter(t testing.TB, n int) []tenantry.EventType {
	t.Helper()
	total := e.eventCount(t)
	if total < n {
		t.Fatalf("of %d events %d are left", n, total)
	}
	types, err := db.All(t.Context(), e.DB.Across("tests look at everything").Read(), func(r db.Row) (v tenantry.EventType, err error) {
		var payload string
		err = r.Scan(&v, &payload)
		if name := repeated(payload); name != "" {
			t.Errorf("event %s has the member %q twice: %s", v, name, payload)
		}
		return v, err
	},
		`SELECT type, payload FROM events WHERE location_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`, e.LocA, total-n)
	must(t, err)
	slices.Reverse(types)
	return types
}

// repeated is a member that an object has twice, of which two readers may see two values.
func repeated(object string) string {
	d := json.NewDecoder(strings.NewReader(object))
	seen := map[json.Token]bool{}
	for _, err := d.Token(); err == nil && d.More(); {
		name, _ := d.Token() // after an error the next call has it again
		if seen[name] {
			return fmt.Sprint(name)
		}
		seen[name] = true
		err = d.Decode(new(json.RawMessage))
	}
	return ""
}

// Do sends a row and checks only that the answer is as the operation's document says.
func (e *Env) Do(t testing.TB, row Scenario) Answer {
	t.Helper()
	req := e.request(t, row)
	a := Do(t, req)
	e.checkDocument(t, req, a)
	return a
}

// Handle is [Env.Do] without a connection, for tests of many requests.
func (e *Env) Handle(t testing.TB, row Scenario) Answer {
	t.Helper()
	return e.Serve(t, e.request(t, row))
}

// Serve answers a request of any form without a connection, and checks the answer as [Env.Do] does.
func (e *Env) Serve(t testing.TB, req *http.Request) Answer {
	t.Helper()
	w := httptest.NewRecorder()
	e.Handler.ServeHTTP(w, req)
	a := newAnswer(w.Code, w.Header(), w.Body.Bytes())
	e.checkDocument(t, req, a)
	return a
}

func (e *Env) request(t testing.TB, row Scenario) *http.Request {
	t.Helper()
	var body io.Reader = http.NoBody
	if row.Body != "" {
		body = strings.NewReader(e.Names(row.Body))
	}
	req, err := http.NewRequestWithContext(t.Context(), row.Method, e.URL+e.Names(row.Path), body)
	must(t, err)
	if token := e.Token(row.Token); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	switch row.Version {
	case "":
		req.Header.Set("Version", "2021-07-28")
	case "-":
	default:
		req.Header.Set("Version", row.Version)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range row.Header {
		req.Header.Set(name, e.Names(value))
	}
	return req
}

// checkDocument: what reached an operation must be answered as its document says.
func (e *Env) checkDocument(t testing.TB, req *http.Request, a Answer) {
	t.Helper()
	if route := e.operation(req.Method, req.URL.EscapedPath()); route != nil && a.Text("code") != "route_not_found" {
		e.document.check(t, route.Op, a)
	}
}

// Do sends a request of any form and reads the answer.
func Do(t testing.TB, req *http.Request) Answer {
	t.Helper()
	resp, err := Client().Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	must(t, err)
	return newAnswer(resp.StatusCode, resp.Header, raw)
}

func newAnswer(status int, header http.Header, raw []byte) Answer {
	a := Answer{Status: status, Header: header, Raw: raw}
	if err := json.Unmarshal(raw, &a.JSON); err != nil {
		a.JSON = nil
	}
	return a
}

// checkShape checks what holds for every answer of the API (contract, decisions 14 and 15).
func checkShape(t testing.TB, row Scenario, a Answer) {
	t.Helper()
	object, ok := a.JSON.(map[string]any)
	if !ok {
		return
	}
	id, _ := object["traceId"].(string)
	if len(id) != 36 || a.Header.Get("X-Trace-Id") != id {
		t.Fatalf("%s %s: traceId %q, header %q", row.Method, row.Path, id, a.Header.Get("X-Trace-Id"))
	}
	if bytes.Contains(a.Raw, []byte(":null")) {
		t.Fatalf("%s %s: a member is null: %s", row.Method, row.Path, a.Raw)
	}
	if a.Status < 400 {
		return
	}
	_, isList := object["message"].([]any)
	if object["statusCode"] != float64(a.Status) || isList != (a.Status == 422) || object["code"] == "" {
		t.Fatalf("%s %s: malformed error: %s", row.Method, row.Path, a.Raw)
	}
}

// Contains tells where got fails to contain want, "" when it does not.
func Contains(want, got any, at string) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", at, got)
		}
		for name, member := range w {
			if _, ok := g[name]; !ok {
				return fmt.Sprintf("%s.%s is missing", at, name)
			}
			if diff := Contains(member, g[name], at+"."+name); diff != "" {
				return diff
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s is %v, want %v", at, got, want)
		}
		for i := range w {
			if diff := Contains(w[i], g[i], fmt.Sprintf("%s[%d]", at, i)); diff != "" {
				return diff
			}
		}
	default:
		if want != "*" && !reflect.DeepEqual(want, got) {
			return fmt.Sprintf("%s is %#v, want %#v", at, got, want)
		}
	}
	return ""
}

// Log keeps what a server logs. It is safe for concurrent use: a request's line is
// written after its answer.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write appends a line.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// Reset forgets the lines so far.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = bytes.Buffer{}
}

// String gives the lines so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
