package oauth

import (
	"crypto/sha256"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tenantry/tenantry"
)

// Verifier verifies access tokens with the current keys and remembers the good
// ones, so that a token's signature is computed once and not at each request. It
// is safe for concurrent use.
//
// It remembers that a token is genuine and who holds it, nothing else: whether the
// token was revoked or its location deleted is for the caller to ask, each time.
type Verifier struct {
	issuer    string
	now       func() time.Time
	startedAt time.Time
	size      int
	// Keys and cache change together: a check that began with the old keys can
	// only be remembered where nobody looks any more.
	state atomic.Pointer[verifierState]

	hits, misses atomic.Uint64 // see [CacheStats]
}

// CacheStats counts the access tokens that were looked up since the start.
type CacheStats struct {
	Hits   uint64 // remembered: no signature was computed
	Misses uint64 // new, forgotten or bad
}

// CacheStats tells how often a token was remembered.
func (v *Verifier) CacheStats() CacheStats {
	return CacheStats{Hits: v.hits.Load(), Misses: v.misses.Load()}
}

type verifierState struct {
	keys  *KeySet
	cache *callerCache
}

// NewVerifier makes a verifier of the tokens of this issuer that remembers up to
// size of them (about 600 bytes each). With a clock that keeps Go's monotonic reading,
// as time.Now does and its UTC does not, no expired token comes back to life when the
// machine's clock is set back.
func NewVerifier(keys *KeySet, issuer string, size int, now func() time.Time) *Verifier {
	v := &Verifier{issuer: issuer, now: now, startedAt: now(), size: size}
	v.Replace(keys)
	return v
}

// Replace makes keys the ones to verify with and forgets every remembered token.
func (v *Verifier) Replace(keys *KeySet) {
	v.state.Store(&verifierState{keys: keys, cache: newCallerCache(v.size)})
}

// Keys gives the current keys.
func (v *Verifier) Keys() *KeySet { return v.state.Load().keys }

// Verify is [KeySet.Verify] with the current keys, the verifier's issuer and clock.
func (v *Verifier) Verify(token string) (tenantry.Caller, time.Time, error) {
	now := v.now()
	return v.verify(token, steadyNow(v.startedAt, now.Sub(v.startedAt), now))
}

// steadyNow is the time to judge expiry by: the clock's, unless it lies before the
// time that has passed since the start, because then it was set back. It follows a
// clock that is ahead, as after a sleep of the machine, and does not hold on to it.
func steadyNow(startedAt time.Time, elapsed time.Duration, now time.Time) time.Time {
	// Round strips the monotonic reading: what follows compares wall clocks.
	if steady := startedAt.Round(0).Add(elapsed); steady.After(now.Round(0)) {
		return steady
	}
	return now.Round(0)
}

func (v *Verifier) verify(token string, now time.Time) (tenantry.Caller, time.Time, error) {
	if len(token) > MaxTokenBytes { // or it would be hashed first
		return tenantry.Caller{}, time.Time{}, errInvalid("the token is too long")
	}
	state := v.state.Load()
	var room [2048]byte // on the stack, for nearly every token
	key := sha256.Sum256(append(room[:0], token...))
	if known, ok := state.cache.find(key, now); ok {
		v.hits.Add(1)
		if !now.Before(known.exp) {
			return tenantry.Caller{}, time.Time{}, errExpired()
		}
		return known.copyOut(), known.exp, nil
	}
	v.misses.Add(1)
	caller, exp, err := state.keys.Verify(token, v.issuer, now)
	if err != nil {
		// Refusals are not remembered: anyone can send as many bad tokens as they like.
		return tenantry.Caller{}, time.Time{}, err
	}
	known := verified{caller: caller, exp: exp}
	state.cache.add(key, known)
	return known.copyOut(), exp, nil
}

// verified is a genuine token's caller and the first moment at which it is expired.
type verified struct {
	caller tenantry.Caller
	exp    time.Time
}

// copyOut gives a caller whose scopes are not shared with other requests.
func (k verified) copyOut() tenantry.Caller {
	k.caller.Scopes = slices.Clone(k.caller.Scopes)
	return k.caller
}
