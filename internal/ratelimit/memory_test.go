package ratelimit

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// clock is a time that tests move.
type clock struct{ now time.Time }

func (c *clock) read() time.Time         { return c.now }
func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

// Case U90: 100 of 101 requests pass, another resource is not touched, and with
// the window the quota comes back.
func TestTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(Defaults(), time.Now)
		for i := range 100 {
			if d := m.Take("app/loc_A"); !d.Allowed || d.Remaining != 99-i {
				t.Fatalf("request %d: %+v", i+1, d)
			}
		}
		d := m.Take("app/loc_A")
		if d.Allowed || d.RetryAfter != 10*time.Second {
			t.Fatalf("request 101: %+v", d)
		}
		if d := m.Take("app/loc_B"); !d.Allowed || d.Remaining != 99 || d.DailyRemaining != 199_999 {
			t.Fatalf("other resource: %+v", d)
		}
		time.Sleep(d.RetryAfter)
		if d := m.Take("app/loc_A"); !d.Allowed || d.DailyRemaining != 199_899 {
			t.Fatalf("after the wait: %+v", d)
		}
	})
}

// Keys do not touch: a mix of requests is answered as each key's own would be.
func TestKeysAreIndependent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := genLimits(t)
		c := &clock{now: epoch}
		m := NewMemory(l, c.read)
		alone := map[string]State{}
		steps := []time.Duration{0, time.Second, l.Window, time.Hour, day}
		for range rapid.IntRange(1, 150).Draw(t, "requests") {
			c.advance(rapid.SampledFrom(steps).Draw(t, "step"))
			key := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "key")
			want, state := Decide(l, alone[key], c.now)
			alone[key] = state
			got := m.Take(key)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("key %s (-alone +together):\n%s", key, diff)
			}
		}
	})
}

func TestConcurrentRequestsShareOneQuota(t *testing.T) {
	t.Parallel()
	c := &clock{now: epoch}
	m := NewMemory(Limits{Burst: 50, Window: time.Second, Daily: 1000}, c.read)
	var allowed [3]atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 60 {
				if key := i % len(allowed); m.Take(strconv.Itoa(key)).Allowed {
					allowed[key].Add(1)
				}
				if i%20 == 0 {
					if n := len(m.changed()); n > len(allowed) {
						t.Errorf("%d keys, want at most %d", n, len(allowed))
					}
				}
			}
		})
	}
	wg.Wait()
	for key := range allowed {
		if n := allowed[key].Load(); n != 50 {
			t.Errorf("key %d: %d allowed, want 50", key, n)
		}
	}
}

// Keys that are never used again leave the memory with the traffic of others.
func TestForgottenKeysAreDropped(t *testing.T) {
	t.Parallel()
	const perWindow = 1000
	c := &clock{now: epoch}
	m := NewMemory(Limits{Burst: 5, Window: time.Minute}, c.read)
	most := 0
	for i := range 10 * perWindow {
		c.advance(time.Minute / perWindow)
		m.Take(fmt.Sprintf("key %d", i))
		most = max(most, len(m.entries))
	}
	if most > 2*perWindow {
		t.Errorf("held %d keys, a window has %d", most, perWindow)
	}
	c.advance(time.Minute)
	for i := range 3 * perWindow {
		m.Take("key " + strconv.Itoa(i%50))
	}
	if len(m.entries) != 50 || len(m.index) != 50 {
		t.Errorf("%d entries, %d of them indexed, want 50", len(m.entries), len(m.index))
	}
}

// The daily window keeps a key, and what it has spent, for a day.
func TestDailyCountOutlivesTheInterval(t *testing.T) {
	t.Parallel()
	c := &clock{now: epoch}
	m := NewMemory(Limits{Burst: 1, Window: time.Second, Daily: 3}, c.read)
	for i := range 3 {
		if d := m.Take("k"); !d.Allowed {
			t.Fatalf("request %d: %+v", i+1, d)
		}
		for j := range 100 {
			m.Take(strconv.Itoa(j))
		}
		c.advance(time.Hour)
	}
	if d := m.Take("k"); d.Allowed || d.RetryAfter != 21*time.Hour || d.Remaining != 1 {
		t.Fatalf("fourth request: %+v", d)
	}
	c.advance(21 * time.Hour)
	if d := m.Take("k"); !d.Allowed || d.DailyRemaining != 2 {
		t.Fatalf("next day: %+v", d)
	}
}

// Windows that a clock set back leaves in the future do not keep keys for ever.
func TestClockSetBackForgetsKeysToo(t *testing.T) {
	t.Parallel()
	c := &clock{now: epoch}
	m := NewMemory(Limits{Burst: 5, Window: time.Minute}, c.read)
	for i := range 100 {
		m.Take(strconv.Itoa(i))
	}
	c.advance(-365 * day)
	for range 100 {
		m.Take("x")
	}
	c.advance(time.Minute)
	for range 100 {
		m.Take("x")
	}
	if len(m.entries) != 1 {
		t.Errorf("%d keys are left, want one", len(m.entries))
	}
}

// BenchmarkMemory takes from all processors at once.
func BenchmarkMemory(b *testing.B) {
	keys := make([]string, 10_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("app_%d/loc_%d", i%7, i)
	}
	for _, c := range []struct {
		name string
		keys []string
	}{{"one key", keys[:1]}, {"many keys", keys}} {
		b.Run(c.name, func(b *testing.B) {
			m := NewMemory(Defaults(), time.Now)
			var start atomic.Int64
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := int(start.Add(4999)); pb.Next(); i++ {
					m.Take(c.keys[i%len(c.keys)])
				}
			})
		})
	}
}

// BenchmarkDecide is the decision alone.
func BenchmarkDecide(b *testing.B) {
	var s State
	for b.Loop() {
		_, s = Decide(Defaults(), s, epoch)
	}
}
