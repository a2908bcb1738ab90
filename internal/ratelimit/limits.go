package ratelimit

import (
	"math"
	"time"

	"github.com/tenantry/tenantry"
)

// day is the length of the daily window. It starts with a caller's first
// request, not at midnight, so no time zone plays a part.
const day = tenantry.DailyWindow

// Limits is the quota of one key.
type Limits struct {
	Burst  int           // requests in one Window; zero or less means no such limit
	Window time.Duration // length of the short interval; zero or less means no such limit
	Daily  int           // requests in 24 hours; zero or less means no such limit
}

// Defaults gives the published quota of an app for one resource: 100 requests
// in 10 seconds and 200,000 in a day (contract 2.8).
func Defaults() Limits {
	return Limits{Burst: 100, Window: 10 * time.Second, Daily: 200_000}
}

// TokenDefaults gives the quota of the token endpoint, of a client for one install: 5
// requests in a minute (contract 2.8).
func TokenDefaults() Limits { return Limits{Burst: 5, Window: time.Minute} }

// interval is the short quota.
func (l Limits) interval() quota { return quota{l.Burst, l.Window} }

// daily is the quota of a day.
func (l Limits) daily() quota { return quota{l.Daily, day} }

// left is how many requests fit both quotas.
func (l Limits) left(s State) int {
	left := math.MaxInt
	if q := l.interval(); !q.off() {
		left = q.left(s.Interval)
	}
	if q := l.daily(); !q.off() {
		left = min(left, q.left(s.Daily))
	}
	return left
}

// quota is a number of requests in a length of time.
type quota struct {
	max    int
	length time.Duration
}

// off tells a quota that limits nothing.
func (q quota) off() bool { return q.max <= 0 || q.length <= 0 }

// left is what span leaves of q. A span may hold more than a quota that was
// lowered since.
func (q quota) left(span Span) int {
	if q.off() {
		return 0
	}
	return max(0, q.max-span.Used)
}
