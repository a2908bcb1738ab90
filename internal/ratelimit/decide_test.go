package ratelimit

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// after is the time d after epoch.
func after(d time.Duration) time.Time { return epoch.Add(d) }

// span is a window opened d after epoch.
func span(d time.Duration, used int) Span { return Span{OpenedAt: after(d), Used: used} }

func TestDecide(t *testing.T) {
	t.Parallel()
	small := Limits{Burst: 2, Window: 10 * time.Second, Daily: 5}
	for _, c := range []struct {
		name   string
		limits Limits
		state  State
		now    time.Duration
		want   Decision // without its Limits
		after  State
	}{
		{
			name: "first request opens both windows", limits: small,
			want:  Decision{Allowed: true, Remaining: 1, DailyRemaining: 4, DailyReset: day},
			after: State{span(0, 1), span(0, 1)},
		},
		{
			name: "last one that fits", limits: small, now: 3 * time.Second,
			state: State{span(0, 1), span(0, 1)},
			want:  Decision{Allowed: true, Remaining: 0, DailyRemaining: 3, DailyReset: day - 3*time.Second},
			after: State{span(0, 2), span(0, 2)},
		},
		{
			name: "one too many spends nothing", limits: small, now: 4 * time.Second,
			state: State{span(0, 2), span(0, 2)},
			want:  Decision{DailyRemaining: 3, DailyReset: day - 4*time.Second, RetryAfter: 6 * time.Second},
			after: State{span(0, 2), span(0, 2)},
		},
		{
			name: "a nanosecond before the end", limits: small, now: 10*time.Second - 1,
			state: State{span(0, 2), span(0, 2)},
			want:  Decision{DailyRemaining: 3, DailyReset: day - 10*time.Second + 1, RetryAfter: 1},
			after: State{span(0, 2), span(0, 2)},
		},
		{
			name: "at the end a new window opens", limits: small, now: 10 * time.Second,
			state: State{span(0, 2), span(0, 2)},
			want:  Decision{Allowed: true, Remaining: 1, DailyRemaining: 2, DailyReset: day - 10*time.Second},
			after: State{span(10*time.Second, 1), span(0, 3)},
		},
		{
			name: "day exhausted, interval not", limits: small, now: time.Hour,
			state: State{span(0, 1), span(0, 5)},
			want:  Decision{Remaining: 2, DailyReset: day - time.Hour, RetryAfter: day - time.Hour},
			after: State{Daily: span(0, 5)},
		},
		{
			name: "both exhausted waits for the longer", limits: small, now: 20 * time.Second,
			state: State{span(15*time.Second, 2), span(0, 5)},
			want:  Decision{DailyReset: day - 20*time.Second, RetryAfter: day - 20*time.Second},
			after: State{span(15*time.Second, 2), span(0, 5)},
		},
		{
			name: "day ends inside an exhausted interval", limits: small, now: day,
			state: State{span(day-time.Second, 2), span(0, 5)},
			want:  Decision{DailyRemaining: 5, DailyReset: day, RetryAfter: 9 * time.Second},
			after: State{Interval: span(day-time.Second, 2)},
		},
		{
			name: "clock set back keeps what is spent and waits one window", limits: small, now: -time.Hour,
			state: State{span(0, 2), span(0, 2)},
			want:  Decision{DailyRemaining: 3, DailyReset: day, RetryAfter: 10 * time.Second},
			after: State{span(-time.Hour, 2), span(-time.Hour, 2)},
		},
		{
			name: "clock set back with quota left", limits: small, now: -time.Hour,
			state: State{span(0, 1), span(0, 2)},
			want:  Decision{Allowed: true, DailyRemaining: 2, DailyReset: day},
			after: State{span(-time.Hour, 2), span(-time.Hour, 3)},
		},
		{
			name: "limits lowered below what is spent", limits: Limits{Burst: 1, Window: 10 * time.Second, Daily: 3}, now: time.Second,
			state: State{span(0, 2), span(0, 5)},
			want:  Decision{DailyReset: day - time.Second, RetryAfter: day - time.Second},
			after: State{span(0, 2), span(0, 5)},
		},
		{
			name: "no daily limit", limits: Limits{Burst: 5, Window: time.Minute},
			want:  Decision{Allowed: true, Remaining: 4, DailyReset: day},
			after: State{Interval: span(0, 1)},
		},
		{
			name: "no interval limit", limits: Limits{Window: time.Minute, Daily: 2},
			want:  Decision{Allowed: true, DailyRemaining: 1, DailyReset: day},
			after: State{Daily: span(0, 1)},
		},
		{
			name: "no limit at all", state: State{span(0, 1000), span(0, 1000)}, now: time.Second,
			want: Decision{Allowed: true, DailyReset: day},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.want.Limits = c.limits
			got, state := Decide(c.limits, c.state, after(c.now))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.after, state); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	var s State
	var d Decision
	for i := range 100 {
		d, s = Decide(Defaults(), s, after(time.Duration(i)*time.Millisecond))
		if !d.Allowed || d.Remaining != 99-i || d.DailyRemaining != 199_999-i {
			t.Fatalf("request %d: %+v", i+1, d)
		}
	}
	d, s = Decide(Defaults(), s, after(time.Second))
	if d.Allowed || d.RetryAfter != 9*time.Second {
		t.Fatalf("request 101: %+v", d)
	}
	if d, _ = Decide(Defaults(), s, after(10*time.Second)); !d.Allowed || d.Remaining != 99 || d.DailyRemaining != 199_899 {
		t.Fatalf("first request of the next window: %+v", d)
	}
}

func TestUnspentIsWhatAFreshCallerHas(t *testing.T) {
	t.Parallel()
	for _, l := range []Limits{Defaults(), {Burst: 5, Window: time.Minute}, {Daily: 7}, {}} {
		want, _ := Decide(l, State{}, epoch)
		if !want.interval().off() {
			want.Remaining++
		}
		if !want.daily().off() {
			want.DailyRemaining++
		}
		if diff := cmp.Diff(want, Unspent(l)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", l, diff)
		}
	}
}

// genLimits draws limits small enough to be reached.
func genLimits(t *rapid.T) Limits {
	return Limits{
		Burst:  rapid.IntRange(1, 6).Draw(t, "burst"),
		Window: time.Duration(rapid.IntRange(1, 20).Draw(t, "window")) * time.Second,
		Daily:  rapid.IntRange(1, 40).Draw(t, "daily"),
	}
}

// oracle replays the requests of a key by the definition: walk through the
// allowed ones, and open a window where the last one is over.
func oracle(allowed []time.Time, length time.Duration) (most int) {
	var opened time.Time
	n := 0
	for _, at := range allowed {
		if n == 0 || !at.Before(opened.Add(length)) {
			opened, n = at, 0
		}
		n++
		most = max(most, n)
	}
	return most
}

func TestNoWindowHoldsMoreThanItsQuota(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := genLimits(t)
		var s State
		var d Decision
		var allowed []time.Time
		now := epoch
		for _, step := range rapid.SliceOfN(rapid.SampledFrom([]time.Duration{
			0, 1, time.Millisecond, time.Second, l.Window - 1, l.Window, 5 * time.Minute, day - l.Window, day,
		}), 1, 200).Draw(t, "steps") {
			now = now.Add(step)
			spentBefore := s.at(l, now)
			d, s = Decide(l, s, now)
			if d.Allowed {
				allowed = append(allowed, now)
				continue
			}
			if s != spentBefore {
				t.Fatalf("a refusal changed %+v to %+v", spentBefore, s)
			}
			if d.RetryAfter <= 0 {
				t.Fatalf("refused without a wait: %+v", d)
			}
			if early, _ := Decide(l, s, now.Add(d.RetryAfter-1)); early.Allowed {
				t.Fatalf("allowed before the end of %v", d.RetryAfter)
			}
			if late, _ := Decide(l, s, now.Add(d.RetryAfter)); !late.Allowed {
				t.Fatalf("still refused after %v", d.RetryAfter)
			}
		}
		if most := oracle(allowed, l.Window); most > l.Burst {
			t.Fatalf("%d requests in a window for %d", most, l.Burst)
		}
		if most := oracle(allowed, day); most > l.Daily {
			t.Fatalf("%d requests in a day for %d", most, l.Daily)
		}
	})
}

// A clock that jumps both ways: nobody waits longer than a window, and quota
// comes back only by time that went forward across a window's end.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := genLimits(t)
		l.Daily = 0
		var s State
		var d Decision
		now, allowed := epoch, 0
		forward := time.Duration(0)
		for _, step := range rapid.SliceOfN(rapid.Int64Range(int64(-2*day), int64(l.Window)), 1, 100).Draw(t, "steps") {
			if step > 0 {
				forward += time.Duration(step)
			}
			now = now.Add(time.Duration(step))
			if d, s = Decide(l, s, now); d.Allowed {
				allowed++
				continue
			}
			if d.RetryAfter > l.Window {
				t.Fatalf("locked out for %v, the window is %v", d.RetryAfter, l.Window)
			}
			if late, _ := Decide(l, s, now.Add(d.RetryAfter)); !late.Allowed {
				t.Fatalf("still refused after %v", d.RetryAfter)
			}
		}
		if most := l.Burst * (1 + int(forward/l.Window)); allowed > most {
			t.Fatalf("%d allowed in %v of time gone forward, at most %d may be", allowed, forward, most)
		}
	})
}
