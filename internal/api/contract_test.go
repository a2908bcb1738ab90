package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/httpd"
	"github.com/tenantry/tenantry/internal/wire"
)

// root is the repository's folder, seen from this package.
const root = "../.."

// spec reads a published OpenAPI file. The files are data that lie beside the
// repository; CI has them always.
func spec(t *testing.T, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "../shared/spec", name))
	if os.IsNotExist(err) && os.Getenv("CI") == "" {
		t.Skip("the published OpenAPI files are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// published names the files whose operations are served.
func published() []string {
	return []string{"locations.json", "v3/locations-v3.json", "oauth.json", "v3/oauth-v3.json"}
}

// TestPublishedContract compares the served document with the published ones: each
// difference must be covered by a row of DIVERGENCES.md, and each row must cover one.
func TestPublishedContract(t *testing.T) {
	var ours map[string]any
	if err := json.Unmarshal(wire.OpenAPI(httpd.Routes(httpd.Options{API: api.New(nil, nil, "")}), "test"), &ours); err != nil {
		t.Fatal(err)
	}
	patterns := divergences(t)
	used := map[string]bool{}
	for _, name := range published() {
		part, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), ".json"), "-")
		for _, d := range differences(spec(t, name), below(ours, "/"+part)) {
			covered := false
			for _, p := range patterns {
				if p.MatchString(d) {
					covered, used[p.String()] = true, true
				}
			}
			if !covered {
				t.Errorf("%s: DIVERGENCES.md has no row for: %s", name, d)
			}
		}
	}
	for _, p := range patterns {
		if !used[p.String()] {
			t.Errorf("DIVERGENCES.md: %s is no difference any more", p)
		}
	}
}

// below is the part of a document whose paths begin with the prefix.
func below(doc object, prefix string) object {
	part := maps.Clone(doc)
	paths := maps.Clone(doc["paths"].(object))
	maps.DeleteFunc(paths, func(path string, _ any) bool { return !strings.HasPrefix(path, prefix) })
	part["paths"] = paths
	return part
}

// divergences reads the patterns of the rows: the code spans of a row's last cell,
// with * for anything. A span that begins with Test names the test that shows the row.
func divergences(t *testing.T) []*regexp.Regexp {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "DIVERGENCES.md"))
	if err != nil {
		t.Fatal(err)
	}
	var patterns []*regexp.Regexp
	tests := testNames(t)
	for line := range strings.SplitSeq(string(data), "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) < 4 || strings.HasPrefix(cells[0], "#") || strings.HasPrefix(cells[0], "-") {
			continue
		}
		spans := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(spans) == 0 {
			t.Errorf("DIVERGENCES.md: nothing shows the row %q", line)
		}
		for _, span := range spans {
			if strings.HasPrefix(span[1], "Test") {
				if !tests[span[1]] {
					t.Errorf("DIVERGENCES.md names %s, which is no test", span[1])
				}
				continue
			}
			patterns = append(patterns, regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(span[1]), `\*`, ".*")+"$"))
		}
	}
	return patterns
}

// testNames lists the test functions of the module.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(data), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

type object = map[string]any

// comparison walks two documents side by side.
type comparison struct {
	theirs, ours object
	out          []string
	seen         map[string]bool // pairs of schemas under way: schemas may contain themselves
}

// differences lists how ours differs from theirs, one line each, sorted.
func differences(theirs, ours object) []string {
	c := &comparison{theirs: theirs, ours: ours, seen: map[string]bool{}}
	a, b := operations(theirs), operations(ours)
	for _, key := range slices.Sorted(maps.Keys(merge(a, b))) {
		switch {
		case b[key] == nil:
			c.note("%s missing", key)
		case a[key] == nil:
			c.note("%s added", key)
		default:
			c.operation(key, a[key], b[key])
		}
	}
	slices.Sort(c.out)
	return slices.Compact(c.out)
}

func (c *comparison) note(format string, args ...any) {
	c.out = append(c.out, fmt.Sprintf(format, args...))
}

func merge[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// operations keys a document's operations by "METHOD /path", without the trailing
// slash that the published files write in places.
func operations(doc object) map[string]object {
	out := map[string]object{}
	for path, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			out[strings.ToUpper(method)+" "+strings.TrimSuffix(path, "/")] = op.(object)
		}
	}
	return out
}

func (c *comparison) operation(key string, a, b object) {
	if a["operationId"] != b["operationId"] {
		c.note("%s operationId", key)
	}
	c.parameters(key, a, b)
	c.schemas(key+" request", c.body(c.theirs, a), c.body(c.ours, b), true)
	for _, status := range slices.Sorted(maps.Keys(merge(a["responses"].(object), b["responses"].(object)))) {
		x, y := a["responses"].(object)[status], b["responses"].(object)[status]
		switch {
		case y == nil:
			c.note("%s status %s missing", key, status)
		case x == nil:
			c.note("%s status %s added", key, status)
		case status < "300":
			c.schemas(key+" response", content(x), content(y), false)
		}
	}
	if !reflect.DeepEqual(grants(a), grants(b)) {
		c.note("%s security %v", key, grants(b))
	}
}

// grants flattens a security list to "class scope" texts; bearer and Location-Access are one class.
func grants(op object) []string {
	var out []string
	list, _ := op["security"].([]any)
	for _, item := range list {
		for name, scopes := range item.(object) {
			if name == "bearer" {
				name = "Location-Access"
			}
			if len(scopes.([]any)) == 0 {
				out = append(out, name)
			}
			for _, s := range scopes.([]any) {
				out = append(out, name+" "+s.(string))
			}
		}
	}
	slices.Sort(out)
	return out
}

func (c *comparison) parameters(key string, a, b object) {
	named := func(op object) map[string]object {
		out := map[string]object{}
		list, _ := op["parameters"].([]any)
		for _, p := range list {
			out[fmt.Sprint(p.(object)["in"], " ", p.(object)["name"])] = p.(object)
		}
		return out
	}
	x, y := named(a), named(b)
	for _, name := range slices.Sorted(maps.Keys(merge(x, y))) {
		at := key + " " + name
		switch {
		case y[name] == nil:
			c.note("%s missing", at)
		case x[name] == nil:
			c.note("%s added", at)
		default:
			if (x[name]["required"] == true) != (y[name]["required"] == true) {
				c.note("%s required", at)
			}
			c.schemas(at, x[name]["schema"], y[name]["schema"], true)
		}
	}
}

func (c *comparison) body(_ object, op object) any {
	body, ok := op["requestBody"].(object)
	if !ok {
		return nil
	}
	return content(body)
}

// content is the schema of a body, whatever its media type.
func content(v any) any {
	media, _ := v.(object)["content"].(object)
	for _, m := range media {
		return m.(object)["schema"]
	}
	return nil
}

// resolve follows references and single allOf wrappers.
func resolve(doc object, v any) object {
	s, _ := v.(object)
	if all, ok := s["allOf"].([]any); ok && len(all) == 1 {
		return resolve(doc, all[0])
	}
	ref, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	name := ref[strings.LastIndexByte(ref, '/')+1:]
	return resolve(doc, doc["components"].(object)["schemas"].(object)[name])
}

func (c *comparison) schemas(at string, a, b any, input bool) {
	x, y := resolve(c.theirs, a), resolve(c.ours, b)
	if x == nil || y == nil {
		if (x == nil) != (y == nil) {
			c.note("%s schema", at)
		}
		return
	}
	pair := fmt.Sprintf("%s %p %p", at, x, y)
	if c.seen[pair] {
		return
	}
	c.seen[pair] = true
	if x["type"] != y["type"] {
		c.note("%s type %v", at, y["type"])
		return
	}
	if !reflect.DeepEqual(sortedEnum(x), sortedEnum(y)) {
		c.note("%s enum", at)
	}
	if input && fmt.Sprint(x["default"]) != fmt.Sprint(y["default"]) {
		c.note("%s default %v", at, y["default"])
	}
	c.properties(at, x, y, input)
	if x["items"] != nil || y["items"] != nil {
		c.schemas(at+"[]", x["items"], y["items"], input)
	}
}

func sortedEnum(s object) []string {
	var out []string
	list, _ := s["enum"].([]any)
	for _, v := range list {
		out = append(out, fmt.Sprint(v))
	}
	slices.Sort(out)
	return out
}

func (c *comparison) properties(at string, x, y object, input bool) {
	p, _ := x["properties"].(object)
	q, _ := y["properties"].(object)
	required := func(s object, name string) bool {
		list, _ := s["required"].([]any)
		return slices.Contains(list, any(name))
	}
	for _, name := range slices.Sorted(maps.Keys(merge(p, q))) {
		here := at + "." + name
		switch {
		case q[name] == nil:
			c.note("%s missing", here)
		case p[name] == nil:
			c.note("%s added", here)
		default:
			if input && required(x, name) != required(y, name) {
				c.note("%s required", here)
			}
			if !input && required(x, name) && !required(y, name) {
				c.note("%s not always there", here)
			}
			c.schemas(here, p[name], q[name], input)
		}
	}
}
