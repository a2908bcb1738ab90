package store

import (
	"context"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const (
	// revocationPage is how many revocations are read at once.
	revocationPage = 1000
	// revocationOverlap is how far a poll looks back: a transaction on another node may
	// commit after one that began later, and its clock may lag.
	revocationOverlap = clockSlack + 30*time.Second
	// revocationLife is how long a revocation is kept: the lifetime of an access token, and
	// an hour for clocks that disagree.
	revocationLife = tenantry.AccessTTL + time.Hour
)

// watchers are told of revocations that this process commits.
type watchers struct {
	mu  sync.RWMutex
	all []func([]tenantry.Revocation)
}

func (w *watchers) tell(revoked []tenantry.Revocation) {
	if len(revoked) == 0 {
		return
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, fn := range w.all {
		fn(revoked)
	}
}

// OnRevoke has fn told of every revocation that is committed through this store, before
// the method that revokes returns: what fn keeps is refused at once on this node. Other
// nodes learn of it by [Store.RevocationsSince]. fn must be quick, and safe for concurrent use.
func (s *Store) OnRevoke(fn func([]tenantry.Revocation)) {
	s.revoked.mu.Lock()
	defer s.revoked.mu.Unlock()
	s.revoked.all = append(s.revoked.all, fn)
}

// RevocationCursor is a place in the list of revocations; the zero value is its start.
type RevocationCursor struct {
	at  int64
	key string
}

const revocationsQuery = `SELECT key, until, created_at FROM revocations WHERE (created_at, key) > ($1, $2) AND until > $3
	ORDER BY created_at, key LIMIT $4`

// RevocationsSince lists the revocations behind the cursor that still matter, at most a
// page, and the cursor to go on from. more tells that the next page can be read at once;
// else it is for the next poll, which gives those of the last minutes again.
func (s *Store) RevocationsSince(ctx context.Context, cursor RevocationCursor) (page []tenantry.Revocation, next RevocationCursor, more bool, err error) {
	now := s.clock()
	next = cursor
	page, err = db.All(ctx, s.db.Read(), func(r db.Row) (v tenantry.Revocation, err error) {
		var until int64
		err = r.Scan(&v.Key, &until, &next.at)
		v.Until, next.key = at(until), v.Key
		return v, err
	}, revocationsQuery, cursor.at, cursor.key, now.UnixMilli(), revocationPage)
	if err != nil {
		return nil, cursor, false, err
	}
	if len(page) == revocationPage {
		return page, next, true, nil
	}
	if back := now.Add(-revocationOverlap).UnixMilli(); next.at > back {
		next = RevocationCursor{at: back}
	}
	return page, next, false, nil
}

// revoke refuses the access tokens that have the key from now on.
func (t *tx) revoke(ctx context.Context, key string) error {
	v := tenantry.Revocation{Key: key, Until: t.now.Add(revocationLife)}
	t.revoked = append(t.revoked, v)
	_, err := t.Exec(ctx, `INSERT INTO revocations (key, until, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET until = excluded.until, created_at = excluded.created_at`, key, v.Until.UnixMilli(), t.now.UnixMilli())
	return err
}

// RevokeAccessToken refuses one access token of an app, in memory at once and for good.
func (s *Store) RevokeAccessToken(ctx context.Context, by tenantry.Actor, c tenantry.Caller) error {
	return s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		t.loc, t.company = c.LocationID, c.CompanyID
		if err := t.revoke(ctx, tenantry.RevokedToken(c.TokenID)); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.AccessTokenRevoked, by: by, resource: string(c.TokenID), payload: struct {
			CompanyID  tenantry.CompanyID  `json:"companyId"`
			LocationID tenantry.LocationID `json:"locationId,omitempty"`
			AppID      tenantry.AppID      `json:"appId"`
			ID         tenantry.TokenID    `json:"id"`
		}{c.CompanyID, c.LocationID, c.AppID, c.TokenID}})
	})
}
