package oauth

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/tenantry/tenantry"
)

// The limits on wrong passwords. A browser that an account was signed in with before
// spends from a budget of its own only: whoever guesses at an account, from however many
// addresses, does not lock out its owner.
const (
	perPair    = 10 // of one account from one address
	perAddress = 50 // of any accounts from one address: an office has many people
	perAccount = 30 // of one account from all addresses, the known browsers apart
	perBrowser = 10 // of one account from one known browser
	perUser    = 60 // approvals by one user
)

// throttle limits wrong passwords.
type throttle struct{ tries tries }

// attempt is one try at an account.
type attempt struct {
	account string // hash of the folded e-mail address, whether there is such a user or not
	address string // of the network that it comes from
	browser string // the known browser's mark, "" for one that was never signed in to the account
}

// take spends one try before the password is looked at, so that tries at the same time
// cannot pass together what they could not pass one by one. refund gives it back when the
// password was right. Errors: RateLimited.
func (t throttle) take(ctx context.Context, a attempt) (refund func(), err error) {
	type spending struct {
		kind, key string
		limit     int
	}
	all := []spending{
		{"pair", a.account + " " + a.address, perPair}, {"address", a.address, perAddress}, {"account", a.account, perAccount},
	}
	if a.browser != "" {
		all = []spending{{"browser", a.browser, perBrowser}}
	}
	var spent []func()
	refund = func() {
		for _, back := range spent {
			back()
		}
	}
	for _, s := range all {
		back, err := t.tries.spend(ctx, s.kind, s.key, s.limit)
		if err != nil {
			refund() // of the others: a try that was not made costs nothing
			return nil, err
		}
		spent = append(spent, back)
	}
	return refund, nil
}

// approve spends one of a user's approvals, so that no session fills the database with
// codes. Errors: RateLimited.
func (t throttle) approve(ctx context.Context, user tenantry.UserID) error {
	_, err := t.tries.spend(ctx, "approval", string(user), perUser)
	return err
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
