package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/wire"
)

// call is one operation with a request that succeeds and what the served document
// says about its body.
type call struct {
	route  wire.Route
	good   testkit.Scenario
	media  string // of the body, "" when there is none
	schema object // of the body
}

// surface is a server whose location A has one of everything, for the tests that go
// through all operations.
type surface struct {
	*testkit.Env

	own *tenant
	doc object // the served document
}

func newSurface(t testing.TB, e *testkit.Env) *surface {
	t.Helper()
	s := &surface{Env: e, own: newTenant(t, e, e.LocA, e.CompanyA, "locA", "agencyA")}
	if err := json.Unmarshal(wire.OpenAPI(e.Routes, "test"), &s.doc); err != nil {
		t.Fatal(err)
	}
	return s
}

// calls lists every operation that needs a token, deletes last: each needs what the others use.
func (s *surface) calls(t testing.TB) []call {
	t.Helper()
	documented, rows := operations(s.doc), fences()
	routes := slices.Clone(s.Routes)
	slices.SortStableFunc(routes, func(p, q wire.Route) int { return weight(p.Op) - weight(q.Op) })
	var out []call
	for _, route := range routes {
		if route.IsPublic() {
			continue
		}
		f, ok := rows[route.ID]
		if !ok {
			t.Fatalf("operation %s has no row in fences()", route.ID)
		}
		c := call{route: route, good: f.request(route.Op, string(s.own.loc), s.own, s.own.company)}
		c.good.Name, c.good.Token = route.ID, s.own.right(route, f)
		if body, ok := documented[route.Method+" "+route.Path]["requestBody"].(object); ok {
			c.schema = resolve(s.doc, content(body))
			for media := range body["content"].(object) {
				c.media = max(c.media, media) // of two it is the form
			}
		}
		out = append(out, c)
	}
	return out
}

// properties lists the declared properties of the body, sorted.
func (c call) properties() []string {
	p, _ := c.schema["properties"].(object)
	return slices.Sorted(maps.Keys(p))
}

// property is the schema of a declared property of the body.
func (s *surface) property(c call, name string) object {
	return resolve(s.doc, c.schema["properties"].(object)[name])
}

// withQuery adds a parameter to the good request.
func (c call) withQuery(query string) testkit.Scenario {
	row, sep := c.good, "?"
	if strings.Contains(row.Path, "?") {
		sep = "&"
	}
	row.Path += sep + query
	return row
}

// withBody replaces the body of the good request.
func (c call) withBody(body string) testkit.Scenario {
	row := c.good
	row.Body = body
	return row
}

// withMembers adds members, as JSON text, to the good body; the ones that are there
// already make place.
func (c call) withMembers(t testing.TB, members ...string) testkit.Scenario {
	t.Helper()
	var good map[string]json.RawMessage
	if err := json.Unmarshal([]byte(c.good.Body), &good); err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(good)) {
		key := quoted(name) + ":"
		if !slices.ContainsFunc(members, func(m string) bool { return strings.HasPrefix(m, key) }) {
			pairs = append(pairs, key+string(good[name]))
		}
	}
	return c.withBody("{" + strings.Join(append(pairs, members...), ",") + "}")
}

func quoted(text string) string {
	data, _ := json.Marshal(text) // a string always encodes
	return string(data)
}

// messages lists the messages of a 422.
func messages(a testkit.Answer) []string {
	list, _ := a.Get("message").([]any)
	out := make([]string, len(list))
	for i, m := range list {
		out[i], _ = m.(string)
	}
	return out
}

// failsWith checks that the answer is an error of this status in the contract's shape:
// message is a list on 422 only (contract, decision 15).
func failsWith(t testing.TB, what string, a testkit.Answer, status int) {
	t.Helper()
	text, isText := a.Get("message").(string)
	list := messages(a)
	good := a.Status == status && a.Get("statusCode") == float64(status) && a.Text("code") != "" && len(a.Text("traceId")) == 36
	if status == http.StatusUnprocessableEntity {
		good = good && len(list) > 0 && !slices.Contains(list, "")
	} else {
		good = good && isText && text != ""
	}
	if !good {
		t.Errorf("%s: answers %d %.300s, want status %d", what, a.Status, a.Raw, status)
	}
}

// TestBadInputOnEveryOperation (requirements 3, 20 and 21): whatever is wrong with the
// input of a permitted request, the answer says so and nothing is written.
func TestBadInputOnEveryOperation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		s := newSurface(t, e)
		before := e.Snapshot(t)
		for _, c := range s.calls(t) {
			t.Run(c.route.ID, func(t *testing.T) {
				s.badQueries(t, c)
				switch c.media {
				case "":
					if c.good.Method == http.MethodGet { // Do sends the content type of a body that is not there
						if a := e.Do(t, c.good); a.Status != 200 {
							t.Errorf("no body with the content type of one: %d %s", a.Status, a.Raw)
						}
					}
				case "application/json":
					s.badBodies(t, c)
					s.badMembers(t, c)
					s.badLengths(t, c)
				case "multipart/form-data":
					s.badForms(t, c)
				case "application/x-www-form-urlencoded":
					s.badEncodedForms(t, c)
				default:
					t.Errorf("no test knows the media type %s", c.media)
				}
				after := e.Snapshot(t)
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("bad input was written:\n%s", diff)
				}
				before = after
			})
		}
	})
}

func (s *surface) badQueries(t *testing.T, c call) {
	for _, query := range []string{"%zz", "a=%", "%=1", "a=%e", "limit=%u0031"} {
		failsWith(t, "query "+query, s.Do(t, c.withQuery(query)), 400)
	}
	for query, name := range map[string]string{
		"x=1": "x", "x": "x", "=": "", "LocationId=1": "LocationId", "x%5B%5D=1": "x[]", "%00=1": "\x00", "%F0%9F%9A%80": "🚀",
	} {
		a := s.Do(t, c.withQuery(query))
		failsWith(t, "query "+query, a, 422)
		if diff := cmp.Diff([]string{"property " + name + " should not exist"}, messages(a)); diff != "" {
			t.Errorf("query %s (-want +got):\n%s", query, diff)
		}
	}
}

// badBodies sends bodies that are no JSON object, or not in the way the contract wants one.
func (s *surface) badBodies(t *testing.T, c call) {
	open := strings.TrimSuffix(strings.TrimSuffix(s.Names(c.good.Body), "}"), "{") // the good body before its end
	more := func(member string) string {
		if open == "" {
			return "{" + member + "}"
		}
		return open + "," + member + "}"
	}
	for name, body := range map[string]string{
		"not JSON": "{\"a\":", "no end": open + "{", "a list": "[]", "a list of it": "[" + c.good.Body + "]", "a text": `"x"`, "null": "null",
		"a number": "1", "two values": c.good.Body + c.good.Body, "a comma too much": c.good.Body + ",", "single quotes": "{'a':1}",
		"a comment": c.good.Body + "// comment", "a byte order mark": "\ufeff" + c.good.Body, "UTF-16": "\xff\xfe{\x00}\x00",
		"invalid UTF-8": more("\"x\":\"\xff\""), "an overlong encoding": more("\"x\":\"\xc0\x80\""), "a surrogate in UTF-8": more("\"x\":\"\xed\xa0\x80\""),
		"a lone surrogate": more(`"x":"\ud800"`), "surrogates in the wrong order": more(`"x":"\udc00\ud800"`), "a lone surrogate in a name": more(`"\udfff":1`),
		"NUL in a text": more("\"x\":\"\x00\""), "NUL behind": c.good.Body + "\x00", "a raw line break in a text": more("\"x\":\"\n\""),
		"a depth bomb": more(`"x":` + strings.Repeat("[", 200000)), "a deep value": more(`"x":` + strings.Repeat(`{"x":`, 5000) + "1" + strings.Repeat("}", 5000)),
		"NaN": more(`"x":NaN`), "a hexadecimal number": more(`"x":0x10`), "a number of zeros": more(`"x":007`),
	} {
		failsWith(t, name, s.Do(t, c.withBody(body)), 400)
	}
	for _, media := range []string{
		"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json; charset=utf-16", "application/", "x",
	} {
		row := c.good
		row.Header = map[string]string{"Content-Type": media}
		failsWith(t, media, s.Do(t, row), 415)
	}
	row := c.good
	row.Header = map[string]string{"Content-Encoding": "gzip"}
	failsWith(t, "compressed", s.Do(t, row), 415)
}

// badMembers sends objects with members that are unknown, repeated or of the wrong type.
func (s *surface) badMembers(t *testing.T, c call) {
	exactly := func(what string, row testkit.Scenario, want ...string) {
		t.Helper()
		a := s.Do(t, row)
		failsWith(t, what, a, 422)
		if diff := cmp.Diff(want, messages(a)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	exactly("unknown members", c.withMembers(t, `"x":1`, `"":{}`, `"\u0000":null`, `"__proto__":{}`, `"x":2`),
		"property x should not exist", "property  should not exist", "property \x00 should not exist",
		"property __proto__ should not exist", "property x should not exist")

	var shouted, wanted, wrong, null, nul []string
	for _, name := range c.properties() {
		upper := strings.ToUpper(name)
		shouted, wanted = append(shouted, quoted(upper)+":1"), append(wanted, "property "+upper+" should not exist")
		kind := s.property(c, name)["type"]
		if kind == nil {
			continue // any JSON value will do
		}
		value := `1`
		if kind == "number" || kind == "integer" || kind == "boolean" {
			value = `"1x"`
		}
		wrong, null = append(wrong, quoted(name)+":"+value), append(null, quoted(name)+":null")
		if kind == "string" {
			nul = append(nul, quoted(name)+`:"a\u0000b"`)
		}
		if kind == "object" {
			s.unknownNested(t, c, name)
		}
	}
	exactly("members in upper case", c.withMembers(t, shouted...), wanted...)
	for what, members := range map[string][]string{"the wrong type": wrong, "null": null, "NUL in each text": nul} {
		if len(members) == 0 {
			continue
		}
		a := s.Do(t, c.withMembers(t, members...))
		failsWith(t, what, a, 422)
		for _, m := range members {
			name, _, _ := strings.Cut(m[1:], `"`)
			if !slices.ContainsFunc(messages(a), func(text string) bool { return strings.HasPrefix(text, name+" ") }) {
				t.Errorf("%s: no message about %s in %q", what, name, messages(a))
			}
		}
	}
	if names := c.properties(); len(names) > 0 {
		name := names[0]
		a := s.Do(t, c.withMembers(t, quoted(name)+":1", quoted(name)+":2"))
		failsWith(t, "a repeated member", a, 422)
		if want := "property " + name + " should not be repeated"; !slices.Contains(messages(a), want) {
			t.Errorf("a repeated member: %q lacks %q", messages(a), want)
		}
	}
}

func (s *surface) unknownNested(t *testing.T, c call, name string) {
	switch s.property(c, name)["additionalProperties"].(type) {
	case bool:
	case object:
		return // a map: its keys are data
	default:
		t.Errorf("the document does not say that %s is closed", name)
	}
	a := s.Do(t, c.withMembers(t, quoted(name)+`:{"x":1}`))
	failsWith(t, name+".x", a, 422)
	if want := name + ".property x should not exist"; !slices.Contains(messages(a), want) {
		t.Errorf("%s.x: %q lacks %q", name, messages(a), want)
	}
}

// badLengths sends bodies that are too large or of another length than they say.
func (s *surface) badLengths(t *testing.T, c call) {
	good := s.Names(c.good.Body)
	large := good + strings.Repeat(" ", wire.MaxBody+1-len(good))
	failsWith(t, "a byte too much", s.Do(t, c.withBody(large)), 413)

	chunked := s.request(t, c, struct{ io.Reader }{strings.NewReader(large)})
	if chunked.ContentLength > 0 {
		t.Fatal("the request says its length")
	}
	failsWith(t, "a byte too much without a length", testkit.Do(t, chunked), 413)

	for _, tt := range []struct {
		name, body string
		length     int
		status     int
	}{
		{"a length that is never reached", large, 1 << 40, 413},
		{"a body that ends early", good, len(good) + 1, 400},
		{"a length that cuts the body off", good, len(good) - 1, 400},
	} {
		failsWith(t, tt.name, s.raw(t, c, tt.body, tt.length), tt.status)
	}
}

// request builds the good request with another body.
func (s *surface) request(t *testing.T, c call, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), c.good.Method, s.URL+s.Names(c.good.Path), body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Token(c.good.Token))
	req.Header.Set("Version", c.good.Version)
	req.Header.Set("Content-Type", "application/json")
	return req
}

// raw sends the good request with a body and a length that need not fit.
func (s *surface) raw(t *testing.T, c call, body string, length int) testkit.Answer {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nVersion: v3\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		c.good.Method, s.Names(c.good.Path), s.Token(c.good.Token), length, body)
	if err != nil {
		t.Fatal(err)
	}
	if length < 1<<40 {
		_ = conn.(*net.TCPConn).CloseWrite()
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	a := testkit.Answer{Status: resp.StatusCode, Header: resp.Header}
	if a.Raw, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.Raw, &a.JSON); err != nil {
		t.Fatalf("%d %s: %v", a.Status, a.Raw, err)
	}
	return a
}

// badForms sends multipart bodies that are none, broken off or hold what they may not.
func (s *surface) badForms(t *testing.T, c call) {
	good, media := c.good.Body, c.good.Header["Content-Type"]
	end := strings.LastIndex(good, "--fence--")
	part := func(disposition, content string) string {
		return good[:end] + "--fence\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n--fence--\r\n"
	}
	for name, tt := range map[string]struct {
		body, media string
		status      int
	}{
		"JSON":                   {`{"id":"x"}`, "application/json", 415},
		"a URL-encoded form":     {"id=x", "application/x-www-form-urlencoded", 415},
		"no boundary":            {good, "multipart/form-data", 400},
		"another boundary":       {good, "multipart/form-data; boundary=other", 400},
		"no end":                 {good[:end], media, 400},
		"broken off in a file":   {good[:strings.Index(good, `filename`)+30], media, 400},
		"an unknown part":        {part(`name="x"`, "1"), media, 422},
		"a part in upper case":   {part(`name="ID"`, "1"), media, 422},
		"a repeated part":        {part(`name="id"`, "1"), media, 422},
		"NUL in a part":          {strings.Replace(good, "name=\"maxFiles\"\r\n\r\n", "name=\"maxFiles\"\r\n\r\n\x00", 1), media, 422},
		"a text part of 65 KB":   {part(`name="x"`, strings.Repeat("x", 65<<10)), media, 413},
		"a thousand parts":       {good[:end] + strings.Repeat("--fence\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n", 1000) + "--fence--\r\n", media, 413},
		"a part without headers": {good[:end] + "--fence\r\n\r\nx\r\n--fence--\r\n", media, 422},
	} {
		row := c.withBody(tt.body)
		row.Header = map[string]string{"Content-Type": tt.media}
		failsWith(t, name, s.Do(t, row), tt.status)
	}
}

// badEncodedForms sends URL-encoded bodies that are none, or hold what they may not.
func (s *surface) badEncodedForms(t *testing.T, c call) {
	t.Helper()
	good, media, name := c.good.Body, c.good.Header["Content-Type"], c.properties()[0]
	for what, tt := range map[string]struct {
		body, media string
		status      int
	}{
		"a wrong escape":            {"x=%zz", media, 400},
		"a wrong escape in a name":  {"%=1&" + good, media, 400},
		"half an escape":            {good + "%2", media, 400},
		"nothing":                   {"", media, 422},
		"blank":                     {name + "=+&" + strings.ReplaceAll(good, name, "x"), media, 422},
		"an unknown name":           {good + "&x=1", media, 422},
		"a name in upper case":      {good + "&" + strings.ToUpper(name) + "=1", media, 422},
		"a repeated name":           {good + "&" + name + "=1", media, 422},
		"NUL":                       {strings.Replace(good, "=", "=%00", 1), media, 422},
		"invalid UTF-8":             {strings.Replace(good, "=", "=%ff", 1), media, 422},
		"a list":                    {strings.Replace(good, "=", "%5B%5D=", 1), media, 422},
		"too large":                 {good + strings.Repeat("&", wire.MaxBody), media, 413},
		"text":                      {good, "text/plain", 415},
		"multipart":                 {good, "multipart/form-data; boundary=x", 415},
		"another character set":     {good, media + "; charset=utf-16", 415},
		"what is no media type":     {good, "x/", 415},
		"a form that is called XML": {good, "application/xml", 415},
	} {
		row := c.withBody(tt.body)
		row.Header = map[string]string{"Content-Type": tt.media}
		failsWith(t, what, s.Do(t, row), tt.status)
	}
	row := c.good
	row.Header = map[string]string{"Content-Type": media, "Content-Encoding": "gzip"}
	failsWith(t, "compressed", s.Do(t, row), 415)
}

// answerPublicly makes the operations that need no token succeed and fail in each way that a
// document tells of.
func answerPublicly(t *testing.T, s *surface) {
	t.Helper()
	post := func(path string, pairs ...string) {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		s.Do(t, testkit.Scenario{Method: "POST", Path: path, Body: form.Encode(), Header: encodedForm()})
	}
	id, secret := string(s.own.app.ClientID()), s.own.app.Secret
	for _, path := range []string{"/oauth/token", "/oauth/introspect", "/oauth/revoke"} {
		post(path)
		post(path, "grant_type", "client_credentials", "token", "x")
		post(path, "grant_type", "client_credentials", "token", "x", "client_id", id, "client_secret", "wrong")
		post(path, "grant_type", "client_credentials", "token", "x", "client_id", id, "client_secret", secret)
	}
}

// TestEveryDocumentedStatusIsAnswered (requirement 51) makes each operation succeed, and
// fail in each way that any document tells of, on one server. Every answer is checked
// against the served document on the way.
func TestEveryDocumentedStatusIsAnswered(t *testing.T) {
	forEach(t, testEveryDocumentedStatusIsAnswered)
}

func testEveryDocumentedStatusIsAnswered(t *testing.T, e *testkit.Env) {
	s := newSurface(t, e)
	for _, c := range s.calls(t) {
		want := []int{c.route.Status, 400, 401, 422}
		if c.route.Status == 0 {
			want[0] = 200
		}
		noToken := c.good
		noToken.Token = ""
		e.Do(t, noToken)
		e.Do(t, c.withQuery("%zz"))
		e.Do(t, c.withQuery("x=1"))
		if c.route.Tenanted() {
			foreign := c.good
			foreign.Path = strings.Replace(foreign.Path, string(e.LocA), string(e.LocX), 1)
			e.Do(t, foreign)
			want = append(want, 403)
		}
		if c.media != "" {
			row := c.withBody("x")
			row.Header = map[string]string{"Content-Type": "text/plain"}
			e.Do(t, row)
			want = append(want, 415)
		}
		if c.media == "application/json" || c.media == "application/x-www-form-urlencoded" {
			e.Do(t, c.withBody(strings.Repeat(" ", wire.MaxBody+1)))
			want = append(want, 413)
		}
		if c.route.ErrorObject {
			row := c.good
			row.Path = strings.Replace(row.Path, string(s.own.app.ID), "none", 1)
			e.Do(t, row)
			want = append(want, 404)
		}
		if a := e.Do(t, c.good); a.Status != want[0] || bytes.Contains(a.Raw, []byte(":null")) {
			t.Errorf("%s: the good request answers %d, want %d: %s", c.route.ID, a.Status, want[0], a.Raw)
		}
		for _, status := range want {
			if !slices.Contains(e.Seen(c.route.ID), status) {
				t.Errorf("%s never answered %d, only %v", c.route.ID, status, e.Seen(c.route.ID))
			}
		}
	}
	answerPublicly(t, s)
	byPath := map[string]string{}
	for _, route := range e.Routes {
		byPath[route.Method+" "+route.Path] = route.ID
	}
	for _, name := range published() {
		for key, op := range operations(spec(t, name)) {
			for status := range op["responses"].(object) {
				var n int
				if _, err := fmt.Sscan(status, &n); err != nil || !slices.Contains(e.Seen(byPath[key]), n) {
					t.Errorf("%s documents %s of %s, which was never answered: %v", name, status, key, e.Seen(byPath[key]))
				}
			}
		}
	}
}
