package db

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
)

func TestOneAndAll(t *testing.T) {
	d := newDB(t)
	empty, err := All(t.Context(), d.Read(), scanInt, "SELECT id FROM notes")
	if err != nil || empty == nil || len(empty) != 0 {
		t.Errorf("All of nothing = %v, %v, want an empty slice that is not nil", empty, err)
	}
	if _, err := One(t.Context(), d.Read(), scanInt, "SELECT id FROM notes"); !errors.Is(err, ErrNoRows) {
		t.Errorf("One of nothing gave %v, want ErrNoRows", err)
	}
	for i := range 3 {
		if err := d.Write(t.Context(), insert(i, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := One(t.Context(), d.Read(), scanInt, "SELECT id FROM notes WHERE id >= $1 ORDER BY id", 1); err != nil || got != 1 {
		t.Errorf("One = %d, %v, want the first row", got, err)
	}
	stop := errors.New("stop")
	failing := func(Row) (int, error) { return 0, stop }
	if _, err := One(t.Context(), d.Read(), failing, "SELECT id FROM notes"); err != stop {
		t.Errorf("One gave %v, want the error of scan", err)
	}
	if got, err := All(t.Context(), d.Read(), failing, "SELECT id FROM notes"); err != stop || got != nil {
		t.Errorf("All gave %v, %v, want the error of scan", got, err)
	}
	// abs of the smallest integer fails on the second row, after rows were given.
	const late = "SELECT abs(v) FROM (SELECT 1 AS v UNION ALL SELECT -9223372036854775808)"
	if got, err := All(t.Context(), d.Read(), scanInt, late); err == nil || got != nil {
		t.Errorf("All gave %v, %v, want the error of the second row", got, err)
	}
}

// Every exit of One and All must give the connection back: with one reader a
// single leak would block the next query for good.
func TestRowsAreReturned(t *testing.T) {
	d := openAt(t, t.TempDir()+"/t.db", Options{Durability: Relaxed, Readers: 1}, testMigrations(), defaultTuning())
	defer closeDB(t, d)
	failing := func(Row) (int, error) { return 0, errors.New("stop") }
	panicking := func(Row) (int, error) { panic("scan") }
	caught := func(fn func()) {
		defer func() { _ = recover() }()
		fn()
	}
	for range 3 {
		caught(func() { _, _ = One(t.Context(), d.Read(), panicking, "SELECT 1 UNION SELECT 2") })
		caught(func() { _, _ = All(t.Context(), d.Read(), panicking, "SELECT 1 UNION SELECT 2") })
		_, _ = One(t.Context(), d.Read(), failing, "SELECT 1 UNION SELECT 2")
		_, _ = All(t.Context(), d.Read(), failing, "SELECT 1 UNION SELECT 2")
		_, _ = One(t.Context(), d.Read(), scanInt, "SELECT 1 WHERE false")
		_, _ = One(t.Context(), d.Read(), scanInt, "SELECT nonsense")
	}
	if stats := sqliteOf(d).reader.pool.Stats(); stats.InUse != 0 {
		t.Errorf("%d connections are in use", stats.InUse)
	}
}

func TestValuesRoundTrip(t *testing.T) {
	d := newDB(t)
	type note struct {
		Text string
		Done bool
	}
	scan := func(r Row) (n note, err error) { return n, r.Scan(&n.Text, &n.Done) }
	want := []note{{"ja", true}, {"näin\x00 — 字", false}}
	if err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		for i, n := range want {
			rows, err := tx.Exec(ctx, "INSERT INTO notes (tenant, id, text, done) VALUES ('t', $1, $2, $3)", i, n.Text, n.Done)
			if err != nil || rows != 1 {
				return fmt.Errorf("inserted %d rows: %w", rows, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	got, err := All(t.Context(), d.Read(), scan, "SELECT text, done FROM notes ORDER BY id")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	done, err := All(t.Context(), d.Read(), scan, "SELECT text, done FROM notes WHERE done = $1", true)
	if diff := cmp.Diff(want[:1], done); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestIn(t *testing.T) {
	for _, test := range []struct {
		n, from int
		want    string
	}{{3, 2, "$2, $3, $4"}, {1, 1, "$1"}, {2, 9, "$9, $10"}, {0, 5, "NULL"}} {
		if got := In(test.n, test.from); got != test.want {
			t.Errorf("In(%d, %d) = %q, want %q", test.n, test.from, got, test.want)
		}
	}
	d := newDB(t)
	for n, want := range map[int]int{0: 0, 2: 1} {
		args := []any{7, 7, 8}[:1+n]
		got, err := One(t.Context(), d.Read(), scanInt, "SELECT count(*) FROM (SELECT $1 AS v) WHERE v IN ("+In(n, 2)+")", args...)
		if err != nil || got != want {
			t.Errorf("IN of %d: %d rows, %v, want %d", n, got, err, want)
		}
	}
}

// An escaped text matches what contains it, and nothing else.
func TestContains(t *testing.T) {
	d := newDB(t)
	letters := rapid.StringOfN(rapid.SampledFrom([]rune(`a%_\'"é`)), 0, 4, -1)
	rapid.Check(t, func(rt *rapid.T) {
		part, whole := letters.Draw(rt, "part"), letters.Draw(rt, "whole")
		if rapid.Bool().Draw(rt, "inside") {
			whole += part + whole
		}
		got, err := One(t.Context(), d.Read(), scanInt, `SELECT `+Contains("$1", "$2"), whole, part)
		if err != nil || (got == 1) != strings.Contains(whole, part) {
			rt.Errorf("%q in %q: %d, %v", part, whole, got, err)
		}
	})
}

// TestSlowReadsEnd: a query that takes too long is stopped and its connection is free
// again; what may take long is not.
func TestSlowReadsEnd(t *testing.T) {
	d := newDB(t, func(tune *tuning) { tune.readLimit = 50 * time.Millisecond })
	const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`
	start := time.Now()
	for range 20 { // more than there are connections
		_, err := One(t.Context(), d.Read(), scanInt, endless)
		if tenantry.KindOf(err) != tenantry.Unavailable || !errors.Is(err, errTooSlow) {
			t.Fatalf("an endless query gives %v", err)
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("20 endless queries took %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := One(ctx, d.Read(), scanInt, endless); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's own end gives %v", err)
	}
	rows, err := d.Read().Query(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
	}
	if tenantry.KindOf(rows.Err()) != tenantry.Unavailable {
		t.Errorf("endless rows give %v", rows.Err())
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Check(t.Context()); err != nil {
		t.Errorf("the check of a sound database gives %v", err)
	}
}
