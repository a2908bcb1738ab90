package ratelimit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
)

// table is a [Table] in memory, on a clock of its own.
type table struct {
	now func() time.Time

	mu     sync.Mutex
	kept   map[string]tenantry.QuotaUse
	err    error
	isSlow bool // answers no more
}

func newTable(now func() time.Time) *table {
	return &table{now: now, kept: map[string]tenantry.QuotaUse{}}
}

func (t *table) fail(err error, isSlow bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err, t.isSlow = err, isSlow
}

func (t *table) LoadQuota(ctx context.Context, key string) (tenantry.QuotaUse, time.Time, error) {
	t.mu.Lock()
	isSlow := t.isSlow
	t.mu.Unlock()
	if isSlow {
		<-ctx.Done()
		return tenantry.QuotaUse{}, time.Time{}, ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept[key], t.now(), t.err
}

func (t *table) SwapQuota(_ context.Context, key string, old, next tenantry.QuotaUse, life time.Duration) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil || t.kept[key] != old || life <= 0 {
		return false, t.err
	}
	t.kept[key] = next
	return true, nil
}

// state is what the table knows of a key as it counts now.
func (t *table) state(key string, l Limits) State {
	t.mu.Lock()
	defer t.mu.Unlock()
	return stateOf(t.kept[key]).at(l, t.now())
}

func newTestShared(l Limits, t *table, now func() time.Time) *Shared {
	return NewShared(l, "test", t, now, slog.New(slog.DiscardHandler))
}

// TestSharedNeverExceeds (requirements 18 and 30): whatever several processes do, with clocks five
// minutes apart from the table's and from each other's, in no window of the table is there more than its quota; and
// what is spent there is what was admitted and what the processes hold, to the request.
func TestSharedNeverExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := Limits{Burst: rapid.IntRange(1, 60).Draw(t, "burst"), Window: 10 * time.Second, Daily: rapid.IntRange(20, 300).Draw(t, "daily")}
		real := epoch
		at := func(off time.Duration) func() time.Time { return func() time.Time { return real.Add(off) } }
		center := newTable(at(0))
		processes := []*Shared{
			newTestShared(l, center, at(5*time.Minute)), newTestShared(l, center, at(-5*time.Minute)), newTestShared(l, center, at(time.Second)),
		}
		intervals, days := map[time.Time]int{}, map[time.Time]int{}
		steps := rapid.SliceOfN(rapid.IntRange(0, 11), 1, 400).Draw(t, "steps")
		for _, step := range steps {
			p := processes[step%3]
			switch step / 3 {
			case 3:
				real = real.Add(time.Duration(1+step%3) * 3 * time.Second)
			case 2:
				p.settle(step == 8)
			default:
				if !p.Take("k").Allowed {
					continue
				}
				s := center.state("test|k", l)
				intervals[s.Interval.OpenedAt]++
				days[s.Daily.OpenedAt]++
				if n := intervals[s.Interval.OpenedAt]; n > l.Burst || s.Interval.Used > l.Burst {
					t.Fatalf("%d requests in a window of %d; the table counts %d", n, l.Burst, s.Interval.Used)
				}
			}
		}
		for _, p := range processes {
			p.settle(true)
		}
		s := center.state("test|k", l)
		if n := days[s.Daily.OpenedAt]; n > l.Daily || s.Daily.Used != n {
			t.Fatalf("%d requests in a day of %d; the table counts %d", n, l.Daily, s.Daily.Used)
		}
		if s.Interval.open() && s.Interval.Used != intervals[s.Interval.OpenedAt] {
			t.Fatalf("%d requests in the window; the table counts %d", intervals[s.Interval.OpenedAt], s.Interval.Used)
		}
	})
}

// exhaust takes until there is no more, and gives how many it got.
func exhaust(s *Shared, key string) (n int) {
	for s.Take(key).Allowed {
		n++
	}
	return n
}

// TestSharedUsesAllOfIt: processes that are asked at once admit the whole quota together, each
// once, and few requests wait for the table.
func TestSharedUsesAllOfIt(t *testing.T) {
	t.Parallel()
	l := Limits{Burst: 1000, Window: 10 * time.Second, Daily: 5000}
	center := newTable(func() time.Time { return epoch })
	var wg sync.WaitGroup
	var mu sync.Mutex
	total, leases := 0, uint64(0)
	for range 3 {
		s := newTestShared(l, center, func() time.Time { return epoch })
		s.WaitFor(time.Hour)
		wg.Go(func() {
			var workers sync.WaitGroup
			for range 4 {
				workers.Go(func() {
					n := exhaust(s, "k")
					mu.Lock()
					defer mu.Unlock()
					total += n
				})
			}
			workers.Wait()
			mu.Lock()
			defer mu.Unlock()
			leases += s.Stats().Leases
		})
	}
	wg.Wait()
	if total != l.Burst || leases > 100 {
		t.Errorf("admitted %d of %d with %d leases", total, l.Burst, leases)
	}
}

// TestIdleBlocksComeBack: what a process holds that is asked no more is used by another, and the
// headers tell what the caller has left.
func TestIdleBlocksComeBack(t *testing.T) {
	t.Parallel()
	l := Limits{Burst: 100, Window: 10 * time.Second, Daily: 1000}
	now := func() time.Time { return epoch }
	center := newTable(now)
	one, other := newTestShared(l, center, now), newTestShared(l, center, now)
	if d := one.Take("k"); !d.Allowed || d.Remaining != 99 || d.DailyRemaining != 999 || d.DailyReset != day {
		t.Errorf("%+v", d)
	}
	one.settle(false) // it was used a moment ago
	if used := center.state("test|k", l).Interval.Used; used != 6 {
		t.Errorf("%d requests in the first block", used)
	}
	one.settle(false)
	for left := 98; left >= 0; left-- {
		if d := other.Take("k"); !d.Allowed || d.Remaining != left || d.DailyRemaining != left+900 {
			t.Fatalf("%d are left, told %+v", left, d)
		}
	}
	for _, s := range []*Shared{other, one} {
		if d := s.Take("k"); d.Allowed || d.RetryAfter != 10*time.Second || d.Remaining != 0 || d.DailyRemaining != 900 {
			t.Errorf("beyond the quota: %+v", d)
		}
	}
	before := other.Stats().Leases
	if n := exhaust(other, "k"); n != 0 || other.Stats().Leases != before {
		t.Error("a refusal is asked for again")
	}
}

// TestUnusedBlocksCostNoDay: a caller that needs little of each window has its whole day.
func TestUnusedBlocksCostNoDay(t *testing.T) {
	t.Parallel()
	l := Limits{Burst: 160, Window: 10 * time.Second, Daily: 1000}
	clock := &clock{now: epoch}
	center := newTable(clock.read)
	s := newTestShared(l, center, clock.read)
	for i := range 1000 {
		if d := s.Take("k"); !d.Allowed || d.DailyRemaining != 999-i {
			t.Fatalf("request %d: %+v", i, d)
		}
		clock.advance(10 * time.Second)
	}
	if d := s.Take("k"); d.Allowed || d.DailyReset <= 0 || d.RetryAfter != d.DailyReset {
		t.Errorf("beyond the day: %+v", d)
	}
}

// TestTableAway: without the table a process limits by itself, at once; it goes back to the table
// when that is there again.
func TestTableAway(t *testing.T) {
	t.Parallel()
	l := Limits{Burst: 8, Window: 10 * time.Second}
	clock := &clock{now: epoch}
	center := newTable(clock.read)
	s := newTestShared(l, center, clock.read)
	center.fail(errors.New("away"), false)
	if n := exhaust(s, "k"); n != 8 {
		t.Errorf("admitted %d alone", n)
	}
	if st := s.Stats(); st.Failures != 1 || st.Alone != 9 || st.Leases != 0 {
		t.Errorf("%+v: asked again and again", st)
	}
	center.fail(nil, false)
	clock.advance(pause)
	if n := exhaust(s, "k"); n != 8 || s.Stats().Failures != 1 {
		t.Errorf("admitted %d when it is back; %+v", n, s.Stats())
	}
	center.fail(nil, true)
	s.WaitFor(time.Millisecond) // nobody else asks now
	clock.advance(10 * time.Second)
	if n := exhaust(s, "k"); n != 8 || s.Stats().Failures != 2 {
		t.Errorf("admitted %d while the table answers nothing; %+v", n, s.Stats())
	}
	clock.advance(-time.Hour) // set back: nobody waits an hour for the table
	center.fail(nil, false)
	s.WaitFor(time.Hour)
	if before := s.Stats().Leases; exhaust(s, "other") != 8 || s.Stats().Leases == before {
		t.Error("the table is not asked after the clock was set back")
	}
}

// TestTokenBlocks: a small quota is counted one by one.
func TestTokenBlocks(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return epoch }
	center := newTable(now)
	a, b := newTestShared(TokenDefaults(), center, now), newTestShared(TokenDefaults(), center, now)
	for i, s := range []*Shared{a, b, a, b, a} {
		if d := s.Take("k"); !d.Allowed || d.Remaining != 4-i {
			t.Errorf("request %d: %+v", i, d)
		}
	}
	if a.Take("k").Allowed || b.Take("k").Allowed {
		t.Error("a sixth request passes")
	}
}

// BenchmarkShared is a decision out of a block.
func BenchmarkShared(b *testing.B) {
	s := newTestShared(Limits{Burst: 1 << 40, Window: time.Hour}, newTable(time.Now), time.Now)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.Take("k")
		}
	})
}
