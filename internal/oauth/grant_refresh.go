package oauth

import (
	"context"

	"github.com/tenantry/tenantry"
)

// refreshGrant gives the next pair of tokens for a refresh token (RFC 6749, section 6). The
// pair is of the class that was granted, whatever user_type says.
func refreshGrant() grantType {
	return grantType{
		name: "refresh_token", needs: "refresh_token",
		install: refreshInstall, repeats: true, issue: refresh,
	}
}

// refreshInstall: the quota of a grant's location or company. A text that is no token has
// one quota for all, so that nobody can invent quotas.
func refreshInstall(ctx context.Context, e *Endpoints, app tenantry.App, f *form) (string, error) {
	company, loc, err := e.store.RefreshTokenFamily(ctx, app.ID, f.refreshToken)
	switch {
	case tenantry.KindOf(err) == tenantry.NotFound:
		return "refresh", nil
	case loc != "":
		return string(loc), err
	}
	return string(company), err
}

func refresh(ctx context.Context, e *Endpoints, app tenantry.App, f *form) (tenantry.Issued, error) {
	return e.store.RefreshGrant(ctx, app.ID, f.refreshToken)
}
