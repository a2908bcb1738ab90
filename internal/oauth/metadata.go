package oauth

import (
	"net/http"
	"strconv"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/tenantry/tenantry"
)

// serverMetadata is the document of RFC 8414, section 2.
type serverMetadata struct {
	Issuer                string           `json:"issuer"`
	AuthorizationEndpoint string           `json:"authorization_endpoint"`
	TokenEndpoint         string           `json:"token_endpoint"`
	JWKSURI               string           `json:"jwks_uri"`
	RevocationEndpoint    string           `json:"revocation_endpoint"`
	IntrospectionEndpoint string           `json:"introspection_endpoint"`
	ScopesSupported       []tenantry.Scope `json:"scopes_supported"`
	ResponseTypes         []string         `json:"response_types_supported"`
	ResponseModes         []string         `json:"response_modes_supported"`
	GrantTypes            []string         `json:"grant_types_supported"`
	TokenAuth             []string         `json:"token_endpoint_auth_methods_supported"`
	RevocationAuth        []string         `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectionAuth     []string         `json:"introspection_endpoint_auth_methods_supported"`
	ChallengeMethods      []string         `json:"code_challenge_methods_supported"`
	ServiceDocumentation  string           `json:"service_documentation"`
}

// metadata serves what a client can learn about the server (RFC 8414).
func (e *Endpoints) metadata() http.Handler {
	inBody := []string{"client_secret_post"}
	m := serverMetadata{
		Issuer: e.publicURL, AuthorizationEndpoint: e.publicURL + "/oauth/chooselocation", TokenEndpoint: e.publicURL + "/oauth/token",
		JWKSURI: e.publicURL + "/.well-known/jwks.json", RevocationEndpoint: e.publicURL + "/oauth/revoke",
		IntrospectionEndpoint: e.publicURL + "/oauth/introspect", ScopesSupported: tenantry.Scopes(),
		ResponseTypes: []string{"code"}, ResponseModes: []string{"query"}, TokenAuth: inBody, RevocationAuth: inBody,
		IntrospectionAuth: inBody, ChallengeMethods: []string{"S256"}, ServiceDocumentation: e.publicURL + "/docs",
	}
	for _, g := range grantTypes() {
		m.GrantTypes = append(m.GrantTypes, g.name)
	}
	return document(m)
}

// resourceMetadata is the document of RFC 9728, section 2.
type resourceMetadata struct {
	Resource             string           `json:"resource"`
	AuthorizationServers []string         `json:"authorization_servers"`
	ScopesSupported      []tenantry.Scope `json:"scopes_supported"`
	BearerMethods        []string         `json:"bearer_methods_supported"`
	ResourceName         string           `json:"resource_name"`
	Documentation        string           `json:"resource_documentation"`
}

// resource serves what a client can learn about the API that the tokens are for (RFC 9728).
func (e *Endpoints) resource() http.Handler {
	return document(resourceMetadata{
		Resource: e.publicURL, AuthorizationServers: []string{e.publicURL}, ScopesSupported: tenantry.Scopes(),
		BearerMethods: []string{"header"}, ResourceName: "Tenantry", Documentation: e.publicURL + "/docs",
	})
}

// document serves a document that does not change.
func document(v any) http.Handler {
	body, err := json.Marshal(v)
	if err != nil {
		panic("oauth: the metadata does not encode: " + err.Error()) // it consists of texts
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(body) // a client that has gone is nobody's error
	})
}
