package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// CreateCompany adds an agency.
func (s *Store) CreateCompany(ctx context.Context, name, email string) (id tenantry.CompanyID, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		id = tenantry.CompanyID(t.newID())
		_, err := t.Exec(ctx, `INSERT INTO companies (id, name, email, created_at) VALUES ($1, $2, $3, $4)`,
			id, name, email, t.now.UnixMilli())
		return err
	})
	return id, err
}

// Company reads an agency. Errors: NotFound.
func (s *Store) Company(ctx context.Context, id tenantry.CompanyID) (tenantry.Company, error) {
	c, err := db.One(ctx, s.db.Read(), scanCompany,
		`SELECT id, name, email, location_count, created_at FROM companies WHERE id = $1`, id)
	return found(c, err, "Company", string(id))
}

// Companies lists every agency, for the command line; there are few.
func (s *Store) Companies(ctx context.Context) ([]tenantry.Company, error) {
	return db.All(ctx, s.db.Read(), scanCompany,
		`SELECT id, name, email, location_count, created_at FROM companies ORDER BY created_at, id`)
}

func scanCompany(r db.Row) (c tenantry.Company, err error) {
	var created int64
	err = r.Scan(&c.ID, &c.Name, &c.Email, &c.Locations, &created)
	c.CreatedAt = at(created)
	return c, err
}
