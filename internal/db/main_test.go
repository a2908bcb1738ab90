package db

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
)

// crashEnv holds the database that a child process writes to until it is killed.
const crashEnv = "TENANTRY_TEST_CRASH_DB"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashEnv); path != "" {
		writeUntilKilled(path)
		return
	}
	goleak.VerifyTestMain(m)
}

const firstMigration = `-- +goose Up
CREATE TABLE notes (
    tenant TEXT NOT NULL,
    id     INTEGER NOT NULL,
    text   TEXT NOT NULL CHECK (text <> 'forbidden'),
    done   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX notes_by_text ON notes (tenant, lower(text));
CREATE TABLE remarks (
    tenant  TEXT NOT NULL,
    note_id INTEGER NOT NULL,
    slug    TEXT NOT NULL UNIQUE,
    FOREIGN KEY (tenant, note_id) REFERENCES notes (tenant, id)
) STRICT;
CREATE TABLE promises (
    note_id INTEGER NOT NULL REFERENCES targets (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE TABLE targets (id INTEGER PRIMARY KEY) STRICT;
`

func testMigrations() fstest.MapFS {
	return fstest.MapFS{"0001_init.sql": {Data: []byte(firstMigration)}}
}

// sqliteOf is the engine below d.
func sqliteOf(d *DB) *sqliteEngine { return d.engine.(*sqliteEngine) }

// openAt opens path without closing it.
func openAt(t testing.TB, path string, opts Options, migrations fs.FS, tune tuning) *DB {
	t.Helper()
	d, err := open(t.Context(), "sqlite:"+path, opts, migrations, tune)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func closeDB(t testing.TB, d *DB) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// newDB gives a migrated database that lives as long as the test; nothing of it
// has to survive a power loss.
func newDB(t testing.TB, change ...func(*tuning)) *DB {
	t.Helper()
	tune := defaultTuning()
	for _, f := range change {
		f(&tune)
	}
	d := openAt(t, filepath.Join(t.TempDir(), "test.db"), Options{Durability: Relaxed}, testMigrations(), tune)
	t.Cleanup(func() { closeDB(t, d) })
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// insert is a closure that adds a note of tenant t.
func insert(id int, text string) func(context.Context, *Tx) error {
	return func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO notes (tenant, id, text) VALUES ('t', $1, $2)", id, text)
		return err
	}
}

func scanInt(r Row) (n int, err error)     { return n, r.Scan(&n) }
func scanText(r Row) (s string, err error) { return s, r.Scan(&s) }

// noteIDs gives the committed notes in order.
func noteIDs(t testing.TB, d *DB) []int {
	t.Helper()
	ids, err := All(t.Context(), d.Read(), scanInt, "SELECT id FROM notes ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// errHeld is how the closure of hold ends, so that the fate of its batch does not matter to it.
var errHeld = errors.New("held")

// hold keeps the writer busy inside a closure until the returned function is
// called, so that what is written meanwhile waits and joins its batch.
func hold(t testing.TB, d *DB) (release func()) {
	t.Helper()
	entered, leave, left := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		left <- d.Write(context.Background(), func(context.Context, *Tx) error {
			close(entered)
			<-leave
			return errHeld
		})
	}()
	<-entered
	return func() {
		t.Helper()
		close(leave)
		if err := <-left; err != errHeld {
			t.Errorf("held closure gave %v", err)
		}
	}
}

// queued writes fn on a goroutine and returns once it waits as number n in the queue.
func queued(ctx context.Context, t testing.TB, d *DB, n int, fn func(context.Context, *Tx) error) <-chan error {
	t.Helper()
	result := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				result <- v.(*Panic)
			}
		}()
		result <- d.Write(ctx, fn)
	}()
	eventually(t, func() bool { return len(sqliteOf(d).writer.queue) >= n })
	return result
}

func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatal("condition does not become true")
		}
	}
}
