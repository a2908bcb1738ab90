package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// CreateToken keeps a private integration token by its hash; the caller's TokenID is
// made here. A sub-account token needs a live location, whose company it gets.
// Errors: NotFound when the company is unknown, NoAccess when the location is.
func (s *Store) CreateToken(ctx context.Context, by tenantry.Actor, hash, name string, c tenantry.Caller) (tenantry.Caller, error) {
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		c.TokenID = tenantry.TokenID(t.newID())
		if c.Class == tenantry.SubAccount {
			l, err := locationOf(ctx, t, c.LocationID)
			if err != nil {
				return err
			}
			c.CompanyID = l.CompanyID
		}
		t.loc, t.company = c.LocationID, c.CompanyID
		_, err := t.Exec(ctx, `INSERT INTO tokens (id, hash, name, company_id, location_id, scopes, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, c.TokenID, hash, name, c.CompanyID, c.LocationID, joinScopes(c.Scopes), t.now.UnixMilli())
		if errors.Is(err, db.ErrForeignKey) {
			return tenantry.NotFoundError("Company", string(c.CompanyID))
		}
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.TokenCreated, by: by, resource: string(c.TokenID), after: c, payload: struct {
			CompanyID  tenantry.CompanyID  `json:"companyId"`
			LocationID tenantry.LocationID `json:"locationId"`
			ID         tenantry.TokenID    `json:"id"`
			Name       string              `json:"name"`
		}{c.CompanyID, c.LocationID, c.TokenID, name}})
	})
	return c, err
}

// TokenCaller finds who calls with the private token of this hash. Errors: NotFound,
// for a token of a deleted location too.
func (s *Store) TokenCaller(ctx context.Context, hash string) (tenantry.Caller, error) {
	c, err := db.One(ctx, s.db.Read(), scanToken, `SELECT t.id, t.company_id, t.location_id, t.scopes FROM tokens t
		LEFT JOIN locations l ON l.location_id = t.location_id
		WHERE t.hash = $1 AND (t.location_id = '' OR (l.location_id IS NOT NULL AND l.deleted_at IS NULL))`, hash)
	return found(c, err, "Token", "")
}

func scanToken(r db.Row) (c tenantry.Caller, err error) {
	var scopes string
	err = r.Scan(&c.TokenID, &c.CompanyID, &c.LocationID, &scopes)
	c.Class = tenantry.Agency
	if c.LocationID != "" {
		c.Class = tenantry.SubAccount
	}
	for text := range strings.FieldsSeq(scopes) {
		c.Scopes = append(c.Scopes, tenantry.Scope(text))
	}
	return c, err
}

func joinScopes(scopes []tenantry.Scope) string {
	texts := make([]string, len(scopes))
	for i, s := range scopes {
		texts[i] = string(s)
	}
	return strings.Join(texts, " ")
}

// SigningKey is a key of the token issuer as it is kept.
type SigningKey struct {
	ID        string
	Private   []byte // PKCS #8, sealed at rest
	CreatedAt time.Time
}

// SigningKeys opens the keys of the token issuer, newest first.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	keys, err := db.All(ctx, s.db.Read(), func(r db.Row) (k SigningKey, err error) {
		var created int64
		err = r.Scan(&k.ID, &k.Private, &created)
		k.CreatedAt = at(created)
		return k, err
	}, `SELECT id, sealed, created_at FROM signing_keys ORDER BY created_at DESC, id`)
	for i := range keys {
		if err == nil {
			keys[i].Private, err = s.seal.open("signing_key:"+keys[i].ID, keys[i].Private)
		}
	}
	return keys, err
}

// AddSigningKey keeps a key of the token issuer; the newest one signs.
func (s *Store) AddSigningKey(ctx context.Context, k SigningKey) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.Exec(ctx, `INSERT INTO signing_keys (id, sealed, created_at) VALUES ($1, $2, $3)`,
			k.ID, s.seal.seal("signing_key:"+k.ID, k.Private), k.CreatedAt.UnixMilli())
		return err
	})
}

// InstanceID is the id of this database, made when it is first asked for. It is
// the issuer of access tokens: a copy of the database keeps it, a new database has its own.
func (s *Store) InstanceID(ctx context.Context) (id string, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.Exec(ctx, `INSERT INTO settings (name, value) VALUES ('instance_id', $1) ON CONFLICT (name) DO NOTHING`, t.newID())
		if err != nil {
			return err
		}
		id, err = db.One(ctx, t, func(r db.Row) (v string, err error) { return v, r.Scan(&v) },
			`SELECT value FROM settings WHERE name = 'instance_id'`)
		return err
	})
	return id, err
}
