package client

import "context"

// CustomValue is a text of a location that messages quote by its key
// (CustomValueSchema of the published document).
type CustomValue struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	FieldKey   string `json:"fieldKey"` // the whole merge tag, such as {{ custom_values.booking_link }}
	Value      string `json:"value"`
	LocationID string `json:"locationId"`
}

type customValueBody struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// CustomValues lists every custom value of the location. Scope:
// locations/customValues.readonly.
func (c *Client) CustomValues(ctx context.Context, locationID string) ([]CustomValue, error) {
	return member[[]CustomValue](ctx, c, get("locations", locationID, "customValues"), "customValues")
}

// CreateCustomValue makes a custom value, whose key follows from its name. A name
// that exists is a 400. Scope: locations/customValues.write.
func (c *Client) CreateCustomValue(ctx context.Context, locationID, name, value string) (*CustomValue, error) {
	r := post(customValueBody{name, value}, "locations", locationID, "customValues")
	return member[*CustomValue](ctx, c, r, "customValue")
}

// CustomValue reads one custom value. Scope: locations/customValues.readonly.
func (c *Client) CustomValue(ctx context.Context, locationID, id string) (*CustomValue, error) {
	return member[*CustomValue](ctx, c, get("locations", locationID, "customValues", id), "customValue")
}

// UpdateCustomValue replaces both name and value; the key stays. Scope:
// locations/customValues.write.
func (c *Client) UpdateCustomValue(ctx context.Context, locationID, id, name, value string) (*CustomValue, error) {
	r := put(customValueBody{name, value}, "locations", locationID, "customValues", id)
	return member[*CustomValue](ctx, c, r, "customValue")
}

// DeleteCustomValue deletes a custom value. Scope: locations/customValues.write.
func (c *Client) DeleteCustomValue(ctx context.Context, locationID, id string) (*Deletion, error) {
	return call[Deletion](ctx, c, del("locations", locationID, "customValues", id))
}
