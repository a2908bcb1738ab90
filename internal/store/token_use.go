package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
)

// tokenUses remembers which private tokens were used since the last flush, so that no
// request waits for a write: one entry a token, however often it is used.
type tokenUses struct {
	mu   sync.Mutex
	last map[tenantry.TokenID]time.Time
}

func (u *tokenUses) note(id tenantry.TokenID, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		u.last = map[tenantry.TokenID]time.Time{}
	}
	u.last[id] = now
}

func (u *tokenUses) take() map[tenantry.TokenID]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	last := u.last
	u.last = nil
	return last
}

// FlushTokenUse writes when private tokens were used last. It is to be called once a minute
// and when the server stops; what a failure loses is the next use's to tell.
func (s *Store) FlushTokenUse(ctx context.Context) error {
	uses := s.uses.take()
	if len(uses) == 0 {
		return nil
	}
	return s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		// In one order on all nodes, so that none waits for what the other holds.
		for _, id := range slices.Sorted(maps.Keys(uses)) {
			_, err := t.Exec(ctx, `UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`, id, uses[id].UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
}
