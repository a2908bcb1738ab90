package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `# version 2031a
# This zic input file is in the public domain.
R d 1916 o - Jun 14 23s 1 S
Z Europe/Berlin 0:53:28 - LMT 1893 Ap
1 c CE%sT 1945 May 24 2
Z EST5EDT -5 u E%sT
Z Etc/UTC 0 - UTC
Z Factory 0 - -00
Z Africa/Cairo 2:5:9 - LMT 1900 O
L Etc/UTC UTC
L Etc/UTC Zulu
L Europe/Berlin Arctic/Longyearbyen
`

func TestParse(t *testing.T) {
	got, err := parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	want := zoneNames{
		version:   "2031a",
		canonical: []string{"Africa/Cairo", "Etc/UTC", "Europe/Berlin", "UTC"},
		links:     []string{"Arctic/Longyearbyen", "EST5EDT", "Zulu"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(zoneNames{})); diff != "" {
		t.Errorf("parse (-want +got):\n%s", diff)
	}
}

func TestParseRefusesOtherText(t *testing.T) {
	for _, text := range []string{"", "# version 2031a\n", "Z Europe/Berlin 1 - CET\nL Europe/Berlin Arctic/Longyearbyen\n"} {
		if names, err := parse(text); err == nil {
			t.Errorf("parse(%q) = %v, want an error", text, names)
		}
	}
}

func TestRunWritesGo(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "tzdata.zi"), filepath.Join(dir, "zones.go")
	long := sample
	for _, suffix := range []string{"a", "b", "c", "d", "e", "f"} {
		long += "L Etc/UTC Etc/" + strings.Repeat(suffix, 30) + "\n"
	}
	if err := os.WriteFile(in, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{in, out}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if want := "const canonicalZones = `\nAfrica/Cairo Etc/UTC Europe/Berlin UTC\n`\n"; !strings.Contains(string(got), want) {
		t.Errorf("no %q in:\n%s", want, got)
	}
	for line := range strings.Lines(string(got)) {
		if len(line) > 101 {
			t.Errorf("line of %d characters: %s", len(line), line)
		}
	}
}

func TestRunRefusesWrongUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"one"}, {filepath.Join(t.TempDir(), "missing"), "out.go"}} {
		if err := run(args); err == nil {
			t.Errorf("run(%q) succeeded", args)
		}
	}
}
