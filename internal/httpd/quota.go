package httpd

import (
	"net/http"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/ratelimit"
)

// quota spends the callers' requests. Without limits it does nothing and no
// answer carries limit headers.
type quota struct {
	limits ratelimit.Limits
	source *ratelimit.Memory
}

func (q quota) off() bool { return q.limits == ratelimit.Limits{} }

// admit spends one request of the caller's quota. Errors: RateLimited.
func (q quota) admit(h http.Header, c tenantry.Caller) error {
	if q.off() {
		return nil
	}
	return q.take(h, c.LimitKey())
}

// take spends one request of the key's quota. Errors: RateLimited.
func (q quota) take(h http.Header, key string) error {
	d := q.source.Take(key)
	d.Header(h.Set)
	if d.Allowed {
		return nil
	}
	e := tenantry.Errorf(tenantry.RateLimited, "rate_limited", "Too Many Requests")
	e.RetryAfter = d.RetryAfter
	return e
}

// unspent gives every answer the limit headers: one to a caller who never became
// known spends nothing and shows the whole quota.
func (q quota) unspent(next http.Handler) http.Handler {
	if q.off() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ratelimit.Unspent(q.limits).Header(w.Header().Set)
		next.ServeHTTP(w, r)
	})
}
