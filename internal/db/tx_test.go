package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry"
)

func TestTxAfterItsClosure(t *testing.T) {
	d := newDB(t)
	var leaked *Tx
	if err := d.Write(t.Context(), func(_ context.Context, tx *Tx) error { leaked = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := leaked.Exec(t.Context(), "DELETE FROM notes"); !errors.Is(err, errTxEnded) {
		t.Errorf("Exec gave %v", err)
	}
	if _, err := leaked.Query(t.Context(), "SELECT 1"); !errors.Is(err, errTxEnded) {
		t.Errorf("Query gave %v", err)
	}
}

// Rows that a closure forgets must not keep the shared transaction from committing.
func TestTxClosesForgottenRows(t *testing.T) {
	d := newDB(t)
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		rows, err := tx.Query(ctx, "INSERT INTO notes (tenant, id, text) VALUES ('t', 1, 'a'), ('t', 2, 'b') RETURNING id")
		if err != nil {
			return err
		}
		rows.Next()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 2}, noteIDs(t, d)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// The same statement inside its own rows must not disturb them.
func TestTxNestedStatement(t *testing.T) {
	d := newDB(t)
	const query = "SELECT id FROM notes WHERE id >= $1 ORDER BY id"
	var outer []int
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		for i := range 3 {
			if err := insert(i, fmt.Sprint(i))(ctx, tx); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, query, 0)
		if err != nil {
			return err
		}
		for rows.Next() {
			id, err := scanInt(rows)
			if err != nil {
				return err
			}
			outer = append(outer, id)
			if _, err := All(ctx, tx, scanInt, query, 2); err != nil {
				return err
			}
		}
		return errors.Join(rows.Err(), rows.Close(), rows.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 2}, outer); diff != "" {
		t.Errorf("outer rows (-want +got):\n%s", diff)
	}
}

// A closure cannot end the transaction that it shares, even if it ignores the error.
func TestTxCannotEndTransaction(t *testing.T) {
	for _, control := range []string{"COMMIT", "ROLLBACK"} {
		t.Run(control, func(t *testing.T) {
			d := newDB(t)
			var refused error
			err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
				if err := insert(1, "a")(ctx, tx); err != nil {
					return err
				}
				_, _ = tx.Exec(ctx, control)
				refused = insert(2, "b")(ctx, tx)
				if _, err := tx.Query(ctx, "SELECT 1"); err == nil {
					t.Error("a query runs outside of the transaction")
				}
				return nil
			})
			if tenantry.KindOf(err) != tenantry.Unavailable || refused == nil {
				t.Errorf("Write gave %v, the statement behind %v", err, refused)
			}
			if ids := noteIDs(t, d); len(ids) != 0 {
				t.Errorf("rows %v were kept", ids)
			}
			if err := d.Write(t.Context(), insert(3, "c")); err != nil {
				t.Errorf("writer does not go on: %v", err)
			}
		})
	}
}

// A closure that gives its savepoint away cannot be undone alone, so nobody is told
// that anything was kept.
func TestTxGivesSavepointAway(t *testing.T) {
	own := errors.New("own")
	for name, result := range map[string]error{"succeeds": nil, "fails": own} {
		t.Run(name, func(t *testing.T) {
			d := newDB(t)
			release := hold(t, d)
			neighbour := queued(t.Context(), t, d, 1, insert(1, "a"))
			culprit := queued(t.Context(), t, d, 2, func(ctx context.Context, tx *Tx) error {
				if err := insert(2, "b")(ctx, tx); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, "RELEASE tenantry_closure"); err != nil {
					t.Error(err)
				}
				return result
			})
			release()
			if err := <-neighbour; tenantry.KindOf(err) != tenantry.Unavailable {
				t.Errorf("neighbour got %v, want Unavailable", err)
			}
			if err := <-culprit; err == nil || result != nil && err != own {
				t.Errorf("culprit got %v", err)
			}
			if ids := noteIDs(t, d); len(ids) != 0 {
				t.Errorf("rows %v were kept", ids)
			}
			if err := d.Write(t.Context(), insert(3, "c")); err != nil {
				t.Errorf("writer does not go on: %v", err)
			}
		})
	}
}

// A commit that fails fails everyone in it.
func TestCommitFailure(t *testing.T) {
	d := newDB(t)
	release := hold(t, d)
	good := queued(t.Context(), t, d, 1, insert(1, "a"))
	own := errors.New("own")
	failed := queued(t.Context(), t, d, 2, func(context.Context, *Tx) error { return own })
	bad := queued(t.Context(), t, d, 3, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO promises (note_id) VALUES (7)")
		return err
	})
	release()
	for name, result := range map[string]<-chan error{"good": good, "bad": bad} {
		if err := <-result; !errors.Is(err, ErrForeignKey) {
			t.Errorf("%s closure gave %v, want ErrForeignKey", name, err)
		}
	}
	if err := <-failed; err != own {
		t.Errorf("failed closure gave %v, want its own error", err)
	}
	if ids := noteIDs(t, d); len(ids) != 0 {
		t.Errorf("rows %v were kept", ids)
	}
	if err := d.Write(t.Context(), insert(2, "b")); err != nil {
		t.Errorf("writer does not go on: %v", err)
	}
}

// A full disk makes the engine drop the whole transaction. Whoever was in it
// must hear so, nothing may run outside of it, and with space the writer goes on.
func TestDiskFull(t *testing.T) {
	for _, swallow := range []bool{false, true} {
		t.Run(fmt.Sprintf("swallow=%t", swallow), func(t *testing.T) {
			d := newDB(t)
			limitPages(t, d, 1) // the engine takes the pages that there are
			fill := func(ctx context.Context, tx *Tx) error {
				err := insert(1, strings.Repeat("x", 1<<20))(ctx, tx)
				if tenantry.KindOf(err) != tenantry.Unavailable {
					t.Errorf("insert gave %v, want Unavailable", err)
				}
				if swallow {
					_ = insert(2, "b")(ctx, tx)
					return nil
				}
				return err
			}
			if err := d.Write(t.Context(), fill); tenantry.KindOf(err) != tenantry.Unavailable {
				t.Errorf("Write gave %v, want Unavailable", err)
			}
			if ids := noteIDs(t, d); len(ids) != 0 {
				t.Errorf("rows %v were kept", ids)
			}
			limitPages(t, d, 1<<20)
			if err := d.Write(t.Context(), insert(3, strings.Repeat("y", 1<<20))); err != nil {
				t.Errorf("with space again: %v", err)
			}
		})
	}
}

// In a batch that meets a full disk each answer must still be true.
func TestDiskFullNeighbours(t *testing.T) {
	d := newDB(t)
	limitPages(t, d, 1)
	release := hold(t, d)
	results := map[int]<-chan error{}
	for i := range 6 {
		text := fmt.Sprint(i)
		if i == 3 {
			text = strings.Repeat("x", 1<<20)
		}
		results[i] = queued(t.Context(), t, d, i+1, insert(i, text))
	}
	release()
	want := []int{}
	for i := range 6 {
		switch err := <-results[i]; {
		case err == nil:
			want = append(want, i)
		case tenantry.KindOf(err) != tenantry.Unavailable:
			t.Errorf("closure %d gave %v, want Unavailable", i, err)
		}
	}
	if diff := cmp.Diff(want, noteIDs(t, d)); diff != "" {
		t.Errorf("rows (-acknowledged +there):\n%s", diff)
	}
	if len(want) == 0 || want[len(want)-1] != 5 {
		t.Errorf("acknowledged %v: closures behind the full disk must run in a transaction of their own", want)
	}
}

// limitPages sets how large the database may grow.
func limitPages(t *testing.T, d *DB, pages int) {
	t.Helper()
	if err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		_, err := One(ctx, tx, scanInt, fmt.Sprintf("PRAGMA max_page_count(%d)", pages))
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A lock of another program refuses those who wait, and nothing runs without it.
func TestBusy(t *testing.T) {
	d := newDB(t)
	if err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		_, err := One(ctx, tx, scanInt, "PRAGMA busy_timeout(20)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	other := openRaw(t, sqliteOf(d).path)
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			err := d.Write(t.Context(), func(context.Context, *Tx) error {
				t.Error("closure ran without a lock")
				return nil
			})
			if tenantry.KindOf(err) != tenantry.Unavailable {
				t.Errorf("got %v, want Unavailable", err)
			}
		})
	}
	wg.Wait()
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), insert(1, "a")); err != nil {
		t.Errorf("with the lock gone: %v", err)
	}
}

// openRaw opens a second connection past the lock on the folder.
func openRaw(t testing.TB, path string) *sql.Conn {
	t.Helper()
	pool, err := sql.Open("sqlite", path+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(conn.Close(), pool.Close()) })
	return conn
}
