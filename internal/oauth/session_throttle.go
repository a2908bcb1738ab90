package oauth

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
)

// The limits on wrong passwords. A browser that an account was signed in with before
// spends from a budget of its own only: whoever guesses at an account, from however many
// addresses, does not lock out its owner.
const (
	// throttleWindow is how long the first wrong password of a budget counts.
	throttleWindow = 15 * time.Minute
	perPair        = 10 // of one account from one address
	perAddress     = 50 // of any accounts from one address: an office has many people
	perAccount     = 30 // of one account from all addresses, the known browsers apart
	perBrowser     = 10 // of one account from one known browser
	perUser        = 60 // approvals by one user
	// throttleKeys bounds the budgets that are remembered of each kind, some 10 MB.
	throttleKeys = 50_000
)

// throttle counts wrong passwords. It is safe for concurrent use.
type throttle struct {
	now func() time.Time

	mu                                           sync.Mutex
	pairs, addresses, accounts, known, approvals budgets
}

type budgets map[string]*budget

type budget struct {
	openedAt time.Time
	used     int
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, pairs: budgets{}, addresses: budgets{}, accounts: budgets{}, known: budgets{}, approvals: budgets{}}
}

// attempt is one try at an account.
type attempt struct {
	account string // hash of the folded e-mail address, whether there is such a user or not
	address string // of the network that it comes from
	browser string // the known browser's mark, "" for one that was never signed in to the account
}

// take spends one try before the password is looked at, so that tries at the same time
// cannot pass together what they could not pass one by one. refund gives it back when the
// password was right. Errors: RateLimited.
func (t *throttle) take(a attempt) (refund func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	var spent []*budget
	spend := func(of budgets, key string, limit int) {
		b, over := of.open(key, limit, now)
		err = errors.Join(err, over)
		spent = append(spent, b)
	}
	if a.browser != "" {
		spend(t.known, a.browser, perBrowser)
	} else {
		spend(t.pairs, a.account+"\n"+a.address, perPair)
		spend(t.addresses, a.address, perAddress)
		spend(t.accounts, a.account, perAccount)
	}
	if err != nil {
		return nil, err
	}
	for _, b := range spent {
		b.used++
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, b := range spent {
			b.used--
		}
	}, nil
}

// approve spends one of a user's approvals, so that no session fills the database with
// codes. Errors: RateLimited.
func (t *throttle) approve(user tenantry.UserID) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.approvals.spend(string(user), perUser, t.now())
}

// spend spends one of the budget of a key. Errors: RateLimited.
func (of budgets) spend(key string, limit int, now time.Time) error {
	b, err := of.open(key, limit, now)
	if err == nil {
		b.used++
	}
	return err
}

// open finds the budget of a key. Errors: RateLimited when it is spent.
func (of budgets) open(key string, limit int, now time.Time) (*budget, error) {
	b := of.at(key, now)
	if b.used < limit {
		return b, nil
	}
	e := tenantry.Errorf(tenantry.RateLimited, "rate_limited", "Too Many Requests")
	e.RetryAfter = min(throttleWindow, b.openedAt.Add(throttleWindow).Sub(now))
	return b, e
}

// at finds the open budget of a key, opening one where there is none.
func (of budgets) at(key string, now time.Time) *budget {
	b := of[key]
	// A clock that was set back opens no budget before its time and keeps none for longer.
	if b != nil && now.Sub(b.openedAt) < throttleWindow {
		return b
	}
	if b == nil && len(of) >= throttleKeys {
		of.makeRoom(now)
	}
	b = &budget{openedAt: now}
	of[key] = b
	return b
}

// makeRoom forgets what is over and, when that is nothing, what is spent least: forgetting
// that helps a guesser least.
func (of budgets) makeRoom(now time.Time) {
	least := ""
	for key, b := range of {
		switch {
		case now.Sub(b.openedAt) >= throttleWindow || b.used <= 0:
			delete(of, key)
		case least == "" || b.used < of[least].used:
			least = key
		}
	}
	if len(of) >= throttleKeys {
		delete(of, least)
	}
}

// networkOf tells where a request comes from: its address, of IPv6 the /64 that a customer
// of a provider has as a whole. A peer on this machine or in a private network is taken for
// a proxy, which names in the last entry of X-Forwarded-For whom it speaks for; what stands
// before that, anybody may have written.
func networkOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if addr = addr.Unmap(); addr.IsLoopback() || addr.IsPrivate() {
		entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if named, err := netip.ParseAddr(strings.TrimSpace(entries[len(entries)-1])); err == nil {
			addr = named.Unmap()
		}
	}
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
