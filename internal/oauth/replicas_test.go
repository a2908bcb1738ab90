package oauth_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// openReplica opens the database once more, as another server would.
func openReplica(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{Durability: db.Relaxed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// replicaAt is a store of its own on the database, by a clock of its own.
func replicaAt(t *testing.T, url string, now func() time.Time) *store.Store {
	t.Helper()
	s, err := store.New(openReplica(t, url), make([]byte, store.KeySize), now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFirstKeyOfReplicas: servers that start together on an empty database sign with one key.
func TestFirstKeyOfReplicas(t *testing.T) {
	url := testkit.PostgresURL(t)
	var stores []*store.Store
	for range 3 {
		stores = append(stores, replicaAt(t, url, time.Now))
	}
	var wg sync.WaitGroup
	errs := make([]error, len(stores))
	for i, s := range stores {
		wg.Go(func() { _, errs[i] = oauth.NewAuthenticator(t.Context(), s, time.Now) })
	}
	wg.Wait()
	keys, err := stores[0].SigningKeys(t.Context())
	if err = errors.Join(errors.Join(errs...), err); err != nil || len(keys) != 1 {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

// TestReplicasShareRefreshes: a refresh that comes again to another server gives the same pair and
// costs nothing, and the quota of the token endpoint is one for both.
func TestReplicasShareRefreshes(t *testing.T) {
	url := testkit.PostgresURL(t)
	limits := testkit.WithTokenLimits(ratelimit.Limits{Burst: 6, Window: 12 * time.Hour}) // a window does not end while this runs
	one := testkit.NewEnv(t, openReplica(t, url), limits, testkit.WithSharedLimits())
	other := testkit.NewEnv(t, openReplica(t, url), limits, testkit.WithSharedLimits())
	app := one.App(t, one.CompanyA)
	code := one.Code(t, app, tenantry.SubAccount, one.CompanyA, []tenantry.LocationID{one.LocA})
	refresh := func(e *testkit.Env, token string) testkit.Answer {
		t.Helper()
		return postTo(t, e, "/oauth/token", as(app, "grant_type", "refresh_token", "refresh_token", token))
	}
	first := postTo(t, other, "/oauth/token", as(app, "grant_type", "authorization_code", "code", code, "redirect_uri", app.RedirectURIs[0]))
	if first.Status != 200 {
		t.Fatalf("a code of one server at the other: %d %s", first.Status, first.Raw)
	}
	second := refresh(one, first.Text("refresh_token"))
	for i := range 12 {
		e := []*testkit.Env{other, one}[i%2]
		if again := refresh(e, first.Text("refresh_token")); again.Status != 200 || again.Text("refresh_token") != second.Text("refresh_token") {
			t.Fatalf("repeat %d: %d %s", i, again.Status, again.Raw)
		}
	}
	token := second.Text("refresh_token")
	for i := range 5 {
		a := refresh([]*testkit.Env{other, one}[i%2], token)
		if a.Status != 200 {
			t.Fatalf("refresh %d of 6: %d %s", i+2, a.Status, a.Raw)
		}
		token = a.Text("refresh_token")
	}
	for _, e := range []*testkit.Env{one, other} {
		fails(t, "the seventh", refresh(e, token), 429, "Too Many Requests")
	}
}

// TestReplicasShareSessions: who signed in at one server is signed in at the other, and signed out
// at both.
func TestReplicasShareSessions(t *testing.T) {
	url := testkit.PostgresURL(t)
	one, other := testkit.NewEnv(t, openReplica(t, url)), replicaAt(t, url, testkit.NewClock(testkit.Start()).Now)
	user := one.Admin(t, one.CompanyA)
	if _, err := one.Store.CreateSession(t.Context(), "hash", user); err != nil {
		t.Fatal(err)
	}
	if s, err := other.Session(t.Context(), "hash"); err != nil || s.User.ID != user {
		t.Errorf("%+v %v", s, err)
	}
	if err := other.DeleteSession(t.Context(), "hash"); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Store.Session(t.Context(), "hash"); tenantry.KindOf(err) != tenantry.NotFound {
		t.Errorf("signed out: %v", err)
	}
}

// TestReplicasShareGuesses (requirement 19): wrong tokens are counted by all servers together, and a right one passes.
func TestReplicasShareGuesses(t *testing.T) {
	url := testkit.PostgresURL(t)
	e := testkit.NewEnv(t, openReplica(t, url))
	var callers []func(*http.Request) (tenantry.Caller, error)
	for range 2 {
		tokens, err := oauth.NewAuthenticator(t.Context(), replicaAt(t, url, e.Clock.Now), e.Clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		callers = append(callers, oauth.NewGuesses(tokens).Caller(tokens.Caller))
	}
	const passes = tenantry.Kind(-1)
	try := func(node int, token string) tenantry.Kind {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = "203.0.113.9:1"
		r.Header.Set("Authorization", "Bearer "+token)
		_, err = callers[node](r)
		if err == nil {
			return passes
		}
		return tenantry.KindOf(err)
	}
	for i := range 100 {
		if kind := try(i%2, oauth.NewPrivateToken()); kind != tenantry.Unauthenticated {
			t.Fatalf("guess %d: %v", i, kind)
		}
	}
	for node := range callers {
		if kind := try(node, oauth.NewPrivateToken()); kind != tenantry.RateLimited {
			t.Errorf("one guess more on server %d: %v", node, kind)
		}
		if kind := try(node, e.Token("locA")); kind != passes {
			t.Errorf("a right token on server %d: %v", node, kind)
		}
	}
	e.Clock.Advance(15 * time.Minute)
	if kind := try(0, oauth.NewPrivateToken()); kind != tenantry.Unauthenticated {
		t.Errorf("a quarter of an hour later: %v", kind)
	}
}

// TestRevocationsDespiteClocks (requirement 18): what a server revokes whose clock is five minutes behind
// reaches those that have read a later one of a server whose clock is right; and a key of one whose clock is behind
// signs nowhere before it has been known for a while.
func TestRevocationsDespiteClocks(t *testing.T) {
	url := testkit.PostgresURL(t)
	e := testkit.NewEnv(t, openReplica(t, url))
	app := e.App(t, e.CompanyA)
	behind := replicaAt(t, url, func() time.Time { return e.Clock.Now().Add(-5 * time.Minute) })
	tokens, err := oauth.NewAuthenticator(t.Context(), replicaAt(t, url, e.Clock.Now), e.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	caller := func(id tenantry.TokenID) tenantry.Caller {
		return tenantry.Caller{Class: tenantry.Agency, CompanyID: e.CompanyA, AppID: app.ID, TokenID: id}
	}
	issue := func(id tenantry.TokenID) string {
		t.Helper()
		token, err := e.Tokens.Issue(oauth.Grant{Class: tenantry.Agency, CompanyID: e.CompanyA, AppID: app.ID, ClientID: "c", TokenID: id})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	early, late := issue("early"), issue("late")
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { tokens.Run(ctx, slog.New(slog.DiscardHandler)) })
	defer wg.Wait()
	defer stop()
	for _, step := range []struct {
		by    *store.Store
		id    tenantry.TokenID
		token string
	}{{e.Store, "early", early}, {behind, "late", late}} {
		if !accepts(t, tokens, step.token) {
			t.Fatalf("%s is refused before it is revoked", step.id)
		}
		if err := step.by.RevokeAccessToken(t.Context(), tenantry.System(), caller(step.id)); err != nil {
			t.Fatal(err)
		}
		for accepts(t, tokens, step.token) { // as long as the test may take
			time.Sleep(20 * time.Millisecond)
		}
	}
	e.Clock.Advance(time.Hour)
	if _, err := oauth.RotateKeys(t.Context(), behind, tenantry.System(), oauth.Rotation{}, e.Clock.Now().Add(-5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	fresh, err := oauth.NewAuthenticator(t.Context(), behind, e.Clock.Now) // signs with the new key
	if err != nil {
		t.Fatal(err)
	}
	grant := oauth.Grant{Class: tenantry.Agency, CompanyID: e.CompanyA, AppID: app.ID, ClientID: "c", TokenID: "t"}
	signed, err := fresh.Issue(grant)
	if err != nil {
		t.Fatal(err)
	}
	for !accepts(t, tokens, signed) {
		time.Sleep(20 * time.Millisecond)
	}
	old, err := tokens.Issue(grant)
	if err != nil || !accepts(t, e.Tokens, old) {
		t.Errorf("a server signs with a key that another does not know yet: %v", err)
	}
}
