package store

import (
	"context"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

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

// IsSealed tells whether a database holds what only its own key opens: every database that
// was served has a signing key.
func IsSealed(ctx context.Context, d *db.DB) (bool, error) {
	version, err := d.SchemaVersion(ctx)
	if err != nil || version == 0 {
		return false, err
	}
	return db.One(ctx, d.Across("it is asked before a migration, which makes the role of tenants").Read(), func(r db.Row) (is bool, err error) { return is, r.Scan(&is) }, `SELECT EXISTS (SELECT 1 FROM signing_keys)`)
}

// AddFirstSigningKey keeps a key of the token issuer if there is none yet. [Store.InstanceID] comes before it.
func (s *Store) AddFirstSigningKey(ctx context.Context, k SigningKey) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		// Whoever else is at this point waits.
		if _, err := t.Exec(ctx, `SELECT value FROM settings WHERE name = 'instance_id'`+t.ForUpdate()); err != nil {
			return err
		}
		has, err := db.One(ctx, t, func(r db.Row) (is bool, err error) { return is, r.Scan(&is) }, `SELECT EXISTS (SELECT 1 FROM signing_keys)`)
		if err != nil || has {
			return err
		}
		return s.insertSigningKey(ctx, t, k)
	})
}

// RotateSigningKeys keeps next, which signs from now on, and drops the keys that retired
// names; the ids of keys that are not there do no harm.
func (s *Store) RotateSigningKeys(ctx context.Context, by tenantry.Actor, next SigningKey, retired []string) error {
	return s.across(ctx, agencyWide, func(ctx context.Context, t *tx) error {
		if err := s.insertSigningKey(ctx, t, next); err != nil {
			return err
		}
		for _, id := range retired {
			if _, err := t.Exec(ctx, `DELETE FROM signing_keys WHERE id = $1`, id); err != nil {
				return err
			}
		}
		return t.record(ctx, change{event: tenantry.SigningKeysRotated, by: by, resource: next.ID, after: next.ID, payload: struct {
			ID      string   `json:"id"`
			Retired []string `json:"retired"`
		}{next.ID, append([]string{}, retired...)}})
	})
}

func (s *Store) insertSigningKey(ctx context.Context, t *tx, k SigningKey) error {
	_, err := t.Exec(ctx, `INSERT INTO signing_keys (id, sealed, created_at) VALUES ($1, $2, $3)`,
		k.ID, s.seal.seal("signing_key:"+k.ID, k.Private), k.CreatedAt.UnixMilli())
	return err
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
