package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Order is the direction of a search by the time of creation.
type Order string

// The directions of a search.
const (
	Ascending  Order = "asc"
	Descending Order = "desc"
)

// LocationSearch selects locations; a zero member is not sent.
type LocationSearch struct {
	CompanyID string // the token's own company if empty
	Email     string // the whole address, in any letter case
	Order     Order  // [Ascending] if empty
	Skip      int    // from 0
	Limit     int    // 1 to 1000; the server takes 10 for none
	PageToken string // NextPageToken of the page before, instead of Skip; Tenantry only
}

// LocationPage is one page of a search.
type LocationPage struct {
	Locations []Location `json:"locations"`
	// Total counts the locations on all pages. Only Tenantry sends it.
	Total *int `json:"total,omitzero"`
	// NextPageToken asks for the page behind this one; empty when this is the last one. Only
	// Tenantry sends it.
	NextPageToken string `json:"nextPageToken"`
}

// LocationDeletion is the answer to the deletion of a location.
type LocationDeletion struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
}

// SearchLocations lists the locations of a company, or the one of a sub-account
// token. Scope: locations.readonly.
func (c *Client) SearchLocations(ctx context.Context, s LocationSearch) (*LocationPage, error) {
	r := get("locations", "search")
	r.query = url.Values{}
	addText(r.query, "companyId", s.CompanyID)
	addText(r.query, "email", s.Email)
	addText(r.query, "order", string(s.Order))
	addCount(r.query, "skip", s.Skip)
	addCount(r.query, "limit", s.Limit)
	addText(r.query, "pageToken", s.PageToken)
	return call[LocationPage](ctx, c, r)
}

// CreateLocation makes a location in the agency of the token. Scope:
// locations.write, with an agency token.
func (c *Client) CreateLocation(ctx context.Context, l CreateLocationRequest) (*Location, error) {
	return call[Location](ctx, c, request{method: http.MethodPost, path: "/locations/", body: l})
}

// Location reads one location. One out of reach is a 403, whether it exists or
// not. Scope: locations.readonly.
func (c *Client) Location(ctx context.Context, locationID string) (*Location, error) {
	return member[*Location](ctx, c, get("locations", locationID), "location")
}

// UpdateLocation changes what l names and keeps the rest. Scope: locations.write.
// The hosted service wants an agency token; Tenantry takes the location's own too.
func (c *Client) UpdateLocation(ctx context.Context, locationID string, l UpdateLocationRequest) (*Location, error) {
	return call[Location](ctx, c, put(l, "locations", locationID))
}

// DeleteLocation deletes a location with everything in it, and its Twilio account
// if asked to. It cannot be undone. Scope: locations.write, with an agency token.
func (c *Client) DeleteLocation(ctx context.Context, locationID string, deleteTwilioAccount bool) (*LocationDeletion, error) {
	r := del("locations", locationID)
	r.query = url.Values{"deleteTwilioAccount": {strconv.FormatBool(deleteTwilioAccount)}}
	return call[LocationDeletion](ctx, c, r)
}

// addText adds a query member unless it is empty.
func addText(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// addCount adds a query member unless it is zero. A negative one is sent, for the
// server to refuse.
func addCount(q url.Values, name string, n int) {
	if n != 0 {
		q.Set(name, strconv.Itoa(n))
	}
}
