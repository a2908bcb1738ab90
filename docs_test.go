package tenantry_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestErrorCodesAreDocumented: docs/errors.md lists exactly the codes that the program can answer.
func TestErrorCodesAreDocumented(t *testing.T) {
	made := regexp.MustCompile(`(?:Errorf\([\w.]+,\s*|Code:\s*)"([a-z_]+)"`)
	var used []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range made.FindAllSubmatch(data, -1) {
			used = append(used, string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllSubmatch(data, -1) {
		documented = append(documented, string(m[1]))
	}
	slices.Sort(used)
	slices.Sort(documented)
	if diff := cmp.Diff(slices.Compact(used), documented); diff != "" {
		t.Errorf("docs/errors.md (-program +document):\n%s", diff)
	}
}

// TestSecurityTestsExist: each test that docs/oauth.md names for a point of RFC 9700 is there.
func TestSecurityTestsExist(t *testing.T) {
	data, err := os.ReadFile("docs/oauth.md")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(code, -1) {
			made[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| [^|]+ \\| [^|]+ \\| (`Test.*`) \\|$").FindAllSubmatch(data, -1)
	if len(rows) < 20 {
		t.Errorf("%d rows name tests", len(rows))
	}
	for _, row := range rows {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllSubmatch(row[1], -1) {
			if !made[string(name[1])] {
				t.Errorf("docs/oauth.md names %s, which does not exist", name[1])
			}
		}
	}
}
