package testkit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
)

// EachDB runs test once for each database engine, each time on a migrated
// database of its own. Without PostgreSQL's programs its half is skipped; it fails where CI is set.
func EachDB(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, OpenDB(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, OpenPostgres(t)) })
}

// OpenDB opens a migrated SQLite database in a folder that goes with the test.
func OpenDB(t testing.TB) *db.DB {
	t.Helper()
	return open(t, sqliteURL(t), nil)
}

func sqliteURL(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tenantry.db")
	migrated, err := template()
	must(t, err)
	must(t, os.WriteFile(file, migrated, 0o600))
	return "sqlite:" + file
}

func open(t testing.TB, url string, trace func(query string, args []any)) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{Durability: db.Relaxed, Trace: trace})
	must(t, err)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// template is the file of a migrated database without rows. It is made once for each
// process: the migrations take longer than most tests.
var template = sync.OnceValues(func() ([]byte, error) { //nolint:gochecknoglobals // made once a process, never changed
	folder, err := os.MkdirTemp("", "tenantry-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a temporary folder
	file := filepath.Join(folder, "tenantry.db")
	if err := migrate("sqlite:" + file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func migrate(url string) error {
	ctx := context.Background() // outlives the test that happens to come first
	d, err := db.Open(ctx, url, db.Options{Durability: db.Relaxed})
	if err != nil {
		return err
	}
	_, _, err = d.Migrate(ctx)
	return errors.Join(err, d.Close())
}
