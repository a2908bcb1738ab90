package oauth

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

// testClock stands where it is put, for any goroutine.
type testClock struct{ at atomic.Pointer[time.Time] }

func newTestClock(at time.Time) *testClock {
	c := &testClock{}
	c.set(at)
	return c
}

func (c *testClock) set(at time.Time) { c.at.Store(&at) }
func (c *testClock) now() time.Time   { return *c.at.Load() }

func TestVerifierAtTheBoundaryOfExpiry(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	token := sign(t, ks, locationGrant(), testNow())
	for _, remembered := range []bool{false, true} {
		for _, tt := range []struct {
			after time.Duration
			valid bool
		}{
			{86399 * time.Second, true},
			{86400*time.Second - 1, true},
			{86400 * time.Second, false},
			{86401 * time.Second, false},
		} {
			t.Run(fmt.Sprintf("%v,remembered=%v", tt.after, remembered), func(t *testing.T) {
				clock := newTestClock(testNow())
				v := NewVerifier(ks, testIssuer, 10, clock.now)
				if remembered {
					if _, _, err := v.Verify(token); err != nil {
						t.Fatal(err)
					}
				}
				clock.set(testNow().Add(tt.after))
				caller, exp, err := v.Verify(token)
				if !tt.valid {
					wantExpired(t, err)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(locationCaller(), caller); diff != "" || !exp.Equal(testNow().Add(AccessTokenTTL)) {
					t.Errorf("until %v, caller (-want +got):\n%s", exp, diff)
				}
			})
		}
	}
}

// A machine whose clock is set back must not bring tokens back to life, and one whose
// clock was wrongly ahead for a while must not refuse tokens for ever.
func TestVerifierWhenTheClockIsChanged(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	token := sign(t, ks, locationGrant(), testNow())
	v := NewVerifier(ks, testIssuer, 10, testNow)
	day := AccessTokenTTL
	tests := []struct {
		name    string
		elapsed time.Duration // by the monotonic clock
		wall    time.Duration // by the clock on the wall
		valid   bool
	}{
		{"agreeing, alive", day - time.Second, day - time.Second, true},
		{"agreeing, expired", day, day, false},
		{"set back an hour after expiry", day + time.Minute, day + time.Minute - time.Hour, false},
		{"set back a day after expiry", day, 0, false},
		{"set back an hour, alive", day - time.Second, day - time.Hour, true},
		{"set ahead past expiry", time.Hour, day + time.Hour, false},
		{"and back again", time.Hour + time.Minute, time.Hour + time.Minute, true},
		{"asleep past expiry", time.Minute, day, false},
	}
	for _, remembered := range []bool{false, true} {
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s,remembered=%v", tt.name, remembered), func(t *testing.T) {
				v.Replace(ks)
				if remembered {
					if _, _, err := v.Verify(token); err != nil {
						t.Fatal(err)
					}
				}
				_, _, err := v.verify(token, steadyNow(testNow(), tt.elapsed, testNow().Add(tt.wall)))
				if !tt.valid {
					wantExpired(t, err)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// The reading of time.Now that does not follow the wall reaches steadyNow.
func TestVerifierReadsTheMonotonicClock(t *testing.T) {
	start := time.Now()
	v := NewVerifier(keySet(t, seedKey(t, 1, start)), testIssuer, 10, func() time.Time { return start })
	if !strings.Contains(v.startedAt.String(), "m=") {
		t.Errorf("startedAt %v has no monotonic reading", v.startedAt)
	}
	later := start.Add(time.Hour)
	if got := steadyNow(v.startedAt, later.Sub(v.startedAt), later); !got.Equal(later) {
		t.Errorf("steadyNow = %v, want %v", got, later)
	}
}

// unknowing makes a verifier that remembers what v does and has none of its keys: what
// it accepts, it accepts from memory.
func unknowing(t *testing.T, v *Verifier) *Verifier {
	t.Helper()
	forgot := NewVerifier(keySet(t, seedKey(t, 99, testNow())), v.issuer, v.size, v.now)
	forgot.state.Store(&verifierState{keys: forgot.Keys(), cache: v.state.Load().cache})
	return forgot
}

func TestVerifierRemembersGoodTokensOnly(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	v := NewVerifier(ks, testIssuer, 10, testNow)
	good := sign(t, ks, locationGrant(), testNow())
	expired := sign(t, ks, locationGrant(), testNow().Add(-AccessTokenTTL))
	_, _, err := unknowing(t, v).Verify(good)
	wantInvalid(t, err) // it was not verified yet
	for _, token := range []string{good, expired, good + "A", "garbage", ""} {
		_, _, _ = v.Verify(token)
	}
	if got := len(v.state.Load().cache.young); got != 1 {
		t.Errorf("%d tokens are remembered, want the good one", got)
	}
	caller, _, err := unknowing(t, v).Verify(good)
	if err != nil {
		t.Fatalf("the good token's signature was checked again: %v", err)
	}
	if diff := cmp.Diff(locationCaller(), caller); diff != "" {
		t.Errorf("remembered caller (-want +got):\n%s", diff)
	}
}

func TestVerifierForgetsWithTheKeys(t *testing.T) {
	old := keySet(t, seedKey(t, 1, testNow()))
	v := NewVerifier(old, testIssuer, 10, testNow)
	token := sign(t, old, locationGrant(), testNow())
	if _, _, err := v.Verify(token); err != nil {
		t.Fatal(err)
	}
	next := seedKey(t, 2, testNow())
	rotated, err := old.Rotate(next)
	if err != nil {
		t.Fatal(err)
	}
	v.Replace(rotated)
	if _, _, err := v.Verify(token); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
	v.Replace(keySet(t, next)) // the old key is withdrawn
	_, _, err = v.Verify(token)
	wantInvalid(t, err)
	if v.Keys().Keys()[0].ID != next.ID || len(v.Keys().Keys()) != 1 {
		t.Errorf("Keys = %v, want only %s", v.Keys().Keys(), next.ID)
	}
}

func TestVerifierSharesNoScopes(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	v := NewVerifier(ks, testIssuer, 10, testNow)
	token := sign(t, ks, locationGrant(), testNow())
	for range 3 {
		caller, _, err := v.Verify(token)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(locationCaller(), caller); diff != "" {
			t.Fatalf("caller (-want +got):\n%s", diff)
		}
		caller.Scopes[0] = tenantry.LocationsWrite
		_ = append(caller.Scopes[:1], tenantry.LocationsInternal)
	}
}

func TestVerifierIsBounded(t *testing.T) {
	const size = 20
	ks := keySet(t, seedKey(t, 1, testNow()))
	v := NewVerifier(ks, testIssuer, size, testNow)
	inUse := sign(t, ks, locationGrant(), testNow())
	token := func(n int) string {
		g := locationGrant()
		g.TokenID = tenantry.TokenID(fmt.Sprintf("token-%d", n))
		return sign(t, ks, g, testNow())
	}
	first := token(0)
	if _, _, err := v.Verify(inUse); err != nil {
		t.Fatal(err)
	}
	forgot := unknowing(t, v)
	for n := range 10 * size {
		if _, _, err := v.Verify(token(n)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := forgot.Verify(inUse); err != nil {
			t.Fatalf("the token in use was forgotten after %d others: %v", n+1, err)
		}
		if c := v.state.Load().cache; len(c.young)+len(c.old) > size {
			t.Fatalf("%d tokens are remembered, at most %d may be", len(c.young)+len(c.old), size)
		}
	}
	_, _, err := forgot.Verify(first)
	wantInvalid(t, err)
}

func TestVerifierOfAnySizeWorks(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	for _, size := range []int{-1, 0, 1, 2, 3} {
		v := NewVerifier(ks, testIssuer, size, testNow)
		for range 3 {
			for _, g := range []Grant{locationGrant(), companyGrant()} {
				if _, _, err := v.Verify(sign(t, ks, g, testNow())); err != nil {
					t.Errorf("size %d: %v", size, err)
				}
			}
		}
	}
}

// An expired token's place is free for another: asking for it does not keep it.
func TestCacheKeepsNoExpiredEntryYoung(t *testing.T) {
	c := newCallerCache(2)
	entry := func(name string, exp time.Time) tokenHash {
		key := sha256.Sum256([]byte(name))
		c.add(key, verified{exp: exp})
		return key
	}
	dead := entry("dead", testNow())
	entry("alive", testNow().Add(time.Hour)) // dead is old now
	if _, ok := c.find(dead, testNow()); !ok {
		t.Error("the expired entry is not found")
	}
	if _, ok := c.young[dead]; ok {
		t.Error("the expired entry became young again")
	}
}

// Requests verify while keys rotate; run with -race.
func TestVerifierIsSafeForConcurrentUse(t *testing.T) {
	one := seedKey(t, 1, testNow())
	sets := []*KeySet{keySet(t, one), keySet(t, seedKey(t, 2, testNow()), one), keySet(t, seedKey(t, 3, testNow()))}
	clock := newTestClock(testNow())
	v := NewVerifier(sets[0], testIssuer, 8, clock.now)
	wants := map[string]tenantry.Caller{}
	for n := range 16 {
		g := locationGrant()
		g.TokenID = tenantry.TokenID(fmt.Sprintf("token-%d", n))
		want := locationCaller()
		want.TokenID = g.TokenID
		wants[sign(t, sets[0], g, testNow())] = want
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				for token, want := range wants {
					caller, _, err := v.Verify(token)
					if err != nil {
						wantInvalid(t, err) // while its key is withdrawn
						continue
					}
					if diff := cmp.Diff(want, caller); diff != "" {
						t.Errorf("caller (-want +got):\n%s", diff)
					}
				}
			}
		})
	}
	wg.Go(func() {
		for n := range 200 {
			v.Replace(sets[n%len(sets)])
			clock.set(testNow().Add(time.Duration(n) * time.Second))
		}
		v.Replace(sets[1])
	})
	wg.Wait()
	for token := range wants {
		if _, _, err := v.Verify(token); err != nil {
			t.Errorf("after all rotations: %v", err)
		}
	}
}
