package ratelimit

import (
	"context"
	"maps"
	"time"
)

// RunAll gives back what lies idle in any of these until ctx ends, which must not be before the last
// request, and all that is left then. What could not be given back counts as spent.
func RunAll(ctx context.Context, all ...*Shared) {
	ticks := time.NewTicker(settleEvery)
	defer ticks.Stop()
	for ended := false; !ended; {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			ended = true
		}
		for _, s := range all {
			s.settle(ended)
		}
	}
}

// settle forgets the keys that were not used since the last time, or every key.
func (s *Shared) settle(everything bool) {
	s.mu.Lock()
	held := maps.Clone(s.holdings)
	s.mu.Unlock()
	for key, h := range held {
		s.settleOne(key, h, everything)
	}
}

func (s *Shared) settleOne(key string, h *holding, everything bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := s.now()
	isRefused := !h.block.Allowed && now.Sub(h.takenAt) < h.block.Ends // saves asking again
	if (h.isUsed || isRefused) && !everything {
		h.isUsed = false
		return
	}
	if h.left > 0 && !s.isAway(now) {
		_, err := s.swap(key, func(state State, _ time.Time) (Block, State) { return Block{}, state.Return(h.block, h.left) })
		if err != nil {
			s.failed(now, err)
		}
	}
	h.isGone = true
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.holdings, key)
}

// SharedStats are counts since the start of the process.
type SharedStats struct {
	Leases   uint64 // blocks taken, and refusals learned, from the table
	Failures uint64 // of the table
	Alone    uint64 // decisions while it was away
}

// Stats tells what was counted.
func (s *Shared) Stats() SharedStats {
	return SharedStats{Leases: s.leases.Load(), Failures: s.failures.Load(), Alone: s.alone.Load()}
}

// Name tells these limits from others in the table.
func (s *Shared) Name() string { return s.name }
