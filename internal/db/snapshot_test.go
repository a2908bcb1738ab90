package db

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
)

const countNotes = "SELECT count(*) FROM notes"

func TestSnapshotIsOneState(t *testing.T) {
	d := newDB(t)
	for id := range 3 { // with a statement that was kept, too
		err := d.Snapshot(t.Context(), func(ctx context.Context, q Q) error {
			before, err := One(ctx, q, scanInt, countNotes)
			if err != nil {
				return err
			}
			if err := d.Write(ctx, insert(id, strings.Repeat("x", id+1))); err != nil {
				return err
			}
			after, err := One(ctx, q, scanInt, countNotes)
			if before != after || before != id {
				t.Errorf("%d rows, then %d in the same snapshot, want %d", before, after, id)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n, err := One(t.Context(), d.Read(), scanInt, countNotes); err != nil || n != 3 {
		t.Errorf("%d rows afterwards, %v", n, err)
	}
}

func TestSnapshotRefuses(t *testing.T) {
	d := newDB(t, func(tune *tuning) { tune.readLimit = 200 * time.Millisecond })
	run := func(query string) error {
		return d.Snapshot(t.Context(), func(ctx context.Context, q Q) error {
			_, err := One(ctx, q, scanInt, query)
			return err
		})
	}
	if err := run(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`); tenantry.KindOf(err) != tenantry.Unavailable {
		t.Errorf("an endless query gives %v", err)
	}
	if err := run(`SELECT id FROM notes`); !errors.Is(err, ErrNoRows) {
		t.Errorf("no row gives %v", err)
	}
	own := errors.New("own")
	if err := d.Snapshot(t.Context(), func(context.Context, Q) error { return own }); err != own {
		t.Errorf("the closure's error comes back as %v", err)
	}
	err := d.Snapshot(t.Context(), func(ctx context.Context, q Q) error {
		_, err := q.Exec(ctx, `DELETE FROM notes`)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "runs on the read pool") {
		t.Errorf("a write gives %v", err)
	}
}

// TestSnapshotsNeedOneConnectionEach: with as many at a time as there are connections, none
// waits for another one, and all that were used come back.
func TestSnapshotsNeedOneConnectionEach(t *testing.T) {
	d := openAt(t, filepath.Join(t.TempDir(), "t.db"), Options{Durability: Relaxed, Readers: 2}, testMigrations(), defaultTuning())
	defer closeDB(t, d)
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var both, all sync.WaitGroup
	both.Add(2)
	for range 2 {
		all.Go(func() {
			err := d.Snapshot(ctx, func(ctx context.Context, q Q) error {
				both.Done()
				both.Wait()
				_, err := One(ctx, q, scanInt, countNotes)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for range 5 {
		if err := d.Snapshot(ctx, func(context.Context, Q) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}
