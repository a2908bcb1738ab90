package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// Events lists the events of a location, oldest first, for its deliveries.
// A location's events outlive it.
func (s *Store) Events(ctx context.Context, loc tenantry.LocationID) ([]tenantry.Event, error) {
	return db.All(ctx, s.recordsOf(loc).Read(), func(r db.Row) (e tenantry.Event, err error) {
		var created int64
		err = r.Scan(&e.ID, &e.LocationID, &e.CompanyID, &e.Type, &e.Payload, &created)
		e.CreatedAt = at(created)
		return e, err
	}, eventsOf, loc)
}

// recordsOf is where the records of a location are, and those of an agency, which have none.
func (s *Store) recordsOf(loc tenantry.LocationID) db.Part {
	if loc == "" {
		return s.db.Across(agencyWide)
	}
	return s.db.Within(loc)
}

// eventsOf relies on ids that sort in the order of their making.
const eventsOf = `SELECT id, location_id, company_id, type, payload, created_at FROM events WHERE location_id = $1
	ORDER BY id`

// Audit lists the audit records of a location, oldest first. They outlive it too.
func (s *Store) Audit(ctx context.Context, loc tenantry.LocationID) ([]tenantry.AuditRecord, error) {
	return db.All(ctx, s.recordsOf(loc).Read(), func(r db.Row) (a tenantry.AuditRecord, err error) {
		var created int64
		err = r.Scan(&a.ID, &a.LocationID, &a.CompanyID, &a.By.TokenID, &a.By.AppID, &a.By.UserID, &a.Action, &a.Resource,
			&a.Before, &a.After, &created)
		a.CreatedAt = at(created)
		return a, err
	}, auditOf, loc)
}

// auditOf relies on ids that sort in the order of their making.
const auditOf = `SELECT id, location_id, company_id, token_id, app_id, user_id, action, resource_id, before, after, created_at
	FROM audit WHERE location_id = $1 ORDER BY id`
