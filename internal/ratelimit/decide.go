package ratelimit

import "time"

// Span is a window of time that the first request in it opened. The zero Span
// is one that no request has opened yet.
type Span struct {
	OpenedAt time.Time
	Used     int // requests allowed since OpenedAt
}

// State is what is remembered of one key. The zero State has spent nothing.
type State struct {
	Interval Span // the short window
	Daily    Span // the window of 24 hours
}

// Decision is the answer for one request, and where its caller stands after it.
type Decision struct {
	Allowed bool
	Limits  // that the decision is by

	Remaining      int           // requests left in the interval; zero without such a limit
	DailyRemaining int           // requests left in the day; zero without such a limit
	DailyReset     time.Duration // until the daily window starts anew; 24 hours when none is open
	RetryAfter     time.Duration // until a request can be allowed; zero when this one is
}

// Decide says whether a request at now fits l, and gives the state to keep for
// the next one. It has no side effect.
//
// Windows are fixed: the first allowed request opens one, and it ends exactly
// its length later. A refused request spends nothing and opens nothing.
//
// A clock set back so far that a window would have opened in the future moves
// that window's opening to now and keeps what is spent. So no window, and no
// RetryAfter, ever reaches further than one length from now, and turning the
// clock back gives no request back. A clock set forward ends windows early: each
// jump across an end gives one fresh quota and no more. The state must be
// kept after a refusal too, or a window would move with every request.
func Decide(l Limits, s State, now time.Time) (Decision, State) {
	b, s := Reserve(l, s, now, 1)
	return b.Decision, s
}

// Block is a part of a quota that one process may give out by itself.
type Block struct {
	Decision // where the key stands behind the block; Allowed when there is one

	Size   int           // requests
	Ends   time.Duration // until the first of its windows ends, and the block with it; RetryAfter when there is none
	Opened [2]time.Time  // when its short window and its day were opened: what it is given back to
}

// shares is how many parts Reserve makes of what is left: a block is one of them, so blocks
// become smaller as the quota ends, and at its end there is one request in each.
const shares = 4

// Reserve is [Decide] for up to want requests at once, as long as that leaves most of the
// quota to others; for one it is the same.
func Reserve(l Limits, s State, now time.Time, want int) (Block, State) {
	s = s.at(l, now)
	b := Block{}
	wait := max(s.Interval.wait(l.interval(), now), s.Daily.wait(l.daily(), now))
	if b.Ends = wait; wait == 0 {
		b.Size = max(1, min(want, l.left(s)/shares))
		s.Interval.spend(l.interval(), now, b.Size)
		s.Daily.spend(l.daily(), now, b.Size)
		b.Ends = s.ends(l, now)
	}
	b.Opened = [2]time.Time{s.Interval.OpenedAt, s.Daily.OpenedAt}
	b.Decision = Decision{
		Allowed:        wait == 0,
		Limits:         l,
		Remaining:      l.interval().left(s.Interval),
		DailyRemaining: l.daily().left(s.Daily),
		DailyReset:     s.Daily.reset(day, now),
		RetryAfter:     wait,
	}
	return b, s
}

// Return gives n requests of a block back that were not made, to those of its windows that
// are open still.
func (s State) Return(b Block, n int) State {
	for i, span := range []*Span{&s.Interval, &s.Daily} {
		if span.open() && span.OpenedAt.Equal(b.Opened[i]) {
			span.Used = max(0, span.Used-n)
		}
	}
	return s
}

// Unspent is the decision for an answer that no known caller is charged for,
// such as a refused credential: allowed, and nothing spent.
func Unspent(l Limits) Decision {
	return Decision{
		Allowed:        true,
		Limits:         l,
		Remaining:      l.interval().left(Span{}),
		DailyRemaining: l.daily().left(Span{}),
		DailyReset:     day,
	}
}

// at is s as it counts at now: windows that are over, or that no quota asks for,
// are gone, and those from the future start now.
func (s State) at(l Limits, now time.Time) State {
	return State{Interval: s.Interval.at(l.interval(), now), Daily: s.Daily.at(l.daily(), now)}
}

// idle tells a state that is worth no memory.
func (s State) idle() bool { return !s.Interval.open() && !s.Daily.open() }

func (w Span) open() bool { return !w.OpenedAt.IsZero() }

func (w Span) at(q quota, now time.Time) Span {
	switch elapsed := now.Sub(w.OpenedAt); {
	case !w.open(), q.off(), elapsed >= q.length:
		return Span{}
	case elapsed < 0:
		w.OpenedAt = now
	}
	return w
}

// wait is how long a caller has to wait for q, zero when it need not.
func (w Span) wait(q quota, now time.Time) time.Duration {
	if q.off() || q.left(w) > 0 {
		return 0
	}
	return w.reset(q.length, now)
}

// reset is how long it takes until a new window can open.
func (w Span) reset(length time.Duration, now time.Time) time.Duration {
	if !w.open() {
		return length
	}
	return length - now.Sub(w.OpenedAt)
}

func (w *Span) spend(q quota, now time.Time, n int) {
	if q.off() {
		return
	}
	if !w.open() {
		w.OpenedAt = now
	}
	w.Used += n
}

// ends is how long it takes until the first of the open windows ends, a day at most.
func (s State) ends(l Limits, now time.Time) time.Duration {
	if s.Interval.open() {
		return min(s.Interval.reset(l.Window, now), s.Daily.reset(day, now))
	}
	return s.Daily.reset(day, now)
}
