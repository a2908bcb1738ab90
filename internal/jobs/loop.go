package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
)

// loop does one kind of work, location by location.
type loop struct {
	name string
	log  *slog.Logger
	now  func() time.Time
	// list gives a page of the locations with work, from the one after `after` on.
	list func(ctx context.Context, after store.Work, limit int) ([]store.Work, error)
	// step does one transaction of a location's work and tells whether there is more.
	step func(ctx context.Context, loc tenantry.LocationID) (more bool, err error)

	ticking sync.Mutex // one tick at a time
	mu      sync.Mutex // guards paused
	paused  map[tenantry.LocationID]pause

	steps, failures atomic.Uint64 // see [Stats]
}

// pause is how long a location is left alone after its work has failed.
type pause struct {
	until time.Time
	next  time.Duration // the length of the one after it
}

// run ticks until ctx ends.
func (l *loop) run(ctx context.Context) {
	for ctx.Err() == nil {
		_ = l.tick(ctx) // logged there
		select {
		case <-ctx.Done():
		case <-time.After(pollEvery):
		}
	}
}

// tick makes passes over the locations with work until none is left: one step
// for each location in a pass, so that a long backlog of one does not keep the others waiting.
func (l *loop) tick(ctx context.Context) error {
	l.ticking.Lock()
	defer l.ticking.Unlock()
	var failures []error
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = l.pass(ctx); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// pass gives every location with work one step and tells whether any has more.
func (l *loop) pass(ctx context.Context) (more bool, err error) {
	var failures []error
	seen := map[tenantry.LocationID]bool{}
	for after := (store.Work{}); ; {
		page, err := l.list(ctx, after, pageSize)
		if err != nil {
			return false, errors.Join(append(failures, l.failed(ctx, "", err))...)
		}
		if len(page) == 0 {
			l.forget(seen)
			return more, errors.Join(failures...)
		}
		left, err := l.visitAll(ctx, page, seen)
		failures, more = append(failures, err), more || left
		if ctx.Err() != nil {
			return false, errors.Join(failures...)
		}
		after = page[len(page)-1]
	}
}

// visitAll visits the locations of a page that were not seen before, several at a time:
// their transactions then share a flush to the disk.
func (l *loop) visitAll(ctx context.Context, page []store.Work, seen map[tenantry.LocationID]bool) (more bool, err error) {
	var (
		visits   sync.WaitGroup
		mu       sync.Mutex // guards more and failures
		failures []error
	)
	slots := make(chan struct{}, parallel)
	for _, work := range page {
		if seen[work.LocationID] || ctx.Err() != nil {
			continue
		}
		seen[work.LocationID] = true
		slots <- struct{}{}
		visits.Go(func() {
			defer func() { <-slots }()
			left, err := l.visit(ctx, work.LocationID)
			mu.Lock()
			defer mu.Unlock()
			failures, more = append(failures, err), more || left
		})
	}
	visits.Wait()
	return more, errors.Join(failures...)
}

// visit does one step for a location, unless its work has failed a short while ago.
func (l *loop) visit(ctx context.Context, loc tenantry.LocationID) (more bool, err error) {
	if l.now().Before(l.pauseOf(loc).until) {
		return false, nil
	}
	more, err = safely(func() (bool, error) { return l.step(ctx, loc) })
	l.steps.Add(1)
	if err != nil {
		return false, l.failed(ctx, loc, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.paused, loc)
	return more, nil
}

func (l *loop) pauseOf(loc tenantry.LocationID) pause {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paused[loc]
}

// forget drops the pauses of locations that have no work any more.
func (l *loop) forget(seen map[tenantry.LocationID]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.paused, func(loc tenantry.LocationID, _ pause) bool { return !seen[loc] })
}

// failed logs a failure, puts the location's work off and gives the error for the
// caller of a tick. The end of ctx is no failure.
func (l *loop) failed(ctx context.Context, loc tenantry.LocationID, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	l.failures.Add(1)
	l.log.ErrorContext(ctx, "background work failed", "work", l.name, "location", loc, "error", err)
	if loc != "" {
		l.putOff(loc)
	}
	return fmt.Errorf("%s: %w", l.name, err)
}

// putOff lets a location's work wait, twice as long as the last time.
func (l *loop) putOff(loc tenantry.LocationID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused == nil {
		l.paused = map[tenantry.LocationID]pause{}
	}
	length := max(l.paused[loc].next, firstPause)
	l.paused[loc] = pause{until: l.now().Add(length), next: min(2*length, longestPause)}
}
