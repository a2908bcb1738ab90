package client

import "context"

// Tag is a label that contacts of a location can wear (LocationTagsSchema of the
// published document).
type Tag struct {
	ID         string `json:"id"`
	Name       string `json:"name"` // stored in lower case
	LocationID string `json:"locationId"`
}

type tagBody struct {
	Name string `json:"name"`
}

// Tags lists every tag of the location. Scope: locations/tags.readonly.
func (c *Client) Tags(ctx context.Context, locationID string) ([]Tag, error) {
	return member[[]Tag](ctx, c, get("locations", locationID, "tags"), "tags")
}

// CreateTag makes a tag of 1 to 255 characters. A name that exists is a 400.
// Scope: locations/tags.write.
func (c *Client) CreateTag(ctx context.Context, locationID, name string) (*Tag, error) {
	return member[*Tag](ctx, c, post(tagBody{name}, "locations", locationID, "tags"), "tag")
}

// Tag reads one tag. Scope: locations/tags.readonly.
func (c *Client) Tag(ctx context.Context, locationID, tagID string) (*Tag, error) {
	return member[*Tag](ctx, c, get("locations", locationID, "tags", tagID), "tag")
}

// UpdateTag renames a tag, on the contacts that wear it too. Scope:
// locations/tags.write.
func (c *Client) UpdateTag(ctx context.Context, locationID, tagID, name string) (*Tag, error) {
	return member[*Tag](ctx, c, put(tagBody{name}, "locations", locationID, "tags", tagID), "tag")
}

// DeleteTag deletes a tag and takes it off the contacts. Scope:
// locations/tags.write.
func (c *Client) DeleteTag(ctx context.Context, locationID, tagID string) (*Deletion, error) {
	return call[Deletion](ctx, c, del("locations", locationID, "tags", tagID))
}
