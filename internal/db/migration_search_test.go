package db

import (
	"cmp"
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// beforeSearch are the migrations before the one that makes the indexes of texts.
func beforeSearch(t *testing.T, all fs.FS) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"0001_init.sql", "0002_oauth.sql", "0003_daily_uses.sql"} {
		data, err := fs.ReadFile(all, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

func run(ctx context.Context, d *DB, statements ...string) error {
	return d.Write(ctx, func(ctx context.Context, tx *Tx) error {
		for _, statement := range statements {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestSearchIndexKnowsOldRows: the tasks that were there before the index are in it, and it means
// the same tasks after VACUUM has written the file anew.
func TestSearchIndexKnowsOldRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	all, err := embedded("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	d := openAt(t, path, Options{}, beforeSearch(t, all), defaultTuning())
	_, _, err = d.Migrate(t.Context())
	err = cmp.Or(err, run(t.Context(), d,
		`INSERT INTO companies (id, name, created_at) VALUES ('c', 'C', 1)`,
		`INSERT INTO locations (location_id, company_id, name, created_at, updated_at) VALUES ('location', 'c', 'Name', 1, 1)`,
		`INSERT INTO tasks (location_id, id, title, search_text, due_at, created_at, updated_at) VALUES
			('location', 'z', 't', 'goes', 1, 1, 1), ('location', 'y', 't', 'the old rhyme', 1, 1, 1), ('location', 'x', 't', 'goes too', 1, 1, 1), ('location', 'w', 't', 'other', 1, 1, 1)`))
	if err = cmp.Or(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	d = openAt(t, path, Options{}, all, defaultTuning())
	defer closeDB(t, d)
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = run(t.Context(), d, `DELETE FROM tasks WHERE search_text LIKE 'goes%'`,
		`INSERT INTO tasks (location_id, id, title, search_text, due_at, created_at, updated_at) VALUES ('location', 'a', 't', 'a new rhyme', 1, 1, 1)`)
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		ids, err := All(t.Context(), d.Read(), scanText, `SELECT id FROM tasks WHERE rowid IN (SELECT rowid FROM task_search WHERE task_search MATCH $1) ORDER BY id`, match("location", "rhyme"))
		if diff := gocmp.Diff([]string{"a", "y"}, ids); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", when, err, diff)
		}
		if err := d.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	check("migrated")
	pool, err := d.engine.(*sqliteEngine).pool(migrating, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = pool.ExecContext(t.Context(), `VACUUM`)
	if err = cmp.Or(err, pool.Close()); err != nil {
		t.Fatal(err)
	}
	check("after VACUUM")
}

// TestSearchExtensions: whoever may create in a PostgreSQL database brings the extensions of
// the search with the migrations; who may not is told what is missing.
func TestSearchExtensions(t *testing.T) {
	server := pgtest.Start(t)
	ctx := context.Background()
	t.Cleanup(func() { // after the database is gone
		if err := pgtest.Exec(ctx, server.URL("postgres"), `DROP ROLE IF EXISTS search_plain_app, search_plain`); err != nil {
			t.Error(err)
		}
	})
	name := server.Empty(t)
	super := server.URL(name)
	if err := pgtest.Exec(ctx, super, `CREATE ROLE search_plain LOGIN CREATEROLE; GRANT CREATE ON SCHEMA public TO search_plain`); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), strings.Replace(super, "//tenantry", "//search_plain", 1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer closeDB(t, d)
	_, to, err := d.Migrate(t.Context())
	if err == nil || to != 3 || !strings.Contains(err.Error(), "CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin;") || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("without the right: version %d, %v", to, err)
	}
	if err := pgtest.Exec(ctx, super, `GRANT CREATE ON DATABASE "`+name+`" TO search_plain`); err != nil {
		t.Fatal(err)
	}
	if _, to, err = d.Migrate(t.Context()); err != nil || to < 4 {
		t.Errorf("with the right: version %d, %v", to, err)
	}
}
