package store

import (
	"context"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// sessionStep is how exact the last use of a session is kept: a page view writes nothing
// when there was one in the same step.
const sessionStep = time.Minute

// CreateSession keeps a sign-in under the hash of its token for [tenantry.SessionTTL], and
// for [tenantry.SessionIdle] without use. The
// token must be new at each sign-in: then no session that somebody else planted becomes the
// user's. Errors: NotFound when the user is unknown.
func (s *Store) CreateSession(ctx context.Context, hash string, user tenantry.UserID) (session tenantry.Session, err error) {
	err = s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		u, err := userOf(ctx, t, user)
		if err != nil {
			return err
		}
		session = tenantry.Session{User: u, CreatedAt: t.now, ExpiresAt: t.now.Add(tenantry.SessionTTL)}
		_, err = t.Exec(ctx, `INSERT INTO sessions (hash, user_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)`,
			hash, user, session.CreatedAt.UnixMilli(), session.ExpiresAt.UnixMilli())
		return err
	})
	return session, err
}

// Session finds a sign-in by the hash of its token; finding it is a use of it. Errors:
// NotFound, for one that expired or was not used for too long too.
func (s *Store) Session(ctx context.Context, hash string) (tenantry.Session, error) {
	now := s.clock()
	var seen int64
	session, err := db.One(ctx, s.db.Lookup(), func(r db.Row) (v tenantry.Session, err error) {
		var created, expires int64
		err = r.Scan(append(userFields(&v.User), &created, &seen, &expires)...)
		v.CreatedAt, v.ExpiresAt = at(created), at(expires)
		return v, err
	}, `SELECT `+userColumns+`, s.created_at, s.seen_at, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.hash = $1 AND s.expires_at > $2 AND s.seen_at > $3`, hash, now.UnixMilli(), now.Add(-tenantry.SessionIdle).UnixMilli())
	if err != nil {
		return found(session, err, "Session", "")
	}
	if session.User, err = withLocations(ctx, s.db.Across(credentials).Read(), session.User); err != nil {
		return session, err
	}
	if now.Sub(at(seen)) < sessionStep {
		return session, nil
	}
	return session, s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.Exec(ctx, `UPDATE sessions SET seen_at = $2 WHERE hash = $1 AND seen_at < $2`, hash, t.now.UnixMilli())
		return err
	})
}

// DeleteSession ends a sign-in; one that is not there does no harm.
func (s *Store) DeleteSession(ctx context.Context, hash string) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.Exec(ctx, `DELETE FROM sessions WHERE hash = $1`, hash)
		return err
	})
}
