package store

import (
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// CreateCode keeps what a user approved under the SHA-256 (hex) of an authorization code,
// for [tenantry.CodeTTL]. Errors: NotFound when the app or user is unknown, Invalid when the
// user may not approve this, see [tenantry.Consent.Check], NoAccess when a chosen location is
// not the company's, Refused with code location_inactive when the only one is paused.
func (s *Store) CreateCode(ctx context.Context, hash string, c tenantry.Consent) error {
	return s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		if _, err := t.checkConsent(ctx, c); err != nil {
			return err
		}
		ids, err := encode(append([]tenantry.LocationID{}, c.LocationIDs...))
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `INSERT INTO codes (hash, app_id, redirect_uri, challenge, class, company_id, location_ids, user_id, scopes,
			is_bulk, approve_all, install_to_future, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			hash, c.AppID, c.RedirectURI, c.Challenge, c.Class, c.CompanyID, ids, c.UserID, tenantry.JoinScopes(c.Scopes),
			boolean(c.Bulk), boolean(c.ApproveAll), boolean(c.InstallToFuture), t.now.UnixMilli(), t.now.Add(tenantry.CodeTTL).UnixMilli())
		return err
	})
}

// checkConsent refuses a consent that does not hold, or does not hold any more.
func (t *tx) checkConsent(ctx context.Context, c tenantry.Consent) (tenantry.App, error) {
	a, err := appOf(ctx, t, c.AppID)
	if err != nil {
		return a, err
	}
	u, err := userOf(ctx, t, c.UserID)
	if err != nil {
		return a, err
	}
	if err := c.Check(a, u); err != nil {
		return a, err
	}
	return a, t.checkChosen(ctx, c)
}

// checkChosen refuses locations that are not live ones of the company, and to grant a single
// one while it is paused.
func (t *tx) checkChosen(ctx context.Context, c tenantry.Consent) error {
	if len(c.LocationIDs) == 0 {
		return nil
	}
	var q conditions
	q.add(`company_id = ` + q.arg(c.CompanyID) + ` AND deleted_at IS NULL AND location_id IN (` + inArgs(&q, c.LocationIDs) + `)`)
	active, err := db.All(ctx, t, func(r db.Row) (active bool, err error) { return active, r.Scan(&active) },
		`SELECT active FROM locations`+q.where()+` ORDER BY location_id`+t.ForUpdate(), q.args...)
	switch {
	case err != nil:
		return err
	case len(active) < len(c.LocationIDs):
		return tenantry.NoAccessError()
	case len(active) == 1 && !active[0]:
		return tenantry.LocationInactive()
	}
	return nil
}

// codeRow is a kept consent.
type codeRow struct {
	tenantry.Consent
	expiresAt int64
	usedAt    *int64
	grantID   tenantry.GrantID
}

func codeOf(ctx context.Context, t *tx, hash string) (codeRow, error) {
	c, err := db.One(ctx, t, func(r db.Row) (c codeRow, err error) {
		var scopes, ids string
		err = r.Scan(&c.AppID, &c.RedirectURI, &c.Challenge, &c.Class, &c.CompanyID, &ids, &c.UserID, &scopes, &c.Bulk,
			&c.ApproveAll, &c.InstallToFuture, &c.expiresAt, &c.usedAt, &c.grantID)
		if err != nil {
			return c, err
		}
		c.Scopes = splitScopes(scopes)
		return c, decode(ids, &c.LocationIDs)
	}, `SELECT app_id, redirect_uri, challenge, class, company_id, location_ids, user_id, scopes, is_bulk, approve_all,
		install_to_future, expires_at, used_at, grant_id FROM codes WHERE hash = $1`+t.ForUpdate(), hash)
	if errors.Is(err, db.ErrNoRows) {
		return c, tenantry.CodeNotFound()
	}
	return c, err
}

// CodeExists tells whether there is a code of this hash that nobody has used and that has
// not expired, whoever it is for: the hosted token endpoint refuses an unknown one before it
// looks at the client.
func (s *Store) CodeExists(ctx context.Context, hash string) (bool, error) {
	n, err := db.One(ctx, s.db.Lookup(), scanInt, `SELECT count(*) FROM codes WHERE hash = $1 AND used_at IS NULL AND expires_at > $2`,
		hash, s.clock().UnixMilli())
	return n > 0, err
}

// ExchangeCode uses an authorization code of the authenticated app, once: the app is
// installed as approved, the earlier refresh tokens of the same install end, and a grant with
// its first pair of tokens is given. An exchange that does not fit the code, such as one with
// another redirect URI, leaves the code good. A second use ends what the first gave, access
// tokens included.
//
// Errors: Unauthenticated with code invalid_grant for an unknown, expired or used code, and
// one of another app; Refused with code invalid_grant for a wrong redirect URI or verifier
// and for a consent that does not hold any more, with code location_inactive when the only
// chosen location is paused.
func (s *Store) ExchangeCode(ctx context.Context, hash string, x tenantry.CodeExchange) (issued tenantry.Issued, err error) {
	var app tenantry.App
	var c codeRow
	err = s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		c, err = codeOf(ctx, t, hash)
		switch {
		case err != nil:
			return err
		case c.AppID != x.AppID, c.usedAt != nil, t.now.UnixMilli() >= c.expiresAt:
			return tenantry.CodeNotFound()
		}
		if err := x.Check(c.Consent); err != nil {
			return err
		}
		if app, err = t.checkConsent(ctx, c.Consent); err != nil {
			return noLonger(err)
		}
		issued, err = s.take(ctx, t, hash, c.Consent, x, app)
		return err
	})
	if c.usedAt != nil && c.AppID == x.AppID {
		if err := s.revokeGrant(ctx, tenantry.Actor{AppID: x.AppID}, codeReplayed, x.AppID, c.grantID); err != nil {
			return tenantry.Issued{}, err
		}
	}
	if err != nil {
		return tenantry.Issued{}, err
	}
	if c.ApproveAll {
		if err := s.installOnAll(ctx, c.Consent, app); err != nil {
			return tenantry.Issued{}, err
		}
	}
	issued.ApprovedLocations, err = approved(ctx, s.db.Across(credentials).Read(), issued.Grant)
	return issued, err
}

// noLonger is the answer to a consent that was good and is not any more: the client cannot
// mend it, whatever the reason.
func noLonger(err error) error {
	switch tenantry.KindOf(err) {
	case tenantry.Invalid, tenantry.NotFound, tenantry.NoAccess:
		return tenantry.InvalidGrant("what the user approved does not hold any more").WithCause(err)
	}
	return err
}

// take uses up a code.
func (s *Store) take(ctx context.Context, t *tx, hash string, c tenantry.Consent, x tenantry.CodeExchange, app tenantry.App) (tenantry.Issued, error) {
	by := tenantry.Actor{AppID: c.AppID, UserID: c.UserID}
	class, loc := x.Granted(c)
	g := tenantry.Grant{
		AppID: c.AppID, Class: class, CompanyID: c.CompanyID, LocationID: loc, UserID: c.UserID, Scopes: c.Scopes,
		Bulk: c.Bulk, ApproveAll: c.ApproveAll, InstallToFuture: c.InstallToFuture,
	}
	if c.Class == tenantry.Agency {
		if err := t.lockCompany(ctx, c.CompanyID); err != nil {
			return tenantry.Issued{}, err
		}
	}
	if err := t.endEarlier(ctx, by, g); err != nil {
		return tenantry.Issued{}, err
	}
	install := tenantry.Install{AppID: app.ID, CompanyID: c.CompanyID, VersionID: app.VersionID, UserID: c.UserID, InstallToFuture: c.InstallToFuture}
	if c.Class == tenantry.Agency {
		if err := t.installCompany(ctx, by, install, app.Target); err != nil {
			return tenantry.Issued{}, err
		}
	}
	for _, id := range c.LocationIDs {
		t.loc, t.company = id, c.CompanyID
		if err := t.install(ctx, by, install); err != nil {
			return tenantry.Issued{}, err
		}
	}
	issued, err := s.grant(ctx, t, by, g)
	if err != nil {
		return issued, err
	}
	n, err := t.Exec(ctx, `UPDATE codes SET used_at = $2, grant_id = $3 WHERE hash = $1 AND used_at IS NULL`, hash, t.now.UnixMilli(), issued.ID)
	if err == nil && n == 0 {
		err = tenantry.CodeNotFound() // another node used it in between; all of the above is undone
	}
	return issued, err
}

// endEarlier ends the refresh tokens of earlier consents to the same install, and of what
// was exchanged for them.
func (t *tx) endEarlier(ctx context.Context, by tenantry.Actor, g tenantry.Grant) error {
	if g.Class == tenantry.SubAccount {
		return t.endRefresh(ctx, by, grantedAnew, `location_id = $1 AND app_id = $2`, g.LocationID, g.AppID)
	}
	return t.endRefresh(ctx, by, grantedAnew, `company_id = $1 AND app_id = $2 AND location_id = ''`, g.CompanyID, g.AppID)
}

// installOnAll installs an app on the locations of the company that do not have it, in
// short transactions. When it is interrupted the code is used up, so the user consents again
// and it goes on.
func (s *Store) installOnAll(ctx context.Context, c tenantry.Consent, app tenantry.App) error {
	by := tenantry.Actor{AppID: c.AppID, UserID: c.UserID}
	install := tenantry.Install{AppID: app.ID, VersionID: app.VersionID, UserID: c.UserID}
	for after := tenantry.LocationID(""); ; {
		n, last := 0, after
		err := s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
			missing, err := db.All(ctx, t, scanLocationID, `SELECT l.location_id FROM locations l
				WHERE l.company_id = $1 AND l.deleted_at IS NULL AND l.location_id > $2
					AND NOT EXISTS (SELECT 1 FROM installs i WHERE i.location_id = l.location_id AND i.app_id = $3)
				ORDER BY l.location_id LIMIT $4`+t.ForUpdate(), c.CompanyID, after, app.ID, installStep)
			n = len(missing)
			for _, loc := range missing {
				if err == nil {
					t.loc, t.company, last = loc, c.CompanyID, loc
					err = t.install(ctx, by, install)
				}
			}
			return err
		})
		if err != nil || n < installStep {
			return err
		}
		after = last
	}
}
