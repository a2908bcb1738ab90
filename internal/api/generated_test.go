package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// hostileValues are JSON texts that hardly any property is made for.
func hostileValues() []string {
	return []string{
		`null`, `true`, `-1`, `0`, `1.5`, `1e400`, `-0.0`, `9007199254740993`, strings.Repeat("9", 20_000), `""`, `" "`, `"\u0000"`, `"\ud800"`, `"\ud83d\ude80"`,
		quoted(strings.Repeat("x", 256)), quoted(strings.Repeat("🚀", 30_000)), `"'; DROP TABLE tags;--"`, `"..%2f..\/etc\/passwd"`, `"\u202e<script>{{7*7}}\r\n"`, `"NaN"`, `"9999-12-31T23:59:59Z"`, `"2026-02-30"`,
		`[]`, `[null]`, `[[]]`, `["",""]`, `{}`, `{"a":1,"a":2}`, `{"__proto__":{}}`, strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
	}
}

// mutants lists the good body of a call with each property that its schema knows, at any
// depth, replaced by each hostile value, given twice, and spelled in other cases.
func (s *surface) mutants(t testing.TB, c call) []testkit.Scenario {
	t.Helper()
	var list []testkit.Scenario
	for _, name := range c.properties() {
		for _, wrap := range s.places(c.schema["properties"].(object)[name], 0) {
			for _, value := range hostileValues() {
				list = append(list, c.withMembers(t, quoted(name)+":"+wrap(value)))
			}
		}
		good := s.sample(c.schema["properties"].(object)[name], 0)
		list = append(list, c.withMembers(t, quoted(name)+":"+good), c.withMembers(t, quoted(name)+":"+good, quoted(name)+":null"))
		for _, other := range []string{strings.ToUpper(name), strings.ToLower(name), strings.ToUpper(name[:1]) + name[1:], name + " ", name + "\x00"} {
			if other != name {
				list = append(list, c.withMembers(t, quoted(other)+":"+good))
			}
		}
	}
	return list
}

// places are the ways to put a value where the schema is, or inside of it.
func (s *surface) places(schema any, depth int) []func(string) string {
	at := []func(string) string{func(value string) string { return value }}
	resolved := resolve(s.doc, schema)
	if depth == 3 {
		return at
	}
	properties, _ := resolved["properties"].(object)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		for _, inner := range s.places(properties[name], depth+1) {
			at = append(at, func(value string) string { return s.object(resolved, depth, name, inner(value)) })
		}
	}
	if items := resolved["items"]; items != nil {
		for _, inner := range s.places(items, depth+1) {
			at = append(at, func(value string) string { return "[" + s.sample(items, depth+1) + "," + inner(value) + "]" })
		}
	}
	return at
}

// object writes an object with the required members and one more.
func (s *surface) object(schema object, depth int, name, value string) string {
	members := []string{}
	required, _ := schema["required"].([]any)
	for _, other := range required {
		if other != name {
			members = append(members, quoted(other.(string))+":"+s.sample(schema["properties"].(object)[other.(string)], depth+1))
		}
	}
	if name != "" {
		members = append(members, quoted(name)+":"+value)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// sample writes a value that the schema admits.
func (s *surface) sample(schema any, depth int) string {
	resolved := resolve(s.doc, schema)
	if enum, ok := resolved["enum"].([]any); ok {
		return quoted(fmt.Sprint(enum[0]))
	}
	switch resolved["type"] {
	case "integer", "number":
		return "1"
	case "boolean":
		return "true"
	case "array":
		return "[" + s.sample(resolved["items"], depth+1) + "]"
	case "object":
		return s.object(resolved, depth, "", "")
	}
	return `"a"`
}

// recorded counts what was ever recorded: every change of a tenant appends to it.
func (s *surface) recorded(t testing.TB) string {
	t.Helper()
	return testkit.Texts(t, s.DB, `SELECT (SELECT count(*) FROM events) || ' ' || (SELECT count(*) FROM audit)`)[0]
}

// TestGeneratedRequests (requirements 20, 21 and 28): each property of each body that the served
// document knows gets values that it is not made for. The answer is as documented and below 500, what
// is refused changes nothing, and what is stored can be read.
func TestGeneratedRequests(t *testing.T) {
	forEach(t, testGeneratedRequests)
}

func testGeneratedRequests(t *testing.T, e *testkit.Env) {
	s := newSurface(t, e)
	calls := s.calls(t)
	sent := 0
	for _, c := range calls {
		if c.media != "application/json" {
			continue
		}
		t.Run(c.route.ID, func(t *testing.T) {
			before := s.recorded(t)
			for _, row := range s.mutants(t, c) {
				a := e.Handle(t, row)
				after := s.recorded(t)
				sent++
				if a.Status >= 500 {
					t.Errorf("%.200s answers %d %s", row.Body, a.Status, a.Raw)
				}
				if a.Status >= 400 {
					failsWith(t, row.Body[:min(200, len(row.Body))], a, a.Status)
					if after != before {
						t.Errorf("%.200s is refused with %d and recorded", row.Body, a.Status)
					}
				}
				before = after
			}
			for _, read := range calls {
				if read.route.Method != http.MethodGet {
					continue
				}
				if a := e.Handle(t, read.good); a.Status != 200 {
					t.Errorf("afterwards %s answers %d %.300s", read.route.ID, a.Status, a.Raw)
				}
			}
			e.Log.Reset()
		})
	}
	if sent < 5000 {
		t.Errorf("only %d requests were generated", sent)
	}
}

// TestMemoryStaysFlat (requirement 20): thousands of requests of strangers and of hostile senders, each
// unlike the ones before, leave nothing in the memory.
func TestMemoryStaysFlat(t *testing.T) {
	e := testkit.NewEnv(t, testkit.OpenDB(t))
	s := newSurface(t, e)
	var reads []call
	for _, c := range s.calls(t) {
		if c.route.Method == http.MethodGet {
			reads = append(reads, c)
		}
	}
	n := 0
	round := func() uint64 {
		for range 500 {
			n++
			c := reads[n%len(reads)]
			known, stranger, lost, invalid := c.good, c.good, c.good, c.good
			stranger.Token = fmt.Sprintf("pit-00000000-0000-4000-8000-%012d", n)
			lost.Path += fmt.Sprintf("/%d", n)
			invalid.Path = strings.Replace(invalid.Path, string(s.own.loc), fmt.Sprintf("%020d", n), 1) + fmt.Sprintf("?x%d=%d", n, n)
			for _, row := range []testkit.Scenario{known, stranger, lost, invalid} {
				e.Handle(t, row)
			}
			if n%7 == 0 { // an access token that was never seen before
				known.Token = e.AccessToken(t, tenantry.Caller{Class: tenantry.SubAccount, CompanyID: s.own.company, LocationID: s.own.loc})
				e.Handle(t, known)
			}
		}
		e.Log.Reset()
		runtime.GC()
		runtime.GC() // pools empty in two steps
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	round()
	first := round()
	last := round()
	const bound = 512 << 10 // 256 bytes for each of a round's 2,000 requests
	if last > first+bound {
		t.Errorf("the heap grew from %d to %d KiB", first>>10, last>>10)
	}
}
