package store

import (
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// RefreshTokenFamily reads the grant that a refresh token of the app is from, a used or
// ended one too, as long as the grant is kept. It says nothing about whether the token is
// good. Errors: NotFound.
func (s *Store) RefreshTokenFamily(ctx context.Context, app tenantry.AppID, token string) (tenantry.Grant, error) {
	id, _ := s.grantOf(token)
	g, err := db.One(ctx, s.db.Lookup(), scanGrant,
		`SELECT `+grantColumns+` FROM grants WHERE grants.id = $1 AND grants.app_id = $2`, id, app)
	return found(g, err, "Token", "")
}

// IsRefreshRepeat tells whether a refresh token of the app was used, on whichever server, so short
// a while ago that it gives the same pair again; see [Store.RefreshGrant].
func (s *Store) IsRefreshRepeat(ctx context.Context, app tenantry.AppID, token string) (bool, error) {
	id, _ := s.grantOf(token)
	type use struct {
		hash string
		at   int64
	}
	last, err := db.One(ctx, s.db.Lookup(), func(r db.Row) (u use, err error) { return u, r.Scan(&u.hash, &u.at) },
		`SELECT previous_hash, rotated_at FROM grants WHERE id = $1 AND app_id = $2 AND revoked_at IS NULL`, id, app)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return sameHash(last.hash, hashText(token)) && inGrace(s.clock(), at(last.at)), err
}
