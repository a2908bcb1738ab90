package httpd

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/wire"
)

// Options are the parts that the edge puts together.
type Options struct {
	API     *api.API
	Tokens  *oauth.Authenticator
	Limits  ratelimit.Limits // zero: no limits, no limit headers
	Log     *slog.Logger
	Version string           // of the program, for the OpenAPI document
	Now     func() time.Time // the server's clock
}

// New makes the server's handler.
func New(o Options) http.Handler {
	q := quota{limits: o.Limits, source: ratelimit.NewMemory(o.Limits, o.Now)}
	mux := wire.NewMux(wire.Gate{
		Authenticate: o.Tokens.Caller,
		Admit:        q.admit,
		Reach:        o.API.Reach,
	}, o.API.Routes())
	o.API.Mount(mux)
	mux.Handle("GET", "/health", health())
	mux.Handle("GET", "/.well-known/jwks.json", o.Tokens.JWKS())
	mux.Handle("GET", "/openapi.json", wire.Document(mux.Routes(), o.Version))
	mux.Handle("GET", "/docs", wire.ReferencePage("/docs", "/openapi.json"))
	mux.Handle("GET", "/docs/{file}", wire.ReferencePage("/docs", "/openapi.json"))
	return edge(o, q, mux)
}

// edge puts the chain that every request passes before its route around next.
func edge(o Options, q quota, next http.Handler) http.Handler {
	return defaultPatience().around(exchange(o.Log, o.Now, q.unspent(recoverPanic(cors(next)))))
}

func health() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wire.WriteJSON(w, r, http.StatusOK, struct {
			Status string `json:"status"`
		}{"ok"})
	})
}
