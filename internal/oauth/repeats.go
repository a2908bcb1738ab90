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
// tokens, here or on another server: workers that refresh at once get one pair, and so spend one
// request of the quota. Told to wait instead, the later ones would come back when the grace is
// over, and their use of the token would be taken for a theft. It is safe for concurrent use.
type repeats struct {
	now func() time.Time

	mu      sync.Mutex
	let     map[string]*letIn
	sweptAt time.Time
}

// letIn is when a request was let in at first, and how often since.
type letIn struct {
	mu    sync.Mutex
	at    time.Time
	times int
}

func newRepeats(now func() time.Time) *repeats { return &repeats{now: now, let: map[string]*letIn{}} }

// admit lets a request in if admit does, or if it is a repeat of one that came here or,
// as isRepeat tells, elsewhere. Errors: those of both.
func (r *repeats) admit(key string, isRepeat func() (bool, error), admit func() error) error {
	now := r.now()
	l := r.find(key, now)
	l.mu.Lock() // for all of it: of two at once, one is the repeat
	defer l.mu.Unlock()
	isOpen := l.times > 0 && now.Sub(l.at) < tenantry.RefreshGrace
	if isOpen && l.times <= freeRepeats {
		l.times++
		return nil
	}
	is, err := false, error(nil)
	if !isOpen { // else it has had its share
		is, err = isRepeat()
	}
	if !is && err == nil {
		if err = admit(); tenantry.KindOf(err) == tenantry.RateLimited && !isOpen {
			is = repeatedMeanwhile(isRepeat) // the first was let in by another server a moment ago
		}
	}
	if err != nil && !is {
		return err
	}
	l.at, l.times = now, 1
	return nil
}

func repeatedMeanwhile(isRepeat func() (bool, error)) bool {
	is, err := isRepeat()
	return is && err == nil
}

// find gives the entry of a key. Now and then it forgets what cannot be repeated any more.
func (r *repeats) find(key string, now time.Time) *letIn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.sweptAt).Abs() >= tenantry.RefreshGrace {
		r.sweptAt = now
		maps.DeleteFunc(r.let, func(_ string, l *letIn) bool {
			if !l.mu.TryLock() {
				return false // it is in use
			}
			defer l.mu.Unlock()
			return now.Sub(l.at).Abs() >= tenantry.RefreshGrace
		})
	}
	l := r.let[key]
	if l == nil {
		l = &letIn{at: now} // who forgets old ones leaves it to who is about to use it
		r.let[key] = l
	}
	return l
}
