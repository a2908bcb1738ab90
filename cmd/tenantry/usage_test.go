package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/client"
)

// refused runs a verb that has to fail with the code, and gives what it said.
func refused(t *testing.T, want int, args ...string) string {
	t.Helper()
	code, out, said := once(t, args...)
	if code != want || strings.Contains(said, "_failed") || strings.Contains(said, "not_found") {
		t.Errorf("tenantry %s: exit %d, want %d; %s%s", strings.Join(args, " "), code, want, out, said)
	}
	return out + said
}

func TestValuesOfFlags(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	for _, test := range []struct {
		want string
		args []string
	}{
		{`unknown scope "bogus"`, []string{"token", "create", "--company", "a", "--scopes", "locations.readonly, bogus"}},
		{"names no scope", []string{"token", "create", "--company", "a", "--scopes", ""}},
		{`unknown scope ""`, []string{"token", "create", "--company", "a", "--scopes", "locations.readonly,"}},
		{"1 to 255 characters", []string{"token", "create", "--new-company", "   "}},
		{"1 to 255 characters", []string{"token", "create", "--new-company", strings.Repeat("é", 256)}},
		{"1 to 255 characters", []string{"token", "create", "--company", "a", "--name", ""}},
		{"whose token", []string{"token", "create", "--company", ""}},
		{"must be a URL", []string{"serve", "--public-url", "nonsense"}},
		{"must be a URL", []string{"dev", "--public-url", "https://a.example/?b=c"}},
		{"must be a URL", []string{"serve", "--public-url", "ftp://a.example"}},
		{"must be a URL", []string{"doctor", "--url", "nonsense"}},
		{"must be a URL", []string{"doctor", "--url", "http://"}},
	} {
		if said := refused(t, exitUsage, append(test.args, "--data", dir)...); !strings.Contains(said, test.want) {
			t.Errorf("%v says %q, want %q", test.args, said, test.want)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("a wrong use made the data: %v", err)
	}
}

func TestValuesOfFlagsAreTrimmed(t *testing.T) {
	var scopes scopeList
	if err := scopes.UnmarshalText([]byte(" locations.readonly , locations.write,locations.write")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(scopeList{tenantry.LocationsRead, tenantry.LocationsWrite}, scopes); diff != "" {
		t.Error(diff)
	}
	var n name
	if err := n.UnmarshalText([]byte("  " + strings.Repeat("é", maxName) + "\n")); err != nil || string(n) != strings.Repeat("é", maxName) {
		t.Errorf("%q, %v", n, err)
	}
	var u baseURL
	if err := u.UnmarshalText([]byte("https://a.example/b/")); err != nil || u != "https://a.example/b" {
		t.Errorf("%q, %v", u, err)
	}
}

// What only looks at data, or adds to it, makes none.
func TestNoDataIsMadeByMistake(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"doctor"}, {"token", "create", "--company", "a"}, {"token", "create", "--location", "a"},
		{"serve", "--no-migrate", "--addr", "127.0.0.1:0"},
	} {
		for _, folder := range []string{dir, filepath.Join(dir, "typo")} {
			if said := refused(t, exitFailed, append(args, "--data", folder)...); !strings.Contains(said, folder) {
				t.Errorf("%v does not name the folder: %s", args, said)
			}
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("something was made: %v, %v", entries, err)
	}
}

func TestErrorsAreForPeople(t *testing.T) {
	dir := t.TempDir()
	must(t, "seed", "--data", dir, "--locations", "1", "--contacts", "0")
	if said := refused(t, exitFailed, "token", "create", "--company", "nobody", "--data", dir); !strings.Contains(said, "tenantry: Company with id nobody not found") {
		t.Error(said)
	}
	serve(t, dir)
	if said := refused(t, exitFailed, "token", "create", "--company", "nobody", "--data", dir); !strings.Contains(said, "tenantry: Company with id nobody not found") {
		t.Error(said)
	}
	if said := refused(t, exitFailed, "migrate", "--data", dir); !strings.Contains(said, "stop it first") || !strings.Contains(said, dir) {
		t.Error(said)
	}
}

// A taken address is noticed before the data is touched.
func TestTakenAddress(t *testing.T) {
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	dir := filepath.Join(t.TempDir(), "none")
	for _, verb := range []string{"dev", "serve"} {
		for _, addr := range []string{ln.Addr().String(), "127.0.0.1:http:x"} {
			if said := refused(t, exitFailed, verb, "--addr", addr, "--data", dir); !strings.Contains(said, "give --addr another HOST:PORT") {
				t.Errorf("%s: %s", verb, said)
			}
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the data was made: %v", err)
	}
}

func TestHelp(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"help", "tenantry <command>"}, {"help dev", "tenantry dev [flags]"}, {"help token create", "tenantry token create [flags]"},
		{"token --help", "token create [flags]"}, {"dev --help", `--addr="127.0.0.1:8080"`}, {"dev --help", "--locations=12"},
		{"seed --help", "--contacts=8"}, {"seed --help", `--data="tenantry-data"`}, {"token create --help", "Say whose token it is"},
		{"seed --help", "throw it away"},
	} {
		if out := must(t, strings.Fields(test.args)...); !strings.Contains(out, test.want) {
			t.Errorf("tenantry %s lacks %q:\n%s", test.args, test.want, out)
		}
	}
	refused(t, exitUsage, "help", "bogus")
}

func TestProgressEndsItsLine(t *testing.T) {
	for _, visible := range []bool{true, false} {
		for steps := range 3 { // of two: broken off, or complete
			var out bytes.Buffer
			p := barOn(&out, visible, 2)
			for range steps {
				p.add(1)
			}
			p.end()
			if strings.HasSuffix(out.String(), "\n") != visible || strings.Count(out.String(), "\n") > 1 {
				t.Errorf("visible %t, %d steps: %q", visible, steps, out.String())
			}
		}
	}
}

// The demo's sub-accounts are in the same order in every run.
func TestDevKeepsItsOrder(t *testing.T) {
	var want []string
	for i := range 20 {
		want = append(want, demo(i).name)
	}
	_, f := dev(t, "--locations", "20")
	found, err := client.New(f.BaseURL, f.AgencyToken).SearchLocations(t.Context(), client.LocationSearch{CompanyID: string(f.CompanyID), Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	var got, ids []string
	for _, l := range found.Locations {
		got, ids = append(got, l.Name), append(ids, l.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" || !slices.IsSorted(ids) {
		t.Errorf("ids %v, names (-want +got):\n%s", ids, diff)
	}
}

// More sub-accounts than are made in order are all made, once.
func TestSeedMakesEverySubAccount(t *testing.T) {
	dir := t.TempDir()
	must(t, "seed", "--data", dir, "--locations", fmt.Sprint(seedBatch+30), "--contacts", "0")
	p, f := dev(t, "--data", dir)
	names := map[string]bool{}
	for skip := 0; ; skip += 100 {
		found, err := client.New(f.BaseURL, f.AgencyToken).SearchLocations(t.Context(), client.LocationSearch{CompanyID: string(f.CompanyID), Limit: 100, Skip: skip})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range found.Locations {
			names[l.Name] = true
		}
		if len(found.Locations) == 0 {
			break
		}
	}
	if len(names) != seedBatch+30 {
		t.Errorf("%d names", len(names))
	}
	p.stop()
}

// A seed that breaks off is no success, although the program was told to end.
func TestInterruptedSeed(t *testing.T) {
	p := start(t, "seed", "--data", t.TempDir(), "--locations", "100000", "--contacts", "0")
	for !strings.Contains(p.err.String(), "database migrated") {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if code := p.stop(); code != exitFailed || !strings.Contains(p.err.String(), "tenantry: interrupted; ") {
		t.Errorf("exit %d: %s", code, p.err)
	}
}

// An agency without sub-accounts, as of a production server, can be looked at too.
func TestDevOnAnEmptyAgency(t *testing.T) {
	dir := t.TempDir()
	must(t, "token", "create", "--new-company", "Acme", "--data", dir)
	p := start(t, "dev", "--addr", "127.0.0.1:0", "--data", dir)
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			t.Fatalf("%v: %s", err, p.err)
		}
		if strings.Contains(line, "Ctrl-C") {
			return
		}
		if strings.Contains(line, "LOCATION") {
			t.Errorf("a sub-account that is not there: %s", line)
		}
	}
}

// TestALostKeyIsNotReplaced: another key would open nothing, and the old one has no place then.
func TestALostKeyIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	must(t, "migrate", "--data", dir)
	p, _ := serve(t, dir) // nothing is sealed yet: the key is made
	p.stop()
	key := dataFlags{Data: dir}.keyFile()
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	for _, verb := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"token", "list"}, {"seed"}} {
		if said := refused(t, exitFailed, append(verb, "--data", dir)...); !strings.Contains(said, key+" is missing") {
			t.Errorf("%v: %s", verb, said)
		}
	}
	if err := os.WriteFile(key, text, 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "doctor", "--data", dir)
}
