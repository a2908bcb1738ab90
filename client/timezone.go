package client

import (
	"context"
	"strings"
)

// TimeZones lists the names that a location's timezone can have. Scope:
// locations.readonly.
func (c *Client) TimeZones(ctx context.Context, locationID string) ([]string, error) {
	zones, err := member[[]string](ctx, c, get("locations", locationID, "timezones"), "timeZones")
	// The hosted service has been seen to pad the names.
	for i, zone := range zones {
		zones[i] = strings.TrimSpace(zone)
	}
	return zones, err
}
