package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// grantColumns have no short name for the table: SQLite knows none behind RETURNING.
const grantColumns = `grants.id, grants.app_id, grants.class, grants.company_id, grants.location_id, grants.user_id, grants.parent_id,
	grants.scopes, grants.is_bulk, grants.approve_all, grants.install_to_future, grants.created_at, grants.expires_at`

// grantRow is a grant with its refresh tokens as they are kept.
type grantRow struct {
	tenantry.Grant
	hash, previous string // of the good refresh token and of the one before it
	sealed         []byte // the good one, for who still has the one before
	generation     int
	rotatedAt      int64
}

func grantFields(g *tenantry.Grant, scopes *string, created, expires *int64) []any {
	return []any{&g.ID, &g.AppID, &g.Class, &g.CompanyID, &g.LocationID, &g.UserID, &g.ParentID, scopes, &g.Bulk,
		&g.ApproveAll, &g.InstallToFuture, created, expires}
}

func scanGrant(r db.Row) (g tenantry.Grant, err error) {
	var scopes string
	var created, expires int64
	err = r.Scan(grantFields(&g, &scopes, &created, &expires)...)
	g.Scopes, g.CreatedAt, g.ExpiresAt = splitScopes(scopes), at(created), at(expires)
	return g, err
}

func scanGrantRow(r db.Row) (g grantRow, err error) {
	var scopes string
	var created, expires int64
	fields := grantFields(&g.Grant, &scopes, &created, &expires)
	err = r.Scan(append(fields, &g.hash, &g.previous, &g.sealed, &g.generation, &g.rotatedAt)...)
	g.Scopes, g.CreatedAt, g.ExpiresAt = splitScopes(scopes), at(created), at(expires)
	return g, err
}

// issued is the pair of tokens that the grant stands at.
func (g grantRow) issued(refresh string) tenantry.Issued {
	return tenantry.Issued{
		Grant: g.Grant, RefreshToken: refresh,
		TokenID: tenantry.AccessTokenID(g.ID, g.generation), IssuedAt: at(g.rotatedAt),
	}
}

// grant makes a grant with its first pair of tokens, and records it.
func (s *Store) grant(ctx context.Context, t *tx, by tenantry.Actor, g tenantry.Grant) (tenantry.Issued, error) {
	g.ID, g.CreatedAt, g.ExpiresAt = tenantry.GrantID(t.newID()), t.now, t.now.Add(tenantry.RefreshTTL)
	refresh := s.newRefreshToken(g.ID)
	row := grantRow{Grant: g, hash: hashText(refresh), generation: 1, rotatedAt: t.now.UnixMilli()}
	_, err := t.Exec(ctx, `INSERT INTO grants (id, hash, generation, app_id, class, company_id, location_id, user_id, parent_id, scopes,
		is_bulk, approve_all, install_to_future, created_at, rotated_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15)`,
		g.ID, row.hash, row.generation, g.AppID, g.Class, g.CompanyID, g.LocationID, g.UserID, g.ParentID,
		tenantry.JoinScopes(g.Scopes), boolean(g.Bulk), boolean(g.ApproveAll), boolean(g.InstallToFuture), t.now.UnixMilli(), g.ExpiresAt.UnixMilli())
	if err != nil {
		return tenantry.Issued{}, err
	}
	t.loc, t.company = g.LocationID, g.CompanyID
	err = t.record(ctx, change{event: tenantry.GrantCreated, by: by, resource: string(g.ID), after: g, payload: grantPayload(g, "")})
	return row.issued(refresh), err
}

// Why grants end, in the audit trail and in the GrantRevoke event.
const (
	grantedAnew   = "granted anew"
	codeReplayed  = "authorization code used again"
	refreshReused = "refresh token used again"
	clientRevoked = "revoked by the client"
	appRemoved    = "uninstalled"
	newerOnes     = "many newer ones"
)

// endRefresh ends the refresh tokens of the grants that the condition selects, and of those
// that were exchanged for them; their access tokens live on until they expire, and the rows
// with them, so that an uninstall finds them.
func (t *tx) endRefresh(ctx context.Context, by tenantry.Actor, reason, where string, args ...any) error {
	c := conditions{args: args}
	now, end := c.arg(t.now.UnixMilli()), c.arg(t.now.Add(revocationLife).UnixMilli())
	ended, err := db.All(ctx, t, scanGrant, `UPDATE grants SET revoked_at = `+now+`, expires_at = `+end+`, hash = '', previous_hash = '', sealed = NULL
		WHERE `+where+` AND revoked_at IS NULL RETURNING `+grantColumns, c.args...)
	if err != nil {
		return err
	}
	for _, g := range ended {
		if err := t.recordRevoked(ctx, by, g, reason); err != nil {
			return err
		}
		if g.Class == tenantry.Agency {
			if err := t.endRefresh(ctx, by, reason, exchangedFor, g.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// exchangedFor selects the grants that an agency's was exchanged for. The second half lets
// the partial index serve.
const exchangedFor = `parent_id = $1 AND parent_id <> ''`

// revokeGrants ends the grants that the condition selects with those that were exchanged
// for them: their refresh tokens at once, and their access tokens too.
func (t *tx) revokeGrants(ctx context.Context, by tenantry.Actor, reason, where string, args ...any) error {
	gone, err := db.All(ctx, t, scanGrant, `DELETE FROM grants WHERE `+where+` RETURNING `+grantColumns, args...)
	if err != nil {
		return err
	}
	for _, g := range gone {
		if err := t.revoke(ctx, tenantry.RevokedGrant(g.ID)); err != nil {
			return err
		}
		if err := t.recordRevoked(ctx, by, g, reason); err != nil {
			return err
		}
		if g.Class == tenantry.Agency {
			if err := t.revokeGrants(ctx, by, reason, exchangedFor, g.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// revokeGrant ends a grant of an app with those that were exchanged for it, and all their
// tokens. Where there is none, it does nothing.
func (s *Store) revokeGrant(ctx context.Context, by tenantry.Actor, reason string, app tenantry.AppID, id tenantry.GrantID) error {
	if err := s.dropEnded(ctx, exchangedFor+` AND app_id = $2`, id, app); err != nil {
		return err
	}
	return s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		return t.revokeGrants(ctx, by, reason, `id = $1 AND app_id = $2`, id, app)
	})
}

// dropEnded removes the grants that the condition selects and whose refresh tokens have
// ended; a record of that is there. What is left of them are access tokens, which are
// refused from now on. There can be many for a location: they go in short transactions, before
// the one that takes the rest.
func (s *Store) dropEnded(ctx context.Context, where string, args ...any) error {
	c := conditions{args: args}
	query := `DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE ` + where + ` AND revoked_at IS NOT NULL LIMIT ` +
		c.arg(installStep) + `) RETURNING id`
	for left := installStep; left == installStep; {
		err := s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
			ended, err := db.All(ctx, t, func(r db.Row) (id tenantry.GrantID, err error) { return id, r.Scan(&id) }, query, c.args...)
			left = len(ended)
			for _, id := range ended {
				if err == nil {
					err = t.revoke(ctx, tenantry.RevokedGrant(id))
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// recordRevoked records the end of a grant, for the tenant that it was for.
func (t *tx) recordRevoked(ctx context.Context, by tenantry.Actor, g tenantry.Grant, reason string) error {
	loc, company := t.loc, t.company
	defer func() { t.loc, t.company = loc, company }()
	t.loc, t.company = g.LocationID, g.CompanyID
	return t.record(ctx, change{event: tenantry.GrantRevoked, by: by, resource: string(g.ID), before: g, payload: grantPayload(g, reason)})
}

func grantPayload(g tenantry.Grant, reason string) any {
	return struct {
		CompanyID  tenantry.CompanyID  `json:"companyId"`
		LocationID tenantry.LocationID `json:"locationId,omitempty"`
		AppID      tenantry.AppID      `json:"appId"`
		UserID     tenantry.UserID     `json:"userId,omitempty"`
		ID         tenantry.GrantID    `json:"id"`
		Scopes     []tenantry.Scope    `json:"scopes"`
		Reason     string              `json:"reason,omitempty"`
	}{g.CompanyID, g.LocationID, g.AppID, g.UserID, g.ID, g.Scopes, reason}
}

// approved lists where the app of a company's grant is installed, see [tenantry.Issued].
func approved(ctx context.Context, q db.Q, g tenantry.Grant) ([]tenantry.LocationID, error) {
	if g.Class != tenantry.Agency {
		return nil, nil
	}
	return db.All(ctx, q, scanLocationID, `SELECT location_id FROM installs WHERE app_id = $1 AND company_id = $2
		ORDER BY location_id LIMIT $3`, g.AppID, g.CompanyID, tenantry.MaxApprovedLocations)
}
