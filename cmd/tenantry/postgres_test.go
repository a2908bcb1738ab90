package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry/client"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// onProxy gives the URL of an empty database behind a proxy.
func onProxy(t *testing.T) (*pgtest.Proxy, string) {
	t.Helper()
	server := pgtest.Start(t)
	name := server.Empty(t)
	p := pgtest.NewProxy(t, server)
	return p, p.URL(name)
}

// untold fails when the database's password is in what the program said.
func untold(t *testing.T, said ...string) {
	t.Helper()
	for _, text := range said {
		if strings.Contains(text, pgtest.Password) {
			t.Errorf("the password is in %s", text)
		}
	}
}

// TestServeOnPostgres: a folder and a database URL are an installation like any other. Verbs
// manage it through the server or by themselves, and a second server on the same database
// knows what the first one does.
func TestServeOnPostgres(t *testing.T) {
	_, url := onProxy(t)
	dir := t.TempDir()
	at := []string{"--data", dir, "--db", url}
	if out := must(t, append([]string{"migrate"}, at...)...); !strings.Contains(out, "Migrated the database from version 0 to") {
		t.Error(out)
	}
	must(t, append([]string{"seed", "--locations", "3", "--contacts", "1"}, at...)...)
	_, token, said := once(t, append([]string{"token", "create", "--new-company", "Acme"}, at...)...)
	token = strings.TrimSpace(token)
	company := strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(said, "Made agency ")), ".")
	first, base := serve(t, dir, "--db", url)
	made, err := client.New(base, token).CreateLocation(t.Context(), client.CreateLocationRequest{Name: "First", CompanyID: company})
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	second, base2 := serve(t, other, "--db", url, "--secret-key-file", filepath.Join(dir, "secret.key"), "--no-migrate")
	if l, err := client.New(base2, token).Location(t.Context(), made.ID); err != nil || l.Name != "First" {
		t.Errorf("the second server: %v %v", l, err)
	}
	through := strings.TrimSpace(must(t, append([]string{"token", "create", "--location", made.ID}, at...)...)) // by the first server
	first.stop()
	direct := strings.TrimSpace(must(t, append([]string{"token", "create", "--location", made.ID}, at...)...)) // by itself
	for _, token := range []string{through, direct} {
		if _, err := client.New(base2, token).Tags(t.Context(), made.ID); err != nil {
			t.Error(err)
		}
	}
	out := must(t, append([]string{"doctor"}, at...)...)
	if strings.Contains(out, "FAIL") {
		t.Error(out)
	}
	code, _, refusal := once(t, append([]string{"backup", filepath.Join(dir, "backup.tar.gz")}, at...)...)
	if code != exitFailed || !strings.Contains(refusal, "pg_dump") {
		t.Errorf("backup: exit %d, %s", code, refusal)
	}
	untold(t, first.err.String(), second.err.String(), out, refusal)
}

// TestTwoServersOfOneFolder: on PostgreSQL no lock keeps the second out, which is never in
// the way of the verbs that the first one carries out.
func TestTwoServersOfOneFolder(t *testing.T) {
	_, url := onProxy(t)
	dir := t.TempDir()
	first, _ := serve(t, dir, "--db", url)
	second, _ := serve(t, dir, "--db", url)
	if !strings.Contains(second.err.String(), "another server listens on") {
		t.Errorf("nothing is said: %s", second.err)
	}
	second.stop()
	must(t, "token", "list", "--data", dir, "--db", url)
	if !strings.Contains(first.err.String(), `"msg":"managed"`) {
		t.Error("the first server was not asked any more")
	}
}

// TestDatabaseAway (requirement 37): while the database is away the server is not ready and
// answers a clean 503; it works again when the database is back, without a restart.
func TestDatabaseAway(t *testing.T) {
	p, url := onProxy(t)
	dir := t.TempDir()
	token := strings.TrimSpace(must(t, "token", "create", "--new-company", "Acme", "--data", dir, "--db", url))
	server, base := serve(t, dir, "--db", url)
	agency := client.New(base, token)
	if _, err := agency.SearchLocations(t.Context(), client.LocationSearch{}); err != nil {
		t.Fatal(err)
	}
	if status, body := getText(t, base+"/health/ready"); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	p.Stop()
	_, err := agency.SearchLocations(t.Context(), client.LocationSearch{})
	refused, ok := errors.AsType[*client.Error](err)
	if !ok || refused.StatusCode != http.StatusServiceUnavailable || refused.RetryAfter <= 0 {
		t.Errorf("a read gives %v", err)
	}
	ready(t, base, http.StatusServiceUnavailable)
	if status, body := getText(t, base+"/health/live"); status != http.StatusOK {
		t.Errorf("the process itself: %d %s", status, body)
	}
	p.Start()
	ready(t, base, http.StatusOK)
	if _, err := agency.SearchLocations(t.Context(), client.LocationSearch{}); err != nil {
		t.Errorf("after it came back: %v", err)
	}
	server.stop()
	untold(t, server.err.String())
}

// ready waits until /health/ready answers with the status: it remembers for a second.
func ready(t *testing.T, base string, want int) {
	t.Helper()
	for {
		status, _ := getText(t, base+"/health/ready")
		if status == want {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("ready says %d", status)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestNoSuchPostgres: what is wrong with a database URL is said in words, without its password.
func TestNoSuchPostgres(t *testing.T) {
	p, url := onProxy(t)
	dir := filepath.Join(t.TempDir(), "data")
	for name, test := range map[string]struct{ url, want string }{
		"no such database": {p.URL("nowhere"), "there is no database"},
		"no URL":           {strings.Replace(url, "127.0.0.1", "%zz", 1), "database URL is not valid"},
		"a wrong pooler":   {url + "&pooler=session", "pooler must be"},
	} {
		said := refusedOn(t, dir, test.url)
		if !strings.Contains(said, test.want) {
			t.Errorf("%s: %s", name, said)
		}
		untold(t, said)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
}

func refusedOn(t *testing.T, dir, url string) string {
	t.Helper()
	return refused(t, exitFailed, "serve", "--addr", "127.0.0.1:0", "--data", dir, "--db", url)
}

// TestMigrateCitus: what is to be run on a cluster is printed, and where there is none the
// program says so and has migrated all the same.
func TestMigrateCitus(t *testing.T) {
	_, url := onProxy(t)
	at := []string{"migrate", "--db", url, "--data", t.TempDir(), "--citus"}
	code, _, said := once(t, append(at, "--dry-run")...)
	if code != 1 || !strings.Contains(said, `run "tenantry migrate"`) {
		t.Errorf("an empty database: %d %s", code, said)
	}
	code, out, said := once(t, at...)
	if code != 1 || !strings.Contains(out, "Migrated the database") || !strings.Contains(said, "CREATE EXTENSION citus") {
		t.Errorf("without Citus: %d %s %s", code, out, said)
	}
	out = must(t, append(at, "--dry-run")...)
	for _, want := range []string{
		"SELECT create_reference_table('companies');\n",
		"SELECT create_distributed_table('locations', 'location_id');\n",
		"SELECT create_distributed_table('tags', 'location_id', colocate_with => 'locations');\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in %s", want, out)
		}
	}
	for verb, want := range map[string]string{
		"--dry-run": "goes with --citus",
		"--citus":   "only a PostgreSQL database",
	} {
		if code, _, said := once(t, "migrate", "--data", t.TempDir(), verb); code == 0 || !strings.Contains(said, want) {
			t.Errorf("%s: %d %s", verb, code, said)
		}
	}
}
