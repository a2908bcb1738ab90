package api

import (
	"context"

	"github.com/tenantry/tenantry"
)

type customValue struct {
	_ struct{} `schema:"CustomValueSchema"`

	ID         tenantry.CustomValueID `json:"id" doc:"Custom value id"`
	Name       string                 `json:"name" example:"Booking Link"`
	FieldKey   string                 `json:"fieldKey" doc:"The whole merge tag, fixed at creation" example:"{{ custom_values.booking_link }}"`
	Value      string                 `json:"value" example:"https://example.com/book"`
	LocationID tenantry.LocationID    `json:"locationId" doc:"Location id"`
}

type customValueAnswer struct {
	_ struct{} `schema:"CustomValueIdSuccessfulResponseDto"`

	CustomValue customValue `json:"customValue"`
}

type customValuesAnswer struct {
	_ struct{} `schema:"CustomValuesListSuccessfulResponseDto"`

	CustomValues []customValue `json:"customValues"`
}

type customValueBody struct {
	_ struct{} `schema:"customValuesDTO"`

	Name  fieldName `json:"name" rule:"required,notEmpty" doc:"Name: 1 to 255 characters, kept in NFC and trimmed, unique in the location in any case" example:"Booking Link"`
	Value string    `json:"value" rule:"required,maxLen=10000" doc:"Text, possibly empty, kept as it is" example:"https://example.com/book"`
}

type customValuesInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
}

type createCustomValueInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Body       customValueBody     `body:"json"`
}

type customValueInput struct {
	LocationID tenantry.LocationID    `path:"locationId"`
	ID         tenantry.CustomValueID `path:"id"`
}

type updateCustomValueInput struct {
	LocationID tenantry.LocationID    `path:"locationId"`
	ID         tenantry.CustomValueID `path:"id"`
	Body       customValueBody        `body:"json"`
}

func customValueOut(v tenantry.CustomValue) customValue {
	return customValue{ID: v.ID, Name: v.Name, FieldKey: v.FieldKey, Value: v.Value, LocationID: v.LocationID}
}

func (a *API) listCustomValues(ctx context.Context, _ tenantry.Caller, in *customValuesInput) (customValuesAnswer, error) {
	values, err := a.store.CustomValues(ctx, in.LocationID)
	return customValuesAnswer{CustomValues: each(values, customValueOut)}, err
}

func (a *API) createCustomValue(ctx context.Context, c tenantry.Caller, in *createCustomValueInput) (customValueAnswer, error) {
	v, err := a.store.CreateCustomValue(ctx, in.LocationID, c.Actor(), in.Body.Name.stored(), in.Body.Value)
	return customValueAnswer{CustomValue: customValueOut(v)}, err
}

func (a *API) customValue(ctx context.Context, _ tenantry.Caller, in *customValueInput) (customValueAnswer, error) {
	v, err := a.store.CustomValue(ctx, in.LocationID, in.ID)
	return customValueAnswer{CustomValue: customValueOut(v)}, err
}

func (a *API) updateCustomValue(ctx context.Context, c tenantry.Caller, in *updateCustomValueInput) (customValueAnswer, error) {
	v, err := a.store.UpdateCustomValue(ctx, in.LocationID, c.Actor(), in.ID, in.Body.Name.stored(), in.Body.Value)
	return customValueAnswer{CustomValue: customValueOut(v)}, err
}

func (a *API) deleteCustomValue(ctx context.Context, c tenantry.Caller, in *customValueInput) (deleted, error) {
	return isDeleted(), a.store.DeleteCustomValue(ctx, in.LocationID, c.Actor(), in.ID)
}
