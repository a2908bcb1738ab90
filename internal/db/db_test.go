package db

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry"
)

func TestDatabaseURL(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for url, want := range map[string]string{
		"sqlite:data/tenantry.db":      filepath.Join(folder, "data/tenantry.db"),
		"sqlite://t.db":                filepath.Join(folder, "t.db"),
		"sqlite:" + folder + "/a.db":   filepath.Join(folder, "a.db"),
		"sqlite://" + folder + "/b.db": filepath.Join(folder, "b.db"),
	} {
		d, err := Open(t.Context(), url, Options{Durability: Relaxed})
		if err != nil {
			t.Fatalf("Open(%q) gave %v", url, err)
		}
		closeDB(t, d)
		if _, err := os.Stat(want); err != nil {
			t.Errorf("Open(%q) made no %s", url, want)
		}
	}
	for url, want := range map[string]string{
		"postgres://u:hush@host:port/db":                         "database URL is not valid",
		"postgresql://u:hush@host/db?pooler=x":                   `pooler must be "transaction"`,
		"postgres://u:hush@host/db?default_query_exec_mode=hush": "database URL is not valid",
		"mysql://u:hush@host/db":                                 `unknown scheme "mysql"; accepted are sqlite:PATH`,
		"data/tenantry.db":                                       "no scheme; accepted are sqlite:PATH",
		"sqlite:":                                                "names no file; accepted are sqlite:PATH",
		"sqlite::memory:":                                        "in memory cannot be shared",
	} {
		_, err := Open(t.Context(), url, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("Open(%q) gave %v, want %q", url, err, want)
		}
	}
}

// Any file name works, also one that means something in a URL, and nobody but
// the owner can read what is in it.
func TestOpenFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "a b?c%20d#e")
	path := filepath.Join(folder, "x?mode=memory&y=%31.db")
	d := openAt(t, path, Options{}, testMigrations(), defaultTuning())
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
		names = append(names, e.Name())
	}
	base := filepath.Base(path)
	if diff := cmp.Diff([]string{lockName, base, base + "-shm", base + "-wal"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	// A closed database is one file: what lay in the log is in it, so that it can be copied.
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("the log stays after Close: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	d = openAt(t, path, Options{}, testMigrations(), defaultTuning())
	defer closeDB(t, d)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a readable database stays %v, %v", info.Mode(), err)
	}
}

func TestOpenFailures(t *testing.T) {
	folder := t.TempDir()
	garbage := filepath.Join(folder, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, try := range map[string]func() (*DB, error){
		"garbage":   func() (*DB, error) { return Open(t.Context(), "sqlite:"+garbage, Options{}) },
		"folder":    func() (*DB, error) { return Open(t.Context(), "sqlite:"+folder, Options{}) },
		"cancelled": func() (*DB, error) { return Open(cancelled, "sqlite:"+filepath.Join(folder, "x.db"), Options{}) },
		"file as folder": func() (*DB, error) {
			return Open(t.Context(), "sqlite:"+filepath.Join(garbage, "x.db"), Options{})
		},
	} {
		if _, err := try(); err == nil || !strings.Contains(err.Error(), "open database") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// No failure may leave the folder locked.
	d := openAt(t, filepath.Join(folder, "good.db"), Options{}, testMigrations(), defaultTuning())
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	d := newDB(t)
	for _, name := range []string{"test.db", "other.db"} {
		_, err := Open(t.Context(), "sqlite:"+filepath.Join(filepath.Dir(sqliteOf(d).path), name), Options{})
		if !errors.Is(err, ErrFolderInUse) || !strings.Contains(err.Error(), filepath.Dir(sqliteOf(d).path)) {
			t.Errorf("%s: got %v, want ErrFolderInUse with the folder", name, err)
		}
	}
	if err := d.Write(t.Context(), insert(1, "a")); err != nil {
		t.Errorf("the first is disturbed: %v", err)
	}
}

func TestConnectionSettings(t *testing.T) {
	want := func(synchronous, queryOnly, cache string) map[string]string {
		return map[string]string{
			"journal_mode": "wal", "synchronous": synchronous, "foreign_keys": "1", "busy_timeout": "5000",
			"mmap_size": "1073741824", "temp_store": "2", "query_only": queryOnly, "cache_size": cache,
		}
	}
	for name, test := range map[string]struct {
		durability  Durability
		synchronous string
	}{"full": {Full, "2"}, "deferred": {Deferred, "1"}, "relaxed": {Relaxed, "0"}} {
		t.Run(name, func(t *testing.T) {
			d := openAt(t, filepath.Join(t.TempDir(), "t.db"), Options{Durability: test.durability}, testMigrations(), defaultTuning())
			defer closeDB(t, d)
			if diff := cmp.Diff(want("2", "1", "-2048"), settings(t, d.Read())); diff != "" {
				t.Errorf("reader (-want +got):\n%s", diff)
			}
			if err := d.Write(t.Context(), func(_ context.Context, tx *Tx) error {
				if diff := cmp.Diff(want(test.synchronous, "0", "-8192"), settings(t, tx)); diff != "" {
					t.Errorf("writer (-want +got):\n%s", diff)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

// What was deferred is in the database file once it is flushed, and no longer in the log.
func TestDeferredWritesAreFlushed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	d := openAt(t, path, Options{Durability: Deferred}, testMigrations(), defaultTuning())
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), insert(1, "a")); err != nil {
		t.Fatal(err)
	}
	logSize := func() int64 {
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if logSize() == 0 {
		t.Fatal("the write is not in the log")
	}
	if err := sqliteOf(d).writer.flush(); err != nil || logSize() != 0 {
		t.Errorf("after the flush the log has %d bytes, %v", logSize(), err)
	}
	closeDB(t, d)
}

func TestOpenWhatMustExist(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "none")
	if _, err := Open(t.Context(), "sqlite:"+filepath.Join(folder, "t.db"), Options{MustExist: true}); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("got %v, want ErrNoDatabase", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
	path := filepath.Join(folder, "t.db")
	closeDB(t, openAt(t, path, Options{}, testMigrations(), defaultTuning()))
	closeDB(t, openAt(t, path, Options{MustExist: true}, testMigrations(), defaultTuning()))
}

func settings(t *testing.T, q Q) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, name := range []string{
		"journal_mode", "synchronous", "foreign_keys", "busy_timeout", "mmap_size", "temp_store", "query_only", "cache_size",
	} {
		value, err := One(t.Context(), q, scanText, "PRAGMA "+name)
		if err != nil {
			t.Error(err)
		}
		got[name] = value
	}
	return got
}

func TestReadPoolCannotWrite(t *testing.T) {
	d := newDB(t)
	const query = "DELETE FROM notes"
	_, execErr := d.Read().Exec(t.Context(), query)
	_, queryErr := One(t.Context(), d.Read(), scanInt, query+" RETURNING id")
	for _, err := range []error{execErr, queryErr} {
		if err == nil || !strings.Contains(err.Error(), "runs on the read pool [DELETE") || tenantry.KindOf(err) != tenantry.Internal {
			t.Errorf("got %v, want a mistake of the program", err)
		}
	}
}

func TestReadCancelled(t *testing.T) {
	d := newDB(t)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
	if _, err := One(ctx, d.Read(), scanInt, endless); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := One(t.Context(), d.Read(), scanInt, "SELECT 1"); err != nil {
		t.Errorf("the pool does not recover: %v", err)
	}
}

func TestCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	d := openAt(t, path, Options{}, testMigrations(), defaultTuning())
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Check(t.Context()); err != nil {
		t.Errorf("sound database: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}

	tamper(t, path, "INSERT INTO remarks (tenant, note_id, slug) VALUES ('t', 7, 'a'), ('t', 8, 'b')")
	want := "rows that refer to missing ones: 2 of remarks to notes"
	if err := checkAt(t, path); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}

	damage(t, path)
	if err := checkAt(t, path); err == nil {
		t.Error("a damaged file passes")
	}
}

// tamper changes a closed database without the engine watching references.
func tamper(t *testing.T, path, query string) {
	t.Helper()
	pool, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
}

// damage overwrites all pages of a closed database but the first two.
func damage(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 2 * 4096; i < len(content); i++ {
		content[i] = 0x5a
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func checkAt(t *testing.T, path string) error {
	t.Helper()
	d := openAt(t, path, Options{}, testMigrations(), defaultTuning())
	defer closeDB(t, d)
	return d.Check(t.Context())
}

// modernc.org/sqlite is generated against one version of modernc.org/libc and
// is undefined with any other, so the two may only be bumped together.
func TestLibcVersion(t *testing.T) {
	list := func(format, module string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", format, module).Output()
		if err != nil {
			t.Fatalf("go list %s: %v", module, err)
		}
		return strings.TrimSpace(string(out))
	}
	used := list("{{.Version}}", "modernc.org/libc")
	requirements, err := os.ReadFile(list("{{.GoMod}}", "modernc.org/sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for line := range strings.Lines(string(requirements)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "modernc.org/libc" {
			want = fields[1]
		}
	}
	if want == "" || used != want {
		t.Errorf("go.mod has modernc.org/libc %s, modernc.org/sqlite needs %q", used, want)
	}
}
