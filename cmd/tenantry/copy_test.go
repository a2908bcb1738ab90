package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/client"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// everyRow gives the rows of a stopped installation's tables as text.
func everyRow(t *testing.T, file string) map[string][]string {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite:"+file, db.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	rows := map[string][]string{}
	for _, table := range testkit.Tables(t, d) {
		if table == "schema_versions" {
			continue // when it was migrated
		}
		var columns []string
		for _, c := range testkit.Columns(t, d, table) {
			columns = append(columns, c.Name)
		}
		rows[table] = testkit.Rows(t, d, table, columns...)
	}
	return rows
}

// postgresURL names an empty database.
func postgresURL(t *testing.T) string {
	t.Helper()
	server := pgtest.Start(t)
	return server.URL(server.Empty(t))
}

// TestCopyThereAndBack: a database that was used through everything that keeps something comes back row
// by row, and a server of either engine serves what the other did, with the same tokens and key.
func TestCopyThereAndBack(t *testing.T) {
	dir := t.TempDir()
	must(t, "seed", "--data", dir, "--locations", "3", "--contacts", "2")
	_, token, said := once(t, "token", "create", "--new-company", "Acme", "--data", dir)
	company := strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(said, "Made agency ")), ".")
	must(t, "app", "create", "--company", company, "--name", "App", "--redirect-uri", "https://app.example.com/cb", "--data", dir)
	p, base := serve(t, dir)
	made, err := client.New(base, strings.TrimSpace(token)).CreateLocation(t.Context(), client.CreateLocationRequest{
		Name: "Zoë's \"shop\"", CompanyID: company, Twilio: &client.Twilio{SID: "AC1", AuthToken: "secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.stop()
	original := filepath.Join(dir, "tenantry.db")
	url, back := postgresURL(t), filepath.Join(t.TempDir(), "back", "tenantry.db")
	out := must(t, "copy", "--from", "sqlite:"+original, "--to", url)
	if !strings.Contains(out, "both databases hold the same") || strings.Contains(out, "DIFFERS") || !strings.Contains(out, "locations ") {
		t.Error(out)
	}
	if said := refused(t, exitFailed, "copy", "--from", "sqlite:"+original, "--to", url); !strings.Contains(said, "target is not empty") {
		t.Error(said)
	}
	must(t, "copy", "--from", url, "--to", "sqlite:"+back)
	if diff := cmp.Diff(everyRow(t, original), everyRow(t, back)); diff != "" {
		t.Error(diff)
	}
	for _, database := range []string{url, "sqlite:" + back} {
		p, base := serve(t, dir, "--db", database)
		if l, err := client.New(base, strings.TrimSpace(token)).Location(t.Context(), made.ID); err != nil || l.Name != made.Name {
			t.Errorf("%+v, %v", l, err)
		}
		p.stop()
		must(t, "doctor", "--data", dir, "--db", database)
	}
}

// TestCopyOfAServedDatabase: nothing is copied that a server may write to.
func TestCopyOfAServedDatabase(t *testing.T) {
	url := postgresURL(t)
	dir, target := t.TempDir(), filepath.Join(t.TempDir(), "new", "tenantry.db")
	p, _ := serve(t, dir)
	if said := refused(t, exitFailed, "copy", "--from", "sqlite:"+filepath.Join(dir, "tenantry.db"), "--to", "sqlite:"+target); !strings.Contains(said, "stop it first") {
		t.Error(said)
	}
	p.stop()
	serve(t, dir, "--db", url)
	for _, args := range [][]string{{"--from", url, "--to", "sqlite:" + target}, {"--from", "sqlite:" + filepath.Join(dir, "tenantry.db"), "--to", url}} {
		if said := refused(t, exitFailed, append([]string{"copy"}, args...)...); !strings.Contains(said, "stop it first") {
			t.Errorf("%v: %s", args, said)
		}
	}
}

// TestCopyIsUsedWrongly: what is missing or the same is said before anything is made.
func TestCopyIsUsedWrongly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	at := "sqlite:" + filepath.Join(dir, "a.db")
	for _, test := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "--to", []string{"--from", at}},
		{exitUsage, "--from", []string{"--to", at}},
		{exitUsage, "one database", []string{"--from", at, "--to", at}},
		{exitFailed, "another folder", []string{"--from", at, "--to", "sqlite:" + filepath.Join(dir, "b.db")}},
		{exitFailed, "there is no database", []string{"--from", at, "--to", "sqlite:" + filepath.Join(t.TempDir(), "b.db")}},
		{exitFailed, `unknown scheme "mysql"`, []string{"--from", "mysql:x", "--to", at}},
	} {
		if said := refused(t, test.code, append([]string{"copy"}, test.args...)...); !strings.Contains(said, test.want) {
			t.Errorf("%v says %q, want %q", test.args, said, test.want)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("a wrong use made the data: %v", err)
	}
	if out := must(t, "copy", "--help"); !strings.Contains(out, "tenantry copy --from sqlite:/var/lib/tenantry/tenantry.db --to postgres://") || !strings.Contains(out, "secret.key") {
		t.Error(out)
	}
}

// TestInterruptedCopy: one that breaks off is no success, although the program was told to end.
func TestInterruptedCopy(t *testing.T) {
	dir := t.TempDir()
	must(t, "seed", "--data", dir, "--locations", "1", "--contacts", "0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var said strings.Builder
	args := []string{"copy", "--from", "sqlite:" + filepath.Join(dir, "tenantry.db"), "--to", "sqlite:" + filepath.Join(t.TempDir(), "tenantry.db")}
	if code := run(ctx, args, strings.NewReader(""), &said, &said); code != exitFailed || said.String() != "tenantry: interrupted; run the same command again to go on\n" {
		t.Errorf("exit %d: %s", code, said.String())
	}
}

// TestCopyPrintsWhatDiffers: a table that differs says how.
func TestCopyPrintsWhatDiffers(t *testing.T) {
	var out strings.Builder
	err := printCopied(console{out: &out}, []db.Copied{
		{Table: "tags", From: db.CopySum{Rows: 3}, To: db.CopySum{Rows: 3}},
		{Table: "tasks", From: db.CopySum{Rows: 2}, To: db.CopySum{Rows: 1, SHA256: [32]byte{0xab}}},
	})
	want := `TABLE  ROWS  SHA-256           
tags   3     0000000000000000  equal
tasks  2     0000000000000000  DIFFERS: the target has 1 row, ab00000000000000
`
	if diff := cmp.Diff(want, out.String()); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestBackupOfPostgres: both verbs give the commands of its own tools, which are right and tell no password.
func TestBackupOfPostgres(t *testing.T) {
	dir := t.TempDir()
	dump := filepath.Join(dir, "it's.dump")
	if err := os.WriteFile(dump, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	url := "postgres://me:" + pgtest.Password + "@db.internal/d?sslmode=verify-full&pool_max_conns=3&pooler=transaction"
	quoted := `'` + strings.ReplaceAll(dump, "'", `'\''`) + `'`
	for _, test := range []struct{ verb, want string }{
		{"backup", "pg_dump --format=custom --file=" + quoted + " 'postgres://me@db.internal/d?sslmode=verify-full'"},
		{"backup", "tar -C " + dir + " -czf "},
		{"restore", "pg_restore --exit-on-error --no-owner --dbname='postgres://me@db.internal/d?sslmode=verify-full' " + quoted},
	} {
		said := refused(t, exitFailed, test.verb, dump, "--data", dir, "--db", url)
		if !strings.Contains(said, test.want) {
			t.Errorf("%s lacks %s: %s", test.verb, test.want, said)
		}
		untold(t, said)
	}
	if said := refused(t, exitUsage, "restore", dump, "--data", dir, "--db", "sqlite:"+filepath.Join(dir, "other.db")); !strings.Contains(said, "--data names") {
		t.Error(said)
	}
}
