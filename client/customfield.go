package client

import (
	"context"
	"net/url"
)

// CustomFieldSearch selects custom fields or folders; a zero member is not sent.
type CustomFieldSearch struct {
	DocumentType DocumentType // fields or folders
	Model        FieldModel   // [AllModels] for both
	Query        string       // part of a name
	Skip         int          // from 0
	Limit        int
}

// CustomFieldPage is one page of a search: fields or folders, as asked for.
type CustomFieldPage struct {
	CustomFields []CustomField `json:"customFields,omitzero"`
	Folders      []CustomField `json:"customFieldFolders,omitzero"`
	TotalItems   int           `json:"totalItems"` // on all pages
}

// CustomFields lists the custom fields of the location for a model, all of them in
// one answer. An empty model is [ContactModel] on Tenantry. Scope:
// locations/customFields.readonly.
func (c *Client) CustomFields(ctx context.Context, locationID string, model FieldModel) ([]CustomField, error) {
	r := get("locations", locationID, "customFields")
	r.query = url.Values{}
	addText(r.query, "model", string(model))
	return member[[]CustomField](ctx, c, r, "customFields")
}

// SearchCustomFields finds custom fields or folders by name. The published
// document lacks this operation. Scope: locations/customFields.readonly.
func (c *Client) SearchCustomFields(ctx context.Context, locationID string, s CustomFieldSearch) (*CustomFieldPage, error) {
	r := get("locations", locationID, "customFields", "search")
	r.query = url.Values{}
	addText(r.query, "documentType", string(s.DocumentType))
	addText(r.query, "model", string(s.Model))
	addText(r.query, "query", s.Query)
	addCount(r.query, "skip", s.Skip)
	addCount(r.query, "limit", s.Limit)
	return call[CustomFieldPage](ctx, c, r)
}

// CreateCustomField makes a custom field or folder. A key that exists is a 400,
// with existingId in [Error.Meta] on Tenantry. Scope: locations/customFields.write.
func (c *Client) CreateCustomField(ctx context.Context, locationID string, f CreateCustomFieldRequest) (*CustomField, error) {
	return member[*CustomField](ctx, c, post(f, "locations", locationID, "customFields"), "customField")
}

// CustomField reads one custom field by its id or its key, such as contact.colour.
// Scope: locations/customFields.readonly.
func (c *Client) CustomField(ctx context.Context, locationID, idOrKey string) (*CustomField, error) {
	return member[*CustomField](ctx, c, get("locations", locationID, "customFields", idOrKey), "customField")
}

// UpdateCustomField changes a custom field; key and data type stay. Scope:
// locations/customFields.write.
func (c *Client) UpdateCustomField(ctx context.Context, locationID, id string, f UpdateCustomFieldRequest) (*CustomField, error) {
	return member[*CustomField](ctx, c, put(f, "locations", locationID, "customFields", id), "customField")
}

// DeleteCustomField deletes a custom field and frees its key. Scope:
// locations/customFields.write.
func (c *Client) DeleteCustomField(ctx context.Context, locationID, id string) (*Deletion, error) {
	return call[Deletion](ctx, c, del("locations", locationID, "customFields", id))
}
