package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// install puts an app on the transaction's location and records it; where it is already,
// nothing happens.
func (t *tx) install(ctx context.Context, by tenantry.Actor, i tenantry.Install) error {
	i.LocationID, i.CompanyID, i.CreatedAt = t.loc, t.company, t.now
	n, err := t.Exec(ctx, `INSERT INTO installs (location_id, app_id, company_id, version_id, user_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (location_id, app_id) DO NOTHING`,
		i.LocationID, i.AppID, i.CompanyID, i.VersionID, i.UserID, t.now.UnixMilli())
	if err != nil || n == 0 {
		return err
	}
	return t.recordInstall(ctx, by, i)
}

// installCompany notes that an app has the company as a whole, and whether it goes on
// locations made later. That an app whose target is the agency came is an event of the company.
func (t *tx) installCompany(ctx context.Context, by tenantry.Actor, i tenantry.Install, target tenantry.AuthClass) error {
	before, err := companyInstall(ctx, t, i.CompanyID, i.AppID)
	isNew := tenantry.KindOf(err) == tenantry.NotFound
	if err != nil && !isNew {
		return err
	}
	if !isNew && before.InstallToFuture == i.InstallToFuture {
		return nil
	}
	_, err = t.Exec(ctx, `INSERT INTO company_installs (company_id, app_id, version_id, user_id, install_to_future, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (company_id, app_id) DO UPDATE SET install_to_future = excluded.install_to_future`,
		i.CompanyID, i.AppID, i.VersionID, i.UserID, boolean(i.InstallToFuture), t.now.UnixMilli())
	if err != nil || !isNew || target != tenantry.Agency {
		return err
	}
	t.loc, t.company, i.CreatedAt = "", i.CompanyID, t.now
	return t.recordInstall(ctx, by, i)
}

// recordInstall appends the INSTALL event, with the members of the published one (contract,
// section 2.9). There are no plans, trials or white labels here.
func (t *tx) recordInstall(ctx context.Context, by tenantry.Actor, i tenantry.Install) error {
	name, err := t.companyName(ctx, i.CompanyID)
	if err != nil {
		return err
	}
	payload := installPayload{
		AppID: i.AppID, VersionID: i.VersionID, InstallType: tenantry.SubAccount, CompanyID: i.CompanyID,
		LocationID: i.LocationID, UserID: i.UserID, CompanyName: name,
	}
	if i.LocationID == "" {
		payload.InstallType = tenantry.Agency
	}
	return t.record(ctx, change{event: tenantry.AppInstalled, by: by, resource: string(i.AppID), after: i, payload: payload})
}

// companyName reads a company's name once, however many installs it is for.
func (t *tx) companyName(ctx context.Context, id tenantry.CompanyID) (name string, err error) {
	if name, ok := t.names[id]; ok {
		return name, nil
	}
	name, err = db.One(ctx, t, func(r db.Row) (n string, err error) { return n, r.Scan(&n) }, `SELECT name FROM companies WHERE id = $1`, id)
	if err == nil && t.names == nil {
		t.names = map[tenantry.CompanyID]string{}
	}
	if err == nil {
		t.names[id] = name
	}
	return name, err
}

type installPayload struct {
	AppID       tenantry.AppID      `json:"appId"`
	VersionID   tenantry.VersionID  `json:"versionId"`
	InstallType tenantry.AuthClass  `json:"installType"`
	CompanyID   tenantry.CompanyID  `json:"companyId"`
	LocationID  tenantry.LocationID `json:"locationId,omitempty"`
	UserID      tenantry.UserID     `json:"userId,omitempty"`
	PlanID      string              `json:"planId"`
	Trial       struct {
		OnTrial        bool   `json:"onTrial"`
		TrialDuration  int    `json:"trialDuration"`
		TrialStartDate string `json:"trialStartDate"`
	} `json:"trial"`
	IsWhitelabelCompany bool `json:"isWhitelabelCompany"`
	WhitelabelDetails   struct {
		Domain  string `json:"domain"`
		LogoURL string `json:"logoUrl"`
	} `json:"whitelabelDetails"`
	CompanyName string `json:"companyName"`
}

type uninstallPayload struct {
	AppID      tenantry.AppID      `json:"appId"`
	LocationID tenantry.LocationID `json:"locationId,omitempty"`
	CompanyID  tenantry.CompanyID  `json:"companyId,omitempty"`
}

// installFollowers puts on new locations of a company the apps that it wanted on later ones too.
func (t *tx) installFollowers(ctx context.Context, by tenantry.Actor, made []tenantry.Location) error {
	apps, err := db.All(ctx, t, func(r db.Row) (i tenantry.Install, err error) { return i, r.Scan(&i.AppID, &i.VersionID) },
		`SELECT c.app_id, c.version_id FROM company_installs c JOIN apps a ON a.id = c.app_id
			WHERE c.company_id = $1 AND c.install_to_future = 1 AND a.deleted_at IS NULL ORDER BY c.app_id`, t.company)
	for _, l := range made {
		for _, i := range apps {
			if err == nil {
				t.within(l.ID)
				err = t.install(ctx, by, i)
			}
		}
	}
	return err
}

// Install reads where an app is installed: on a location. Errors: NotFound.
func (s *Store) Install(ctx context.Context, loc tenantry.LocationID, app tenantry.AppID) (tenantry.Install, error) {
	return installOf(ctx, s.db.Within(loc).Lookup(), loc, app)
}

func installOf(ctx context.Context, q db.Q, loc tenantry.LocationID, app tenantry.AppID) (tenantry.Install, error) {
	i, err := db.One(ctx, q, func(r db.Row) (i tenantry.Install, err error) {
		var created int64
		err = r.Scan(&i.LocationID, &i.AppID, &i.CompanyID, &i.VersionID, &i.UserID, &created)
		i.CreatedAt = at(created)
		return i, err
	}, `SELECT location_id, app_id, company_id, version_id, user_id, created_at FROM installs WHERE location_id = $1 AND app_id = $2`, loc, app)
	return found(i, err, "Install", string(app))
}

// CompanyInstall reads whether and how an app has a company as a whole. Errors: NotFound.
func (s *Store) CompanyInstall(ctx context.Context, company tenantry.CompanyID, app tenantry.AppID) (tenantry.Install, error) {
	return companyInstall(ctx, s.db.Lookup(), company, app)
}

func companyInstall(ctx context.Context, q db.Q, company tenantry.CompanyID, app tenantry.AppID) (tenantry.Install, error) {
	i, err := db.One(ctx, q, func(r db.Row) (i tenantry.Install, err error) {
		var created int64
		err = r.Scan(&i.CompanyID, &i.AppID, &i.VersionID, &i.UserID, &i.InstallToFuture, &created)
		i.CreatedAt = at(created)
		return i, err
	}, `SELECT company_id, app_id, version_id, user_id, install_to_future, created_at FROM company_installs
		WHERE company_id = $1 AND app_id = $2`, company, app)
	return found(i, err, "Install", string(app))
}
