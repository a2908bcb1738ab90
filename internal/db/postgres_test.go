package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

func TestPostgresReadsAndWrites(t *testing.T) {
	for _, parameters := range []string{"", "&pooler=transaction"} {
		t.Run(parameters, func(t *testing.T) {
			server := pgtest.Start(t)
			name := server.Empty(t)
			from, to, err := openPostgresAt(t, server.URL(name)).Migrate(t.Context())
			if err != nil || from != 0 || to != 1 {
				t.Fatalf("migrated from %d to %d, %v", from, to, err)
			}
			d := openPostgresAt(t, server.URL(name)+parameters)
			for i := range 3 {
				if err := d.Write(t.Context(), insert(i, fmt.Sprint("text ", i))); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff([]int{0, 1, 2}, noteIDs(t, d)); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if got, err := One(t.Context(), d.Read(), scanText, "SELECT text FROM notes WHERE id = $1", 1); err != nil || got != "text 1" {
				t.Errorf("One = %q, %v", got, err)
			}
			if _, err := One(t.Context(), d.Read(), scanText, "SELECT text FROM notes WHERE id = $1", 9); !errors.Is(err, ErrNoRows) {
				t.Errorf("One of nothing gives %v", err)
			}
			err = d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
				n, err := tx.Exec(ctx, "UPDATE notes SET done = 1 WHERE id > $1", 0)
				if err != nil || n != 2 {
					t.Errorf("updated %d rows, %v", n, err)
				}
				return errHeld
			})
			if err != errHeld {
				t.Errorf("the closure's error arrives as %v", err)
			}
			err = d.Snapshot(t.Context(), func(ctx context.Context, q Q) error {
				count := func() int {
					n, err := One(ctx, q, scanInt, "SELECT count(*) FROM notes WHERE done = 0")
					if err != nil {
						t.Error(err)
					}
					return n
				}
				before := count()
				if err := d.Write(ctx, insert(9, "meanwhile")); err != nil {
					return err
				}
				if after := count(); before != 3 || after != 3 {
					t.Errorf("a snapshot has %d rows, then %d", before, after)
				}
				return nil
			})
			if err := errors.Join(err, d.Check(t.Context())); err != nil {
				t.Error(err)
			}
			done, err := All(t.Context(), d.Read(), func(r Row) (b bool, err error) { return b, r.Scan(&b) }, "SELECT done FROM notes UNION ALL SELECT 1 > 0 OR id = $1 FROM notes WHERE false", 1)
			if err == nil {
				t.Errorf("a number and a truth value in one column: %v", done)
			}
			flags, err := All(t.Context(), d.Read(), func(r Row) (f [2]bool, err error) { return f, r.Scan(&f[0], &f[1]) }, "SELECT id, id > 1 FROM notes WHERE id < 3 ORDER BY id")
			if diff := cmp.Diff([][2]bool{{false, false}, {true, false}, {true, true}}, flags); err != nil || diff != "" {
				t.Errorf("truth values %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestMigrateBehindAPooler: the lock that keeps two programs from migrating at once belongs to a session,
// which a pooler does not give.
func TestMigrateBehindAPooler(t *testing.T) {
	server := pgtest.Start(t)
	name := server.Empty(t)
	d := openPostgresAt(t, server.URL(name)+"&pooler=transaction")
	if from, to, err := d.Migrate(t.Context()); from != 0 || to != 0 || err == nil || !strings.Contains(err.Error(), "not of its pooler") {
		t.Errorf("migrated from %d to %d, %v", from, to, err)
	}
	if _, _, err := openPostgresAt(t, server.URL(name)).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if from, to, err := d.Migrate(t.Context()); from != to || err != nil {
		t.Errorf("with nothing to do: from %d to %d, %v", from, to, err)
	}
}

// A statement that writes has no business outside of a write transaction.
func TestPostgresReadsOnly(t *testing.T) {
	d, _ := newPostgres(t)
	const query = "INSERT INTO notes (tenant, id, text) VALUES ('t', 1, 'a') RETURNING id"
	_, err1 := d.Read().Exec(t.Context(), query)
	_, err2 := d.Read().Query(t.Context(), query)
	err3 := d.Snapshot(t.Context(), func(ctx context.Context, q Q) error {
		_, err := q.Exec(ctx, query)
		return err
	})
	for i, err := range []error{err1, err2} {
		if err == nil || tenantry.KindOf(err) != tenantry.Internal || !strings.Contains(err.Error(), "statement writes, but runs on the read pool") {
			t.Errorf("%d: %v", i, err)
		}
	}
	if err3 == nil || len(noteIDs(t, d)) != 0 {
		t.Errorf("a snapshot wrote %v, error %v", noteIDs(t, d), err3)
	}
}

func TestPostgresErrors(t *testing.T) {
	d, _ := newPostgres(t)
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if err := insert(1, "Taken")(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO remarks (tenant, note_id, slug) VALUES ('t', 1, 'first')")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, query string
		args        []any
		rule        error
		kind        tenantry.Kind
		want        ConstraintError
	}{
		{"primary key", "INSERT INTO notes (tenant, id, text) VALUES ('t', $1, $2)", []any{1, "hush"}, ErrDuplicate, 0,
			ConstraintError{Table: "notes", Columns: []string{"tenant", "id"}}},
		{"unique column", "INSERT INTO remarks (tenant, note_id, slug) VALUES ('t', 1, $1)", []any{"first"}, ErrDuplicate, 0,
			ConstraintError{Table: "remarks", Columns: []string{"slug"}}},
		{"index on an expression", "INSERT INTO notes (tenant, id, text) VALUES ('t', 2, $1)", []any{"taken"}, ErrDuplicate, 0,
			ConstraintError{Table: "notes", Index: "notes_by_text"}},
		{"no parent", "INSERT INTO remarks (tenant, note_id, slug) VALUES ($1, 9, 'x')", []any{"hush"}, ErrForeignKey, 0, ConstraintError{}},
		{"still referred to", "DELETE FROM notes WHERE id = $1", []any{1}, ErrForeignKey, 0, ConstraintError{}},
		{"a check", "INSERT INTO notes (tenant, id, text) VALUES ('t', 3, $1)", []any{"forbidden"}, nil, tenantry.Internal, ConstraintError{}},
		{"no such column", "SELECT nonsense FROM notes", nil, nil, tenantry.Internal, ConstraintError{}},
		{"no number", "SELECT CAST($1::text AS int)", []any{"hush"}, nil, tenantry.Internal, ConstraintError{}},
		{"a NUL", "INSERT INTO notes (tenant, id, text) VALUES ('t', 4, $1)", []any{"hush\x00"}, nil, tenantry.Invalid, ConstraintError{}},
		{"no UTF-8", "SELECT $1::text", []any{"hush\xff"}, nil, tenantry.Invalid, ConstraintError{}},
		{"a number for a text", "SELECT id FROM notes WHERE text = $1", []any{31337}, nil, tenantry.Internal, ConstraintError{}},
		{"the wrong type", "SELECT id FROM notes WHERE id = $1", []any{"hush"}, nil, tenantry.Internal, ConstraintError{}},
	} {
		err := fail(t, d, test.query, test.args...)
		if (test.rule != nil && !errors.Is(err, test.rule)) || tenantry.KindOf(err) != test.kind || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "31337") {
			t.Errorf("%s gives %v", test.name, err)
		}
		got, is := errors.AsType[*ConstraintError](err)
		if is != (test.rule != nil) {
			t.Errorf("%s gives %v", test.name, err)
		} else if is && (got.Table != test.want.Table && test.rule == ErrDuplicate || !slices.Equal(got.Columns, test.want.Columns) || got.Index != test.want.Index) {
			t.Errorf("%s names %q %q %q", test.name, got.Table, got.Columns, got.Index)
		}
	}
	_, err = One(t.Context(), d.Read(), scanInt, "SELECT $1::text AS secret", "hush")
	if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "column secret") {
		t.Errorf("a text read as a number gives %v", err)
	}
	if diff := cmp.Diff([]int{1}, noteIDs(t, d)); diff != "" {
		t.Errorf("what failed left something:\n%s", diff)
	}
	err = d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		_, _ = tx.Exec(ctx, "INSERT INTO notes (tenant, id, text) VALUES ('t', 1, 'again')") // the closure does not care
		return nil
	})
	if !errors.Is(err, ErrDuplicate) {
		t.Errorf("a transaction that failed and was not told ends with %v", err)
	}
}

// Whatever a closure does to itself, the next one finds a connection in order.
func TestPostgresClosures(t *testing.T) {
	d, _ := newPostgres(t)
	var leaked *Tx
	explode := func() (p *Panic) {
		defer func() { p, _ = recover().(*Panic) }()
		_ = d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			leaked = tx
			if err := insert(1, "a")(ctx, tx); err != nil {
				return err
			}
			panic("detonation")
		})
		return nil
	}
	if p := explode(); p == nil || p.Value != "detonation" || !strings.Contains(string(p.Stack), "TestPostgresClosures") {
		t.Errorf("a panic arrives as %v", p)
	}
	if _, err := leaked.Exec(t.Context(), "DELETE FROM notes"); !errors.Is(err, errTxEnded) {
		t.Errorf("a transaction used after its closure gives %v", err)
	}
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if err := d.Write(ctx, insert(2, "b")); !errors.Is(err, errNested) {
			t.Errorf("Write in a closure gives %v", err)
		}
		rows, err := tx.Query(ctx, "INSERT INTO notes (tenant, id, text) VALUES ('t', 3, 'c'), ('t', 4, 'd') RETURNING id")
		if err != nil {
			return err
		}
		rows.Next() // and forgets them
		return nil
	})
	if diff := cmp.Diff([]int{3, 4}, noteIDs(t, d)); err != nil || diff != "" {
		t.Errorf("%v, notes (-want +got):\n%s", err, diff)
	}
	ended, cancel := context.WithCancel(t.Context())
	err = d.Write(ended, func(ctx context.Context, tx *Tx) error {
		cancel()
		return insert(5, "started before its caller left")(ctx, tx)
	})
	if err != nil || len(noteIDs(t, d)) != 3 {
		t.Errorf("a closure whose caller left gives %v, notes %v", err, noteIDs(t, d))
	}
	if err := d.Write(ended, insert(6, "late")); !errors.Is(err, context.Canceled) {
		t.Errorf("Write for a caller who left gives %v", err)
	}
	if stat := d.engine.(*postgresEngine).pool.Stat(); stat.AcquiredConns() != 0 {
		t.Errorf("%d connections are in use", stat.AcquiredConns())
	}
}

// TestPostgresDeadlock: two transactions that wait for each other both end, one on its
// second try.
func TestPostgresDeadlock(t *testing.T) {
	d, _ := newPostgres(t)
	for id := range 2 {
		if err := d.Write(t.Context(), insert(id, fmt.Sprint(id))); err != nil {
			t.Fatal(err)
		}
	}
	both := new(sync.WaitGroup) // until each has its first row
	both.Add(2)
	tries := [2]int{}
	one := func(first int) error {
		return d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			tries[first]++
			for step, id := range []int{first, 1 - first} {
				if _, err := tx.Exec(ctx, "UPDATE notes SET done = done + 1 WHERE id = $1", id); err != nil {
					return err
				}
				if step == 0 && tries[first] == 1 {
					both.Done()
					both.Wait()
				}
			}
			return nil
		})
	}
	errs := make(chan error, 2)
	for first := range 2 {
		go func() { errs <- one(first) }()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Error(err)
	}
	done, err := All(t.Context(), d.Read(), scanInt, "SELECT done FROM notes ORDER BY id")
	if diff := cmp.Diff([]int{2, 2}, done); err != nil || diff != "" || tries[0]+tries[1] < 3 {
		t.Errorf("%v after %v tries (-want +got):\n%s", err, tries, diff)
	}
}

// TestPostgresLostConnection: what is not committed is done again on another connection,
// and so is a read.
func TestPostgresLostConnection(t *testing.T) {
	d, p := newPostgres(t)
	p.Cut() // what lies idle in the pool
	if err := d.Write(t.Context(), insert(1, "a")); err != nil {
		t.Errorf("the first write after it: %v", err)
	}
	p.Cut()
	if diff := cmp.Diff([]int{1}, noteIDs(t, d)); diff != "" {
		t.Error(diff)
	}
	tries := 0
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if err := insert(2, "b")(ctx, tx); err != nil {
			return err
		}
		if tries++; tries == 1 {
			p.Cut()
		}
		return insert(3, "c")(ctx, tx)
	})
	if diff := cmp.Diff([]int{1, 2, 3}, noteIDs(t, d)); err != nil || diff != "" || tries != 2 {
		t.Errorf("%v after %d tries (-want +got):\n%s", err, tries, diff)
	}
}

// TestPostgresLostCommit: a commit whose answer is lost is neither a success nor repeated.
func TestPostgresLostCommit(t *testing.T) {
	d, p := newPostgres(t)
	p.Deaf("COMMIT\x00") // the whole statement
	tries := 0
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		tries++
		return insert(1, "a")(ctx, tx)
	})
	if tenantry.KindOf(err) != tenantry.Unavailable || !errors.Is(err, errCommitUnknown) || tries != 1 {
		t.Errorf("after %d tries: %v", tries, err)
	}
	p.Deaf("")
	if err := d.Write(t.Context(), insert(2, "b")); err != nil || !slices.Contains(noteIDs(t, d), 2) {
		t.Errorf("the next write gives %v", err)
	}
}

// TestPostgresAway (requirement 37): while the server is away everything fails as
// Unavailable, and works again when it is back.
func TestPostgresAway(t *testing.T) {
	d, p := newPostgres(t)
	if err := d.Write(t.Context(), insert(1, "a")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p.Stop()
		_, err1 := All(t.Context(), d.Read(), scanInt, "SELECT id FROM notes")
		err2 := d.Write(t.Context(), insert(2, "b"))
		err3 := d.Snapshot(t.Context(), func(ctx context.Context, q Q) error {
			_, err := One(ctx, q, scanInt, "SELECT 1")
			return err
		})
		for i, err := range []error{err1, err2, err3} {
			e, is := errors.AsType[*tenantry.Error](err)
			if !is || e.Kind != tenantry.Unavailable || e.RetryAfter <= 0 || strings.Contains(err.Error(), "hush") {
				t.Errorf("%d: %v", i, err)
			}
		}
		p.Start()
		if diff := cmp.Diff([]int{1}, noteIDs(t, d)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestPostgresAtStart: a server that is away is waited for, and a clear message tells of one
// that does not come or has no such database. None of it holds the password.
func TestPostgresAtStart(t *testing.T) {
	server := pgtest.Start(t)
	name := server.Empty(t)
	p := pgtest.NewProxy(t, server)
	p.Stop()
	tune := defaultTuning()
	tune.startLimit = 2 * startPause
	_, err := open(t.Context(), p.URL(name), Options{}, postgresMigrations(), tune)
	if err == nil || !strings.Contains(err.Error(), "did not answer within") || !strings.Contains(err.Error(), p.Address()) || strings.Contains(err.Error(), "hush") {
		t.Errorf("a server that is away gives %v", err)
	}
	opened := make(chan error, 1)
	go func() {
		d, err := open(t.Context(), p.URL(name), Options{}, postgresMigrations(), defaultTuning())
		if err == nil {
			err = d.Close()
		}
		opened <- err
	}()
	p.Start()
	if err := <-opened; err != nil {
		t.Errorf("a server that comes gives %v", err)
	}
	if _, err := Open(t.Context(), p.URL("nowhere"), Options{}); !errors.Is(err, ErrNoDatabase) || strings.Contains(err.Error(), "hush") {
		t.Errorf("no such database gives %v", err)
	}
}

func TestPostgresSlowReadsEnd(t *testing.T) {
	d, _ := newPostgres(t, func(tune *tuning) { tune.readLimit = 50 * time.Millisecond })
	for range 20 { // more than there are connections
		_, err := One(t.Context(), d.Read(), scanText, "SELECT pg_sleep(60)::text")
		if tenantry.KindOf(err) != tenantry.Unavailable || !errors.Is(err, errTooSlow) {
			t.Fatalf("an endless query gives %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := One(ctx, d.Read(), scanText, "SELECT pg_sleep(60)::text"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's own end gives %v", err)
	}
}

// TestPostgresMigrateAtOnce (requirement 42): of programs that start together one migrates.
func TestPostgresMigrateAtOnce(t *testing.T) {
	server := pgtest.Start(t)
	name := server.Empty(t)
	errs := make(chan error, 3)
	for range cap(errs) {
		d := openPostgresAt(t, server.URL(name))
		go func() {
			_, to, err := d.Migrate(t.Context())
			if err == nil && to != 1 {
				err = fmt.Errorf("arrived at %d", to)
			}
			errs <- err
		}()
	}
	if err := errors.Join(<-errs, <-errs, <-errs); err != nil {
		t.Error(err)
	}
	d := openPostgresAt(t, server.URL(name))
	if n, err := One(t.Context(), d.Across("a test").Read(), scanInt, "SELECT count(*) FROM schema_versions WHERE version_id = 1"); err != nil || n != 1 {
		t.Errorf("migrated %d times, %v", n, err)
	}
}

func TestRedact(t *testing.T) {
	for url, want := range map[string]string{
		"sqlite:a b.db": "sqlite:a b.db",
		"postgres://u:hush@host:1/db?password=hush&sslmode=disable": "postgres://u:xxxxx@host:1/db",
		"postgres:///db?host=/run&user=u&password=hush":             "postgres:///db",
		"postgres://u:hu%zzsh@host/db":                              "postgres://…",
	} {
		if got := Redact(url); got != want {
			t.Errorf("Redact(%q) = %q, want %q", url, got, want)
		}
	}
}
