package store

import (
	"cmp"
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// maxExchanged is how many grants that were exchanged for one location keep a good refresh
// token: a client that exchanges at each start must not pile them up for a year.
const maxExchanged = 100

// exchangedTooMany says that the grants are not revoked to let the partial index serve.
const exchangedTooMany = `SELECT id FROM grants WHERE location_id = $1 AND app_id = $2 AND parent_id <> '' AND revoked_at IS NULL
	ORDER BY id DESC LIMIT 1000 OFFSET $3`

// ExchangeLocation gives the app of an agency's access token a grant for one location of
// the agency where it is installed, with the scopes of that token. Errors: NoAccess when the
// location is unknown or of another company; Unauthenticated when the token was revoked
// meanwhile; Refused with code location_inactive or app_not_installed.
func (s *Store) ExchangeLocation(ctx context.Context, caller tenantry.Caller, loc tenantry.LocationID) (issued tenantry.Issued, err error) {
	err = s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		l, err := t.lockedLocation(ctx, loc)
		switch {
		case err != nil:
			return err
		case caller.Class != tenantry.Agency || caller.AppID == "" || l.CompanyID != caller.CompanyID:
			return tenantry.NoAccessError()
		case !l.Active:
			return tenantry.LocationInactive()
		}
		if err := t.checkGranted(ctx, caller.TokenID); err != nil {
			return err
		}
		if _, err := installOf(ctx, t, loc, caller.AppID); tenantry.KindOf(err) == tenantry.NotFound {
			return tenantry.NotInstalled()
		} else if err != nil {
			return err
		}
		issued, err = s.grant(ctx, t, caller.Actor(), tenantry.Grant{
			AppID: caller.AppID, Class: tenantry.SubAccount, CompanyID: l.CompanyID, LocationID: loc,
			UserID: caller.UserID, ParentID: parentOf(caller.TokenID), Scopes: caller.Scopes,
		})
		if err != nil {
			return err
		}
		return t.endRefresh(ctx, caller.Actor(), newerOnes, `id IN (`+exchangedTooMany+`)`, loc, caller.AppID, maxExchanged)
	})
	return issued, err
}

// checkGranted refuses a token whose grant was revoked after the request was let in: what is
// exchanged for it now would outlive it.
func (t *tx) checkGranted(ctx context.Context, token tenantry.TokenID) error {
	id := token.Grant()
	if id == "" {
		return nil
	}
	_, err := db.One(ctx, t, scanInt, `SELECT 1 FROM grants WHERE id = $1`+t.ForUpdate(), id)
	if errors.Is(err, db.ErrNoRows) {
		return tenantry.Errorf(tenantry.Unauthenticated, "token_invalid", "Invalid JWT")
	}
	return err
}

// parentOf is what an exchanged grant is kept under: the grant of the agency's token. A token
// of client credentials has none, and stands for itself, so that what is exchanged for such
// tokens is counted too.
func parentOf(token tenantry.TokenID) tenantry.GrantID {
	return cmp.Or(token.Grant(), tenantry.GrantID(token))
}

// IssueForOwner gives an app the access token of a client credentials grant: for the agency
// that owns it, with all its scopes, and without a refresh token (contract, decision 36).
// Nothing is kept. Errors: NotFound.
func (s *Store) IssueForOwner(ctx context.Context, app tenantry.AppID) (tenantry.Issued, error) {
	a, err := s.App(ctx, app)
	if err != nil {
		return tenantry.Issued{}, err
	}
	now := s.clock()
	issued := tenantry.Issued{
		Grant:   tenantry.Grant{AppID: a.ID, Class: tenantry.Agency, CompanyID: a.CompanyID, Scopes: a.Scopes, CreatedAt: now},
		TokenID: tenantry.TokenID(s.ids.Next(now)), IssuedAt: now,
	}
	issued.ApprovedLocations, err = approved(ctx, s.db.Across(credentials).Read(), issued.Grant)
	return issued, err
}
