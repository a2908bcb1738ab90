package oauth

import (
	"context"

	"github.com/tenantry/tenantry"
)

// installedInput is the query of the list before v3. There are no plans and no trials here:
// a list that asks for one is empty.
type installedInput struct {
	Skip        int                 `query:"skip" default:"0" rule:"min=0" doc:"Rows to leave out"`
	Limit       int                 `query:"limit" default:"20" rule:"min=1,max=1000" doc:"Rows to answer at most"`
	Query       string              `query:"query" doc:"Part of the name"`
	IsInstalled *bool               `query:"isInstalled" doc:"Only where the app is installed, or only where it is not"`
	CompanyID   tenantry.CompanyID  `query:"companyId" rule:"required,notEmpty"`
	AppID       tenantry.AppID      `query:"appId" rule:"required,notEmpty" doc:"The token's own app"`
	VersionID   tenantry.VersionID  `query:"versionId" doc:"Of the installed app"`
	OnTrial     *bool               `query:"onTrial"`
	PlanID      string              `query:"planId"`
	LocationID  tenantry.LocationID `query:"locationId"`
}

func (in *installedInput) filter() tenantry.InstalledFilter {
	return tenantry.InstalledFilter{
		CompanyID: in.CompanyID, AppID: in.AppID, Installed: in.IsInstalled, Query: in.Query, VersionID: in.VersionID,
		LocationID: in.LocationID, Skip: in.Skip, Limit: in.Limit,
	}
}

// asksForPlans tells whether only rows with a plan or a trial are wanted.
func asksForPlans(plan string, onTrial *bool) bool { return plan != "" || (onTrial != nil && *onTrial) }

// installedLocation is a row of both lists.
type installedLocation struct {
	_           struct{}            `schema:"InstalledLocationSchema"`
	ID          tenantry.LocationID `json:"_id"`
	Name        string              `json:"name"`
	Address     string              `json:"address" doc:"In one line"`
	IsInstalled bool                `json:"isInstalled"`
	VersionID   tenantry.VersionID  `json:"versionId" doc:"Of the installed app"`
	InstalledAt string              `json:"installedAt,omitempty" doc:"Where it is installed"`
}

type installedAnswer struct {
	_                        struct{}            `schema:"GetInstalledLocationsSuccessfulResponseDto"`
	Locations                []installedLocation `json:"locations"`
	Count                    int                 `json:"count" doc:"All that match, whatever the page"`
	InstallToFutureLocations bool                `json:"installToFutureLocations"`
}

func (e *Endpoints) installedLocations(ctx context.Context, c tenantry.Caller, in *installedInput) (installedAnswer, error) {
	page, future, err := e.installed(ctx, c, in.filter(), asksForPlans(in.PlanID, in.OnTrial))
	return installedAnswer{Locations: rows(page.Items), Count: page.Total, InstallToFutureLocations: future}, err
}

// installed reads a page of the list, and whether the company wants the app on locations
// made later. An app sees no other app's list.
func (e *Endpoints) installed(ctx context.Context, c tenantry.Caller, f tenantry.InstalledFilter, isEmpty bool) (page tenantry.Page[tenantry.InstalledLocation], future bool, err error) {
	if f.CompanyID != c.CompanyID {
		return page, false, tenantry.NoAccessError()
	}
	if f.AppID != c.AppID {
		return page, false, tenantry.NotFoundError("App", string(f.AppID))
	}
	install, err := e.store.CompanyInstall(ctx, f.CompanyID, f.AppID)
	if err != nil && tenantry.KindOf(err) != tenantry.NotFound {
		return page, false, err
	}
	if isEmpty {
		return page, install.InstallToFuture, nil
	}
	page, err = e.store.InstalledLocations(ctx, f)
	return page, install.InstallToFuture, err
}

func rows(list []tenantry.InstalledLocation) []installedLocation {
	out := make([]installedLocation, len(list))
	for i, l := range list {
		out[i] = installedLocation{ID: l.ID, Name: l.Name, Address: l.Address, IsInstalled: l.Installed, VersionID: l.VersionID}
		if !l.InstalledAt.IsZero() {
			out[i].InstalledAt = tenantry.Stamp(l.InstalledAt)
		}
	}
	return out
}
