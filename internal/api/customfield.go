package api

import (
	"context"

	"golang.org/x/text/unicode/norm"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

type customFieldsInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Model      string              `query:"model" default:"contact" rule:"enum=contact|opportunity|all" doc:"Model of the custom fields"`
}

func (a *API) customFields(ctx context.Context, _ tenantry.Caller, in *customFieldsInput) (customFieldsAnswer, error) {
	list, err := a.store.CustomFields(ctx, in.LocationID, modelFilter(in.Model))
	return customFieldsAnswer{CustomFields: each(list, customFieldOut)}, err
}

// modelFilter reads the model of a list or search.
func modelFilter(model string) tenantry.FieldModel {
	if model == "all" {
		return ""
	}
	return tenantry.FieldModel(model)
}

type searchCustomFieldsInput struct {
	LocationID   tenantry.LocationID `path:"locationId"`
	DocumentType string              `query:"documentType" default:"field" rule:"enum=field|folder" doc:"Whether to search the fields or the folders"`
	Model        string              `query:"model" default:"contact" rule:"enum=contact|opportunity|all" doc:"Model, as in the list"`
	Query        string              `query:"query" rule:"maxLen=100" doc:"Part of the name, in any case"`
	Skip         int                 `query:"skip" default:"0" rule:"min=0" doc:"Items to skip"`
	Limit        int                 `query:"limit" default:"100" rule:"min=1,max=1000" doc:"Items to return, 1 to 1000"`
}

// searchCustomFields answers under one of two keys, as clients expect (contract, decision 26).
func (a *API) searchCustomFields(ctx context.Context, _ tenantry.Caller, in *searchCustomFieldsInput) (customFieldSearchAnswer, error) {
	page, err := a.store.SearchCustomFields(ctx, in.LocationID, tenantry.CustomFieldFilter{
		DocumentType: tenantry.DocumentType(in.DocumentType), Model: modelFilter(in.Model),
		Query: norm.NFC.String(in.Query), Skip: in.Skip, Limit: in.Limit,
	})
	answer := customFieldSearchAnswer{TotalItems: page.Total}
	if rows := each(page.Items, customFieldRowOut); in.DocumentType == string(tenantry.FolderDocument) {
		answer.CustomFieldFolders = rows
	} else {
		answer.CustomFields = rows
	}
	return answer, err
}

type createCustomFieldInput struct {
	LocationID tenantry.LocationID   `path:"locationId"`
	Body       createCustomFieldBody `body:"json"`
}

func (a *API) checkCreateCustomField(ctx context.Context, _ tenantry.Caller, in *createCustomFieldInput, v *wire.Violations) error {
	if v.Failed("documentType") || v.Failed("model") {
		return nil // the folder depends on them
	}
	problems, err := a.store.NewCustomFieldProblems(ctx, in.LocationID, in.Body.draft())
	return addStored(v, problems, err)
}

func (a *API) createCustomField(ctx context.Context, c tenantry.Caller, in *createCustomFieldInput) (customFieldAnswer, error) {
	f, err := a.store.CreateCustomField(ctx, in.LocationID, c.Actor(), in.Body.draft())
	return customFieldAnswer{CustomField: customFieldOut(f)}, err
}

type customFieldInput struct {
	LocationID tenantry.LocationID    `path:"locationId"`
	ID         tenantry.CustomFieldID `path:"id" doc:"Custom field id, or its key, such as contact.pincode"`
}

func (a *API) customField(ctx context.Context, _ tenantry.Caller, in *customFieldInput) (customFieldAnswer, error) {
	if f, ok := tenantry.StandardFieldOf(string(in.ID)); ok {
		return customFieldAnswer{CustomField: standardFieldOut(f, in.LocationID)}, nil
	}
	f, err := a.store.CustomField(ctx, in.LocationID, in.ID)
	return customFieldAnswer{CustomField: customFieldOut(f)}, err
}

type updateCustomFieldInput struct {
	LocationID tenantry.LocationID    `path:"locationId"`
	ID         tenantry.CustomFieldID `path:"id" doc:"Custom field id"`
	Body       updateCustomFieldBody  `body:"json"`
}

func (a *API) checkUpdateCustomField(ctx context.Context, _ tenantry.Caller, in *updateCustomFieldInput, v *wire.Violations) error {
	problems, err := a.store.CustomFieldProblems(ctx, in.LocationID, in.ID, in.Body.patch())
	return addStored(v, problems, err)
}

func (a *API) updateCustomField(ctx context.Context, c tenantry.Caller, in *updateCustomFieldInput) (customFieldAnswer, error) {
	f, err := a.store.UpdateCustomField(ctx, in.LocationID, c.Actor(), in.ID, in.Body.patch())
	return customFieldAnswer{CustomField: customFieldOut(f)}, err
}

type deleteCustomFieldInput struct {
	LocationID tenantry.LocationID    `path:"locationId"`
	ID         tenantry.CustomFieldID `path:"id" doc:"Custom field id"`
}

func (a *API) deleteCustomField(ctx context.Context, c tenantry.Caller, in *deleteCustomFieldInput) (deleted, error) {
	return isDeleted(), a.store.DeleteCustomField(ctx, in.LocationID, c.Actor(), in.ID)
}
