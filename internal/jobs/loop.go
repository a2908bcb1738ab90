package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
)

// loop does one kind of work, location by location.
type loop struct {
	name string
	log  *slog.Logger
	now  func() time.Time
	// list gives a page of the locations with work, by id from the one after `after` on.
	list func(ctx context.Context, after tenantry.LocationID, limit int) ([]tenantry.LocationID, error)
	// step does one transaction of a location's work and tells whether there is more.
	step func(ctx context.Context, loc tenantry.LocationID) (more bool, err error)

	mu     sync.Mutex // one tick at a time
	paused map[tenantry.LocationID]pause
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
	l.mu.Lock()
	defer l.mu.Unlock()
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
	for after := tenantry.LocationID(""); ; {
		page, err := l.list(ctx, after, pageSize)
		if err != nil {
			return false, errors.Join(append(failures, l.failed(ctx, "", err))...)
		}
		if len(page) == 0 {
			return more, errors.Join(failures...)
		}
		for _, loc := range page {
			if ctx.Err() != nil {
				return false, errors.Join(failures...)
			}
			left, err := l.visit(ctx, loc)
			failures, more = append(failures, err), more || left
		}
		after = page[len(page)-1]
	}
}

// visit does one step for a location, unless its work has failed a short while ago.
func (l *loop) visit(ctx context.Context, loc tenantry.LocationID) (more bool, err error) {
	if l.now().Before(l.paused[loc].until) {
		return false, nil
	}
	more, err = safely(func() (bool, error) { return l.step(ctx, loc) })
	if err == nil {
		delete(l.paused, loc)
		return more, nil
	}
	return false, l.failed(ctx, loc, err)
}

// failed logs a failure, puts the location's work off and gives the error for the
// caller of a tick. The end of ctx is no failure.
func (l *loop) failed(ctx context.Context, loc tenantry.LocationID, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	l.log.ErrorContext(ctx, "background work failed", "work", l.name, "location", loc, "error", err)
	if loc != "" {
		length := max(l.paused[loc].next, firstPause)
		if l.paused == nil {
			l.paused = map[tenantry.LocationID]pause{}
		}
		l.paused[loc] = pause{until: l.now().Add(length), next: min(2*length, longestPause)}
	}
	return fmt.Errorf("%s: %w", l.name, err)
}
