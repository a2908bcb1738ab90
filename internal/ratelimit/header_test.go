package ratelimit

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		d    Decision
		want map[string]string
	}{
		{
			name: "allowed",
			d: Decision{
				Allowed: true, Limits: Defaults(), Remaining: 99, DailyRemaining: 199_999, DailyReset: day - 1500*time.Microsecond,
			},
			want: map[string]string{
				"X-RateLimit-Limit-Daily":           "200000",
				"X-RateLimit-Daily-Remaining":       "199999",
				"X-RateLimit-Daily-Reset":           "86399999",
				"X-RateLimit-Interval-Milliseconds": "10000",
				"X-RateLimit-Max":                   "100",
				"X-RateLimit-Remaining":             "99",
			},
		},
		{
			name: "refused",
			d:    Decision{Limits: Defaults(), DailyRemaining: 7, DailyReset: time.Hour, RetryAfter: 9*time.Second + 1},
			want: map[string]string{
				"X-RateLimit-Limit-Daily":           "200000",
				"X-RateLimit-Daily-Remaining":       "7",
				"X-RateLimit-Daily-Reset":           "3600000",
				"X-RateLimit-Interval-Milliseconds": "10000",
				"X-RateLimit-Max":                   "100",
				"X-RateLimit-Remaining":             "0",
				"Retry-After":                       "10",
			},
		},
		{
			name: "refused for a moment still says a second; no daily limit",
			d:    Decision{Limits: Limits{Burst: 5, Window: time.Minute}, RetryAfter: 1},
			want: map[string]string{
				"X-RateLimit-Interval-Milliseconds": "60000",
				"X-RateLimit-Max":                   "5",
				"X-RateLimit-Remaining":             "0",
				"Retry-After":                       "1",
			},
		},
		{
			name: "whole seconds are not rounded further; no interval limit",
			d:    Decision{Limits: Limits{Daily: 5}, DailyReset: 2 * time.Second, RetryAfter: 2 * time.Second},
			want: map[string]string{
				"X-RateLimit-Limit-Daily":     "5",
				"X-RateLimit-Daily-Remaining": "0",
				"X-RateLimit-Daily-Reset":     "2000",
				"Retry-After":                 "2",
			},
		},
		{name: "no limits", d: Unspent(Limits{}), want: map[string]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			c.d.Header(func(key, value string) { got[key] = value })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeaderThroughHTTP(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	Unspent(Defaults()).Header(h.Set)
	for key, want := range map[string]string{
		"x-ratelimit-max": "100", "x-ratelimit-remaining": "100", "x-ratelimit-daily-remaining": "200000",
		"x-ratelimit-daily-reset": "86400000",
	} {
		if got := h.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
