package testkit

import (
	"path/filepath"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
)

// EachDB runs test once for each database engine, each time on a migrated
// database of its own.
func EachDB(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, OpenDB(t)) })
}

// OpenDB opens a migrated SQLite database in a folder that goes with the test.
func OpenDB(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "tenantry.db"), db.Options{Durability: db.Relaxed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}
