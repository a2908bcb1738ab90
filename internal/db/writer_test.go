package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry"
	"pgregory.net/rapid"
)

// Closures that wait together must share one commit: the last of them may not
// see what the others wrote through a reader, though all of it is there.
func TestWriteSharesCommit(t *testing.T) {
	d := newDB(t)
	release := hold(t, d)
	const n = 20
	var results []<-chan error
	for i := range n {
		results = append(results, queued(t.Context(), t, d, i+1, insert(i, fmt.Sprint(i))))
	}
	var inside, outside int
	results = append(results, queued(t.Context(), t, d, n+1, func(ctx context.Context, tx *Tx) (err error) {
		if inside, err = One(ctx, tx, scanInt, "SELECT count(*) FROM notes"); err != nil {
			return err
		}
		outside, err = One(ctx, d.Read(), scanInt, "SELECT count(*) FROM notes")
		return err
	}))
	release()
	for _, r := range results {
		if err := <-r; err != nil {
			t.Fatal(err)
		}
	}
	if inside != n || outside != 0 {
		t.Errorf("last closure sees %d rows inside and %d outside, want %d and 0", inside, outside, n)
	}
	if got := len(noteIDs(t, d)); got != n {
		t.Errorf("committed %d rows, want %d", got, n)
	}
}

func TestWriteBatchLimit(t *testing.T) {
	d := newDB(t, func(c *tuning) { c.batch = 3 })
	release := hold(t, d) // is the first of the three
	outside := make([]int, 5)
	var results []<-chan error
	for i := range outside {
		results = append(results, queued(t.Context(), t, d, i+1, func(ctx context.Context, tx *Tx) (err error) {
			if err := insert(i, fmt.Sprint(i))(ctx, tx); err != nil {
				return err
			}
			outside[i], err = One(ctx, d.Read(), scanInt, "SELECT count(*) FROM notes")
			return err
		}))
	}
	release()
	for _, r := range results {
		if err := <-r; err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]int{0, 0, 2, 2, 2}, outside); diff != "" {
		t.Errorf("committed rows seen by each closure (-want +got):\n%s", diff)
	}
}

func TestWriteFailingNeighbours(t *testing.T) {
	d := newDB(t)
	refused := errors.New("refused")
	release := hold(t, d)
	after := func(err error) func(context.Context, *Tx) error {
		return func(ctx context.Context, tx *Tx) error {
			if e := insert(100, "undone")(ctx, tx); e != nil {
				return e
			}
			if err == nil {
				panic("closure panics")
			}
			return err
		}
	}
	var results []<-chan error
	for i, fn := range []func(context.Context, *Tx) error{
		insert(1, "a"), after(refused), insert(1, "b"), after(nil), insert(2, "c"),
	} {
		results = append(results, queued(t.Context(), t, d, i+1, fn))
	}
	release()
	var got []error
	for _, r := range results {
		got = append(got, <-r)
	}
	if got[0] != nil || got[4] != nil {
		t.Errorf("good closures gave %v and %v", got[0], got[4])
	}
	if got[1] != refused {
		t.Errorf("failing closure gave %v, want its own error", got[1])
	}
	if !errors.Is(got[2], ErrDuplicate) {
		t.Errorf("duplicate gave %v", got[2])
	}
	if _, ok := got[3].(*Panic); !ok {
		t.Errorf("panicking closure gave %v", got[3])
	}
	if diff := cmp.Diff([]int{1, 2}, noteIDs(t, d)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestWritePanic(t *testing.T) {
	d := newDB(t)
	cause := errors.New("cause")
	got := func() (v any) {
		defer func() { v = recover() }()
		return d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			if err := insert(1, "a")(ctx, tx); err != nil {
				return err
			}
			panic(cause)
		})
	}()
	p, ok := got.(*Panic)
	if !ok {
		t.Fatalf("recovered %v, want a *Panic", got)
	}
	if p.Value != cause || !errors.Is(p, cause) {
		t.Errorf("value is %v", p.Value)
	}
	if !strings.Contains(p.Error(), "TestWritePanic") {
		t.Errorf("the closure's stack is missing:\n%s", p.Error())
	}
	if ids := noteIDs(t, d); len(ids) != 0 {
		t.Errorf("panicking closure left %v", ids)
	}
	if err := d.Write(t.Context(), insert(2, "b")); err != nil {
		t.Errorf("writer does not go on: %v", err)
	}
}

// A closure that takes its goroutine with it, as FailNow does, ends its caller's
// too; its neighbours hear that their work is gone and the writer goes on.
func TestWriteGoexit(t *testing.T) {
	d := newDB(t)
	release := hold(t, d)
	neighbour := queued(t.Context(), t, d, 1, insert(1, "a"))
	var returned bool
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = d.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
			if _, err := tx.Query(ctx, "INSERT INTO notes (tenant, id, text) VALUES ('t', 2, 'b') RETURNING id"); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
		returned = true
	}()
	eventually(t, func() bool { return len(sqliteOf(d).writer.queue) == 2 })
	release()
	<-exited
	if returned {
		t.Error("Write returned to a caller whose closure exited")
	}
	if err := <-neighbour; tenantry.KindOf(err) != tenantry.Unavailable {
		t.Errorf("neighbour got %v, want Unavailable", err)
	}
	if err := d.Write(t.Context(), insert(3, "c")); err != nil {
		t.Fatalf("writer does not go on: %v", err)
	}
	if diff := cmp.Diff([]int{3}, noteIDs(t, d)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestWriteCancelledWhileWaiting(t *testing.T) {
	d := newDB(t)
	release := hold(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	result := queued(ctx, t, d, 1, insert(1, "a"))
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) { // at once: the writer is still held
		t.Errorf("got %v, want context.Canceled", err)
	}
	release()
	if err := d.Write(t.Context(), insert(2, "b")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2}, noteIDs(t, d)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestWriteCancelledWhileRunning(t *testing.T) {
	d := newDB(t)
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
	defer cancel()
	err := d.Write(ctx, func(inner context.Context, tx *Tx) error {
		cancel()
		if inner.Err() != nil || inner.Value(key{}) != "kept" {
			return fmt.Errorf("closure's context: err %v, value %v", inner.Err(), inner.Value(key{}))
		}
		return insert(1, "a")(ctx, tx) // even with the caller's own context
	})
	if err != nil {
		t.Fatalf("started closure gave %v, want its true outcome", err)
	}
	if diff := cmp.Diff([]int{1}, noteIDs(t, d)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if err := d.Write(ctx, insert(2, "b")); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context gave %v, want context.Canceled", err)
	}
}

func TestWriteQueueFull(t *testing.T) {
	d := newDB(t, func(c *tuning) { c.queue = 1 })
	release := hold(t, d)
	result := queued(t.Context(), t, d, 1, insert(1, "a"))
	err := d.Write(t.Context(), insert(2, "b"))
	if e, ok := errors.AsType[*tenantry.Error](err); !ok || e.Kind != tenantry.Unavailable || e.RetryAfter <= 0 {
		t.Errorf("got %v, want Unavailable with a time to retry", err)
	}
	release()
	if err := <-result; err != nil {
		t.Error(err)
	}
}

func TestCloseRunsWaitingWrites(t *testing.T) {
	d := newDB(t)
	release := hold(t, d)
	result := queued(t.Context(), t, d, 1, insert(1, "a"))
	closed := make(chan error, 1)
	go func() { closed <- d.Close() }()
	eventually(t, func() bool {
		sqliteOf(d).writer.mu.RLock()
		defer sqliteOf(d).writer.mu.RUnlock()
		return sqliteOf(d).writer.closed
	})
	if err := d.Write(t.Context(), insert(2, "b")); tenantry.KindOf(err) != tenantry.Unavailable {
		t.Errorf("write while closing gave %v, want Unavailable", err)
	}
	release()
	if err := <-result; err != nil {
		t.Errorf("waiting write gave %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if _, err := d.Read().Query(t.Context(), "SELECT 1"); tenantry.KindOf(err) != tenantry.Unavailable {
		t.Errorf("read after Close gave %v, want Unavailable", err)
	}
	if _, err := d.Read().Exec(t.Context(), "SELECT 1"); tenantry.KindOf(err) != tenantry.Unavailable {
		t.Errorf("exec after Close gave %v, want Unavailable", err)
	}
}

func TestWriteInsideWrite(t *testing.T) {
	d, other := newDB(t), newDB(t)
	var inner, elsewhere error
	err := d.Write(t.Context(), func(ctx context.Context, _ *Tx) error {
		inner = d.Write(ctx, insert(1, "a"))
		elsewhere = other.Write(ctx, insert(1, "a"))
		return nil
	})
	if err != nil || elsewhere != nil {
		t.Fatal(err, elsewhere)
	}
	if !errors.Is(inner, errNested) {
		t.Errorf("got %v, want an error instead of a deadlock", inner)
	}
}

// What one closure writes must be visible to reads that begin after its Write returned.
func TestReadYourWrites(t *testing.T) {
	d := newDB(t)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 25 {
				id := g*1000 + i
				if err := d.Write(t.Context(), insert(id, fmt.Sprint(id))); err != nil {
					t.Error(err)
					return
				}
				if _, err := One(t.Context(), d.Read(), scanInt, "SELECT id FROM notes WHERE tenant = 't' AND id = $1", id); err != nil {
					t.Errorf("row %d right after its write: %v", id, err)
				}
			}
		})
	}
	wg.Wait()
}

// Under concurrency, with failures, panics and cancellations mixed in, a row is
// there if and only if its Write said so, and no closure runs twice.
func TestWriteOutcomesAreTrue(t *testing.T) {
	d := newDB(t, func(c *tuning) { c.batch = 7 })
	refused := errors.New("refused")
	var mu sync.Mutex
	var want []int
	var wg sync.WaitGroup
	for g := range 16 {
		random := rand.New(rand.NewPCG(uint64(g), 1))
		wg.Go(func() {
			for i := range 30 {
				id, choice := g*1000+i, random.IntN(4)
				ctx, cancel := context.WithCancel(t.Context())
				if choice == 0 {
					go cancel()
				}
				runs := 0
				err := catch(func() error {
					return d.Write(ctx, func(ctx context.Context, tx *Tx) error {
						runs++
						if err := insert(id, fmt.Sprint(id))(ctx, tx); err != nil {
							return err
						}
						switch choice {
						case 1:
							return refused
						case 2:
							panic(refused)
						}
						return nil
					})
				})
				cancel()
				if runs > 1 || (err == nil) != (runs == 1 && choice != 1 && choice != 2) {
					t.Errorf("note %d, choice %d: ran %d times, error %v", id, choice, runs, err)
				}
				if err == nil {
					mu.Lock()
					want = append(want, id)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(want)
	if diff := cmp.Diff(want, noteIDs(t, d)); diff != "" {
		t.Errorf("acknowledged rows and rows there differ (-acknowledged +there):\n%s", diff)
	}
}

func catch(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = v.(*Panic)
		}
	}()
	return fn()
}

// Any mix of closures in one batch leaves what running them one by one, and
// keeping the successful, would leave.
func TestBatchEqualsOneByOne(t *testing.T) {
	d := newDB(t)
	refused := errors.New("refused")
	rapid.Check(t, func(rt *rapid.T) {
		if err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM notes")
			return err
		}); err != nil {
			rt.Fatal(err)
		}
		ids := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 12).Draw(rt, "ids")
		model := map[int]bool{}
		release := hold(t, d)
		var results []<-chan error
		var wants []error
		for i, id := range ids {
			fails := rapid.Bool().Draw(rt, "fails")
			want := error(nil)
			switch {
			case model[id]:
				want = ErrDuplicate
			case fails:
				want = refused
			default:
				model[id] = true
			}
			wants = append(wants, want)
			results = append(results, queued(t.Context(), t, d, i+1, func(ctx context.Context, tx *Tx) error {
				if err := insert(id, fmt.Sprint(id))(ctx, tx); err != nil {
					return err
				}
				if fails {
					return refused
				}
				return nil
			}))
		}
		release()
		for i, r := range results {
			if err := <-r; !errors.Is(err, wants[i]) {
				rt.Errorf("closure %d gave %v, want %v", i, err, wants[i])
			}
		}
		if got := noteIDs(t, d); len(got) != len(model) || slices.ContainsFunc(got, func(id int) bool { return !model[id] }) {
			rt.Errorf("rows %v, want %v", got, model)
		}
	})
}
