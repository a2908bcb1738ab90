package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// CreateCompany adds an agency, for the command line: the system is who does it. Like all
// that belongs to no location, its event and audit record have none.
func (s *Store) CreateCompany(ctx context.Context, name, email string) (id tenantry.CompanyID, err error) {
	err = s.across(ctx, agencyWide, func(ctx context.Context, t *tx) error {
		id = tenantry.CompanyID(t.newID())
		t.company = id
		_, err := t.Exec(ctx, `INSERT INTO companies (id, name, email, created_at) VALUES ($1, $2, $3, $4)`,
			id, name, email, t.now.UnixMilli())
		if err != nil {
			return err
		}
		after := tenantry.Company{ID: id, Name: name, Email: email, CreatedAt: t.now}
		return t.record(ctx, change{event: tenantry.CompanyCreated, by: tenantry.System(), resource: string(id), after: after, payload: struct {
			CompanyID tenantry.CompanyID `json:"companyId"`
			Name      string             `json:"name"`
			Email     string             `json:"email"`
		}{id, name, email}})
	})
	return id, err
}

// Company reads an agency. Errors: NotFound.
func (s *Store) Company(ctx context.Context, id tenantry.CompanyID) (tenantry.Company, error) {
	c, err := db.One(ctx, s.db.Lookup(), scanCompany,
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
