package httpd

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/wire"
)

// Options are the parts that the edge puts together.
type Options struct {
	API    *api.API
	Tokens *oauth.Authenticator
	Pages  *oauth.Pages
	Limits ratelimit.Limits  // zero: no limits, no limit headers
	Used   *ratelimit.Memory // counts by Limits; nil: from nothing, and lost with the handler
	// TokenLimits are those of the token endpoint, of a client for an install; zero: none, and
	// wrong credentials are not counted either.
	TokenLimits ratelimit.Limits
	// PublicURL is the address that clients reach the server at, without a slash at its end.
	PublicURL string
	Log       *slog.Logger
	Version   string           // of the program, for the OpenAPI document
	Now       func() time.Time // the server's clock
}

// Routes lists every operation that the API's document names.
func Routes(o Options) []wire.Route { return slices.Concat(o.API.Routes(), o.endpoints(nil).Routes()) }

// endpoints makes the OAuth operations.
func (o Options) endpoints(guesses *oauth.Guesses) *oauth.Endpoints {
	q := quota{limits: o.TokenLimits, source: ratelimit.NewMemory(o.TokenLimits, o.Now)}
	if q.off() {
		return oauth.NewEndpoints(o.Tokens, o.PublicURL, nil, guesses)
	}
	return oauth.NewEndpoints(o.Tokens, o.PublicURL, q.take, guesses)
}

// guesses counts wrong credentials where there are limits.
func (o Options) guesses() *oauth.Guesses {
	if (o.TokenLimits == ratelimit.Limits{}) {
		return nil
	}
	return oauth.NewGuesses(o.Now)
}

// New makes the server's handler.
func New(o Options) http.Handler {
	q := quota{limits: o.Limits, source: o.Used}
	if o.Used == nil {
		q.source = ratelimit.NewMemory(o.Limits, o.Now)
	}
	guesses := o.guesses()
	endpoints := o.endpoints(guesses)
	mux := wire.NewMux(wire.Gate{
		Authenticate: guesses.Caller(o.Tokens.Caller),
		Admit:        q.admit,
		Reach:        o.API.Reach,
	}, slices.Concat(o.API.Routes(), endpoints.Routes()))
	o.API.Mount(mux)
	o.Pages.Mount(mux)
	endpoints.Mount(mux)
	mux.Handle("GET", "/health", health())
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
