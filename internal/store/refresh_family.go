package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// RefreshTokenFamily reads the grant that a refresh token of the app is from, a used or
// ended one too, as long as the grant is kept. It says nothing about whether the token is
// good. Errors: NotFound.
func (s *Store) RefreshTokenFamily(ctx context.Context, app tenantry.AppID, token string) (tenantry.Grant, error) {
	id, _ := s.grantOf(token)
	g, err := db.One(ctx, s.db.Across(credentials).Lookup(), scanGrant,
		`SELECT `+grantColumns+` FROM grants WHERE grants.id = $1 AND grants.app_id = $2`, id, app)
	return found(g, err, "Token", "")
}
