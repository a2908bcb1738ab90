package db

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

type migration struct {
	From, To Version
	Failed   bool
}

// migrateAt opens, migrates and closes, and gives the error beside the result.
func migrateAt(t *testing.T, path string, migrations fs.FS) (migration, error) {
	t.Helper()
	d := openAt(t, path, Options{}, migrations, defaultTuning())
	defer closeDB(t, d)
	from, to, err := d.Migrate(t.Context())
	if version, e := d.SchemaVersion(t.Context()); e != nil || version != to {
		t.Errorf("SchemaVersion is %d, %v after Migrate told %d", version, e, to)
	}
	return migration{from, to, err != nil}, err
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	files := testMigrations()
	step := func(want migration) {
		t.Helper()
		got, err := migrateAt(t, path, files)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	}
	add := func(name, sql string) { files[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)} }

	step(migration{0, 1, false})
	step(migration{1, 1, false})

	add("0002_more.sql", "CREATE TABLE more (id INTEGER) STRICT;")
	add("0003_bad.sql", "CREATE TABLE half (id INTEGER) STRICT;\nINSERT INTO half VALUES (1);\nINSERT INTO nowhere VALUES (1);")
	step(migration{1, 2, true})
	if tables := tablesAt(t, path, files); strings.Contains(tables, "half") || !strings.Contains(tables, "more") {
		t.Errorf("tables after a failure in the third migration: %s", tables)
	}

	add("0003_bad.sql", "CREATE TABLE half (id INTEGER) STRICT;")
	step(migration{2, 3, false})
	step(migration{3, 3, false})
}

func tablesAt(t *testing.T, path string, migrations fs.FS) string {
	t.Helper()
	d := openAt(t, path, Options{}, migrations, defaultTuning())
	defer closeDB(t, d)
	tables, err := One(t.Context(), d.Read(), scanText, "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func TestMigrateRefusesNewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	files := testMigrations()
	files["0002_more.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE more (id INTEGER) STRICT;\n")}
	if _, err := migrateAt(t, path, files); err != nil {
		t.Fatal(err)
	}
	got, err := migrateAt(t, path, testMigrations())
	if diff := cmp.Diff(migration{2, 2, true}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "schema is version 2, this program knows versions up to 1") {
		t.Errorf("got %v", err)
	}
}

// A migration that rebuilds a table must not delete what refers to it, and one
// that leaves a dangling reference must be told.
func TestMigrateRebuildsTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	files := fstest.MapFS{"0001_init.sql": {Data: []byte(`-- +goose Up
CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL REFERENCES parents (id) ON DELETE CASCADE) STRICT;
INSERT INTO parents VALUES (1);
INSERT INTO children VALUES (1, 1);
`)}}
	if _, err := migrateAt(t, path, files); err != nil {
		t.Fatal(err)
	}
	files["0002_rebuild.sql"] = &fstest.MapFile{Data: []byte(`-- +goose Up
CREATE TABLE parents_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO parents_new (id) SELECT id FROM parents;
DROP TABLE parents;
ALTER TABLE parents_new RENAME TO parents;
`)}
	if _, err := migrateAt(t, path, files); err != nil {
		t.Fatal(err)
	}
	d := openAt(t, path, Options{}, files, defaultTuning())
	children, err := One(t.Context(), d.Read(), scanInt, "SELECT count(*) FROM children")
	if err != nil || children != 1 {
		t.Errorf("%d children are left, %v", children, err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	files["0003_dangling.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nDELETE FROM parents;\n")}
	if _, err := migrateAt(t, path, files); err == nil || !strings.Contains(err.Error(), "1 of children to parents") {
		t.Errorf("dangling reference gave %v", err)
	}
}

func TestMigrateWithoutFiles(t *testing.T) {
	d := openAt(t, filepath.Join(t.TempDir(), "t.db"), Options{}, fstest.MapFS{"first.sql": {}}, defaultTuning())
	defer closeDB(t, d)
	if _, _, err := d.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "first.sql") {
		t.Errorf("a file without a number gave %v", err)
	}
}

// The compiled-in migrations bring an empty database up, and keep the promises
// that the rest of the package builds on.
func TestEmbeddedMigrations(t *testing.T) {
	d, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "t.db"), Options{Durability: Relaxed})
	if err != nil {
		t.Fatal(err)
	}
	defer closeDB(t, d)
	from, to, err := d.Migrate(t.Context())
	if err != nil || from != 0 {
		t.Fatalf("migrated from %d to %d: %v", from, to, err)
	}
	if latest, err := d.LatestVersion(); err != nil || latest != to || to < 1 {
		t.Errorf("arrived at %d, latest is %d, %v", to, latest, err)
	}
	if err := d.Check(t.Context()); err != nil {
		t.Error(err)
	}
	names, err := fs.Glob(d.migrations, "*")
	if err != nil || Version(len(names)) != to {
		t.Errorf("files %v are not numbered 1 to %d: %v", names, to, err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(d.migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		// Without a transaction a crash leaves half a migration; a deferred
		// constraint would fail the commit that many closures share.
		for _, word := range []string{"NO TRANSACTION", "DEFERRABLE", "+GOOSE DOWN", "OR ROLLBACK"} {
			if strings.Contains(strings.ToUpper(string(content)), word) {
				t.Errorf("%s has %s", name, word)
			}
		}
	}
}
