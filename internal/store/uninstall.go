package store

import (
	"context"
	"fmt"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// Uninstall takes an app from a location, with every token that the app has for it.
// Errors: NoAccess when the location is gone, NotFound when the app is not installed there.
func (s *Store) Uninstall(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, app tenantry.AppID) error {
	if err := s.dropEnded(ctx, `location_id = $1 AND app_id = $2`, loc, app); err != nil {
		return err
	}
	return s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error { return t.uninstall(ctx, by, app) })
}

// uninstall takes an app from the transaction's location, with its tokens.
func (t *tx) uninstall(ctx context.Context, by tenantry.Actor, app tenantry.AppID) error {
	if err := t.revokeGrants(ctx, by, appRemoved, `location_id = $1 AND app_id = $2`, t.loc, app); err != nil {
		return err
	}
	return t.removeInstall(ctx, by, app)
}

// removeInstall takes an app from the transaction's location, but for its tokens.
func (t *tx) removeInstall(ctx context.Context, by tenantry.Actor, app tenantry.AppID) error {
	before, err := installOf(ctx, t, t.loc, app)
	if err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `DELETE FROM installs WHERE location_id = $1 AND app_id = $2`, t.loc, app); err != nil {
		return err
	}
	return t.record(ctx, change{event: tenantry.AppUninstalled, by: by, resource: string(app), before: before,
		payload: uninstallPayload{AppID: app, LocationID: t.loc}})
}

// uninstallAll takes every app from the transaction's location, with their tokens.
func (t *tx) uninstallAll(ctx context.Context, by tenantry.Actor) error {
	apps, err := db.All(ctx, t, func(r db.Row) (a tenantry.AppID, err error) { return a, r.Scan(&a) },
		`SELECT app_id FROM installs WHERE location_id = $1 ORDER BY app_id`, t.loc)
	if err != nil {
		return err
	}
	// Those that ended before go with the location's other rows: nobody's token of it is good.
	if err := t.revokeGrants(ctx, by, appRemoved, `location_id = $1 AND revoked_at IS NULL`, t.loc); err != nil {
		return err
	}
	for _, app := range apps {
		if err := t.removeInstall(ctx, by, app); err != nil {
			return err
		}
	}
	return nil
}

// UninstallCompany takes an app from a company and all its locations, with every token that
// it has there. The company's own tokens are refused at once, its locations follow in short
// transactions; when it was interrupted, calling it again goes on. Errors: NotFound when the
// app is installed nowhere in the company.
func (s *Store) UninstallCompany(ctx context.Context, company tenantry.CompanyID, by tenantry.Actor, app tenantry.AppID) error {
	was := false
	if err := s.dropEnded(ctx, `company_id = $1 AND app_id = $2`, company, app); err != nil {
		return err
	}
	err := s.across(ctx, agencyWide, func(ctx context.Context, t *tx) error {
		err := t.uninstallCompany(ctx, by, app, company)
		was = err == nil
		if tenantry.KindOf(err) == tenantry.NotFound {
			return nil
		}
		return err
	})
	for done := false; err == nil && !done; {
		err = s.across(ctx, agencyWide, func(ctx context.Context, t *tx) (err error) {
			done, err = t.uninstallSome(ctx, by, app, `i.app_id = $1 AND i.company_id = $2`, app, company)
			return err
		})
		was = was || !done
	}
	if err == nil && !was {
		return tenantry.NotFoundError("Install", string(app))
	}
	return err
}

// uninstallCompany takes the company's own install and tokens from an app.
func (t *tx) uninstallCompany(ctx context.Context, by tenantry.Actor, app tenantry.AppID, company tenantry.CompanyID) error {
	if err := t.lockCompany(ctx, company); err != nil {
		return err
	}
	t.loc, t.company = "", company
	before, err := companyInstall(ctx, t, company, app)
	if err != nil {
		return err
	}
	if err := t.revokeGrants(ctx, by, appRemoved, `company_id = $1 AND app_id = $2 AND location_id = ''`, company, app); err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `DELETE FROM company_installs WHERE company_id = $1 AND app_id = $2`, company, app); err != nil {
		return err
	}
	return t.record(ctx, change{event: tenantry.AppUninstalled, by: by, resource: string(app), before: before,
		payload: uninstallPayload{AppID: app, CompanyID: company}})
}

// uninstallSome takes an app from some of the locations that the condition on installs i
// selects; done tells that there were none left.
func (t *tx) uninstallSome(ctx context.Context, by tenantry.Actor, app tenantry.AppID, where string, args ...any) (done bool, err error) {
	some, err := db.All(ctx, t, func(r db.Row) (i tenantry.Install, err error) { return i, r.Scan(&i.LocationID, &i.CompanyID) },
		fmt.Sprintf(`SELECT i.location_id, i.company_id FROM installs i JOIN locations l ON l.location_id = i.location_id
			WHERE %s ORDER BY i.company_id, i.location_id LIMIT %d%s`, where, installStep, t.ForUpdate()), args...)
	for _, i := range some {
		if err == nil {
			t.loc, t.company = i.LocationID, i.CompanyID
			err = t.uninstall(ctx, by, app)
		}
	}
	return len(some) == 0, err
}
