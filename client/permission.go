package client

import "context"

type permissionsBody struct {
	Permissions []string `json:"permissions"`
}

// Permissions lists the names of what the location may use, such as crm and
// workflow. It needs an agency token and asks for version [V3].
func (c *Client) Permissions(ctx context.Context, locationID string) ([]string, error) {
	r := get("locations", locationID, "permissions")
	r.version = V3
	return member[[]string](ctx, c, r, "permissions")
}

// UpdatePermissions replaces what the location may use; an empty list takes
// everything away. It returns the names as they then are, needs an agency token
// with locations.write and asks for version [V3].
func (c *Client) UpdatePermissions(ctx context.Context, locationID string, names []string) ([]string, error) {
	if names == nil {
		names = []string{} // null is refused
	}
	r := put(permissionsBody{names}, "locations", locationID, "permissions")
	r.version = V3
	return member[[]string](ctx, c, r, "permissions")
}
