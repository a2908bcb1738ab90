package oauth

import (
	"context"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
)

const (
	// throttleWindow is how long the first try of a budget counts.
	throttleWindow = 15 * time.Minute
	// throttleKeys bounds the budgets that are remembered of each kind, some 10 MB.
	throttleKeys = 50_000
)

// tries counts tries at passwords and secrets. It is safe for concurrent use.
type tries interface {
	// spend counts one try at what key names; refund takes it back. Errors: RateLimited when
	// there were limit in the window.
	spend(ctx context.Context, kind, key string, limit int) (refund func(), err error)
}

// newTries counts where all who serve the same data do: in the database if there may be others.
func newTries(s *store.Store, now func() time.Time) tries {
	if s.IsShared() {
		return &sharedTries{store: s, now: now, refused: map[string]time.Time{}}
	}
	return newMemoryTries(now)
}

// rateLimited refuses a try.
func rateLimited(wait time.Duration) error {
	e := tenantry.Errorf(tenantry.RateLimited, "rate_limited", "Too Many Requests")
	e.RetryAfter = wait
	return e
}

// sharedTries counts in the database. What it refuses it remembers, so that a flood of tries is
// no flood of writes.
type sharedTries struct {
	store *store.Store
	now   func() time.Time

	mu      sync.Mutex
	refused map[string]time.Time // until when
}

func (s *sharedTries) spend(ctx context.Context, kind, key string, limit int) (refund func(), err error) {
	key = kind + "|" + key
	if wait := s.wait(key); wait > 0 {
		return nil, rateLimited(wait)
	}
	wait, err := s.store.Try(ctx, key, limit, throttleWindow)
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		s.refuse(key, wait)
		return nil, rateLimited(wait)
	}
	return func() {
		_ = s.store.Untry(context.WithoutCancel(ctx), key) // a try too many is counted, for a quarter of an hour
	}, nil
}

// wait is how long a key is refused still. A clock that was set back makes nobody wait longer than a window.
func (s *sharedTries) wait(key string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.refused[key].Sub(s.now())
	if wait > throttleWindow {
		return 0
	}
	return wait
}

func (s *sharedTries) refuse(key string, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refused) >= throttleKeys {
		clear(s.refused) // the database refuses them again
	}
	s.refused[key] = s.now().Add(wait)
}

// memoryTries counts in this process.
type memoryTries struct {
	now func() time.Time

	mu    sync.Mutex
	kinds map[string]budgets
}

func newMemoryTries(now func() time.Time) *memoryTries {
	return &memoryTries{now: now, kinds: map[string]budgets{}}
}

func (m *memoryTries) spend(_ context.Context, kind, key string, limit int) (refund func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.kinds[kind]
	if of == nil {
		of = budgets{}
		m.kinds[kind] = of
	}
	now := m.now()
	b := of.at(key, now)
	if b.used >= limit {
		return nil, rateLimited(min(throttleWindow, b.openedAt.Add(throttleWindow).Sub(now)))
	}
	b.used++
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		b.used--
	}, nil
}

type budgets map[string]*budget

type budget struct {
	openedAt time.Time
	used     int
}

// at finds the open budget of a key, opening one where there is none.
func (of budgets) at(key string, now time.Time) *budget {
	b := of[key]
	// A clock that was set back opens no budget before its time and keeps none for longer.
	if b != nil && now.Sub(b.openedAt) < throttleWindow {
		return b
	}
	if b == nil && len(of) >= throttleKeys {
		of.makeRoom(now)
	}
	b = &budget{openedAt: now}
	of[key] = b
	return b
}

// makeRoom forgets what is over and, when that is nothing, what is spent least: forgetting
// that helps a guesser least.
func (of budgets) makeRoom(now time.Time) {
	least := ""
	for key, b := range of {
		switch {
		case now.Sub(b.openedAt) >= throttleWindow || b.used <= 0:
			delete(of, key)
		case least == "" || b.used < of[least].used:
			least = key
		}
	}
	if len(of) >= throttleKeys {
		delete(of, least)
	}
}
