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
	var c conditions
	from := installedConditions(&c, f)
	page.Total, err = db.One(ctx, s.db.Read(), scanInt, `SELECT count(*) FROM `+from+c.where(), c.args...)
	if err != nil {
		return page, err
	}
	order := ` ORDER BY l.location_id`
	switch {
	case f.Before != "":
		c.add(`l.location_id < ` + c.arg(f.Before))
		order += ` DESC`
	case f.After != "":
		c.add(`l.location_id > ` + c.arg(f.After))
	}
	where := c.where()
	page.Items, err = db.All(ctx, s.db.Read(), scanInstalled, `SELECT l.location_id, l.name, l.address, l.city, l.state, l.postal_code, l.country,
		COALESCE(i.version_id, ''), COALESCE(i.created_at, 0), i.app_id IS NOT NULL FROM `+from+where+order+
		` LIMIT `+c.arg(f.Limit)+` OFFSET `+c.arg(f.Skip), c.args...)
	if f.Before != "" {
		slices.Reverse(page.Items)
	}
	return page, err
}

// installedConditions builds what both statements of the list share, and gives their FROM.
func installedConditions(c *conditions, f tenantry.InstalledFilter) (from string) {
	from = `locations l LEFT JOIN installs i ON i.location_id = l.location_id AND i.app_id = ` + c.arg(f.AppID)
	if f.VersionID != "" || (f.Installed != nil && *f.Installed) {
		// Where it is installed is looked up in the app's installs, not in all locations.
		from = `installs i JOIN locations l ON l.location_id = i.location_id AND i.app_id = $1 AND i.company_id = ` + c.arg(f.CompanyID)
	}
	c.add(`l.company_id = ` + c.arg(f.CompanyID) + ` AND l.deleted_at IS NULL`)
	if f.Installed != nil && !*f.Installed {
		c.add(`i.app_id IS NULL`)
	}
	if f.VersionID != "" {
		c.add(`i.version_id = ` + c.arg(f.VersionID))
	}
	if f.LocationID != "" {
		c.add(`l.location_id = ` + c.arg(f.LocationID))
	}
	if f.Query != "" {
		c.add(`l.name_key LIKE ` + c.arg("%"+db.EscapeLike(tenantry.Fold(f.Query))+"%") + ` ESCAPE '\'`)
	}
	if f.AssignedTo != "" {
		c.add(`l.location_id IN (SELECT location_id FROM user_locations WHERE user_id = ` + c.arg(f.AssignedTo) + `)`)
	}
	return from
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
