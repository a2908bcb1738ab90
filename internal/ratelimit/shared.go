package ratelimit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantry/tenantry"
)

const (
	// firstShares is how many first blocks a quota has: a process begins with little and asks
	// for twice as much each time that it has given a block out.
	firstShares = 16
	// patience is how long a request waits for the table at most, pause how long the table is
	// left alone after it has failed.
	patience = time.Second
	pause    = 5 * time.Second
	// settleEvery is how long a block may lie idle before it is given back.
	settleEvery = 5 * time.Second
	// collisions bounds how often others may be faster in a row.
	collisions = 1000
)

// Table keeps the counters that several processes share.
type Table interface {
	// LoadQuota gives what is kept of a key, the zero value for nothing, and the time of the
	// one clock that all who share the table go by.
	LoadQuota(ctx context.Context, key string) (use tenantry.QuotaUse, now time.Time, err error)
	// SwapQuota keeps next in the place of old. isSwapped is false when by now something else
	// is kept. What is kept is worth nothing once life has passed.
	SwapQuota(ctx context.Context, key string, old, next tenantry.QuotaUse, life time.Duration) (isSwapped bool, err error)
}

// Shared counts the requests of several processes by one quota. It is safe for concurrent use.
//
// A process takes blocks of a quota from the table ([Reserve]) and gives them out from its
// memory, so that few requests wait for the table. Whatever is in a block counts as spent: all
// processes together never admit more than the limit in a window of the table's clock. What a
// block holds when its window ends, or when it lies idle for some seconds, is given back.
//
// While the table is away each process limits by itself, as if it were the only one.
type Shared struct {
	limits   Limits
	name     string
	table    Table
	now      func() time.Time
	log      *slog.Logger
	patience time.Duration
	local    *Memory

	mu        sync.Mutex
	holdings  map[string]*holding
	awayUntil time.Time

	leases, failures, alone atomic.Uint64 // see [SharedStats]
}

// NewShared makes the part of one process in the counters of table. name tells these limits
// from others in it. now should give times with a monotonic reading, as [time.Now] does: it
// measures how long a block is good, and the wall clock plays no part.
func NewShared(l Limits, name string, table Table, now func() time.Time, log *slog.Logger) *Shared {
	return &Shared{
		limits: l, name: name, table: table, now: now, log: log, patience: patience,
		local: NewMemory(l, now), holdings: map[string]*holding{},
	}
}

// WaitFor sets how long a request waits for the table at most, a second by default. It must come
// before the first request.
func (s *Shared) WaitFor(d time.Duration) { s.patience = d }

// holding is what a process holds of a key's quota.
type holding struct {
	mu      sync.Mutex
	block   Block // the last one, or why there was none
	left    int   // of the block
	takenAt time.Time
	isUsed  bool // since the last look at what lies idle
	isGone  bool // and is in the map no more
}

// Take decides about one request of key, now, and counts it when it is allowed. It waits for
// the table for a second at most.
func (s *Shared) Take(key string) Decision {
	for {
		if d, ok := s.takeFrom(s.holding(key), key); ok {
			return d
		}
	}
}

func (s *Shared) holding(key string) *holding {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.holdings[key]
	if h == nil {
		h = &holding{}
		s.holdings[key] = h
	}
	return h
}

func (s *Shared) takeFrom(h *holding, key string) (d Decision, ok bool) {
	h.mu.Lock() // for the lease too: who waits behind it needs what it brings
	defer h.mu.Unlock()
	if h.isGone {
		return d, false
	}
	h.isUsed = true
	now := s.now()
	if d, ok := h.give(now); ok {
		return d, true
	}
	if s.isAway(now) || s.lease(h, key, now) != nil {
		s.alone.Add(1)
		return s.local.Take(key), true
	}
	return h.give(now)
}

// give decides by the block, as long as that can be done.
func (h *holding) give(now time.Time) (d Decision, ok bool) {
	elapsed := now.Sub(h.takenAt)
	if elapsed < 0 || elapsed >= h.block.Ends || (h.block.Allowed && h.left == 0) {
		return d, false
	}
	d = h.block.Decision
	d.DailyReset -= min(elapsed, d.DailyReset)
	if !d.Allowed {
		d.RetryAfter -= elapsed
		return d, true
	}
	h.left--
	if d.Burst > 0 {
		d.Remaining += h.left
	}
	if d.Daily > 0 {
		d.DailyRemaining += h.left
	}
	return d, true
}

// want is how many requests to ask for: twice a block that was given out, else no more than
// was needed.
func (h *holding) want(l Limits) int {
	first := max(1, l.left(State{})/firstShares)
	if h.left == 0 {
		return max(first, 2*h.block.Size)
	}
	return max(first, h.block.Size-h.left)
}

// lease gives back what is left of the block and takes another. The time of the new block
// counts from before it was asked for, so that it ends here before it ends in the table.
func (s *Shared) lease(h *holding, key string, now time.Time) error {
	want, old, unused := h.want(s.limits), h.block, h.left
	h.block, h.left = Block{}, 0 // whatever becomes of it, nothing is given out twice
	block, err := s.swap(key, func(state State, at time.Time) (Block, State) {
		return Reserve(s.limits, state.Return(old, unused), at, want)
	})
	if err != nil {
		s.failed(now, err)
		return err
	}
	s.leases.Add(1)
	h.block, h.left, h.takenAt = block, block.Size, now
	return nil
}

// swap changes what the table keeps of a key.
func (s *Shared) swap(key string, change func(State, time.Time) (Block, State)) (Block, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.patience) // of no single request: others wait for it too
	defer cancel()
	key = s.name + "|" + key
	for range collisions {
		use, at, err := s.table.LoadQuota(ctx, key)
		if err != nil {
			return Block{}, err
		}
		block, state := change(stateOf(use), at.UTC().Truncate(time.Millisecond))
		next := state.use()
		if next == use {
			return block, nil
		}
		isSwapped, err := s.table.SwapQuota(ctx, key, use, next, state.life(s.limits, at))
		if err != nil || isSwapped {
			return block, err
		}
	}
	return Block{}, errors.New("others change the counter all the time")
}

func (s *Shared) isAway(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := s.awayUntil.Sub(now)
	return wait > 0 && wait <= pause // a clock that was set back keeps nobody from the table
}

func (s *Shared) failed(now time.Time, err error) {
	s.failures.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awayUntil = now.Add(pause)
	s.log.Warn("the shared rate limits cannot be reached: this process limits by itself", "limits", s.name, "error", err)
}

// stateOf and use translate: what is kept has whole milliseconds, of UTC.
func stateOf(u tenantry.QuotaUse) State {
	return State{Interval: Span{u.IntervalAt, u.IntervalUsed}, Daily: Span{u.DailyAt, u.DailyUsed}}
}

func (s State) use() tenantry.QuotaUse {
	return tenantry.QuotaUse{
		IntervalAt: s.Interval.OpenedAt, IntervalUsed: s.Interval.Used, DailyAt: s.Daily.OpenedAt, DailyUsed: s.Daily.Used,
	}
}

// life is how long a state is worth being kept.
func (s State) life(l Limits, now time.Time) time.Duration {
	if s.Daily.open() {
		return s.Daily.reset(day, now)
	}
	return s.Interval.reset(l.Window, now)
}
