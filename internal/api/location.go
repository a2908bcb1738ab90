package api

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

type searchLocationsInput struct {
	CompanyID *tenantry.CompanyID `query:"companyId" rule:"notEmpty" doc:"Company id; the token's own when absent"`
	Skip      int                 `query:"skip" default:"0" rule:"min=0" doc:"Locations to skip"`
	Limit     int                 `query:"limit" default:"10" rule:"min=1,max=1000" doc:"Locations to return, 1 to 1000"`
	Order     string              `query:"order" default:"asc" rule:"enum=asc|desc" doc:"Order by dateAdded, then id"`
	Email     string              `query:"email" rule:"notEmpty" doc:"Exact e-mail address, in any case"`
	PageToken locationPageToken   `query:"pageToken" doc:"nextPageToken of the answer before, with the same order and filter: however deep, a page costs what the first one does"`
}

func (a *API) searchLocations(ctx context.Context, c tenantry.Caller, in *searchLocationsInput) (searchAnswer, error) {
	if in.CompanyID != nil {
		if err := ownCompany(c, *in.CompanyID); err != nil {
			return searchAnswer{}, err
		}
	}
	page, err := a.store.SearchLocations(ctx, c.CompanyID, tenantry.LocationFilter{
		Email: in.Email, LocationID: c.LocationID, Descending: in.Order == "desc", After: in.PageToken.cursor(), Skip: in.Skip, Limit: in.Limit,
	})
	answer := searchAnswer{Locations: each(page.Items, locationRowOut), Total: page.Total}
	if n := len(page.Items); n == in.Limit {
		answer.NextPageToken = pageTokenOf(page.Items[n-1])
	}
	return answer, err
}

type locationInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
}

func (a *API) location(ctx context.Context, _ tenantry.Caller, in *locationInput) (locationAnswer, error) {
	l, err := a.store.Location(ctx, in.LocationID)
	return locationAnswer{Location: locationOut(l)}, err
}

type createLocationInput struct {
	Body createLocationBody `body:"json"`
}

func (a *API) createLocation(ctx context.Context, c tenantry.Caller, in *createLocationInput) (location, error) {
	if err := ownCompany(c, in.Body.CompanyID); err != nil {
		return location{}, err
	}
	patch := in.Body.locationMembers().patch(string(deref(in.Body.Country)))
	patch.Name, patch.SnapshotID = &in.Body.Name, in.Body.SnapshotID
	l, err := a.store.CreateLocation(ctx, c.CompanyID, c.Actor(), patch)
	return locationOut(l), err
}

// countryOf tells which country a phone number without a country code belongs to: the
// one that the members name, else the stored one.
func (a *API) countryOf(ctx context.Context, loc tenantry.LocationID, m locationMembers) (string, error) {
	if m.phone == nil || m.country != nil {
		return string(deref(m.country)), nil
	}
	stored, err := a.store.Location(ctx, loc)
	return stored.Country, err
}

// checkUpdateLocation checks the phone number.
func (a *API) checkUpdateLocation(ctx context.Context, _ tenantry.Caller, in *updateLocationInput, v *wire.Violations) error {
	members := in.Body.locationMembers()
	country, err := a.countryOf(ctx, in.LocationID, members)
	if err != nil {
		return err
	}
	members.check(v, country)
	return nil
}

type updateLocationInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Body       updateLocationBody  `body:"json"`
}

func (a *API) updateLocation(ctx context.Context, c tenantry.Caller, in *updateLocationInput) (location, error) {
	if err := ownCompany(c, in.Body.CompanyID); err != nil {
		return location{}, err
	}
	members := in.Body.locationMembers()
	country, err := a.countryOf(ctx, in.LocationID, members)
	if err != nil {
		return location{}, err
	}
	patch := members.patch(country)
	patch.Name = in.Body.Name
	if in.Body.Snapshot != nil {
		patch.SnapshotID = &in.Body.Snapshot.ID
	}
	l, err := a.store.UpdateLocation(ctx, in.LocationID, c.Actor(), patch)
	return locationOut(l), err
}

type deleteLocationInput struct {
	LocationID          tenantry.LocationID `path:"locationId"`
	DeleteTwilioAccount bool                `query:"deleteTwilioAccount" rule:"required" doc:"Whether to close the Twilio account; the stored credentials go either way"`
}

type locationDeleted struct {
	_ struct{} `schema:"LocationDeletedSuccessfulResponseDto"`

	Success bool   `json:"success"`
	Message string `json:"message" example:"Deleted location with id: ve9EPM428h8vShlRW1KT"`
}

func (a *API) deleteLocation(ctx context.Context, c tenantry.Caller, in *deleteLocationInput) (locationDeleted, error) {
	err := a.store.DeleteLocation(ctx, in.LocationID, c.Actor())
	return locationDeleted{Success: true, Message: "Deleted location with id: " + string(in.LocationID)}, err
}

type timeZonesAnswer struct {
	_ struct{} `schema:"TimezonesSuccessfulResponseDto"`

	TimeZones []string `json:"timeZones" doc:"Every canonical IANA time zone, sorted"`
}

func (a *API) timeZones(context.Context, tenantry.Caller, *locationInput) (timeZonesAnswer, error) {
	return timeZonesAnswer{TimeZones: tenantry.TimeZones()}, nil
}
