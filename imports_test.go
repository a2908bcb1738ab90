package tenantry_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/tenantry/tenantry"

// The limits on non-test code, in lines; .golangci.yml has the one on functions too.
const (
	maxFileLines     = 500
	maxFunctionLines = 80
)

// direction is the table of ARCHITECTURE.md: which packages of this module a
// package may import. It may also import what those may; nothing else. The root
// is ".". Siblings have no row that leads from one to the other: what two need
// is a rule (root) or a query (store). Only tests import internal/testkit: no row
// but its own names it. The rules of depguard in .golangci.yml repeat the table.
func direction() map[string][]string {
	return map[string][]string{
		".":                       {},
		"internal/db":             {"."},
		"internal/store":          {"internal/db"},
		"internal/wire":           {"."},
		"internal/files":          {"."},
		"internal/ratelimit":      {"."},
		"internal/api":            {"internal/store", "internal/wire", "internal/files"},
		"internal/oauth":          {"internal/store", "internal/wire"},
		"internal/console":        {"internal/store"},
		"internal/jobs":           {"internal/store", "internal/files"},
		"internal/httpd":          {"internal/api", "internal/oauth", "internal/console", "internal/jobs", "internal/ratelimit"},
		"client":                  {"."},
		"cmd/tenantry":            {"internal/httpd", "client"},
		"internal/testkit":        {"internal/httpd", "client", "internal/testkit/bucket", "internal/testkit/pgtest"},
		"internal/testkit/pgtest": {},
		"internal/testkit/bucket": {},
		"internal/gen/timezones":  {},
		"test/bench":              {"internal/httpd", "internal/testkit/pgtest"},
	}
}

// mayImport tells whether the table lets pkg import target, directly or through
// what it may import.
func mayImport(table map[string][]string, pkg, target string) bool {
	for _, below := range table[pkg] {
		if below == target || mayImport(table, below, target) {
			return true
		}
	}
	return false
}

func TestImportsFollowTheDirection(t *testing.T) {
	table := direction()
	for _, f := range sources(t) {
		if _, ok := table[f.pkg]; !ok {
			t.Errorf("%s: package %s has no row in direction() of imports_test.go; "+
				"add one (and its rule to .golangci.yml) only if no existing package is the place for the code", f.path, f.pkg)
			continue
		}
		for _, target := range f.imports {
			if within, ok := inModule(target); ok && !mayImport(table, f.pkg, within) {
				t.Errorf("%s: package %s must not import %s (direction() in imports_test.go)", f.path, f.pkg, within)
			}
		}
	}
}

func TestDirectionRefusesWhatItShould(t *testing.T) {
	tests := []struct {
		pkg, target string
		want        bool
	}{
		{"internal/store", "internal/db", true},
		{"internal/store", ".", true},
		{"cmd/tenantry", "internal/db", true},
		{"internal/httpd", "internal/wire", true},
		{".", "internal/db", false},
		{"internal/db", "internal/store", false},
		{"internal/store", "internal/wire", false},
		{"internal/wire", "internal/store", false},
		{"internal/api", "internal/oauth", false},
		{"internal/oauth", "internal/api", false},
		{"internal/oauth", "internal/files", false},
		{"internal/console", "internal/wire", false},
		{"internal/jobs", "internal/api", false},
		{"internal/files", "internal/store", false},
		{"internal/ratelimit", "internal/db", false},
		{"internal/api", "internal/httpd", false},
		{"client", "internal/wire", false},
		{"internal/httpd", "client", false},
		{"cmd/tenantry", "internal/testkit", false},
		{"internal/testkit", "cmd/tenantry", false},
	}
	for _, tt := range tests {
		if got := mayImport(direction(), tt.pkg, tt.target); got != tt.want {
			t.Errorf("mayImport(%q, %q) = %v, want %v", tt.pkg, tt.target, got, tt.want)
		}
	}
}

func TestRootImportsTheStandardLibraryOnly(t *testing.T) {
	for _, f := range sources(t) {
		if f.pkg != "." {
			continue
		}
		for _, target := range f.imports {
			// The first element of a package outside the standard library is a host name.
			if first, _, _ := strings.Cut(target, "/"); strings.Contains(first, ".") {
				t.Errorf("%s: the root package imports %s, which is not in the standard library", f.path, target)
			}
		}
	}
}

func TestFilesAndFunctionsStayShort(t *testing.T) {
	for _, f := range sources(t) {
		if f.generated {
			continue
		}
		if f.lines > maxFileLines {
			t.Errorf("%s: %d lines; at most %d", f.path, f.lines, maxFileLines)
		}
		for _, fn := range f.functions {
			if fn.lines > maxFunctionLines {
				t.Errorf("%s: function %s has %d lines; at most %d", f.path, fn.name, fn.lines, maxFunctionLines)
			}
		}
	}
}

func TestGoVersion(t *testing.T) {
	data, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`(?m)^(?:go|toolchain) .*$`).FindAllString(string(data), -1)
	if diff := cmp.Diff([]string{"go 1.26.0"}, got); diff != "" {
		t.Errorf("go.mod's go and toolchain lines (-want +got):\n%s", diff)
	}
}

// source is a Go file that is no test.
type source struct {
	path      string
	pkg       string // directory below the module's root, "." for the root itself
	imports   []string
	lines     int
	generated bool
	functions []function
}

type function struct {
	name  string
	lines int // of the body, as funlen counts them
}

// sources parses every Go file of the module that is no test, whatever its build
// constraints. It fails if it finds suspiciously few.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if ignored(name) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			all = append(all, parse(t, name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("found only %d Go files: the walk is broken", len(all))
	}
	return all
}

// ignored tells whether the go command leaves the folder out too, or it is not ours.
func ignored(dir string) bool {
	base := path.Base(dir)
	return base == "testdata" || base == "node_modules" || base == "bin" ||
		dir != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_"))
}

func parse(t *testing.T, name string) source {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	f := source{path: name, pkg: path.Dir(name), generated: ast.IsGenerated(file)}
	f.lines = fset.File(file.Package).LineCount() - 1 // after the last newline begins one more
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatalf("%s: import %s: %v", name, spec.Path.Value, err)
		}
		f.imports = append(f.imports, target)
	}
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			f.functions = append(f.functions, function{
				name:  fn.Name.Name,
				lines: fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line - 1,
			})
		}
	}
	return f
}

// inModule gives the folder of a package of this module.
func inModule(importPath string) (dir string, ok bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}
