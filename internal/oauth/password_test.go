package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
)

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	const password = "grüne Bäume"
	hash, err := HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	again, err := HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	if hash == again || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, password) {
		t.Errorf("hashes %s and %s", hash, again)
	}
	if !matchesHash(password, hash) {
		t.Error("the password does not match its hash")
	}
	for _, other := range []string{"", "grüne bäume", strings.Repeat("x", MaxPassword+1)} {
		if matchesHash(other, hash) {
			t.Errorf("%.20q matches", other)
		}
	}
	for _, garbled := range []string{"", "x", hash[:len(hash)-1], strings.Replace(hash, "argon2id", "argon2i", 1), strings.Replace(hash, "t=2", "t=0", 1)} {
		if _, ok := parseHash(garbled); ok {
			t.Errorf("%s is taken for a hash", garbled)
		}
	}
	if matchesHash("", "") || matchesHash(password, "x") {
		t.Error("a password matches no hash")
	}
	if h, ok := parseHash(nobodysHash); !ok || h.memory != argonMemory || h.passes != argonPasses || h.threads != argonThreads || len(h.salt) != argonSalt {
		t.Errorf("the hash for unknown users does not cost what others cost: %+v %v", h, ok)
	}
}

func TestPasswordLimits(t *testing.T) {
	t.Parallel()
	for password, ok := range map[string]bool{
		"": false, "1234567": false, "äöüäöüä": false, "12345678": true, strings.Repeat("x", MaxPassword): true, strings.Repeat("x", MaxPassword+1): false,
	} {
		if _, err := HashPassword(password); (err == nil) != ok || (err != nil && tenantry.KindOf(err) != tenantry.Invalid) {
			t.Errorf("%.20q: %v", password, err)
		}
	}
}

// TestPasswordsTakeTurns: who waits too long is told to come back.
func TestPasswordsTakeTurns(t *testing.T) {
	t.Parallel()
	p := newPasswords()
	for range cap(p.turns) {
		p.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.match(ctx, "x", ""); tenantry.KindOf(err) != tenantry.Unavailable {
		t.Errorf("%v", err)
	}
	<-p.turns
	if ok, err := p.match(t.Context(), "x", ""); ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
}

// passing counts how many of n tries pass.
func passing(t *testing.T, th throttle, n int, each func(i int) attempt) (passed int) {
	t.Helper()
	for i := range n {
		if _, err := th.take(t.Context(), each(i)); err == nil {
			passed++
		}
	}
	return passed
}

// waitOf tells how long an error asks to wait, 0 for no error.
func waitOf(err error) time.Duration {
	if e, ok := errors.AsType[*tenantry.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	th := throttle{newMemoryTries(func() time.Time { return now })}
	name := strconv.Itoa
	if n := passing(t, th, 100, func(i int) attempt { return attempt{account: name(i), address: "one"} }); n != perAddress {
		t.Errorf("%d tries at many accounts from one address", n)
	}
	if n := passing(t, th, 100, func(i int) attempt { return attempt{account: "victim", address: name(i)} }); n != perAccount {
		t.Errorf("%d tries at one account from many addresses", n)
	}
	if n := passing(t, th, 100, func(int) attempt { return attempt{account: "victim", address: "one", browser: "known"} }); n != perBrowser {
		t.Errorf("%d tries from the known browser while others guess", n)
	}
	_, err := th.take(t.Context(), attempt{account: "victim", address: "new"})
	if wait := waitOf(err); wait != throttleWindow {
		t.Errorf("wait %v", wait)
	}
	now = now.Add(-time.Hour) // a clock that is set back
	_, err = th.take(t.Context(), attempt{account: "victim", address: "new"})
	if wait := waitOf(err); wait <= 0 || wait > throttleWindow {
		t.Errorf("wait %v after the clock was set back", wait)
	}
	now = now.Add(time.Hour + throttleWindow)
	if n := passing(t, th, 100, func(int) attempt { return attempt{account: "victim", address: "new"} }); n != perPair {
		t.Errorf("%d tries at one account from one address", n)
	}
}

// TestThrottleRefunds: right passwords cost nothing, however many.
func TestThrottleRefunds(t *testing.T) {
	t.Parallel()
	th := throttle{newMemoryTries(time.Now)}
	for range 200 {
		refund, err := th.take(t.Context(), attempt{account: "a", address: "b"})
		if err != nil {
			t.Fatal(err)
		}
		refund()
	}
}

// TestThrottleMemory: what is remembered is bounded, and the busiest is kept.
func TestThrottleMemory(t *testing.T) {
	t.Parallel()
	of := budgets{}
	now := time.Now()
	of.at("busy", now).used = 5
	for i := range throttleKeys + 5 {
		of.at(strconv.Itoa(i), now).used = 1
		if i > throttleKeys-3 && of["busy"] == nil {
			t.Fatal("the busiest was forgotten")
		}
	}
	if len(of) > throttleKeys {
		t.Errorf("%d budgets", len(of))
	}
	of.at("later", now.Add(throttleWindow))
	if len(of) > 2 {
		t.Errorf("%d budgets that are over", len(of))
	}
}

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"203.0.113.9:1", nil, "203.0.113.9"},
		{"203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"}, // no proxy of ours
		{"127.0.0.1:1", nil, "127.0.0.1"},
		{"127.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"[::1]:1", []string{"9.9.9.9, 198.51.100.1"}, "198.51.100.1"},
		{"10.0.0.2:1", []string{"9.9.9.9", "8.8.8.8,198.51.100.1"}, "198.51.100.1"},
		{"[::ffff:10.0.0.2]:1", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"},
		{"127.0.0.1:1", []string{"unknown"}, "127.0.0.1"},
		{"127.0.0.1:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"[2001:db8:1:2:9::9]:1", nil, "2001:db8:1:2::/64"},
		{"[fe80::1%eth0]:1", nil, "fe80::/64"},
		{"pipe", nil, "pipe"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := networkOf(r); got != c.want {
			t.Errorf("%s for %q is %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}
