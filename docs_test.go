package tenantry_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
	made := testsOf(t)
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

// testsOf finds the names of the tests and fuzz targets of the module.
func testsOf(t *testing.T) map[string]bool {
	t.Helper()
	made := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\([tf] \*testing\.[TF]\)`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
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
	return made
}

// TestReliabilityIsTested: docs/reliability.md promises nothing without a test that exists, and each
// number once, in order.
func TestReliabilityIsTested(t *testing.T) {
	data, err := os.ReadFile("docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	made, last := testsOf(t), 0
	rows := regexp.MustCompile(`(?m)^\| *(\d+) *\|(.*)\|(.*)\|(.*)\|$`).FindAllStringSubmatch(string(data), -1)
	if lines := strings.Count(string(data), "\n| "); len(rows) != lines-1 || len(rows) < 14 {
		t.Errorf("%d of %d lines of the table are rows", len(rows), lines-1)
	}
	for _, row := range rows {
		number, err := strconv.Atoi(row[1])
		if err != nil || number <= last {
			t.Errorf("%s comes after %d", row[1], last)
		}
		last = number
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[4], -1)
		if len(names) == 0 || strings.TrimSpace(row[2]) == "" {
			t.Errorf("%d has no promise or no test", number)
		}
		for _, name := range names {
			if !made[name[1]] {
				t.Errorf("%d names %s, which is no test", number, name[1])
			}
		}
	}
}
