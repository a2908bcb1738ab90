package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
)

// newLoop makes a loop on a clock, with work at the given places until it is done.
func newLoop(now *time.Time, work *[]store.Work, step func(context.Context, tenantry.LocationID) (bool, error)) *loop {
	return &loop{
		name: "test", log: slog.New(slog.DiscardHandler), now: func() time.Time { return *now }, step: step,
		list: func(_ context.Context, after store.Work, limit int) (page []store.Work, err error) {
			for _, w := range *work {
				if len(page) < limit && (w.Since.After(after.Since) || w.Since.Equal(after.Since) && w.LocationID > after.LocationID) {
					page = append(page, w)
				}
			}
			return page, nil
		},
	}
}

// TestLocationsAreVisitedTogether, as many as are worked on at a time, and each once in
// a pass although it is listed for each of its times.
func TestLocationsAreVisitedTogether(t *testing.T) {
	now, work := time.Now(), []store.Work{}
	for since := range 3 {
		for i := range 2 * parallel {
			work = append(work, store.Work{Since: time.UnixMilli(int64(since)), LocationID: tenantry.LocationID(fmt.Sprintf("L%02d", i))})
		}
	}
	var visits atomic.Int64
	together := make(chan struct{})
	l := newLoop(&now, &work, func(context.Context, tenantry.LocationID) (bool, error) {
		if visits.Add(1) == parallel {
			close(together)
		}
		select {
		case <-together:
			return false, nil
		case <-time.After(10 * time.Second):
			return false, errors.New("no other location is worked on meanwhile")
		}
	})
	if err := l.tick(t.Context()); err != nil {
		t.Error(err)
	}
	if n := visits.Load(); n != 2*parallel {
		t.Errorf("%d visits, want %d", n, 2*parallel)
	}
}

// TestPausesOfWhatIsGoneAreForgotten: they would fill the memory over the years.
func TestPausesOfWhatIsGoneAreForgotten(t *testing.T) {
	now, work := time.Now(), []store.Work{{LocationID: "broken"}, {LocationID: "gone"}}
	l := newLoop(&now, &work, func(context.Context, tenantry.LocationID) (bool, error) { return false, errors.New("no") })
	if err := l.tick(t.Context()); err == nil || len(l.paused) != 2 {
		t.Fatalf("%v, paused are %v", err, l.paused)
	}
	work = work[:1]
	if err := l.tick(t.Context()); err != nil { // within the pause
		t.Fatal(err)
	}
	if _, kept := l.paused["broken"]; !kept || len(l.paused) != 1 {
		t.Errorf("paused are %v", l.paused)
	}
}
