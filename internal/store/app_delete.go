package store

import (
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// installStep is how many locations one transaction installs an app on or takes it from:
// enough to share a flush, few enough not to keep other writers waiting.
const installStep = 500

// DeleteApp removes an app. At once it can do nothing any more, and its tokens are refused;
// then it is uninstalled everywhere in short transactions, and removed. When it was
// interrupted, calling it again goes on. Errors: NotFound.
func (s *Store) DeleteApp(ctx context.Context, by tenantry.Actor, id tenantry.AppID) error {
	if err := s.disableApp(ctx, by, id); err != nil {
		return err
	}
	if err := s.uninstallEverywhere(ctx, by, id); err != nil {
		return err
	}
	drop := func(ctx context.Context, t *tx) error { return t.dropApp(ctx, by, id) }
	err := s.across(ctx, agencyWide, drop)
	if errors.Is(err, db.ErrForeignKey) {
		// It came on a location that was being made when it was disabled.
		if err := s.uninstallEverywhere(ctx, by, id); err != nil {
			return err
		}
		err = s.across(ctx, agencyWide, drop)
	}
	return err
}

func (s *Store) uninstallEverywhere(ctx context.Context, by tenantry.Actor, id tenantry.AppID) error {
	for done := false; !done; {
		err := s.across(ctx, agencyWide, func(ctx context.Context, t *tx) (err error) {
			done, err = t.uninstallSome(ctx, by, id, `i.app_id = $1`, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.dropEnded(ctx, `app_id = $1`, id)
}

// disableApp takes away at once what an app could still be used with.
func (s *Store) disableApp(ctx context.Context, by tenantry.Actor, id tenantry.AppID) error {
	return s.across(ctx, agencyWide, func(ctx context.Context, t *tx) error {
		a, err := db.One(ctx, t, scanApp, `SELECT `+appColumns+` FROM apps a WHERE a.id = $1`, id)
		if err != nil {
			_, err = found(a, err, "App", string(id))
			return err
		}
		n, err := t.writeApp(ctx, `UPDATE apps SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL`, id, t.now.UnixMilli())
		if err != nil {
			return err
		}
		if n == 0 {
			return nil // interrupted before: the rest follows
		}
		t.company = a.CompanyID
		if err := t.revoke(ctx, tenantry.RevokedApp(id)); err != nil {
			return err
		}
		if err := t.deleteOfApp(ctx, id, "app_secrets", "codes"); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.AppDeleted, by: by, resource: string(id), before: a, payload: appPayload(a)})
	})
}

// dropApp removes what is left of an app that is uninstalled from every location.
func (t *tx) dropApp(ctx context.Context, by tenantry.Actor, id tenantry.AppID) error {
	companies, err := db.All(ctx, t, func(r db.Row) (c tenantry.CompanyID, err error) { return c, r.Scan(&c) },
		`SELECT company_id FROM company_installs WHERE app_id = $1 ORDER BY company_id`, id)
	if err != nil {
		return err
	}
	for _, company := range companies {
		if err := t.uninstallCompany(ctx, by, id, company); err != nil {
			return err
		}
	}
	if err := t.deleteOfApp(ctx, id, "grants", "codes", "app_secrets"); err != nil {
		return err
	}
	_, err = t.writeApp(ctx, `DELETE FROM apps WHERE id = $1`, id)
	return err
}

func (t *tx) deleteOfApp(ctx context.Context, id tenantry.AppID, tables ...string) error {
	for _, table := range tables {
		if _, err := t.writeApp(ctx, appStatement(`DELETE FROM `+table+` WHERE app_id = $1`), id); err != nil {
			return err
		}
	}
	return nil
}
