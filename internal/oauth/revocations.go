package oauth

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
)

const (
	// pollInterval is how often a node asks what others have revoked. A revoked token is
	// refused everywhere within [RevocationBound]: two polls and the time to read.
	pollInterval = 2 * time.Second
	// RevocationBound is the longest that a revoked token is good on another node.
	RevocationBound = 5 * time.Second
	// flushInterval is how often the last use of private tokens is written.
	flushInterval = time.Minute
	// flushTimeout bounds the last of these writes, when the server stops.
	flushTimeout = 5 * time.Second
)

// revocations are the keys that an access token is refused by. It is safe for concurrent use.
type revocations struct {
	mu     sync.RWMutex
	until  map[string]time.Time
	cursor store.RevocationCursor // of the polls, which come one at a time
}

func newRevocations() *revocations { return &revocations{until: map[string]time.Time{}} }

func (r *revocations) add(list []tenantry.Revocation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range list {
		r.until[v.Key] = v.Until
	}
}

// has tells whether the caller's access token is revoked.
func (r *revocations) has(c tenantry.Caller) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.until) == 0 {
		return false
	}
	for _, key := range c.RevocationKeys() {
		if _, ok := r.until[key]; ok {
			return true
		}
	}
	return false
}

// forget drops the keys whose tokens have all expired.
func (r *revocations) forget(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.until, func(_ string, until time.Time) bool { return !now.Before(until) })
}

// poll learns what other processes have done since the last poll: which keys sign and
// verify, and what is revoked.
func (a *Authenticator) poll(ctx context.Context) error {
	if err := a.reloadKeys(ctx); err != nil {
		return err
	}
	for more := true; more; {
		page, next, rest, err := a.store.RevocationsSince(ctx, a.revoked.cursor)
		if err != nil {
			return err
		}
		a.revoked.add(page)
		a.revoked.cursor, more = next, rest
	}
	return nil
}

// Run keeps the authenticator up to date until ctx ends: it learns what other processes
// revoke and which keys they make, and writes when private tokens were used last. Only one Run may go on at a time.
func (a *Authenticator) Run(ctx context.Context, log *slog.Logger) {
	polls, flushes := time.NewTicker(pollInterval), time.NewTicker(flushInterval)
	defer polls.Stop()
	defer flushes.Stop()
	for {
		select {
		case <-polls.C:
			if err := a.poll(ctx); err != nil && ctx.Err() == nil {
				log.Error("cannot read what is revoked and the keys", "error", err)
			}
		case <-flushes.C:
			a.revoked.forget(a.now())
			if err := a.store.FlushTokenUse(ctx); err != nil && ctx.Err() == nil {
				log.Error("cannot write when tokens were used", "error", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
			defer cancel()
			if err := a.store.FlushTokenUse(last); err != nil {
				log.Error("cannot write when tokens were used", "error", err)
			}
			return
		}
	}
}
