package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/store"
)

const (
	// pollEvery is how late work is done at most while the server is idle.
	pollEvery = time.Second
	// pageSize is how many locations are looked up at a time.
	pageSize = 500
	// parallel is how many locations are worked on at a time. Their transactions run one after
	// the other all the same, but share the flush that makes them durable.
	parallel = 16
	// taskBudget is how many tasks one transaction makes, purgeBudget how many rows it removes: some
	// ten milliseconds of the writer's time.
	taskBudget  = 100
	purgeBudget = 500
	// A location whose work fails is left alone for firstPause, and twice as long after
	// each further failure, up to longestPause.
	firstPause   = 5 * time.Second
	longestPause = 10 * time.Minute
)

// Runner does the background work of a store. Several may run on one store: they
// share the work and do nothing twice.
type Runner struct {
	store *store.Store
	files *files.Store
	log   *slog.Logger
	due   *loop
	purge *loop
}

// New makes a runner that has not started. now is the clock that failed work is put
// off by; what is due is told by the store's own.
func New(s *store.Store, f *files.Store, now func() time.Time, log *slog.Logger) *Runner {
	r := &Runner{store: s, files: f, log: log}
	r.due = &loop{name: "recurring tasks", log: log, now: now, list: s.DueLocations, step: r.makeTasks}
	r.purge = &loop{name: "purge", log: log, now: now, list: s.DeletedLocations, step: r.purgeSome}
	return r
}

// Run polls for work and sweeps files until ctx ends, and returns once the transactions under way
// have ended. Failures are logged and tried again.
func (r *Runner) Run(ctx context.Context) {
	var loops sync.WaitGroup
	for _, l := range []*loop{r.due, r.purge} {
		loops.Go(func() { l.run(ctx) })
	}
	loops.Go(func() { r.runSweep(ctx) })
	loops.Wait()
}

// Tick does all the work that there is now. It returns the failures that it logged, joined;
// what failed is tried again by a later call, once its pause is over.
func (r *Runner) Tick(ctx context.Context) error {
	return errors.Join(r.due.tick(ctx), r.purge.tick(ctx))
}

// makeTasks does one transaction of a location's due recurring tasks.
func (r *Runner) makeTasks(ctx context.Context, loc tenantry.LocationID) (more bool, err error) {
	more, err = r.store.MakeDueTasks(ctx, loc, taskBudget)
	if tenantry.KindOf(err) == tenantry.NoAccess {
		return false, nil // deleted meanwhile
	}
	return more, err
}

// purgeSome removes some rows of a deleted location; after its last row its files, and
// then the location itself, so that a crash in between leaves it to be found again.
func (r *Runner) purgeSome(ctx context.Context, loc tenantry.LocationID) (more bool, err error) {
	done, err := r.store.PurgeLocation(ctx, loc, purgeBudget)
	if err == nil && done {
		err = r.files.RemoveTree(ctx, string(loc))
	}
	if err == nil && done {
		if err = r.store.DropLocation(ctx, loc); err == nil {
			r.log.InfoContext(ctx, "deleted location purged", "location", loc)
		}
	}
	if tenantry.KindOf(err) == tenantry.NotFound {
		return false, nil // another runner was faster
	}
	return !done, err
}

// safely turns a panic of step into an error: one location's broken data must not
// stop the others.
func safely(step func() (bool, error)) (more bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			more, err = false, fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return step()
}
