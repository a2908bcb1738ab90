package oauth

import (
	"net/http"

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
type Guesses struct{ tries tries }

// NewGuesses makes the count of the server that tokens is of, or of all that share its database.
func NewGuesses(tokens *Authenticator) *Guesses {
	return &Guesses{tries: newTries(tokens.store, tokens.now)}
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
	_, err := g.tries.spend(r.Context(), "secrets-network", networkOf(r), perNetwork)
	if id, _, ok := tenantry.ParseClientID(client); ok && err == nil { // beyond: who sends many fills no more memory
		_, err = g.tries.spend(r.Context(), "secrets-client", string(id), perClient)
	}
	if tenantry.KindOf(err) == tenantry.RateLimited {
		return err
	}
	return reason // not counted, if the database is away
}
