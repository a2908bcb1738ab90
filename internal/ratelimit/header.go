package ratelimit

import (
	"strconv"
	"time"
)

// Header writes d as the headers of an answer through set, which is usually the
// Set method of an [net/http.Header] (contract 0.5 and decision 37):
//
//   - X-RateLimit-Limit-Daily, X-RateLimit-Daily-Remaining and
//     X-RateLimit-Daily-Reset, the last in milliseconds from now, not an epoch;
//   - X-RateLimit-Interval-Milliseconds, X-RateLimit-Max and X-RateLimit-Remaining;
//   - Retry-After in whole seconds, at least 1, on a refusal only.
//
// Times are rounded up, so that who waits that long is not too early. The
// headers of a limit that is switched off are left out: clients take a remaining
// zero for an exhausted quota.
func (d Decision) Header(set func(key, value string)) {
	if !d.daily().off() {
		set("X-RateLimit-Limit-Daily", strconv.Itoa(d.Daily))
		set("X-RateLimit-Daily-Remaining", strconv.Itoa(d.DailyRemaining))
		set("X-RateLimit-Daily-Reset", roundUp(d.DailyReset, time.Millisecond))
	}
	if !d.interval().off() {
		set("X-RateLimit-Interval-Milliseconds", roundUp(d.Window, time.Millisecond))
		set("X-RateLimit-Max", strconv.Itoa(d.Burst))
		set("X-RateLimit-Remaining", strconv.Itoa(d.Remaining))
	}
	if !d.Allowed {
		set("Retry-After", roundUp(max(d.RetryAfter, time.Second), time.Second))
	}
}

// roundUp is how many whole units cover d.
func roundUp(d, unit time.Duration) string {
	n := d / unit
	if d%unit > 0 {
		n++
	}
	return strconv.FormatInt(int64(n), 10)
}
