package oauth

import (
	"net/http"
	"slices"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/wire"
)

// Endpoints are the OAuth operations: tokens, their exchange, revocation and
// introspection, where an app is installed, and what a client can learn about the server.
type Endpoints struct {
	store     *store.Store
	tokens    *Authenticator
	publicURL string
	admit     func(h http.Header, key string) error // nil: without a limit
	repeats   *repeats                              // of refreshes; nil without tokens
	guesses   *Guesses
}

// NewEndpoints makes the operations. publicURL is the address that clients reach the server
// at, without a slash at its end. admit spends one request of a quota of the token
// endpoint and writes its headers; nil limits nothing. guesses counts wrong client secrets.
func NewEndpoints(tokens *Authenticator, publicURL string, admit func(h http.Header, key string) error, guesses *Guesses) *Endpoints {
	e := &Endpoints{tokens: tokens, publicURL: publicURL, admit: admit, guesses: guesses}
	if tokens != nil {
		e.store, e.repeats = tokens.store, newRepeats(tokens.now)
	}
	return e
}

const group = "OAuth 2.0"

// Routes are the operations that the API's document lists.
func (e *Endpoints) Routes() []wire.Route {
	return slices.Concat([]wire.Route{
		wire.Public[tokenInput, tokenAnswer](wire.Op{Method: "POST", Path: "/oauth/token", ID: "get-access-token", Group: group,
			Summary: "Get an access token", MaxBody: maxForm}, e.tokenHandler()),
		wire.Public[inspectInput, revocation](wire.Op{Method: "POST", Path: "/oauth/revoke", ID: "revoke-token", Group: group,
			Summary: "Revoke a token of one's own (RFC 7009)", MaxBody: maxForm}, e.revokeHandler()),
		wire.Public[inspectInput, introspection](wire.Op{Method: "POST", Path: "/oauth/introspect", ID: "introspect-token", Group: group,
			Summary: "Ask what a token of one's own is good for (RFC 7662)", MaxBody: maxForm}, e.introspectHandler()),
		wire.HandleChecked(wire.Op{Method: "DELETE", Path: "/marketplace/app/{appId}/installations", ID: "uninstall-application", Group: group,
			Summary: "Uninstall the token's app", Tokens: wire.AnyTokens, Scopes: []tenantry.Scope{tenantry.OAuthWrite}}, whereNeeded, e.uninstall),
	}, e.agencyRoutes())
}

// agencyRoutes are the operations of an app that holds an agency's token.
func (e *Endpoints) agencyRoutes() []wire.Route {
	write, read := []tenantry.Scope{tenantry.OAuthWrite}, []tenantry.Scope{tenantry.OAuthRead}
	return []wire.Route{
		wire.Handle(wire.Op{Method: "POST", Path: "/oauth/locationToken", ID: "get-location-access-token", Group: group,
			Summary: "Get a sub-account's tokens for an agency's", Tokens: wire.AgencyAppTokens, Scopes: write}, e.locationToken),
		wire.Handle(wire.Op{Method: "POST", Path: "/oauth/location-token", ID: "get-location-access-token-v3", Group: group,
			Summary: "Get a sub-account's tokens for an agency's", Tokens: wire.AgencyAppTokens, Scopes: write,
			Versions: []string{wire.V3}}, e.locationTokenV3),
		wire.Handle(wire.Op{Method: "GET", Path: "/oauth/installedLocations", ID: "get-installed-location", Group: group,
			Summary: "List the sub-accounts and whether the app is installed there", Tokens: wire.AgencyAppTokens, Scopes: read,
			Versions:  []string{wire.V20210415, wire.V20210728, wire.V20230221},
			Successor: "/oauth/installed-locations"}, e.installedLocations),
		wire.Handle(wire.Op{Method: "GET", Path: "/oauth/installed-locations", ID: "get-installed-location-v3", Group: group,
			Summary: "List the sub-accounts and whether the app is installed there", Tokens: wire.AgencyAppTokens, Scopes: read,
			Versions: []string{wire.V3}, ErrorObject: true}, e.installedLocationsV3),
	}
}

// Mount adds what is no operation of the API's document.
func (e *Endpoints) Mount(m *wire.Mux) {
	m.Handle(http.MethodPost, "/oauth/reconnect", "reconnect", http.HandlerFunc(reconnect))
	m.Handle(http.MethodGet, "/.well-known/oauth-authorization-server", "oauth-metadata", e.metadata())
	m.Handle(http.MethodGet, "/.well-known/oauth-protected-resource", "oauth-resource", e.resource())
	m.Handle(http.MethodGet, "/.well-known/jwks.json", "signing-keys", e.tokens.JWKS())
}

// reconnect is a way to tokens that the hosted service has removed too (contract, section 2.5).
func reconnect(w http.ResponseWriter, r *http.Request) {
	wire.WriteError(w, r, tenantry.Errorf(tenantry.Refused, "endpoint_removed", "API endpoint has been removed"))
}
