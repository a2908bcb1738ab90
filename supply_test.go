package tenantry_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// licences are the ones that a module may have, each with a phrase of its text and whether a module
// of the program may have it; the tests may use them all.
func licences() []struct {
	name, phrase string
	shipped      bool
} {
	return []struct {
		name, phrase string
		shipped      bool
	}{
		{"Apache-2.0", "Apache License Version 2.0", true},
		{"MPL-2.0", "Mozilla Public License Version 2.0", false},
		{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy", true},
		{"BSD-3-Clause", "Neither the name", true},
		{"BSD-2-Clause", "Redistribution and use in source and binary forms", true},
	}
}

// licenceOf names the licence in a module's folder, "" for one that is not allowed.
func licenceOf(t *testing.T, folder string, shipped bool) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	file := regexp.MustCompile(`(?i)^(licen[cs]e|copying)(\.(txt|md))?$`)
	for _, e := range entries {
		if !file.MatchString(e.Name()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, e.Name())) //nolint:gosec // of the module cache
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(strings.ReplaceAll(string(data), ",", "")), " ")
		for _, l := range licences() {
			if strings.Contains(text, strings.ReplaceAll(l.phrase, ",", "")) && (l.shipped || !shipped) {
				return l.name
			}
		}
	}
	return ""
}

// modules lists the modules that the packages consist of, with the folder of each.
func modules(t *testing.T, args ...string) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}"}, args...)...) //nolint:gosec // the arguments are this file's
	// What a platform adds is asked of the one that the program is built for.
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if path, folder, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			found[path] = folder
		}
	}
	return found
}

// TestLicences (requirement 55): docs/licences.md lists each module that the program or its tests consist
// of, with a licence that is allowed there. UPDATE_GOLDEN=1 writes it anew.
func TestLicences(t *testing.T) {
	program, all := modules(t, "./cmd/tenantry"), modules(t, "-test", "./...")
	if len(program) < 15 || len(all) <= len(program) {
		t.Fatalf("only %d modules, %d with the tests", len(program), len(all))
	}
	var rows []string
	for path, folder := range all {
		part, shipped := "tests", program[path] != ""
		if shipped {
			part = "program"
		}
		name := licenceOf(t, folder, shipped)
		if name == "" {
			t.Errorf("%s (%s) has no licence that is allowed: look into %s", path, part, folder)
		}
		rows = append(rows, "| "+path+" | "+name+" | "+part+" |")
	}
	slices.Sort(rows)
	want := "# Licences\n\nThe modules that Tenantry consists of. Their texts are in the module cache; a release ships those of the program.\n\n" +
		"| Module | Licence | Part |\n|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
	const file = "docs/licences.md"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // a document
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), want); diff != "" {
		t.Errorf("%s is not up to date; run make golden and read its diff (-have +want):\n%s", file, diff)
	}
}
