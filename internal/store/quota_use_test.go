package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestQuotaUses: of those who saw the same one changes it, whatever the server's clock says, and it
// goes when it is worth nothing.
func TestQuotaUses(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		_, now, err := e.Store.LoadQuota(ctx, "k")
		if err != nil || time.Since(now).Abs() > time.Minute {
			t.Fatalf("the database's clock is %v, %v", now, err)
		}
		var old tenantry.QuotaUse
		next := tenantry.QuotaUse{DailyAt: now, DailyUsed: 1}
		for range 2 { // the first makes the row
			var wg sync.WaitGroup
			var mu sync.Mutex
			swapped := 0
			for range 8 {
				wg.Go(func() {
					is, err := e.Store.SwapQuota(ctx, "k", old, next, time.Minute)
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						t.Error(err)
					}
					if is {
						swapped++
					}
				})
			}
			wg.Wait()
			if swapped != 1 {
				t.Errorf("swapped %d times", swapped)
			}
			if kept, _, err := e.Store.LoadQuota(ctx, "k"); err != nil || kept != next {
				t.Errorf("%+v %v, want %+v", kept, err, next)
			}
			old, next = next, tenantry.QuotaUse{IntervalAt: now, IntervalUsed: 3, DailyAt: now, DailyUsed: 4}
		}
		for _, c := range []struct {
			after time.Duration
			rows  int
		}{{0, 1}, {2 * time.Hour, 0}} {
			e.Clock.Advance(c.after)
			ok[bool](t)(e.Store.SweepExpired(ctx, 10))
			if n := len(testkit.Rows(t, e.DB, "quota_uses", "key")); n != c.rows {
				t.Errorf("%d rows after %v, want %d", n, c.after, c.rows)
			}
		}
	})
}

// TestTries: so many pass in a window, at once too; one that is taken back costs nothing, and a clock that is set back gives nothing
// and keeps nobody out for longer than a window.
func TestTries(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		try := func(key string) time.Duration {
			t.Helper()
			return ok[time.Duration](t)(e.Store.Try(ctx, key, 3, 15*time.Minute))
		}
		var wg sync.WaitGroup
		waits := make([]time.Duration, 9)
		for i := range waits {
			wg.Go(func() { waits[i], _ = e.Store.Try(ctx, "k", 3, 15*time.Minute) })
		}
		wg.Wait()
		passed := 0
		for _, w := range waits {
			if w == 0 {
				passed++
			} else if w != 15*time.Minute {
				t.Errorf("wait %v", w)
			}
		}
		if passed != 3 || try("other") != 0 {
			t.Errorf("%d passed of 3", passed)
		}
		for range 10 {
			if wait := try("refunded"); wait != 0 {
				t.Fatalf("wait %v", wait)
			}
			if err := e.Store.Untry(ctx, "refunded"); err != nil {
				t.Fatal(err)
			}
		}
		e.Clock.Advance(10 * time.Minute)
		if wait := try("k"); wait != 5*time.Minute {
			t.Errorf("ten minutes later: wait %v", wait)
		}
		e.Clock.Advance(5 * time.Minute)
		if wait := try("k"); wait != 0 {
			t.Errorf("in the next window: wait %v", wait)
		}
		e.Clock.Advance(2 * time.Hour)
		ok[bool](t)(e.Store.SweepExpired(ctx, 10))
		if n := len(testkit.Rows(t, e.DB, "tries", "key")); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}
