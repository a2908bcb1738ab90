package oauth_test

import (
	"fmt"
	"maps"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/testkit"
)

const (
	secretsOfNetwork = 100
	secretsOfClient  = 300
)

// from sends a form to a path from an address behind the proxy.
func (w *world) from(t *testing.T, address, path string, form url.Values) testkit.Answer {
	t.Helper()
	header := maps.Clone(urlencoded())
	header["X-Forwarded-For"] = address
	return w.Do(t, testkit.Scenario{Method: "POST", Path: path, Version: "-", Body: form.Encode(), Header: header})
}

// with calls with a token from an address behind the proxy.
func (w *world) with(t *testing.T, address, token string) testkit.Answer {
	t.Helper()
	return w.Do(t, testkit.Scenario{
		Method: "GET", Path: "/locations/" + string(w.LocA) + "/tags", Token: token, Header: map[string]string{"X-Forwarded-For": address},
	})
}

// waits expects the answer to many wrong credentials.
func waits(t *testing.T, what string, a testkit.Answer) {
	t.Helper()
	fails(t, what, a, 429, "Too Many Requests")
	if got := a.Header.Get("Retry-After"); got != "900" {
		t.Errorf("%s: Retry-After %q", what, got)
	}
}

// TestSecretGuessing (requirement 19): guesses at client secrets end soon, from one network
// or at one client, and the app gets its tokens nevertheless, from that network too.
func TestSecretGuessing(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		const here, elsewhere = "203.0.113.9", "198.51.100.1"
		wrong, stranger := w.app, w.App(t, w.CompanyB)
		wrong.Secret = "wrong"
		grant := func(a testkit.App) url.Values { return as(a, "grant_type", "client_credentials") }
		for range secretsOfNetwork / 2 {
			fails(t, "a guess", w.from(t, here, "/oauth/token", grant(wrong)), 401, "Invalid client: client is invalid")
			fails(t, "a guess", w.from(t, here, "/oauth/introspect", as(wrong, "token", "x")), 401, "Invalid client: client is invalid")
		}
		waits(t, "one guess more", w.from(t, here, "/oauth/token", grant(wrong)))
		waits(t, "at another endpoint", w.from(t, here, "/oauth/revoke", as(wrong, "token", "x")))
		wrong.Suffix = "nobody00"
		waits(t, "at a client that is none", w.from(t, here, "/oauth/token", grant(wrong)))
		waits(t, "with a code", w.from(t, here, "/oauth/token", as(wrong, "grant_type", "authorization_code", "code", "x")))
		for _, a := range []testkit.App{w.app, stranger} {
			if got := w.from(t, here, "/oauth/token", grant(a)); got.Status != 200 {
				t.Errorf("the right secret beside the guesser: %d %s", got.Status, got.Raw)
			}
		}
		wrong.Suffix = w.app.Suffix
		fails(t, "elsewhere", w.from(t, elsewhere, "/oauth/token", grant(wrong)), 401, "Invalid client: client is invalid")

		w.Clock.Advance(15 * time.Minute)
		for i := range secretsOfClient {
			fails(t, "a guess", w.from(t, fmt.Sprint("203.0.113.", i%250), "/oauth/token", grant(wrong)), 401, "Invalid client: client is invalid")
		}
		waits(t, "one guess more at the client", w.from(t, elsewhere, "/oauth/token", grant(wrong)))
		if got := w.from(t, elsewhere, "/oauth/token", grant(w.app)); got.Status != 200 {
			t.Errorf("the right secret while others guess at it: %d %s", got.Status, got.Raw)
		}
		other := stranger
		other.Secret = "wrong"
		fails(t, "at another client", w.from(t, elsewhere, "/oauth/token", grant(other)), 401, "Invalid client: client is invalid")
	}, testkit.WithTokenLimits(ratelimit.TokenDefaults()))
}

// TestPrivateTokenGuessing (requirement 19), and what is no guess: an access token that
// expired.
func TestPrivateTokenGuessing(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		const here = "203.0.113.9"
		w.Clock.Advance(25 * time.Hour)
		for range secretsOfNetwork {
			fails(t, "expired", w.with(t, here, w.agencyToken()), 401, "Invalid token: access token has expired")
			fails(t, "a guess", w.with(t, here, oauth.NewPrivateToken()), 401, "Invalid Private Integration token")
		}
		waits(t, "one guess more", w.with(t, here, oauth.NewPrivateToken()))
		for token, want := range map[string]int{w.Token("locA"): 200, w.agencyToken(): 401, "": 401} {
			if got := w.with(t, here, token); got.Status != want {
				t.Errorf("another credential beside the guesser: %d %s, want %d", got.Status, got.Raw, want)
			}
		}
		if got := w.with(t, "198.51.100.1", oauth.NewPrivateToken()); got.Status != 401 {
			t.Errorf("elsewhere: %d %s", got.Status, got.Raw)
		}
	}, testkit.WithTokenLimits(ratelimit.TokenDefaults()))
}

// TestGuessesWithoutLimits are counted nowhere: a load test may be wrong as often as it likes.
func TestGuessesWithoutLimits(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		statuses := map[int]int{}
		for range secretsOfNetwork + 1 {
			statuses[w.with(t, "203.0.113.9", oauth.NewPrivateToken()).Status]++
		}
		if diff := cmp.Diff(map[int]int{401: secretsOfNetwork + 1}, statuses); diff != "" {
			t.Error(diff)
		}
	})
}
