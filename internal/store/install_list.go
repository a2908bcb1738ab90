package store

import (
	"context"
	"slices"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// InstalledLocations lists the live locations of a company with whether an app is
// installed there. Total counts all that match, whatever the page.
func (s *Store) InstalledLocations(ctx context.Context, f tenantry.InstalledFilter) (page tenantry.Page[tenantry.InstalledLocation], err error) {
	q := s.newInstalledQuery(f)
	count, countArgs := q.count(), q.args
	rows := q.page(f)
	err = s.db.Across(agencyWide).Snapshot(ctx, func(ctx context.Context, tx db.Q) error {
		if page.Total, err = db.One(ctx, tx, scanInt, count, countArgs...); err != nil {
			return err
		}
		page.Items, err = db.All(ctx, tx, scanInstalled, rows, q.args...)
		return err
	})
	if f.Before != "" {
		slices.Reverse(page.Items)
	}
	return page, err
}

// installedQuery builds the two statements of the list.
type installedQuery struct {
	conditions
	from string
	key  string // the location's id, as the table that leads has it: its index gives the order
}

func (s *Store) newInstalledQuery(f tenantry.InstalledFilter) *installedQuery {
	q := new(installedQuery)
	app, company := q.arg(f.AppID), q.arg(f.CompanyID)
	if f.VersionID != "" || (f.Installed != nil && *f.Installed) {
		// Where it is installed is looked up in the app's installs, not in all locations: SQLite keeps the order of a CROSS JOIN.
		q.from, q.key = `installs i CROSS JOIN locations l`, `i.location_id`
		q.add(`l.location_id = i.location_id AND i.app_id = ` + app + ` AND i.company_id = ` + company)
	} else {
		q.from, q.key = `locations l LEFT JOIN installs i ON i.location_id = l.location_id AND i.app_id = `+app, `l.location_id`
	}
	q.add(`l.company_id = ` + company + ` AND l.deleted_at IS NULL`)
	if f.Installed != nil && !*f.Installed {
		q.add(`i.app_id IS NULL`)
	}
	if f.VersionID != "" {
		q.add(`i.version_id = ` + q.arg(f.VersionID))
	}
	if f.LocationID != "" {
		q.add(q.key + ` = ` + q.arg(f.LocationID))
	}
	if f.Query != "" {
		s.named(&q.conditions, `l.name_key`, f.Query)
	}
	if f.AssignedTo != "" {
		q.add(q.key + ` IN (SELECT location_id FROM user_locations WHERE user_id = ` + q.arg(f.AssignedTo) + `)`)
	}
	return q
}

func (q *installedQuery) count() string { return `SELECT count(*) FROM ` + q.from + q.where() }

// page adds what selects a page, so it comes last.
func (q *installedQuery) page(f tenantry.InstalledFilter) string {
	order := ` ORDER BY ` + q.key
	switch {
	case f.Before != "":
		q.add(q.key + ` < ` + q.arg(f.Before))
		order += ` DESC`
	case f.After != "":
		q.add(q.key + ` > ` + q.arg(f.After))
	}
	return `SELECT l.location_id, l.name, l.address, l.city, l.state, l.postal_code, l.country,
		COALESCE(i.version_id, ''), COALESCE(i.created_at, 0), i.app_id IS NOT NULL FROM ` + q.from + q.where() + order +
		` LIMIT ` + q.arg(f.Limit) + ` OFFSET ` + q.arg(f.Skip)
}

func scanInstalled(r db.Row) (v tenantry.InstalledLocation, err error) {
	var l tenantry.Location
	var installed int64
	err = r.Scan(&l.ID, &l.Name, &l.Address, &l.City, &l.State, &l.PostalCode, &l.Country, &v.VersionID, &installed, &v.Installed)
	v.ID, v.Name, v.Address = l.ID, l.Name, l.PostalAddress()
	if v.Installed {
		v.InstalledAt = at(installed)
	}
	return v, err
}
