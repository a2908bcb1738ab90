package httpd

import (
	"net/http"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/ratelimit"
)

// quota spends the callers' requests. Without limits it does nothing and no
// answer carries limit headers.
type quota struct {
	limits ratelimit.Limits
	source Limiter
}

// Limiter decides about one request of a key and counts it when it is allowed: in the memory of
// this process ([ratelimit.Memory]), or together with others ([ratelimit.Shared]).
type Limiter interface {
	// Take spends one request of key's quota if it fits.
	Take(key string) ratelimit.Decision
}

// newQuota counts by limits from nothing where there is no source.
func newQuota(l ratelimit.Limits, source Limiter, now func() time.Time) quota {
	if source == nil {
		source = ratelimit.NewMemory(l, now)
	}
	return quota{limits: l, source: source}
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
