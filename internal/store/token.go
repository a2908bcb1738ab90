package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// CreateToken keeps a private integration token by its hash; the caller's TokenID is
// made here. A sub-account token needs a live location, whose company it gets. It is good
// until expiresAt, for ever when that is zero. Errors: NotFound when the company is unknown,
// NoAccess when the location is, Invalid for a scope that private tokens cannot have.
func (s *Store) CreateToken(ctx context.Context, by tenantry.Actor, hash, name string, c tenantry.Caller, expiresAt time.Time) (tenantry.Caller, error) {
	if err := checkPrivateScopes(c.Scopes); err != nil {
		return c, err
	}
	err := s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		c.TokenID = tenantry.TokenID(t.newID())
		if c.Class == tenantry.SubAccount {
			l, err := t.lockedLocation(ctx, c.LocationID)
			if err != nil {
				return err
			}
			c.CompanyID = l.CompanyID
		}
		t.loc, t.company = c.LocationID, c.CompanyID
		_, err := t.Exec(ctx, `INSERT INTO tokens (id, hash, name, company_id, location_id, scopes, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, c.TokenID, hash, name, c.CompanyID, c.LocationID, tenantry.JoinScopes(c.Scopes),
			t.now.UnixMilli(), optional(expiresAt))
		if errors.Is(err, db.ErrForeignKey) {
			return tenantry.NotFoundError("Company", string(c.CompanyID))
		}
		if err != nil {
			return err
		}
		payload := tokenPayload(tenantry.PrivateToken{ID: c.TokenID, Name: name, CompanyID: c.CompanyID, LocationID: c.LocationID})
		return t.record(ctx, change{event: tenantry.TokenCreated, by: by, resource: string(c.TokenID), after: c, payload: payload})
	})
	return c, err
}

func checkPrivateScopes(scopes []tenantry.Scope) error {
	var messages []string
	allowed := tenantry.PrivateScopes()
	for _, s := range scopes {
		if !slices.Contains(allowed, s) {
			messages = append(messages, "a private integration token cannot have the scope "+string(s))
		}
	}
	if len(messages) > 0 {
		return tenantry.InvalidInput(messages...)
	}
	return nil
}

// optional is a time column that can be without one.
func optional(v time.Time) *int64 {
	if v.IsZero() {
		return nil
	}
	ms := v.UnixMilli()
	return &ms
}

// optionalAt reads a time column that can be without one.
func optionalAt(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return at(*ms)
}

func tokenPayload(p tenantry.PrivateToken) any {
	return struct {
		CompanyID  tenantry.CompanyID  `json:"companyId"`
		LocationID tenantry.LocationID `json:"locationId"`
		ID         tenantry.TokenID    `json:"id"`
		Name       string              `json:"name"`
	}{p.CompanyID, p.LocationID, p.ID, p.Name}
}

// TokenCaller finds who calls with the private token of this hash, and notes that it was
// used, see [Store.FlushTokenUse]. Errors: NotFound, for an expired token, for one whose
// overlap after a rotation is over, and for one of a deleted location too.
func (s *Store) TokenCaller(ctx context.Context, hash string) (tenantry.Caller, error) {
	now := s.clock()
	c, err := db.One(ctx, s.db.Across(credentials).Lookup(), scanToken, tokenCallerQuery, hash, now.UnixMilli())
	if err == nil {
		s.uses.note(c.TokenID, now)
	}
	return found(c, err, "Token", "")
}

// tokenCallerQuery says that the previous hash is not empty to let the partial index serve.
const tokenCallerQuery = `SELECT t.id, t.company_id, t.location_id, t.scopes FROM tokens t
	LEFT JOIN locations l ON l.location_id = t.location_id
	WHERE (t.hash = $1 OR (t.previous_hash = $1 AND t.previous_hash <> '' AND t.previous_until > $2))
		AND (t.expires_at IS NULL OR t.expires_at > $2)
		AND (t.location_id = '' OR (l.location_id IS NOT NULL AND l.deleted_at IS NULL))`

func scanToken(r db.Row) (c tenantry.Caller, err error) {
	var scopes string
	err = r.Scan(&c.TokenID, &c.CompanyID, &c.LocationID, &scopes)
	c.Class = tenantry.Agency
	if c.LocationID != "" {
		c.Class = tenantry.SubAccount
	}
	c.Scopes = splitScopes(scopes)
	return c, err
}

const privateTokenColumns = `id, name, company_id, location_id, scopes, created_at, expires_at, last_used_at, previous_until`

func scanPrivateToken(r db.Row) (p tenantry.PrivateToken, err error) {
	var scopes string
	var created, previous int64
	var expires, used *int64
	err = r.Scan(&p.ID, &p.Name, &p.CompanyID, &p.LocationID, &scopes, &created, &expires, &used, &previous)
	p.Scopes, p.CreatedAt, p.ExpiresAt, p.LastUsedAt = splitScopes(scopes), at(created), optionalAt(expires), optionalAt(used)
	if previous > 0 {
		p.PreviousUntil = at(previous)
	}
	return p, err
}

// PrivateTokens lists private integration tokens, without those of deleted locations.
func (s *Store) PrivateTokens(ctx context.Context, f tenantry.PrivateTokenFilter) (tenantry.Page[tenantry.PrivateToken], error) {
	k := keyset{columns: privateTokenColumns, from: `tokens`, key: `id`, after: f.After, limit: f.Limit}
	k.add(`NOT EXISTS (SELECT 1 FROM locations l WHERE l.location_id = tokens.location_id AND l.deleted_at IS NOT NULL)`)
	if f.CompanyID != "" {
		k.add(`company_id = ` + k.arg(f.CompanyID))
	}
	if f.LocationID != "" {
		k.add(`location_id = ` + k.arg(f.LocationID))
	}
	return pageOf(ctx, s, scanPrivateToken, k)
}

// RotateToken replaces a private integration token by the one of this hash. The old one
// stays good until oldUntil, which is at most [tenantry.MaxRotationOverlap] away; a zero time
// ends it now. Errors: NotFound, Invalid.
func (s *Store) RotateToken(ctx context.Context, by tenantry.Actor, id tenantry.TokenID, hash string, oldUntil time.Time) (after tenantry.PrivateToken, err error) {
	err = s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		before, err := t.privateToken(ctx, id)
		if err != nil {
			return err
		}
		if oldUntil.After(t.now.Add(tenantry.MaxRotationOverlap)) {
			return tenantry.InvalidInput("the old token can stay good for 7 days at most")
		}
		after = before
		after.PreviousUntil = oldUntil.UTC().Truncate(time.Millisecond)
		until := int64(0)
		if !oldUntil.IsZero() {
			until = oldUntil.UnixMilli()
		}
		_, err = t.Exec(ctx, `UPDATE tokens SET previous_hash = hash, hash = $2, previous_until = $3 WHERE id = $1`, id, hash, until)
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.TokenRotated, by: by, resource: string(id), before: before, after: after, payload: tokenPayload(after)})
	})
	return after, err
}

// DeleteToken ends a private integration token. Errors: NotFound.
func (s *Store) DeleteToken(ctx context.Context, by tenantry.Actor, id tenantry.TokenID) error {
	return s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		before, err := t.privateToken(ctx, id)
		if err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `DELETE FROM tokens WHERE id = $1`, id); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.TokenDeleted, by: by, resource: string(id), before: before, payload: tokenPayload(before)})
	})
}

// privateToken reads a token, whose owner the transaction then writes for.
func (t *tx) privateToken(ctx context.Context, id tenantry.TokenID) (tenantry.PrivateToken, error) {
	p, err := db.One(ctx, t, scanPrivateToken, `SELECT `+privateTokenColumns+` FROM tokens WHERE id = $1`+t.ForUpdate(), id)
	t.loc, t.company = p.LocationID, p.CompanyID
	return found(p, err, "Token", string(id))
}
