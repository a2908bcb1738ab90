package testkit

import (
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/httpd"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit/bucket"
	"github.com/tenantry/tenantry/internal/wire"
)

// Env is a running server on a database of its own: agency A with the locations A
// and B, agency B with the location X.
type Env struct {
	DB     *db.DB
	Store  *store.Store
	Files  *files.Store
	Folder string         // where the files are, those on their way too
	Bucket *bucket.Server // that Files are kept on, see [WithBucket]; nil for a folder
	Clock  *Clock
	Tokens *oauth.Authenticator
	Routes []wire.Route
	URL    string
	Log    *Log // the server's, at every level
	// Handler is the server's, for benchmarks that leave the network out.
	Handler http.Handler

	CompanyA, CompanyB tenantry.CompanyID
	LocA, LocB, LocX   tenantry.LocationID

	limits ratelimit.Limits
	// tokenLimits are those of the token endpoint.
	tokenLimits ratelimit.Limits
	isShared    bool // the limits, with other servers
	metrics     *httpd.Metrics
	withBucket  bool
	document    *document
	names       *strings.Replacer
	tokens      map[string]string

	snapshot   map[string][]string // the last one
	snapshotAt int                 // rows changed until then
}

// Option changes how an [Env] is made.
type Option func(*Env)

// WithLimits switches the rate limits on; an Env has none by default.
func WithLimits(l ratelimit.Limits) Option {
	return func(e *Env) { e.limits = l }
}

// WithTokenLimits switches the limits of the token endpoint on; an Env has none by default.
func WithTokenLimits(l ratelimit.Limits) Option {
	return func(e *Env) { e.tokenLimits = l }
}

// WithSharedLimits counts by the limits together with the other servers on the database.
func WithSharedLimits() Option {
	return func(e *Env) { e.isShared = true }
}

// WithMetrics counts the server's requests in m.
func WithMetrics(m *httpd.Metrics) Option {
	return func(e *Env) { e.metrics = m }
}

// WithBucket keeps the files in a bucket of an S3-compatible server of the Env's own. A sweep
// takes every file there for old.
func WithBucket() Option {
	return func(e *Env) { e.withBucket = true }
}

// Start is when an Env's clock stands at first.
func Start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// NewEnv starts a server on d. It stops with the test.
func NewEnv(t testing.TB, d *db.DB, opts ...Option) *Env {
	t.Helper()
	e := &Env{DB: d, Clock: NewClock(Start()), Log: new(Log), tokens: map[string]string{}}
	for _, o := range opts {
		o(e)
	}
	var err error
	e.Store, err = store.New(d, make([]byte, store.KeySize), e.Clock.Now)
	must(t, err)
	e.openFiles(t)
	t.Cleanup(func() { _ = e.Files.Close() })
	e.Tokens, err = oauth.NewAuthenticator(t.Context(), e.Store, e.Clock.Now)
	must(t, err)
	srv := httptest.NewUnstartedServer(nil)
	e.URL = "http://" + srv.Listener.Addr().String()
	a := api.New(e.Store, e.Files, e.URL)
	pages, err := oauth.NewPages(e.Store, e.URL, e.Clock.Now)
	must(t, err)
	log := slog.New(slog.NewJSONHandler(e.Log, &slog.HandlerOptions{Level: slog.Level(math.MinInt), AddSource: true}))
	o := httpd.Options{
		API: a, Tokens: e.Tokens, Pages: pages, Limits: e.limits, TokenLimits: e.tokenLimits, PublicURL: e.URL, Log: log, Metrics: e.metrics, Version: "test", Now: e.Clock.Now,
	}
	if e.isShared {
		o.Used, o.TokenUsed = e.shared("api", e.limits, log), e.shared("token", e.tokenLimits, log)
	}
	e.Routes = httpd.Routes(o)
	e.document = newDocument(t, e.Routes)
	e.Handler = httpd.New(o)
	srv.Config = httpd.NewServer(e.Handler, log)
	srv.Start()
	t.Cleanup(srv.Close)
	e.populate(t)
	return e
}

func (e *Env) openFiles(t testing.TB) {
	t.Helper()
	var err error
	if !e.withBucket {
		e.Folder = t.TempDir()
		e.Files, err = files.Open(e.Folder)
		must(t, err)
		return
	}
	e.Bucket = bucket.Start(t)
	e.Folder = e.Bucket.Make(t, "uploads")
	address, err := files.ParseBucket(e.Bucket.Address("uploads"))
	must(t, err)
	key := files.Credentials{AccessKeyID: bucket.AccessKeyID, SecretAccessKey: bucket.SecretAccessKey}
	inAWeek := func() time.Time { return time.Now().AddDate(0, 0, 7) }
	e.Files, err = files.OpenBucket(filepath.Join(e.Folder, ".arriving"), address, key, inAWeek)
	must(t, err)
}

// shared waits for the database as long as that takes: a slow machine changes no answer.
func (e *Env) shared(name string, l ratelimit.Limits, log *slog.Logger) *ratelimit.Shared {
	s := ratelimit.NewShared(l, name, e.Store, e.Clock.Now, log)
	s.WaitFor(time.Hour)
	return s
}

func (e *Env) populate(t testing.TB) {
	t.Helper()
	company := func(name string) tenantry.CompanyID {
		id, err := e.Store.CreateCompany(t.Context(), name, "")
		must(t, err)
		return id
	}
	e.CompanyA, e.CompanyB = company("Agency A"), company("Agency B")
	e.LocA, e.LocB = e.Location(t, e.CompanyA, "Location A"), e.Location(t, e.CompanyA, "Location B")
	e.LocX = e.Location(t, e.CompanyB, "Location X")
	e.names = strings.NewReplacer(
		"{companyA}", string(e.CompanyA), "{companyB}", string(e.CompanyB),
		"{locA}", string(e.LocA), "{locB}", string(e.LocB), "{locX}", string(e.LocX))
	e.tokens["agencyA"] = e.AgencyToken(t, e.CompanyA, tenantry.PrivateScopes()...)
	e.tokens["agencyB"] = e.AgencyToken(t, e.CompanyB, tenantry.PrivateScopes()...)
	e.tokens["locA"] = e.LocationToken(t, e.LocA, tenantry.PrivateScopes()...)
	e.tokens["locB"] = e.LocationToken(t, e.LocB, tenantry.PrivateScopes()...)
	e.tokens["locX"] = e.LocationToken(t, e.LocX, tenantry.PrivateScopes()...)
}

// Location makes a location with nothing but a name.
func (e *Env) Location(t testing.TB, company tenantry.CompanyID, name string) tenantry.LocationID {
	t.Helper()
	l, err := e.Store.CreateLocation(t.Context(), company, tenantry.System(), tenantry.LocationPatch{Name: &name})
	must(t, err)
	return l.ID
}

// AgencyToken issues a private token of an agency.
func (e *Env) AgencyToken(t testing.TB, company tenantry.CompanyID, scopes ...tenantry.Scope) string {
	t.Helper()
	return e.issue(t, tenantry.Caller{Class: tenantry.Agency, CompanyID: company, Scopes: scopes})
}

// LocationToken issues a private token of a location.
func (e *Env) LocationToken(t testing.TB, loc tenantry.LocationID, scopes ...tenantry.Scope) string {
	t.Helper()
	return e.issue(t, tenantry.Caller{Class: tenantry.SubAccount, LocationID: loc, Scopes: scopes})
}

// AccessToken issues a signed access token, as an app would hold one.
func (e *Env) AccessToken(t testing.TB, c tenantry.Caller) string {
	t.Helper()
	token, err := e.Tokens.Issue(oauth.Grant{
		Class: c.Class, CompanyID: c.CompanyID, LocationID: c.LocationID, AppID: "app", ClientID: "app-test",
		Scopes: c.Scopes, TokenID: tenantry.TokenID(new(tenantry.IDSource).Next(e.Clock.Now())),
	})
	must(t, err)
	return token
}

func (e *Env) issue(t testing.TB, c tenantry.Caller) string {
	t.Helper()
	token := oauth.NewPrivateToken()
	_, err := e.Store.CreateToken(t.Context(), tenantry.System(), oauth.HashToken(token), "test", c, time.Time{})
	must(t, err)
	return token
}

// Token gives the token that a scenario names: agencyA, agencyB, locA, locB,
// locX with every scope, "" for none; any other text is the token itself.
func (e *Env) Token(name string) string {
	if token, ok := e.tokens[name]; ok {
		return token
	}
	return name
}

// Names puts ids in the place of {companyA}, {companyB}, {locA}, {locB} and {locX}.
func (e *Env) Names(text string) string { return e.names.Replace(text) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Client is an HTTP client that follows no redirect: the server never sends one.
func Client() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
