package tenantry_test

import (
	"archive/zip"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

func TestTimeZones(t *testing.T) {
	zones := tenantry.TimeZones()
	if !slices.IsSorted(zones) || len(slices.Compact(slices.Clone(zones))) != len(zones) {
		t.Error("the list is not sorted or repeats a name")
	}
	for _, want := range []string{"America/New_York", "Asia/Kolkata", "Europe/Kyiv", "Pacific/Auckland", "UTC"} {
		if !slices.Contains(zones, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, other := range []string{"US/Central", "Europe/Kiev", "EST5EDT", "GMT", "Factory", "Local", ""} {
		if slices.Contains(zones, other) {
			t.Errorf("%q is no canonical zone", other)
		}
	}
	if len(zones) < 400 {
		t.Errorf("%d zones, want more than 400", len(zones))
	}
	zones[0] = "changed"
	if tenantry.TimeZones()[0] == "changed" {
		t.Error("a caller can change the list")
	}
}

func TestLoadZone(t *testing.T) {
	for _, name := range append(tenantry.TimeZones(), "US/Central", "Europe/Kiev", "Asia/Calcutta", "EST5EDT", "GMT", "GB-Eire", "Etc/GMT+0") {
		zone, err := tenantry.LoadZone(name)
		if err != nil {
			t.Errorf("LoadZone(%q): %v", name, err)
			continue
		}
		if got := zone.String(); got != name {
			t.Errorf("LoadZone(%q) is named %q", name, got)
		}
	}
}

func TestLoadZoneRefuses(t *testing.T) {
	names := []string{
		"", " ", "Local", "localtime", "posix/Europe/Berlin", "right/Europe/Berlin", "posixrules", "Factory", "Mars/Base",
		"europe/berlin", "Europe/BERLIN", "utc", "us/central", "Europe", "Europe/", "/Europe/Berlin", " Europe/Berlin", "Europe/Berlin\n",
		"UTC UTC", "UTC\nZulu", "Africa/Abidjan Africa/Accra", "Etc", "erlin", "Zul", "../zoneinfo/UTC", "UTC+1", "+01:00", "tzdata.zi", "Europe/Berlin\x00",
	}
	for _, name := range names {
		zone, err := tenantry.LoadZone(name)
		var refusal *tenantry.Error
		if !errors.As(err, &refusal) || refusal.Kind != tenantry.Invalid || zone != nil {
			t.Errorf("LoadZone(%q) = %v, %v, want an error of kind Invalid", name, zone, err)
			continue
		}
		if diff := cmp.Diff([]string{"timezone must be the name of an IANA time zone"}, refusal.Messages); diff != "" {
			t.Errorf("LoadZone(%q) messages (-want +got):\n%s", name, diff)
		}
	}
}

func TestLoadZoneConcurrently(t *testing.T) {
	var wait sync.WaitGroup
	for _, name := range tenantry.TimeZones()[:8] {
		wait.Go(func() {
			if _, err := tenantry.LoadZone(name); err != nil {
				t.Errorf("LoadZone(%q): %v", name, err)
			}
		})
	}
	wait.Wait()
}

// What the database inside the program knows and what LoadZone accepts is the
// same: a system without zone files serves every name.
func TestEveryZoneIsEmbedded(t *testing.T) {
	embedded := embeddedZones(t)
	for _, name := range tenantry.TimeZones() {
		if _, ok := embedded[name]; !ok {
			t.Errorf("%s is not in the embedded database", name)
		}
	}
	for name, data := range embedded {
		if _, err := time.LoadLocationFromTZData(name, data); err != nil {
			t.Errorf("embedded %s: %v", name, err)
		}
		if _, err := tenantry.LoadZone(name); err != nil && name != "Factory" {
			t.Errorf("embedded %s is refused: %v", name, err)
		}
	}
}

// embeddedZones reads the archive that time/tzdata carries from its source, in
// the place where the package under test imports it from.
func embeddedZones(t *testing.T) map[string][]byte {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{if eq .ImportPath "time/tzdata"}}{{.Dir}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(strings.TrimSpace(string(dir)), "zzipdata.go")
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var archive string
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && len(literal.Value) > len(archive) {
			archive = literal.Value
		}
		return true
	})
	if archive, err = strconv.Unquote(archive); err != nil {
		t.Fatal(err)
	}
	return unzip(t, archive)
}

func unzip(t *testing.T, archive string) map[string][]byte {
	t.Helper()
	reader, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range reader.File {
		content, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[entry.Name], err = io.ReadAll(content); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func BenchmarkLoadZone(b *testing.B) {
	for _, name := range []string{"Africa/Abidjan", "Pacific/Auckland", "Zulu", "Mars/Base"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = tenantry.LoadZone(name)
			}
		})
	}
}
