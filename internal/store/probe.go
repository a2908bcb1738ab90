package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// ProbeRead fails when the database does not answer a read of one row. Errors: Unavailable.
func (s *Store) ProbeRead(ctx context.Context) error {
	_, err := db.One(ctx, s.db.Read(), func(r db.Row) (n int, err error) { return n, r.Scan(&n) },
		`SELECT count(*) FROM settings WHERE name = 'probed_at'`)
	return err
}

// ProbeWrite fails when the database does not keep a write of one row: a full disk is
// found out by nothing less. Errors: Unavailable.
func (s *Store) ProbeWrite(ctx context.Context) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.Exec(ctx, `INSERT INTO settings (name, value) VALUES ('probed_at', $1)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, tenantry.Stamp(t.now))
		return err
	})
}
