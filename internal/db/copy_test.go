package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// Small batches, so that few rows are many of them.
const (
	testRows  = 64
	testBytes = 1 << 20
)

// copiedSchema has every type, a table that refers to one behind it by name, and a key of two columns.
const copiedSchema = `-- +goose Up
CREATE TABLE settings (name TEXT%[1]s PRIMARY KEY, value TEXT NOT NULL)%[5]s;
CREATE TABLE companies (id TEXT%[1]s PRIMARY KEY)%[5]s;
CREATE TABLE zebras (id TEXT%[1]s PRIMARY KEY, "odd ""name" TEXT)%[5]s;
CREATE TABLE apes (
    zebra  TEXT%[1]s NOT NULL REFERENCES zebras (id),
    number %[2]s NOT NULL,
    ratio  %[3]s,
    raw    %[4]s,
    note   TEXT%[1]s,
    PRIMARY KEY (zebra, number)
)%[5]s;
`

func copiedMigrations(e EngineName, more ...string) fstest.MapFS {
	names := []any{"", "INTEGER", "REAL", "BLOB", " STRICT"}
	if e == Postgres {
		names = []any{` COLLATE "C"`, "BIGINT", "DOUBLE PRECISION", "BYTEA", ""}
	}
	return fstest.MapFS{"0001_init.sql": {Data: fmt.Appendf(nil, copiedSchema+strings.Join(more, "\n"), names...)}}
}

// copiedURL names a new database.
func copiedURL(t *testing.T, e EngineName) string {
	t.Helper()
	if e == SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	}
	server := pgtest.Start(t)
	return server.URL(server.Empty(t))
}

// openCopied opens a database as a copy does, until the test ends.
func openCopied(t *testing.T, url string, more ...string) *DB {
	t.Helper()
	d := openForCopy(t, url, more...)
	t.Cleanup(func() { closeDB(t, d) })
	return d
}

func openForCopy(t *testing.T, url string, more ...string) *DB {
	t.Helper()
	e := SQLite
	if IsPostgres(url) {
		e = Postgres
	}
	d, err := open(t.Context(), asCopier(url), Options{Durability: Relaxed}, copiedMigrations(e, more...), defaultTuning())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// copied makes a source with the zebras a…e and rows of apes.
func copied(t *testing.T, e EngineName, rows int) *DB {
	t.Helper()
	d := openCopied(t, copiedURL(t, e))
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	written(t, d, "INSERT INTO companies (id) VALUES ('c1')")
	for _, id := range []string{"a", "B", "é", "~", ""} {
		written(t, d, `INSERT INTO zebras (id, "odd ""name") VALUES ($1, $2)`, id, "it's")
	}
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		for i := range rows {
			_, err := tx.Exec(ctx, "INSERT INTO apes (zebra, number, ratio, raw, note) VALUES ($1, $2, $3, $4, $5)",
				[]string{"a", "B", "é", "~", ""}[i%5], i, 0.1*float64(i), []byte{0, byte(i), 255}, fmt.Sprint("note ", i))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// written runs a statement on a database, which may be an incomplete copy.
func written(t *testing.T, d *DB, query string, args ...any) {
	t.Helper()
	if err := d.engine.load(t.Context(), func(ctx context.Context, q Q) error {
		_, err := q.Exec(ctx, query, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// copyInto runs a copy between open databases.
func copyInto(ctx context.Context, from, to *DB, begin func(CopyPass, int64) func(int)) ([]Copied, error) {
	if begin == nil {
		begin = func(CopyPass, int64) func(int) { return func(int) {} }
	}
	to.copying = true
	defer func() { to.copying = false }()
	c := copier{from: from, to: to, begin: begin, batchRows: testRows, batchBytes: testBytes}
	return c.run(ctx)
}

// contents gives every row of the tables, in the order of the keys.
func contents(t *testing.T, d *DB) map[string][][]any {
	t.Helper()
	tables, err := tablesOf(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][][]any{}
	for name, table := range tables {
		err := table.rows(t.Context(), d.whole(), nil, func(row []any) error {
			all[name] = append(all[name], row)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// eachWay runs test with each engine as the source, and as the target.
func eachWay(t *testing.T, test func(t *testing.T, from, to EngineName)) {
	t.Helper()
	for _, way := range [][2]EngineName{{SQLite, SQLite}, {SQLite, Postgres}, {Postgres, SQLite}} {
		t.Run(fmt.Sprintf("%s to %s", way[0], way[1]), func(t *testing.T) { test(t, way[0], way[1]) })
	}
}

// TestCopyKeepsEveryValue: the ends of every type, text that sorts differently by letters than by bytes,
// null beside empty, and more bytes than a batch has.
func TestCopyKeepsEveryValue(t *testing.T) {
	eachWay(t, func(t *testing.T, from, to EngineName) {
		source := copied(t, from, 3)
		long := strings.Repeat("ü", testBytes)
		for i, v := range [][]any{
			{math.MaxInt64, math.MaxFloat64, []byte{}, ""}, {math.MinInt64, -math.SmallestNonzeroFloat64, nil, nil},
			{-1, nil, bytes.Repeat([]byte{0, 255}, 1000), "\u2028\U0010ffff"}, {10, 0.1, []byte("x"), `{"a": 1.0}`},
			{11, math.Copysign(0, -1), []byte("'"), long}, {12, 1e15, nil, long}, {13, 3.0, nil, "\t\r\n "},
		} {
			written(t, source, "INSERT INTO apes (zebra, number, ratio, raw, note) VALUES ($1, $2, $3, $4, $5)",
				append([]any{[]string{"a", "é"}[i%2]}, v...)...)
		}
		target := openCopied(t, copiedURL(t, to))
		report, err := copyInto(t.Context(), source, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(contents(t, source), contents(t, target)); diff != "" {
			t.Error(diff)
		}
		for _, table := range report {
			if table.From != table.To || table.From.Rows != int64(len(contents(t, source)[table.Table])) {
				t.Errorf("%+v", table)
			}
		}
		if v, err := target.SchemaVersion(t.Context()); err != nil || v != 1 {
			t.Errorf("the copy is at version %d: %v", v, err)
		}
		if _, err := copyInto(t.Context(), source, target, nil); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("a second copy: %v", err)
		}
	})
}

// TestCopyGoesOn: however often a copy is broken off, it goes on behind its last batch and is equal in
// the end; until then nobody else works with the target.
func TestCopyGoesOn(t *testing.T) {
	const rows = 5*testRows + 7
	eachWay(t, func(t *testing.T, from, to EngineName) {
		source := copied(t, from, rows)
		want := contents(t, source)
		url := copiedURL(t, to)
		var told, total int
		for broken, over := 0, false; !over; broken++ {
			ctx, breakOff := context.WithCancel(t.Context())
			var left atomic.Int64 // both sides are read at once in the end
			left.Store(rand.Int64N(3))
			target := openForCopy(t, url)
			_, err := copyInto(ctx, source, target, func(pass CopyPass, n int64) func(int) {
				total = max(total, int(n))
				return func(n int) {
					if pass == Copying {
						told += n
					}
					if left.Add(-1) < 0 && broken < 6 {
						breakOff()
					}
				}
			})
			breakOff()
			over = err == nil
			if _, migrateErr := target.SchemaVersion(t.Context()); over != (migrateErr == nil) || (!over && !errors.Is(migrateErr, ErrCopyIncomplete)) {
				t.Errorf("the copy ended with %v, then the target says %v", err, migrateErr)
			}
			if over {
				if diff := cmp.Diff(want, contents(t, target)); diff != "" {
					t.Error(diff)
				}
			} else if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			closeDB(t, target)
		}
		if told != rows+6 {
			t.Errorf("%d rows were copied, not each once", told)
		}
	})
}

// half begins a copy and breaks it off behind the first batch of apes.
func half(t *testing.T, source, target *DB) {
	t.Helper()
	ctx, breakOff := context.WithCancel(t.Context())
	defer breakOff()
	_, err := copyInto(ctx, source, target, func(CopyPass, int64) func(int) {
		return func(n int) {
			if n == testRows {
				breakOff()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

// TestCopyNoticesDamage: whatever is changed in a row of either side, the comparison tells its table,
// and the target stays refused.
func TestCopyNoticesDamage(t *testing.T) {
	source := copied(t, SQLite, testRows+10)
	damages := map[string]string{
		"number": "UPDATE apes SET ratio = ratio + 0.0000000001 WHERE number = 5",
		"bytes":  "UPDATE apes SET raw = NULL WHERE number = 5", "empty bytes": "UPDATE apes SET raw = x'' WHERE number = 5",
		"lost": "DELETE FROM apes WHERE number = 5", "more": "INSERT INTO apes (zebra, number) VALUES ('a', -4)",
		"key": "UPDATE apes SET number = -5 WHERE number = 5",
	}
	const text = "UPDATE apes SET note = 'note 5 ' WHERE number = 5"
	for to, damages := range map[EngineName]map[string]string{SQLite: damages, Postgres: {"text": text}} {
		for name, damage := range damages {
			t.Run(fmt.Sprintf("%s in %s", name, to), func(t *testing.T) {
				target := openCopied(t, copiedURL(t, to))
				half(t, source, target)
				written(t, target, damage)
				report, err := copyInto(t.Context(), source, target, nil)
				var differ []string
				for _, table := range report {
					if table.From != table.To {
						differ = append(differ, table.Table)
					}
				}
				if !errors.Is(err, ErrCopyDiffers) || !slices.Equal(differ, []string{"apes"}) {
					t.Errorf("%v: %v", differ, err)
				}
				if _, _, err := target.Migrate(t.Context()); !errors.Is(err, ErrCopyIncomplete) {
					t.Errorf("the target says %v", err)
				}
			})
		}
	}
}

// TestCopyRefuses: what cannot be the source or the target of a copy stays as it is.
func TestCopyRefuses(t *testing.T) {
	eachWay(t, func(t *testing.T, from, to EngineName) {
		source := copied(t, from, testRows+1)
		other := copied(t, from, testRows+1)
		written(t, other, "INSERT INTO settings (name, value) VALUES ('instance_id', 'other')")
		target := openCopied(t, copiedURL(t, to))
		half(t, source, target)
		if _, err := copyInto(t.Context(), other, target, nil); !errors.Is(err, ErrNotEmpty) || !strings.Contains(err.Error(), "another source") {
			t.Errorf("a copy of another source: %v", err)
		}
		if _, err := copyInto(t.Context(), target, openCopied(t, copiedURL(t, SQLite)), nil); !errors.Is(err, ErrCopyIncomplete) {
			t.Errorf("of an incomplete copy: %v", err)
		}
		full := copied(t, to, 0)
		before := contents(t, full)
		if _, err := copyInto(t.Context(), source, full, nil); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("into a full one: %v", err)
		}
		if diff := cmp.Diff(before, contents(t, full)); diff != "" {
			t.Error(diff)
		}
		if _, err := full.SchemaVersion(t.Context()); err != nil {
			t.Errorf("it is refused now: %v", err)
		}
		old := openCopied(t, copiedURL(t, from))
		if _, err := copyInto(t.Context(), old, openCopied(t, copiedURL(t, to)), nil); err == nil || !strings.Contains(err.Error(), "tenantry migrate") {
			t.Errorf("of an old one: %v", err)
		}
	})
}

// TestCopyOfTextThatPostgresHasNot: the row is named.
func TestCopyOfTextThatPostgresHasNot(t *testing.T) {
	for name, text := range map[string]string{"NUL": "a\x00b", "not UTF-8": "a\xffb"} {
		source := copied(t, SQLite, 3)
		written(t, source, "UPDATE apes SET note = $1 WHERE number = 2", text)
		_, err := copyInto(t.Context(), source, openCopied(t, copiedURL(t, Postgres)), nil)
		if err == nil || !strings.Contains(err.Error(), `table apes: column note of the row ["é" "2"]`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCopyLocksPostgres: nobody writes to the source while it is copied, and one that is in use is refused.
func TestCopyLocksPostgres(t *testing.T) {
	source := copied(t, Postgres, 3)
	url := source.engine.(*postgresEngine).pool.Config().ConnString()
	var written error
	_, err := copyInto(t.Context(), source, openCopied(t, copiedURL(t, SQLite)), func(CopyPass, int64) func(int) {
		written = errors.Join(written, pgtest.Exec(t.Context(), url, "SET lock_timeout = '10ms'; INSERT INTO companies (id) VALUES ('late')"))
		return func(int) {}
	})
	if err != nil || written == nil || !strings.Contains(written.Error(), codeLockTimeout) {
		t.Errorf("the copy: %v; a write meanwhile: %v", err, written)
	}
	server, err := open(t.Context(), strings.ReplaceAll(url, "tenantry+copy", serverName), Options{}, copiedMigrations(Postgres), defaultTuning())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := copyInto(t.Context(), source, openCopied(t, copiedURL(t, SQLite)), nil); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("with a server: %v", err)
	}
	closeDB(t, server)
	source.engine.(*postgresEngine).tune.holdLimit = 100 * time.Millisecond
	release := make(chan struct{})
	begun, ended := make(chan struct{}), make(chan error)
	go func() {
		ended <- source.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO companies (id) VALUES ('open')")
			close(begun)
			<-release
			return err
		})
	}()
	<-begun
	_, err = copyInto(t.Context(), source, openCopied(t, copiedURL(t, SQLite)), nil)
	close(release)
	if endErr := <-ended; endErr != nil || err == nil || !strings.Contains(err.Error(), "lock out writers") {
		t.Errorf("with an open write: %v, %v", err, endErr)
	}
}

// TestEveryTableIsCopied: those of the real schema, in an order that their references allow.
func TestEveryTableIsCopied(t *testing.T) {
	var both []*DB
	for _, e := range []EngineName{SQLite, Postgres} {
		d, err := Open(t.Context(), copiedURL(t, e), Options{Durability: Relaxed})
		if err != nil {
			t.Fatal(err)
		}
		defer closeDB(t, d)
		if _, _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		both = append(both, d)
	}
	for i, from := range both {
		plan, err := planCopy(t.Context(), from, both[1-i])
		if err != nil {
			t.Fatal(err)
		}
		all, err := All(t.Context(), both[0].Read(), scanText, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'`)
		if err != nil {
			t.Fatal(err)
		}
		left, err := All(t.Context(), both[1].Read(), scanText, "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relpersistence = 'u'")
		if err != nil {
			t.Fatal(err)
		}
		got := append(append(names(plan), versionTable), left...)
		slices.Sort(got)
		slices.Sort(all)
		if diff := cmp.Diff(all, slices.Compact(got)); diff != "" {
			t.Errorf("-schema +copied:\n%s", diff)
		}
		if at := names(plan); slices.Index(at, "companies") > slices.Index(at, "locations") || slices.Index(at, "tags") > slices.Index(at, "contact_tags") {
			t.Errorf("order: %q", at)
		}
	}
}

// TestCopyPlanRefuses: a table that cannot be copied is not left out.
func TestCopyPlanRefuses(t *testing.T) {
	from, to := copied(t, SQLite, 0), copied(t, Postgres, 0)
	for _, test := range []struct{ name, sqlite, postgres, want string }{
		{"only in the source", "CREATE TABLE more (id TEXT PRIMARY KEY) STRICT", "", "table more has other columns"},
		{"only in the target", "", "CREATE TABLE more (id TEXT PRIMARY KEY)", "the source has no table more"},
		{"no key", "CREATE TABLE more (id TEXT) STRICT", "CREATE TABLE more (id TEXT)", "table more has no primary key"},
		{"type", "CREATE TABLE more (id TEXT PRIMARY KEY, at INTEGER) STRICT", "CREATE TABLE more (id TEXT PRIMARY KEY, at TIMESTAMPTZ)", "table more has other columns"},
		{"sequence", "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT", "CREATE TABLE more (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY)", "sequence"},
		{"circle", "CREATE TABLE more (id TEXT PRIMARY KEY) STRICT", "CREATE TABLE more (id TEXT PRIMARY KEY)", "in a circle"},
		{"emptied by a crash", "CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT", "CREATE UNLOGGED TABLE more (id TEXT PRIMARY KEY)", ""},
	} {
		for d, statement := range map[*DB]string{from: test.sqlite, to: test.postgres} {
			written(t, d, "DROP TABLE IF EXISTS more")
			if statement != "" {
				written(t, d, statement)
			}
		}
		if test.name == "circle" {
			written(t, to, "ALTER TABLE zebras ADD FOREIGN KEY (id) REFERENCES more (id) NOT VALID")
			written(t, to, "ALTER TABLE more ADD FOREIGN KEY (id) REFERENCES zebras (id)")
		}
		plan, err := planCopy(t.Context(), from, to)
		if test.name == "circle" {
			written(t, to, "ALTER TABLE zebras DROP CONSTRAINT zebras_id_fkey")
		}
		switch {
		case test.want == "" && (err != nil || slices.Contains(names(plan), "more")):
			t.Errorf("%s: %v, %q", test.name, err, names(plan))
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestCanonicalRowsHaveOneReading: two rows with one encoding are one row.
func TestCanonicalRowsHaveOneReading(t *testing.T) {
	value := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Int64Range(-2, 2), func(n int64) any { return n }),
		rapid.Map(rapid.SampledFrom([]float64{0, 1, -1}), func(f float64) any { return f }),
		rapid.Map(rapid.StringOfN(rapid.SampledFrom([]rune{0, 1, 3, 4, 'a'}), 0, 12, -1), func(s string) any { return s }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 3, 4, 'a'}), 0, 12), func(b []byte) any { return b }),
	)
	row := rapid.SliceOfN(value, 1, 3)
	rapid.Check(t, func(t *rapid.T) {
		a, b := row.Draw(t, "a"), row.Draw(t, "b")
		x, err1 := canonical(nil, a)
		y, err2 := canonical(nil, b)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(x, y) != cmp.Equal(a, b) {
			t.Errorf("%q and %q are %x and %x", a, b, x, y)
		}
	})
	if _, err := canonical(nil, []any{true}); err == nil {
		t.Error("an unknown type is passed over")
	}
}

// TestCopyOfOneFolder: the folder's lock would speak of another process.
func TestCopyOfOneFolder(t *testing.T) {
	dir := t.TempDir()
	_, err := Copy(t.Context(), "sqlite:"+filepath.Join(dir, "a.db"), "sqlite:"+filepath.Join(dir, "b.db"), CopyOptions{})
	if err == nil || !strings.Contains(err.Error(), "another folder") {
		t.Error(err)
	}
	if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
		t.Errorf("it made %v, %v", made, err)
	}
}
