package wire

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/tenantry/tenantry"
)

// Gate answers the questions that a request must pass before its input is read.
type Gate struct {
	// Authenticate turns the request's credential into its caller.
	Authenticate func(*http.Request) (tenantry.Caller, error)
	// Admit spends one request of the caller's quota and writes the quota headers.
	Admit func(http.Header, tenantry.Caller) error
	// Reach refuses a caller who may not see the location.
	Reach func(context.Context, tenantry.Caller, tenantry.LocationID) error
}

// Mux serves the rows of an API. The checks run in the order of the contract,
// decision 11: route, Version header, token, quota, token class, scope,
// location, input.
type Mux struct {
	root       node
	gate       Gate
	routes     []Route
	operations []Operation
}

// Operation is how a request is counted and named, apart from what it is about.
type Operation struct {
	Name   string // operation id, or the name of a plain handler
	Method string
}

// NewMux makes the mux of these rows.
func NewMux(gate Gate, routes []Route) *Mux {
	m := &Mux{gate: gate, routes: routes}
	for i := range routes {
		m.add(routes[i].Path, &entry{Operation: Operation{Name: routes[i].ID, Method: routes[i].Method}, route: &routes[i]})
	}
	return m
}

func (m *Mux) add(path string, e *entry) {
	m.root.add(e.Method, path, e)
	m.operations = append(m.operations, e.Operation)
}

// Handle adds a plain handler outside of the API's rows and its gate, such as
// the OpenAPI document, as the operation called name. Path parameters are set with
// [http.Request.SetPathValue].
func (m *Mux) Handle(method, path, name string, h http.Handler) {
	m.add(path, &entry{Operation: Operation{Name: name, Method: method}, handler: h})
}

// Operations gives all that the mux serves so far: rows and plain handlers.
func (m *Mux) Operations() []Operation { return slices.Clone(m.operations) }

// Routes gives the rows, for tests that must not forget one.
func (m *Mux) Routes() []Route { return slices.Clone(m.routes) }

// ServeHTTP serves one request; every answer but a plain handler's is JSON.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, path := m.root.match(r)
	if e == nil {
		WriteError(w, r, NoRoute(r))
		return
	}
	x := ExchangeOf(r.Context())
	x.Operation = e.Operation
	if e.handler != nil {
		for name, text := range path {
			r.SetPathValue(name, text)
		}
		e.handler.ServeHTTP(w, r)
		return
	}
	if e.route.public != nil {
		r.Body = http.MaxBytesReader(w, r.Body, e.route.maxBody())
		e.route.public.ServeHTTP(w, r)
		return
	}
	out, err := m.serve(w, r, e.route, path)
	if err != nil {
		e.route.writeError(w, r, err)
		return
	}
	WriteJSON(w, r, e.route.status(), out)
}

// NoRoute makes the error for a path that leads nowhere, for handlers whose own parameters
// lead nowhere too.
func NoRoute(r *http.Request) error {
	return tenantry.Errorf(tenantry.NoRoute, "route_not_found", "Cannot %s %s", r.Method, r.URL.EscapedPath())
}

func (m *Mux) serve(w http.ResponseWriter, r *http.Request, route *Route, path map[string]string) (any, error) {
	x := ExchangeOf(r.Context())
	version, err := checkVersion(r, route)
	if err != nil {
		return nil, err
	}
	x.Version = version
	caller, err := m.gate.Authenticate(r)
	if err != nil {
		return nil, err
	}
	x.Caller = caller
	if err := m.gate.Admit(w.Header(), caller); err != nil {
		return nil, err
	}
	if err := route.authorise(caller); err != nil {
		return nil, err
	}
	if loc, scoped := path["locationId"]; scoped {
		if route.Placeholder && loc == "{locationId}" && caller.Class == tenantry.SubAccount {
			path["locationId"] = string(caller.LocationID)
		}
		if err := m.gate.Reach(r.Context(), caller, tenantry.LocationID(path["locationId"])); err != nil {
			return nil, err
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, route.maxBody())
	return route.call(r.Context(), &request{http: r, path: path}, caller)
}

// checkVersion reads the Version header (contract, decision 12). A path that
// only newer versions have looks absent under an older one.
func checkVersion(r *http.Request, route *Route) (string, error) {
	given := r.Header.Values("Version")
	switch {
	case len(given) == 0 || given[0] == "":
		return "", tenantry.Errorf(tenantry.Unauthenticated, "version_missing", "version header was not found.")
	case len(given) > 1 || !slices.Contains(Versions(), given[0]):
		return "", tenantry.Errorf(tenantry.Unauthenticated, "version_invalid", "version header is invalid")
	case !route.inVersion(given[0]) && route.Successor != "":
		return "", tenantry.Errorf(tenantry.Refused, "endpoint_removed",
			"Endpoint %s not available in API version %s. This endpoint was removed in version %s. Please use %s.",
			route.Path, given[0], given[0], route.Successor).WithMeta("successor", route.Successor)
	case !route.inVersion(given[0]):
		return "", NoRoute(r)
	}
	return given[0], nil
}

// authorise checks the token's class and scopes against the row.
func (route *Route) authorise(c tenantry.Caller) error {
	switch {
	case route.Tokens == SubAccountTokens && c.Class != tenantry.SubAccount:
		return tenantry.Errorf(tenantry.ClassMismatch, "token_class",
			"This authClass type is not allowed to access this scope. Please verify your IAM configuration if this is not the case.").
			WithMeta("requiredTokenType", tenantry.SubAccount)
	case (route.Tokens == AgencyTokens || route.Tokens == AgencyAppTokens) && c.Class != tenantry.Agency:
		return tenantry.Errorf(tenantry.Forbidden, "token_class", "Forbidden resource").
			WithMeta("requiredTokenType", tenantry.Agency)
	case !c.Can(route.Scopes), route.Tokens == AgencyAppTokens && c.AppID == "":
		return tenantry.Errorf(tenantry.ScopeMissing, "scope_missing", "The token is not authorized for this scope.").
			WithMeta("requiredScopes", route.Scopes)
	}
	return nil
}

// Tenanted tells whether the row's path names a location.
func (route *Route) Tenanted() bool { return strings.Contains(route.Path, "{locationId}") }
