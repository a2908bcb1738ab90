package api

import (
	"slices"

	"github.com/tenantry/tenantry"
)

// customField is a field or a folder. Members that only some data types have, and those
// that a folder has not, are left out elsewhere; all the others are always there.
type customField struct {
	_ struct{} `schema:"CustomFieldSchema"`

	ID                    tenantry.CustomFieldID `json:"id" example:"3sv6UEo51C9Bmpo1cKTq"`
	ObjectID              tenantry.CustomFieldID `json:"_id,omitzero" doc:"The id again, in a search"`
	Name                  string                 `json:"name" example:"pincode"`
	FieldKey              string                 `json:"fieldKey,omitzero" doc:"Key, fixed when the field was made" example:"contact.pincode"`
	Placeholder           *string                `json:"placeholder,omitzero" example:"Pin code"`
	DataType              tenantry.DataType      `json:"dataType,omitzero" example:"TEXT"`
	Position              float64                `json:"position" example:"0"`
	PicklistOptions       []string               `json:"picklistOptions,omitzero" doc:"Choices, of the data types that have them" example:"[\"first option\"]"`
	PicklistImageOptions  []string               `json:"picklistImageOptions,omitzero" doc:"Always empty" example:"[]"`
	IsAllowedCustomOption *bool                  `json:"isAllowedCustomOption,omitzero" doc:"Always false" example:"false"`
	IsMultiFileAllowed    *bool                  `json:"isMultiFileAllowed,omitzero" doc:"Of FILE_UPLOAD" example:"true"`
	MaxFileLimit          *int                   `json:"maxFileLimit,omitzero" doc:"Of FILE_UPLOAD" example:"4"`
	AcceptedFormat        []string               `json:"acceptedFormat,omitzero" doc:"Of FILE_UPLOAD" example:"[\".pdf\"]"`
	TextBoxListOptions    []textBox              `json:"textBoxListOptions,omitzero" doc:"Of TEXTBOX_LIST"`
	LocationID            tenantry.LocationID    `json:"locationId" example:"3sv6UEo51C9Bmpo1cKTq"`
	Model                 tenantry.FieldModel    `json:"model" rule:"enum=contact|opportunity" doc:"Model of the custom field" example:"opportunity"`
	DocumentType          tenantry.DocumentType  `json:"documentType" rule:"enum=field|folder"`
	ParentID              tenantry.CustomFieldID `json:"parentId" doc:"Folder, empty for none"`
	Description           string                 `json:"description"`
	Standard              bool                   `json:"standard" doc:"Whether it is one of the fields that every contact has, which can be read by their keys" example:"false"`
	DateAdded             string                 `json:"dateAdded" doc:"ISO 8601 in UTC; empty for a standard field" example:"2021-09-30T00:00:00.000Z"`
}

type textBox struct {
	_ struct{} `schema:"TextBoxSchema"`

	Label        string `json:"label"`
	PrefillValue string `json:"prefillValue"`
}

type customFieldAnswer struct {
	_ struct{} `schema:"CustomFieldSuccessfulResponseDto"`

	CustomField customField `json:"customField"`
}

type customFieldsAnswer struct {
	_ struct{} `schema:"CustomFieldsListSuccessfulResponseDto"`

	CustomFields []customField `json:"customFields"`
}

type customFieldSearchAnswer struct {
	_ struct{} `schema:"CustomFieldsSearchSuccessfulResponseDto"`

	CustomFields       []customField `json:"customFields,omitzero" doc:"Of documentType field"`
	CustomFieldFolders []customField `json:"customFieldFolders,omitzero" doc:"Of documentType folder"`
	TotalItems         int           `json:"totalItems" doc:"Items that match, on all pages"`
}

func customFieldOut(f tenantry.CustomField) customField {
	out := customField{
		ID: f.ID, Name: f.Name, Position: f.Position, LocationID: f.LocationID, Model: f.Model, DocumentType: f.DocumentType,
		ParentID: f.ParentID, Description: f.Description, DateAdded: tenantry.Stamp(f.CreatedAt),
	}
	if f.IsFolder() {
		return out
	}
	out.FieldKey, out.DataType, out.Placeholder = f.Key, f.DataType, &f.Placeholder
	out.PicklistImageOptions, out.IsAllowedCustomOption = []string{}, new(false)
	switch {
	case slices.Contains(tenantry.ChoiceTypes(), f.DataType):
		out.PicklistOptions = f.Options
	case f.DataType == tenantry.TextBoxListField:
		out.TextBoxListOptions = each(f.TextBoxes, func(b tenantry.TextBox) textBox {
			return textBox{Label: b.Label, PrefillValue: b.PrefillValue}
		})
	case f.DataType == tenantry.FileUploadField:
		out.AcceptedFormat, out.IsMultiFileAllowed, out.MaxFileLimit = f.AcceptedFormat, &f.IsMultipleFile, new(f.FileLimit())
		if f.MaxFiles > 0 {
			out.MaxFileLimit = &f.MaxFiles // as it was given, even beside a single file
		}
	}
	return out
}

// standardFieldOut is a field that every contact of the location has. Its key is its id.
func standardFieldOut(f tenantry.StandardField, loc tenantry.LocationID) customField {
	out := customFieldOut(tenantry.CustomField{
		ID: tenantry.CustomFieldID(f.Key), LocationID: loc, DocumentType: tenantry.FieldDocument, Model: tenantry.ContactModel,
		Name: f.Name, Key: f.Key, DataType: f.DataType,
	})
	out.Standard, out.DateAdded = true, ""
	return out
}

// customFieldRowOut is a row of a search, which has its id twice (contract, decision 26).
func customFieldRowOut(f tenantry.CustomField) customField {
	out := customFieldOut(f)
	out.ObjectID = f.ID
	return out
}
