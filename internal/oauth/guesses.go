package oauth

import (
	"net/http"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
)

// How many wrong credentials in [throttleWindow] are told that they are wrong.
const (
	perNetwork = 100 // client secrets and private tokens from one network
	perClient  = 300 // secrets of one client from all networks
)

// Guesses counts wrong client secrets and wrong private tokens. Once there were many, from one
// network or for one client, further wrong ones are told to wait instead of that they are wrong.
//
// A right one always passes. It cannot be guessed, at whatever rate (it has 122 random bits),
// and a guesser who shares the network of an app, or guesses at its secret from everywhere,
// must not lock the app out. Passwords are another matter, see throttle.
//
// It is safe for concurrent use. A nil one counts nothing.
type Guesses struct {
	now func() time.Time

	mu                sync.Mutex
	networks, clients budgets
}

// NewGuesses makes a count that reads the time from now.
func NewGuesses(now func() time.Time) *Guesses {
	return &Guesses{now: now, networks: budgets{}, clients: budgets{}}
}

// Caller makes a function that tells who sent a request out of one that does, and counts
// its wrong private tokens. Errors: RateLimited besides its own.
func (g *Guesses) Caller(caller func(*http.Request) (tenantry.Caller, error)) func(*http.Request) (tenantry.Caller, error) {
	return func(r *http.Request) (tenantry.Caller, error) {
		c, err := caller(r)
		if tenantry.KindOf(err) == tenantry.Unauthenticated && carriesPrivateToken(r) {
			err = g.wrong(r, "", err)
		}
		return c, err
	}
}

func carriesPrivateToken(r *http.Request) bool {
	token, err := BearerToken(r.Header.Values("Authorization")...)
	return err == nil && IsPrivateToken(token)
}

// wrong counts a wrong credential of a client, "" for none, and gives what its sender is told:
// the reason, or beyond the limits to wait. Errors: RateLimited.
func (g *Guesses) wrong(r *http.Request, client string, reason error) error {
	if g == nil {
		return reason
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if err := g.networks.spend(networkOf(r), perNetwork, now); err != nil {
		return err // counts for no client: who sends many fills no more memory
	}
	if id, _, ok := tenantry.ParseClientID(client); ok {
		if err := g.clients.spend(string(id), perClient, now); err != nil {
			return err
		}
	}
	return reason
}
