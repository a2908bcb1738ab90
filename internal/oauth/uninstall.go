package oauth

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

type uninstallInput struct {
	AppID tenantry.AppID `path:"appId" doc:"The token's own app"`
	Body  uninstallBody  `body:"json"`
}

type uninstallBody struct {
	_          struct{}            `schema:"DeleteIntegrationBodyDto"`
	CompanyID  tenantry.CompanyID  `json:"companyId" rule:"notEmpty" doc:"Needed with an agency's token: the app leaves the agency and all its sub-accounts"`
	LocationID tenantry.LocationID `json:"locationId" rule:"notEmpty" doc:"Needed with a sub-account's token: the app leaves this sub-account only"`
	Reason     string              `json:"reason" rule:"maxLen=1000" doc:"Accepted and not kept"`
}

type uninstalled struct {
	_       struct{} `schema:"DeleteIntegrationResponse"`
	Success bool     `json:"success"`
}

// whereNeeded asks for the id that says where the app is to be uninstalled.
func whereNeeded(_ context.Context, c tenantry.Caller, in *uninstallInput, v *wire.Violations) error {
	switch {
	case c.Class == tenantry.SubAccount && in.Body.LocationID == "" && !v.Failed("locationId"):
		v.Add("locationId", "should not be empty")
	case c.Class == tenantry.Agency && in.Body.CompanyID == "" && !v.Failed("companyId"):
		v.Add("companyId", "should not be empty")
	}
	return nil
}

// uninstall takes the token's app from where it was installed; the token ends with it. An
// agency's token can name one sub-account beside the agency.
func (e *Endpoints) uninstall(ctx context.Context, c tenantry.Caller, in *uninstallInput) (uninstalled, error) {
	loc := in.Body.LocationID
	switch {
	case in.AppID != c.AppID:
		return uninstalled{}, tenantry.NotFoundError("App", string(in.AppID))
	case in.Body.CompanyID != "" && in.Body.CompanyID != c.CompanyID,
		c.Class == tenantry.SubAccount && loc != c.LocationID:
		return uninstalled{}, tenantry.NoAccessError()
	case loc == "":
		return uninstalled{Success: true}, e.store.UninstallCompany(ctx, c.CompanyID, c.Actor(), c.AppID)
	}
	l, err := e.store.Location(ctx, loc)
	if err == nil && l.CompanyID != c.CompanyID {
		err = tenantry.NoAccessError()
	}
	if err != nil {
		return uninstalled{}, err
	}
	return uninstalled{Success: true}, e.store.Uninstall(ctx, loc, c.Actor(), c.AppID)
}
