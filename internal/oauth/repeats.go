package oauth

import (
	"maps"
	"sync"
	"time"

	"github.com/tenantry/tenantry"
)

// freeRepeats is how many repeats of one request cost nothing.
const freeRepeats = 100

// repeats lets those pass free that send again what was let in during the grace for refresh
// tokens: workers that refresh at once get one pair, and so spend one request of the quota.
// Told to wait instead, the later ones would come back when the grace is over, and their use of
// the token would be taken for a theft. It is safe for concurrent use.
type repeats struct {
	now func() time.Time

	mu      sync.Mutex
	let     map[string]letIn
	sweptAt time.Time
}

// letIn is when a request was let in at first, and how often since.
type letIn struct {
	at    time.Time
	times int
}

func newRepeats(now func() time.Time) *repeats { return &repeats{now: now, let: map[string]letIn{}} }

// admit lets a request in if admit does, or if it is a repeat. Errors: those of admit.
func (r *repeats) admit(key string, admit func() error) error {
	r.mu.Lock() // for all of it: of two at once, one is the repeat
	defer r.mu.Unlock()
	now := r.now()
	r.sweep(now)
	before := r.let[key]
	if isRepeat := now.Sub(before.at) < tenantry.RefreshGrace; isRepeat && before.times <= freeRepeats {
		before.times++
		r.let[key] = before
		return nil
	}
	if err := admit(); err != nil {
		return err
	}
	r.let[key] = letIn{at: now, times: 1}
	return nil
}

// sweep forgets, now and then, what cannot be repeated any more.
func (r *repeats) sweep(now time.Time) {
	if now.Sub(r.sweptAt).Abs() < tenantry.RefreshGrace {
		return
	}
	r.sweptAt = now
	maps.DeleteFunc(r.let, func(_ string, l letIn) bool { return now.Sub(l.at).Abs() >= tenantry.RefreshGrace })
}
