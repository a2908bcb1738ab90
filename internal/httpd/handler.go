package httpd

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

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
	Limits ratelimit.Limits // zero: no limits, no limit headers
	Used   Limiter          // counts by Limits; nil: from nothing, and lost with the handler
	// TokenLimits are those of the token endpoint, of a client for an install; zero: none, and
	// wrong credentials are not counted either.
	TokenLimits ratelimit.Limits
	TokenUsed   Limiter // counts by TokenLimits, as Used does
	// MaxConcurrent is how many requests are worked on at a time, see [capacity]; 0: no limit.
	MaxConcurrent int
	// PublicURL is the address that clients reach the server at, without a slash at its end.
	PublicURL string
	Health    *Health // nil: no readiness to ask for, and the server is never draining
	Log       *slog.Logger
	Metrics   *Metrics         // nil: nothing is counted
	Tracer    trace.Tracer     // nil: no spans
	Version   string           // of the program, for the OpenAPI document
	Now       func() time.Time // the server's clock
}

// Routes lists every operation that the API's document names.
func Routes(o Options) []wire.Route { return slices.Concat(o.API.Routes(), o.endpoints(nil).Routes()) }

// endpoints makes the OAuth operations.
func (o Options) endpoints(guesses *oauth.Guesses) *oauth.Endpoints {
	q := newQuota(o.TokenLimits, o.TokenUsed, o.Now)
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
	return oauth.NewGuesses(o.Tokens)
}

// New makes the server's handler.
func New(o Options) http.Handler {
	q := newQuota(o.Limits, o.Used, o.Now)
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
	mux.Handle("GET", "/openapi.json", "openapi-document", wire.Document(mux.Routes(), o.Version))
	mux.Handle("GET", "/docs", "reference-page", wire.ReferencePage("/docs", "/openapi.json"))
	mux.Handle("GET", "/docs/{file}", "reference-page", wire.ReferencePage("/docs", "/openapi.json"))
	o.Health.mount(mux)
	return edge(o, q, mux)
}

// edge puts the chain that every request passes before its route around mux.
func edge(o Options, q quota, mux *wire.Mux) http.Handler {
	o.Metrics.expect(mux.Operations())
	bounded := newCapacity(o.MaxConcurrent).around(mux)
	routed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isHealth(r.URL.Path) { // who asks must be answered above all when the server is busy
			mux.ServeHTTP(w, r)
			return
		}
		bounded.ServeHTTP(w, r)
	})
	return defaultPatience().around(exchange(o, q.unspent(recoverPanic(o.Metrics, cors(routed)))))
}

func isHealth(path string) bool {
	return path == "/health" || strings.HasPrefix(path, "/health/")
}
