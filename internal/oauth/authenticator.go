package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
)

// rememberedTokens bounds the verifier's memory, about 6 MB when it is full.
const rememberedTokens = 10_000

// Authenticator turns the credential of a request into its caller, and issues
// access tokens with the keys that the store keeps.
type Authenticator struct {
	store    *store.Store
	verifier *Verifier
	revoked  *revocations
	issuer   string
	now      func() time.Time
	learned  map[string]time.Time // keys of other processes, since when; of the polls, which come one at a time
}

// NewAuthenticator loads the signing keys, making the first one where there is none, and
// what is revoked. What this store revokes from now on is refused at once; what other nodes
// revoke is learned by [Authenticator.Run].
func NewAuthenticator(ctx context.Context, s *store.Store, now func() time.Time) (*Authenticator, error) {
	issuer, err := s.InstanceID(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := loadKeys(ctx, s, now())
	if err != nil {
		return nil, err
	}
	a := &Authenticator{
		store: s, verifier: NewVerifier(keys, issuer, rememberedTokens, now), revoked: newRevocations(), issuer: issuer, now: now,
		learned: map[string]time.Time{},
	}
	s.OnRevoke(a.revoked.add)
	return a, a.poll(ctx)
}

func loadKeys(ctx context.Context, s *store.Store, now time.Time) (*KeySet, error) {
	keys, err := keptKeys(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return firstKey(ctx, s, now)
	}
	return NewKeySet(keys[0], keys[1:]...)
}

func keptKeys(ctx context.Context, s *store.Store) ([]Key, error) {
	kept, err := s.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(kept))
	for i, k := range kept {
		if keys[i], err = ParseKey(k.Private, k.CreatedAt); err != nil {
			return nil, fmt.Errorf("signing key %s: %w", k.ID, err)
		}
	}
	return keys, nil
}

func firstKey(ctx context.Context, s *store.Store, now time.Time) (*KeySet, error) {
	key, err := NewKey(now)
	if err != nil {
		return nil, err
	}
	kept, err := keptForm(key)
	if err != nil {
		return nil, err
	}
	if err := s.AddFirstSigningKey(ctx, kept); err != nil {
		return nil, err
	}
	keys, err := keptKeys(ctx, s) // of servers that start together, one made it
	if err != nil {
		return nil, err
	}
	return NewKeySet(keys[0], keys[1:]...)
}

// keptForm is the key as the store keeps it.
func keptForm(k Key) (store.SigningKey, error) {
	private, err := k.MarshalPKCS8()
	return store.SigningKey{ID: k.ID, Private: private, CreatedAt: k.CreatedAt}, err
}

// Issue signs an access token.
func (a *Authenticator) Issue(g Grant) (string, error) { return a.issueAt(g, a.now()) }

// issueAt signs the access token that was issued at a time: equal grants and times give the
// same token, as long as the same key signs.
func (a *Authenticator) issueAt(g Grant, at time.Time) (string, error) {
	return a.verifier.Keys().Sign(g, a.issuer, at)
}

// CacheStats tells how often an access token was remembered.
func (a *Authenticator) CacheStats() CacheStats { return a.verifier.CacheStats() }

// Caller tells who sent the request. A token of a deleted location or an uninstalled app,
// or one that was revoked, is as good as none (contract, decision 38). Errors: Unauthenticated.
func (a *Authenticator) Caller(r *http.Request) (tenantry.Caller, error) {
	token, err := bearerText(r.Header.Values("Authorization"))
	if err != nil {
		return tenantry.Caller{}, err
	}
	var caller tenantry.Caller
	if IsPrivateToken(token) {
		caller, err = a.privateCaller(r.Context(), token)
	} else {
		caller, _, err = a.accessCaller(r.Context(), token)
	}
	if err != nil && !isToken68(token) { // what is good has the form, without a look at it each time
		err = errNoToken()
	}
	return caller, err
}

// accessCaller tells whose access token it is, and when it expires.
func (a *Authenticator) accessCaller(ctx context.Context, token string) (tenantry.Caller, time.Time, error) {
	caller, exp, err := a.verifier.Verify(token)
	if err != nil {
		return tenantry.Caller{}, exp, err
	}
	if a.revoked.has(caller) {
		return tenantry.Caller{}, exp, invalidToken("Invalid JWT", errors.New("the token is revoked"))
	}
	if caller.Class == tenantry.Agency {
		return caller, exp, nil
	}
	company, err := a.store.LocationCompany(ctx, caller.LocationID)
	if tenantry.KindOf(err) == tenantry.NoAccess || (err == nil && company != caller.CompanyID) {
		return tenantry.Caller{}, exp, invalidToken("Invalid JWT", errors.New("the token's location is gone"))
	}
	return caller, exp, err
}

func (a *Authenticator) privateCaller(ctx context.Context, token string) (tenantry.Caller, error) {
	caller, err := a.store.TokenCaller(ctx, HashToken(token))
	if tenantry.KindOf(err) == tenantry.NotFound {
		return tenantry.Caller{}, invalidToken("Invalid Private Integration token", err)
	}
	return caller, err
}

func invalidToken(message string, cause error) error {
	return tenantry.Errorf(tenantry.Unauthenticated, "token_invalid", "%s", message).WithCause(cause)
}

// JWKS serves the public keys, for those who verify access tokens themselves.
func (a *Authenticator) JWKS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		body := a.verifier.Keys().JWKS()
		w.Header().Set("Content-Type", "application/jwk-set+json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(body) // a client that has gone is nobody's error
	})
}
