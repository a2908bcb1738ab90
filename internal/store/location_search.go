package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// SearchLocations lists the live locations of a company that the filter selects, and counts
// them, those before the filter's cursor too. What it gives is one state of the database.
func (s *Store) SearchLocations(ctx context.Context, company tenantry.CompanyID, f tenantry.LocationFilter) (tenantry.Page[tenantry.Location], error) {
	q := searchOf(company, f)
	p, ok, err := s.searchCached(ctx, q)
	if ok || err != nil {
		return p, err
	}
	rows := `SELECT ` + locationColumns + ` FROM locations` + q.page
	err = s.db.Across(agencyWide).Snapshot(ctx, func(ctx context.Context, t db.Q) error {
		if p.Total, err = db.One(ctx, t, scanInt, q.count, q.counted...); err == nil {
			p.Items, err = db.All(ctx, t, scanLocation, rows, q.args...)
		}
		return err
	})
	return p, err
}

// locationSearch are the parts of a search's statements.
type locationSearch struct {
	count   string
	counted []any // arguments of count, the first of args
	page    string
	args    []any
}

func searchOf(company tenantry.CompanyID, f tenantry.LocationFilter) (q locationSearch) {
	var c conditions
	c.add(`company_id = ` + c.arg(company))
	c.add(`deleted_at IS NULL`)
	// The total of a whole company is a kept counter: counting a hundred thousand rows for each page would be a scan.
	q.count = `SELECT COALESCE(sum(location_count), 0) FROM companies WHERE id = $1`
	if f.Email != "" {
		c.add(`email_key = ` + c.arg(tenantry.Fold(f.Email)))
	}
	if f.LocationID != "" {
		c.add(`location_id = ` + c.arg(f.LocationID))
	}
	if len(c.args) > 1 {
		q.count = `SELECT count(*) FROM locations` + c.where()
	}
	q.counted = c.args
	direction, behind := ``, ` > `
	if f.Descending {
		direction, behind = ` DESC`, ` < `
	}
	if f.After != (tenantry.LocationCursor{}) {
		c.add(`(created_at, location_id)` + behind + `(` + c.arg(f.After.CreatedAt.UnixMilli()) + `, ` + c.arg(f.After.ID) + `)`)
	}
	q.page = c.where() + ` ORDER BY created_at` + direction + `, location_id` + direction + ` LIMIT ` + c.arg(f.Limit) + ` OFFSET ` + c.arg(f.Skip)
	q.args = c.args
	return q
}

// searchCached asks the database for the ids only, which an index holds, and the cache for the
// rows. It is ok when no location was written to meanwhile: then it saw one state.
func (s *Store) searchCached(ctx context.Context, q locationSearch) (p tenantry.Page[tenantry.Location], ok bool, err error) {
	epoch, ok := s.locations.quiet()
	if !ok {
		return p, false, nil
	}
	ids, err := db.All(ctx, s.db.Across(agencyWide).Lookup(), func(r db.Row) (id tenantry.LocationID, err error) { return id, r.Scan(&id, &p.Total) },
		`SELECT location_id, (`+q.count+`) FROM locations`+q.page, q.args...)
	if err == nil && len(ids) == 0 {
		p.Total, err = db.One(ctx, s.db.Across(agencyWide).Lookup(), scanInt, q.count, q.counted...)
	}
	if err != nil {
		return p, false, err
	}
	p.Items = make([]tenantry.Location, 0, len(ids))
	for _, id := range ids {
		l, err := s.cachedLocation(ctx, id)
		if tenantry.KindOf(err) == tenantry.NoAccess { // it was deleted meanwhile
			return p, false, nil
		}
		if err != nil {
			return p, false, err
		}
		p.Items = append(p.Items, *l)
	}
	now, quiet := s.locations.quiet()
	return p, quiet && now == epoch, nil
}
