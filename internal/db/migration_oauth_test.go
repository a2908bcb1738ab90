package db

import (
	"cmp"
	"context"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// TestMigrateKeepsUsers: a database from before e-mail addresses had to be unique comes up
// with all its users, of whom the first of an address signs in with it.
func TestMigrateKeepsUsers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	all, err := embedded("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	first, err := fs.ReadFile(all, "0001_init.sql")
	if err != nil {
		t.Fatal(err)
	}
	d := openAt(t, path, Options{}, fstest.MapFS{"0001_init.sql": {Data: first}}, defaultTuning())
	_, _, err = d.Migrate(t.Context())
	err = cmp.Or(err, d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		for _, statement := range []string{
			`INSERT INTO companies (id, name, created_at) VALUES ('c', 'C', 1)`,
			`INSERT INTO users (id, company_id, email, created_at) VALUES ('2', 'c', 'ada@a.test', 2), ('1', 'c', 'Ada@A.test', 1), ('3', 'c', '', 3), ('4', 'c', '', 4)`,
			`INSERT INTO locations (location_id, company_id, name, created_at, updated_at) VALUES ('l', 'c', 'Name', 1, 1)`,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}))
	if err = cmp.Or(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	d = openAt(t, path, Options{}, all, defaultTuning())
	defer closeDB(t, d)
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := One(t.Context(), d.Read(), scanText, `SELECT group_concat(id || ' ' || email_key || ' ' || type || ' ' || role || ' ' || updated_at, ', ' ORDER BY id) FROM users`)
	if want := "1 ada@a.test agency user 1, 2  agency user 2, 3  agency user 3, 4  agency user 4"; err != nil || text != want {
		t.Errorf("users are %q, want %q: %v", text, want, err)
	}
	text, err = One(t.Context(), d.Read(), scanText, `SELECT name_key || ' ' || active FROM locations`)
	if err != nil || text != "name 1" {
		t.Errorf("location is %q: %v", text, err)
	}
}
