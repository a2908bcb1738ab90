package api_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/internal/testkit"
)

// TestNumberEdgesOnEveryOperation (requirement 28): each number in a query that the served document
// knows is refused when it is none, or out of its bounds, and answered when it is at a bound.
func TestNumberEdgesOnEveryOperation(t *testing.T) {
	forEach(t, testNumberEdgesOnEveryOperation)
}

func testNumberEdgesOnEveryOperation(t *testing.T, e *testkit.Env) {
	s := newSurface(t, e)
	checked := 0
	for _, c := range s.calls(t) {
		list, _ := operations(s.doc)[c.route.Method+" "+c.route.Path]["parameters"].([]any)
		for _, p := range list {
			schema := resolve(s.doc, p.(object)["schema"])
			name, _ := p.(object)["name"].(string)
			if p.(object)["in"] != "query" || schema["type"] != "integer" {
				continue
			}
			checked++
			t.Run(c.route.ID+" "+name, func(t *testing.T) { s.numberEdges(t, c, name, schema) })
		}
	}
	if checked < 9 {
		t.Errorf("only %d numbers were found", checked)
	}
}

func (s *surface) numberEdges(t *testing.T, c call, name string, schema object) {
	for _, text := range []string{
		"", "%20", "NaN", "Infinity", "-Infinity", "10abc", "abc", "0x10", "%2B1", "1_000", "01", "1.", ".5", "1.5", "1e", "--1", "-0x1", "1e400", "9007199254740993", "-9007199254740993",
		strings.Repeat("9", 5000), "%D9%A1", "%EF%BC%91", "1%00", "1%0A", "null", "true", "[1]", "1,2", "1;2", "0b1", "-1", "-1000000000",
	} {
		failsWith(t, name+"="+text, s.Handle(t, c.withQuery(name+"="+text)), 422)
	}
	failsWith(t, "twice", s.Handle(t, c.withQuery(name+"=1&"+name+"=1")), 422)
	fine, refused := []string{"1", "1e0", "1.0"}, []string{}
	if most, ok := schema["maximum"].(float64); ok {
		fine, refused = append(fine, number(most)), append(refused, number(most+1), "1e9")
	} else {
		fine = append(fine, "1e9", "9007199254740991")
	}
	if least, ok := schema["minimum"].(float64); !ok {
		t.Errorf("%s has no least value", name)
	} else {
		fine, refused = append(fine, number(least)), append(refused, number(least-1))
	}
	for _, text := range fine {
		if a := s.Handle(t, c.withQuery(name+"="+text)); a.Status != http.StatusOK {
			t.Errorf("%s=%s answers %d %s", name, text, a.Status, a.Raw)
		}
	}
	for _, text := range refused {
		failsWith(t, name+"="+text, s.Handle(t, c.withQuery(name+"="+text)), 422)
	}
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// TestLongestQueries (requirements 24 and 25): as long a text as a request can carry is searched for, or
// refused, but no error of the database.
func TestLongestQueries(t *testing.T) {
	forEach(t, testLongestQueries)
}

func testLongestQueries(t *testing.T, e *testkit.Env) {
	s := newSurface(t, e)
	checked := 0
	for _, c := range s.calls(t) {
		list, _ := operations(s.doc)[c.route.Method+" "+c.route.Path]["parameters"].([]any)
		for _, p := range list {
			if p.(object)["in"] != "query" || resolve(s.doc, p.(object)["schema"])["type"] != "string" {
				continue
			}
			checked++
			for _, letter := range []string{"x", "%25", "_", "%27", "%5C", "%F0%9F%9A%80"} {
				text := strings.Repeat(letter, 60_000/len(letter))
				row := c.withQuery(p.(object)["name"].(string) + "=" + text)
				if a := s.Do(t, row); !slices.Contains([]int{200, 400, 403, 422}, a.Status) {
					t.Errorf("%s: %.100s answers %d %.300s", c.route.ID, row.Path, a.Status, a.Raw)
				}
			}
		}
	}
	if checked < 9 {
		t.Errorf("only %d texts were found", checked)
	}
}
