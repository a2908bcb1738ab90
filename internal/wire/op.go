package wire

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"github.com/tenantry/tenantry"
)

// The values of the Version header that the server accepts (contract, decision 12).
const (
	V20210415 = "2021-04-15"
	V20210728 = "2021-07-28"
	V20230221 = "2023-02-21"
	V3        = "v3"
)

// Versions lists every accepted value of the Version header, oldest first.
func Versions() []string { return []string{V20210415, V20210728, V20230221, V3} }

// Tokens says which token classes an operation admits.
type Tokens int

// The token classes of an operation (contract, section 0.3).
const (
	SubAccountTokens Tokens = iota
	AgencyTokens
	AnyTokens
	// AgencyAppTokens are the access tokens that an app holds for an agency; an agency's
	// private tokens are refused as if they lacked the scope (contract, section 2.4).
	AgencyAppTokens
)

// Op describes one operation: the router, the gate, the binder and the OpenAPI
// printer all read this row.
type Op struct {
	Method   string
	Path     string // with {names}, without a trailing slash
	ID       string // operation id of the published document
	Group    string // tag of the published document
	Summary  string
	Status   int // of success; 200 when zero
	Tokens   Tokens
	Scopes   []tenantry.Scope // the token needs one of them
	Versions []string         // nil: all
	// Placeholder makes the literal text {locationId} in the path stand for the
	// token's own location: clients exist that never fill it in (contract, section 3.2).
	Placeholder bool
	MaxBody     int64 // bytes of the largest request body; [MaxBody] when zero
	// Successor is the path that took the operation's place in the versions that it is not
	// in; without one it looks absent there.
	Successor string
	// ErrorObject makes the error member of a 400 an object, and a missing resource a 404, as
	// operations that came with v3 have them (contract, section 2.5).
	ErrorObject bool
}

func (op Op) status() int {
	if op.Status == 0 {
		return http.StatusOK
	}
	return op.Status
}

func (op Op) maxBody() int64 {
	if op.MaxBody == 0 {
		return MaxBody
	}
	return op.MaxBody
}

func (op Op) versions() []string {
	if op.Versions == nil {
		return Versions()
	}
	return op.Versions
}

func (op Op) inVersion(v string) bool { return slices.Contains(op.versions(), v) }

// Route is a compiled row: an [Op] with its input plan and its function.
type Route struct {
	Op

	in  *inputPlan
	out reflect.Type
	// call binds the input and runs the function.
	call func(ctx context.Context, r *request, caller tenantry.Caller) (any, error)
	// public serves the row in the place of all that.
	public http.Handler
}

// Handle makes the row that serves op with h. In is a struct whose fields
// carry path, query or body tags; it panics when a tag cannot be understood, so a
// wrong row never starts.
func Handle[In, Out any](op Op, h func(context.Context, tenantry.Caller, *In) (Out, error)) Route {
	none := func(context.Context, tenantry.Caller, *In, *Violations) error { return nil }
	return HandleChecked(op, none, h)
}

// HandleChecked makes a row as [Handle] does, for an input of which only the storage
// knows whether it fits. check runs once the input is bound, also when it has
// violations, and adds to them what it finds, so that one answer names every failure;
// its own error ends the request. A member that failed is not to be read: see
// [Violations.Failed] and [Violations.FailedIn].
func HandleChecked[In, Out any](op Op, check func(context.Context, tenantry.Caller, *In, *Violations) error, h func(context.Context, tenantry.Caller, *In) (Out, error)) Route {
	plan := compileInput(reflect.TypeFor[In](), op)
	return Route{
		Op: op, in: plan, out: reflect.TypeFor[Out](),
		call: func(ctx context.Context, r *request, caller tenantry.Caller) (any, error) {
			in := new(In)
			further := func(v *Violations) error { return check(ctx, caller, in, v) }
			if err := plan.bind(reflect.ValueOf(in).Elem(), r, further); err != nil {
				return nil, err
			}
			return h(ctx, caller, in)
		},
	}
}

// Public makes a row that h serves on its own: without a token, a Version header or a
// quota. In and Out are what the document says of it; the row binds nothing.
func Public[In, Out any](op Op, h http.Handler) Route {
	return Route{Op: op, in: compileInput(reflect.TypeFor[In](), op), out: reflect.TypeFor[Out](), public: h}
}

// IsPublic tells whether the row was made by [Public].
func (route *Route) IsPublic() bool { return route.public != nil }
