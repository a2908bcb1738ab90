package httpd

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/wire"
)

// Options are the parts that the edge puts together.
type Options struct {
	API     *api.API
	Tokens  *oauth.Authenticator
	Limits  *ratelimit.Memory // nil: no limits, no limit headers
	Log     *slog.Logger
	Version string           // of the program, for the OpenAPI document
	Now     func() time.Time // for the request's duration
}

// New makes the server's handler.
func New(o Options) http.Handler {
	mux := wire.NewMux(wire.Gate{
		Authenticate: o.Tokens.Caller,
		Admit:        o.admit,
		Reach:        o.API.Reach,
	}, o.API.Routes())
	o.API.Mount(mux)
	mux.Handle("GET", "/health", health())
	mux.Handle("GET", "/.well-known/jwks.json", o.Tokens.JWKS())
	mux.Handle("GET", "/openapi.json", wire.Document(mux.Routes(), o.Version))
	mux.Handle("GET", "/docs", wire.ReferencePage("/docs", "/openapi.json"))
	mux.Handle("GET", "/docs/{file}", wire.ReferencePage("/docs", "/openapi.json"))
	return exchange(o.Log, o.Now, o.unspent(recoverPanic(cors(mux))))
}

// admit spends one request of the caller's quota.
func (o Options) admit(h http.Header, c tenantry.Caller) error {
	if o.Limits == nil {
		return nil
	}
	d := o.Limits.Take(c.LimitKey())
	d.Header(h.Set)
	if d.Allowed {
		return nil
	}
	e := tenantry.Errorf(tenantry.RateLimited, "rate_limited", "Too Many Requests")
	e.RetryAfter = d.RetryAfter
	return e
}

// unspent gives every answer the limit headers: one to a caller who never became
// known spends nothing and shows the whole quota.
func (o Options) unspent(next http.Handler) http.Handler {
	if o.Limits == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.Limits.Unspent().Header(w.Header().Set)
		next.ServeHTTP(w, r)
	})
}

func health() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wire.WriteJSON(w, r, http.StatusOK, struct {
			Status string `json:"status"`
		}{"ok"})
	})
}
