package ratelimit

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

// saves collects what is saved; while broken it fails.
type saves struct {
	mu     sync.Mutex
	list   [][]tenantry.DailyUse
	broken bool
}

// begin forgets what was saved.
func (s *saves) begin(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list, s.broken = nil, broken
}

func (s *saves) save(_ context.Context, uses []tenantry.DailyUse) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errors.New("broken")
	}
	slices.SortFunc(uses, func(a, b tenantry.DailyUse) int { return strings.Compare(a.Key, b.Key) })
	s.list = append(s.list, uses)
	return nil
}

// TestRunSavesWhatChanged (requirement 30): once a minute and at the end, what was not saved before; nothing
// when nothing was spent.
func TestRunSavesWhatChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		m := NewMemory(Limits{Burst: 2, Window: 10 * time.Second, Daily: 100}, time.Now)
		var s saves
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			m.Run(ctx, s.save, slog.New(slog.DiscardHandler))
		}()
		use := func(key string, used int) tenantry.DailyUse {
			return tenantry.DailyUse{Key: key, OpenedAt: start, Used: used}
		}
		steps := []struct {
			take   []string
			broken bool
			want   []tenantry.DailyUse // nil: nothing is saved
		}{
			{take: []string{"a", "a", "b", "a"}, want: []tenantry.DailyUse{use("a", 2), use("b", 1)}}, // the third is refused
			{},
			{take: []string{"b"}, want: []tenantry.DailyUse{use("b", 2)}},
			{take: []string{"a"}, broken: true},
			{take: []string{"b"}, broken: true},
			{want: []tenantry.DailyUse{use("a", 3), use("b", 3)}},
			{},
		}
		for i, step := range steps {
			s.begin(step.broken)
			for _, key := range step.take {
				m.Take(key)
			}
			time.Sleep(saveEvery)
			synctest.Wait()
			s.check(t, i, step.want)
		}
		s.begin(false)
		m.Take("a")
		cancel()
		<-done
		s.check(t, len(steps), []tenantry.DailyUse{use("a", 4)})
	})
}

func (s *saves) check(t *testing.T, step int, want []tenantry.DailyUse) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(want, slices.Concat(s.list...)); diff != "" || len(s.list) > 1 {
		t.Errorf("step %d: %d saves (-want +got):\n%s", step, len(s.list), diff)
	}
}

// TestLoad: counts go on where they were, unless their day is over; the short window begins anew.
func TestLoad(t *testing.T) {
	t.Parallel()
	c := &clock{now: epoch}
	m := NewMemory(Limits{Burst: 2, Window: time.Second, Daily: 3}, c.read)
	m.Load([]tenantry.DailyUse{
		{Key: "a", OpenedAt: epoch.Add(-time.Hour), Used: 2}, {Key: "b", OpenedAt: epoch.Add(-day), Used: 3}, {Key: "c", OpenedAt: epoch.Add(time.Hour), Used: 9},
	})
	if uses := m.changed(); len(uses) != 0 {
		t.Errorf("what was loaded would be saved: %v", uses)
	}
	if d := m.Take("a"); !d.Allowed || d.DailyRemaining != 0 || d.DailyReset != 23*time.Hour || d.Remaining != 1 {
		t.Errorf("a: %+v", d)
	}
	if d := m.Take("a"); d.Allowed {
		t.Errorf("a again: %+v", d)
	}
	if d := m.Take("b"); !d.Allowed || d.DailyRemaining != 2 {
		t.Errorf("b: %+v", d)
	}
	if d := m.Take("c"); d.Allowed || d.RetryAfter != day {
		t.Errorf("c, of a clock that was ahead: %+v", d)
	}
}

// TestLoadWithoutADailyLimit: a limit that was switched off is forgotten.
func TestLoadWithoutADailyLimit(t *testing.T) {
	t.Parallel()
	c := &clock{now: epoch}
	m := NewMemory(Limits{}, c.read)
	m.Load([]tenantry.DailyUse{{Key: "a", OpenedAt: epoch, Used: 2}})
	if m.Take("a"); len(m.entries) != 0 || len(m.changed()) != 0 {
		t.Errorf("held: %v", m.entries)
	}
}
