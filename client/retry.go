package client

import (
	"context"
	"net/http"
	"time"
)

// Retry is how a [Client] repeats requests refused with 429. Such a request has
// had no effect, so every method is repeated alike; but an upload never is, as its
// files can be read only once. The wait is what the server asks for
// ([Error.RetryAfter]), or one second, doubled with each try, if it asks for none.
type Retry struct {
	// Tries is the number of requests at most, the first included. Below 2
	// nothing is repeated.
	Tries int
	// MaxWait is the longest wait before one try; a server that asks for more gets
	// no other try. Zero means 30 seconds.
	MaxWait time.Duration
}

// defaultMaxWait lets the burst window of ten seconds pass, but not the daily one.
const defaultMaxWait = 30 * time.Second

// next tells whether another try follows the refusal of this one, and after what wait.
func (r Retry) next(e *Error, try int) (time.Duration, bool) {
	if e.StatusCode != http.StatusTooManyRequests || try >= r.Tries {
		return 0, false
	}
	longest := r.MaxWait
	if longest == 0 {
		longest = defaultMaxWait
	}
	wait := e.RetryAfter
	if wait == 0 {
		if e.RateLimit.DailyRemaining == 0 {
			return 0, false
		}
		// Beyond 30 doublings any limit is passed; the shift must not overflow.
		wait = time.Second << min(try-1, 30)
	}
	return wait, wait <= longest
}

// sleep waits for d or for the end of ctx, whichever comes first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
