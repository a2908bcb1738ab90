package store

import (
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// family is what the grant of a refresh token is about, for as long as there is one.
type family struct {
	company tenantry.CompanyID
	loc     tenantry.LocationID // "" for a grant of the company
}

type familyKey struct {
	app   tenantry.AppID
	grant tenantry.GrantID
}

// RefreshTokenFamily tells which company, and which of its locations, the grant is about that a
// refresh token of the app is from: of a used or ended grant too, as long as it is known. It
// says nothing about whether the token is good. Errors: NotFound.
func (s *Store) RefreshTokenFamily(ctx context.Context, app tenantry.AppID, token string) (tenantry.CompanyID, tenantry.LocationID, error) {
	id, _ := s.grantOf(token)
	key := familyKey{app, id}
	kept, epoch := s.families.find(key)
	if kept != nil {
		return kept.company, kept.loc, nil
	}
	f, err := db.One(ctx, s.db.Across(credentials).Lookup(), func(r db.Row) (f family, err error) { return f, r.Scan(&f.company, &f.loc) },
		`SELECT company_id, location_id FROM grants WHERE id = $1 AND app_id = $2`, id, app)
	if f, err = found(f, err, "Token", ""); err != nil {
		return "", "", err
	}
	s.families.keep(key, &f, epoch)
	return f.company, f.loc, nil
}

// IsRefreshRepeat tells whether a refresh token of the app was used, on whichever server, so short
// a while ago that it gives the same pair again; see [Store.RefreshGrant].
func (s *Store) IsRefreshRepeat(ctx context.Context, app tenantry.AppID, token string) (bool, error) {
	id, _ := s.grantOf(token)
	type use struct {
		hash string
		at   int64
	}
	last, err := db.One(ctx, s.db.Across(credentials).Lookup(), func(r db.Row) (u use, err error) { return u, r.Scan(&u.hash, &u.at) },
		`SELECT previous_hash, rotated_at FROM grants WHERE id = $1 AND app_id = $2 AND revoked_at IS NULL`, id, app)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return sameHash(last.hash, hashText(token)) && inGrace(s.clock(), at(last.at)), err
}
