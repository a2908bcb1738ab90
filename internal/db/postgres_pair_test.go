package db

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// TestPostgresPromotion (requirement 37): a URL that names two servers leads to the one that
// takes writes, whichever that is, and what was acknowledged is on the other.
func TestPostgresPromotion(t *testing.T) {
	pair := pgtest.NewPair(t)
	d := openPostgresAt(t, pair.URL("postgres"))
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []int{1}
	for i, change := range []func(){
		func() { pair.Stop("fast"); pair.Resume() },
		func() { pair.Stop("immediate"); pair.Promote() },
		pair.Rejoin,
		func() { pair.Stop("immediate"); pair.Promote() },
	} {
		if err := d.Write(t.Context(), insert(len(want), fmt.Sprint(len(want)))); err != nil {
			t.Fatalf("before change %d: %v", i, err)
		}
		change()
		if diff := cmp.Diff(want, noteIDs(t, d)); diff != "" {
			t.Errorf("after change %d (-want +got):\n%s", i, diff)
		}
		want = append(want, len(want)+1)
	}
}

// TestPostgresStandby: a server that takes no writes refuses them as Unavailable. The next ones
// go to where the address leads by then: the connections that lead to the standby are dropped.
func TestPostgresStandby(t *testing.T) {
	pair := pgtest.NewPair(t)
	if _, _, err := openPostgresAt(t, pair.URL("postgres")).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := pgtest.NewProxy(t, pair.Standby())
	d := openPostgresAt(t, p.URL("postgres"))
	lock := func(ctx context.Context, tx *Tx) error {
		_, err := All(ctx, tx, scanInt, "SELECT id FROM notes FOR UPDATE")
		return err
	}
	later := func(ctx context.Context, tx *Tx) error {
		if _, err := All(ctx, tx, scanInt, "SELECT id FROM notes"); err != nil {
			return err
		}
		return insert(1, "a")(ctx, tx)
	}
	for i, write := range []func(context.Context, *Tx) error{insert(0, "first"), lock, later} {
		p.Lead(pair.Standby())
		p.Cut()
		if ids := noteIDs(t, d); len(ids) != i {
			t.Errorf("the standby has %v", ids)
		}
		err := d.Write(t.Context(), write)
		e, is := errors.AsType[*tenantry.Error](err)
		if !is || e.Kind != tenantry.Unavailable || e.RetryAfter <= 0 || !errors.Is(err, errReadOnly) {
			t.Errorf("write %d on a standby gives %v", i, err)
		}
		p.Lead(pair.Primary())
		if err := d.Write(t.Context(), insert(10+i, fmt.Sprint(i))); err != nil {
			t.Errorf("the next write: %v", err)
		}
	}
}

// TestPostgresSilence (requirement 37): a network that swallows what is sent holds a caller
// for a limited time, and nobody when it is good again.
func TestPostgresSilence(t *testing.T) {
	d, p := newPostgres(t, func(tune *tuning) {
		tune.readLimit, tune.writeLimit, tune.acquireLimit = 100*time.Millisecond, 200*time.Millisecond, 300*time.Millisecond
	})
	for i := range 3 {
		end := p.Silence()
		_, err1 := All(t.Context(), d.Read(), scanInt, "SELECT id FROM notes")
		err2 := d.Write(t.Context(), insert(100+i, fmt.Sprint(100+i)))
		for _, err := range []error{err1, err2} {
			if e, is := errors.AsType[*tenantry.Error](err); !is || e.Kind != tenantry.Unavailable || e.RetryAfter <= 0 {
				t.Errorf("in silence: %v", err)
			}
		}
		end()
		for err := errHeld; err != nil; { // on a slow machine a limit of this test may be too low
			if err = d.Write(t.Context(), insert(i, fmt.Sprint(i))); errors.Is(err, ErrDuplicate) {
				break // the answer of the try before was too slow
			}
		}
	}
	if diff := cmp.Diff([]int{0, 1, 2}, noteIDs(t, d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPostgresUnreplicated (requirement 37): a commit that the server did not wait to see on the
// standby is no success, for the standby may be what is left.
func TestPostgresUnreplicated(t *testing.T) {
	pair := pgtest.NewPair(t)
	d := openPostgresAt(t, pair.URL("postgres"), func(tune *tuning) { tune.writeLimit = 500 * time.Millisecond })
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	pair.StopStandby()
	err := d.Write(t.Context(), insert(1, "a"))
	if tenantry.KindOf(err) != tenantry.Unavailable || !errors.Is(err, errCommitUnknown) {
		t.Errorf("its own time limit gives %v", err)
	}
	slow := openPostgresAt(t, pair.URL("postgres"))
	ended := make(chan error)
	go func() { ended <- slow.Write(t.Context(), insert(2, "b")) }()
	for {
		pair.Exec(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)
		select {
		case err := <-ended:
			if tenantry.KindOf(err) != tenantry.Unavailable || !errors.Is(err, errCommitUnknown) {
				t.Errorf("the operator's cancel gives %v", err)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}
