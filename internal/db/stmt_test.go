package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestStatementCacheBound(t *testing.T) {
	d := newDB(t, func(c *tuning) { c.statements = 4 })
	for i := range 20 {
		query := fmt.Sprintf("SELECT %d", i)
		if got, err := One(t.Context(), d.Read(), scanInt, query); err != nil || got != i {
			t.Errorf("%s = %d, %v", query, got, err)
		}
		if err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			got, err := One(ctx, tx, scanInt, query)
			if got != i {
				t.Errorf("%s = %d in a transaction", query, got)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	if r, w := sqliteOf(d).reader.stmts.size(), sqliteOf(d).writer.stmts.size(); r != 4 || w != 4 {
		t.Errorf("caches hold %d and %d statements, want 4", r, w)
	}
}

// The statement used last is the last to go, and it is prepared once only.
func TestStatementCacheKeepsRecent(t *testing.T) {
	d := newDB(t)
	prepared := map[string]int{}
	cache := newStmtCache(2, true, nil)
	inner := sqliteOf(d).reader.pool.PrepareContext
	cache.prepare = func(ctx context.Context, query string) (*sql.Stmt, error) {
		prepared[query]++
		return inner(ctx, query)
	}
	for _, query := range []string{"SELECT 1", "SELECT 2", "SELECT 1", "SELECT 3", "SELECT 1", "SELECT 2"} {
		s, err := cache.acquire(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		cache.release(s)
	}
	for query, want := range map[string]int{"SELECT 1": 1, "SELECT 2": 2, "SELECT 3": 1} {
		if prepared[query] != want {
			t.Errorf("%s was prepared %d times, want %d", query, prepared[query], want)
		}
	}
}

// A statement that is pushed out while its rows are read must go on giving them.
func TestStatementCacheEvictsInUse(t *testing.T) {
	d := newDB(t, func(c *tuning) { c.statements = 1 })
	read := func(q Q) error {
		rows, err := q.Query(t.Context(), "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3")
		if err != nil {
			return err
		}
		sum := 0
		for rows.Next() {
			n, err := scanInt(rows)
			if err != nil {
				return err
			}
			sum += n
			for i := range 3 {
				if _, err := One(t.Context(), q, scanInt, fmt.Sprintf("SELECT %d", 10+i)); err != nil {
					return err
				}
			}
		}
		if sum != 6 {
			t.Errorf("rows add up to %d, want 6", sum)
		}
		return errors.Join(rows.Err(), rows.Close())
	}
	if err := read(d.Read()); err != nil {
		t.Error(err)
	}
	if err := d.Write(t.Context(), func(_ context.Context, tx *Tx) error { return read(tx) }); err != nil {
		t.Error(err)
	}
}

func TestStatementCacheConcurrent(t *testing.T) {
	d := newDB(t, func(c *tuning) { c.statements = 3 })
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 60 {
				n := (g + i) % 7
				if got, err := One(t.Context(), d.Read(), scanInt, fmt.Sprintf("SELECT %d + $1", n), 1); err != nil || got != n+1 {
					t.Errorf("got %d, %v, want %d", got, err, n+1)
				}
			}
		})
	}
	wg.Wait()
}
