package db

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"modernc.org/sqlite"
)

// atStatement is what the SQL function at_statement does.
var atStatement func() error

// registerAtStatement gives every connection from then on that function.
var registerAtStatement = sync.OnceFunc(func() {
	sqlite.MustRegisterScalarFunction("at_statement", 0, func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return nil, atStatement()
	})
})

// TestMigrationsInterrupted (requirement 44): a database of every version, with a row or
// two in each table, is left by a process that is killed behind any statement of the next
// migration. It is then as it was before, and the next start brings it to where it would be
// without the kill.
func TestMigrationsInterrupted(t *testing.T) {
	registerAtStatement()
	all, err := embedded(SQLite)
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(all, "*.sql")
	if err != nil || len(names) < 2 {
		t.Fatalf("migrations %q, %v", names, err)
	}
	for n, name := range names {
		t.Run(name, func(t *testing.T) {
			before := filepath.Join(t.TempDir(), "t.db")
			makeVersion(t, before, pick(t, all, names[:n]))
			upTo := pick(t, all, names[:n+1])
			was, want := "", ""
			for i, kill := range killEachStatement(t, before, upTo, name) {
				left, done := restart(t, kill, upTo)
				if i == 0 { // of a migration that was never begun
					was, want = left, done
				}
				if left != was {
					t.Fatalf("the kill behind statement %d changed the database (-before +after):\n%s", i, gocmp.Diff(was, left))
				}
				if done != want {
					t.Fatalf("after the kill behind statement %d (-without +with):\n%s", i, gocmp.Diff(want, done))
				}
			}
		})
	}
}

// restart opens what a kill left, and gives it as it is and as the migrations make it.
func restart(t *testing.T, path string, migrations fs.FS) (left, done string) {
	t.Helper()
	d := openAt(t, path, Options{Durability: Relaxed, Readers: 2}, migrations, defaultTuning())
	defer closeDB(t, d)
	left = dump(t, d)
	_, _, err := d.Migrate(t.Context())
	if err = cmp.Or(err, d.Check(t.Context())); err != nil {
		t.Fatal(err)
	}
	return left, dump(t, d)
}

// pick gives some of the migrations.
func pick(t *testing.T, all fs.FS, names []string) fstest.MapFS {
	t.Helper()
	some := fstest.MapFS{}
	for _, name := range names {
		content, err := fs.ReadFile(all, name)
		if err != nil {
			t.Fatal(err)
		}
		some[name] = &fstest.MapFile{Data: content}
	}
	return some
}

// makeVersion makes a database that has had the migrations, with rows in every table.
func makeVersion(t *testing.T, path string, migrations fstest.MapFS) {
	t.Helper()
	if len(migrations) > 0 {
		if _, err := migrateAt(t, path, migrations); err != nil {
			t.Fatal(err)
		}
	}
	d := openAt(t, path, Options{}, migrations, defaultTuning())
	defer closeDB(t, d)
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, "PRAGMA defer_foreign_keys = 1"); err != nil { // tables come in any order
			return err
		}
		for _, table := range tables(t, tx) {
			for i, text := range []string{"x", "y"} {
				if _, err := tx.Exec(ctx, filler(t, tx, table, i, text)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err = cmp.Or(err, d.Check(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func tables(t *testing.T, q Q) []string {
	t.Helper()
	names, err := All(t.Context(), q, scanText, `SELECT name FROM pragma_table_list
		WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' AND name <> $1 ORDER BY name`, versionTable)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// filler inserts a row of one text in every column that needs a value: the keys of all tables
// are that text then, and so is what refers to them.
func filler(t *testing.T, q Q, table string, number int, text string) string {
	t.Helper()
	needed, err := All(t.Context(), q, func(r Row) (c [2]string, err error) { return c, r.Scan(&c[0], &c[1]) },
		`SELECT name, type FROM pragma_table_info($1) WHERE pk > 0 OR ("notnull" = 1 AND dflt_value IS NULL)`, table)
	if err != nil {
		t.Fatal(err)
	}
	var names, values []string
	for _, column := range needed {
		value := "'" + text + "'"
		switch column[1] {
		case "INTEGER", "REAL":
			value = fmt.Sprint(number)
		case "BLOB":
			value = "x'00'"
		}
		names, values = append(names, column[0]), append(values, value)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "), strings.Join(values, ", "))
}

// killEachStatement runs the migration called name on a copy of the database at path, and
// gives what a kill would leave of it before its first statement and behind each: copies of
// the files as they are on the disk at that moment.
func killEachStatement(t *testing.T, path string, migrations fstest.MapFS, name string) (kills []string) {
	t.Helper()
	running := copyDatabase(t, path)
	atStatement = func() error {
		kills = append(kills, copyDatabase(t, running))
		return nil
	}
	statements := 0
	var script strings.Builder
	const spill = "PRAGMA cache_size = 1;\n" // so that what is not committed is on the disk too
	for line := range strings.Lines(string(migrations[name].Data)) {
		script.WriteString(line)
		code, _, _ := strings.Cut(line, "--")
		isUp := strings.Contains(line, "+goose Up")
		if isUp {
			script.WriteString(spill)
		}
		if isUp || strings.HasSuffix(strings.TrimSpace(code), ";") {
			script.WriteString("\nSELECT at_statement();\n")
			statements++
		}
	}
	copied := maps.Clone(migrations)
	copied[name] = &fstest.MapFile{Data: []byte(script.String())}
	if _, err := migrateAt(t, running, copied); err != nil {
		t.Fatal(err)
	}
	if len(kills) != statements || statements < 2 {
		t.Fatalf("%d copies of %d statements", len(kills), statements)
	}
	return kills
}

// copyDatabase copies the files of a database into a folder of their own.
func copyDatabase(t *testing.T, path string) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "t.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err = cmp.Or(err, os.WriteFile(copied+suffix, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

// dump is the schema and every row of a database as text.
func dump(t *testing.T, d *DB) string {
	t.Helper()
	lines, err := All(t.Context(), d.Read(), scanText, `SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND tbl_name <> $1 ORDER BY name`, versionTable)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables(t, d.Read()) {
		columns, err := All(t.Context(), d.Read(), scanText, `SELECT 'quote("' || name || '")' FROM pragma_table_info($1)`, table)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := All(t.Context(), d.Read(), scanText, fmt.Sprintf(`SELECT %s AS row FROM %q ORDER BY row`, strings.Join(columns, ` || ',' || `), table))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, slices.Concat([]string{table}, rows)...)
	}
	version, err := d.SchemaVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("version %d\n%s", version, strings.Join(lines, "\n"))
}
