package client

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// RateLimit is the quota that an answer reports in its X-RateLimit headers. A
// count is -1 and a duration 0 where the header is absent or unreadable.
type RateLimit struct {
	Max            int           // requests per interval
	Remaining      int           // of those, left
	Interval       time.Duration // the length of the burst window
	LimitDaily     int           // requests per day
	DailyRemaining int           // of those, left
	DailyReset     time.Duration // until the daily window starts anew
}

func parseRateLimit(h http.Header) RateLimit {
	return RateLimit{
		Max:            count(h, "X-RateLimit-Max"),
		Remaining:      count(h, "X-RateLimit-Remaining"),
		Interval:       duration(h.Get("X-RateLimit-Interval-Milliseconds"), time.Millisecond),
		LimitDaily:     count(h, "X-RateLimit-Limit-Daily"),
		DailyRemaining: count(h, "X-RateLimit-Daily-Remaining"),
		DailyReset:     duration(h.Get("X-RateLimit-Daily-Reset"), time.Millisecond),
	}
}

func count(h http.Header, name string) int {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil {
		return -1
	}
	return max(0, n)
}

// duration reads a whole number of units; what overflows is the longest duration.
func duration(text string, unit time.Duration) time.Duration {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n < 0:
		return 0
	case n > math.MaxInt64/int64(unit):
		return math.MaxInt64
	default:
		return time.Duration(n) * unit
	}
}

// retryAfter is the wait that an answer asks for. Retry-After counts seconds or
// names a time; a 429 without it implies the window that is used up.
func retryAfter(status int, h http.Header, limit RateLimit, now time.Time) time.Duration {
	if value := h.Get("Retry-After"); value != "" {
		if at, err := http.ParseTime(value); err == nil {
			return max(0, at.Sub(now))
		}
		if d := duration(value, time.Second); d > 0 {
			return d
		}
	}
	switch {
	case status != http.StatusTooManyRequests:
		return 0
	case limit.DailyRemaining == 0:
		return limit.DailyReset
	default:
		return limit.Interval
	}
}
