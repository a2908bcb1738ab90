package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestDailyUses (requirement 30): counts are kept until their day is over, and are nobody's event.
func TestDailyUses(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, start := t.Context(), testkit.Start()
		save := func(uses ...tenantry.DailyUse) {
			t.Helper()
			if err := e.Store.SaveDailyUses(ctx, uses); err != nil {
				t.Fatal(err)
			}
		}
		kept := func(want ...tenantry.DailyUse) {
			t.Helper()
			if diff := cmp.Diff(append([]tenantry.DailyUse{}, want...), ok[[]tenantry.DailyUse](t)(e.Store.DailyUses(ctx))); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		}
		a, b := tenantry.DailyUse{Key: "app|A", OpenedAt: start, Used: 7}, tenantry.DailyUse{Key: "app|B", OpenedAt: start.Add(time.Hour), Used: 1}
		recorded := len(e.Snapshot(t)["events"])
		save(a, b)
		kept(a, b)
		a.Used = 8
		save(a)
		kept(a, b)
		e.Clock.Advance(tenantry.DailyWindow)
		kept(b)
		save()
		rows := e.Snapshot(t)
		if len(rows["daily_uses"]) != 1 || len(rows["events"]) != recorded {
			t.Errorf("rows: %v, events: %d", rows["daily_uses"], len(rows["events"]))
		}
		a.OpenedAt, a.Used = e.Clock.Now(), 1
		many := []tenantry.DailyUse{a}
		for i := range 1200 {
			many = append(many, tenantry.DailyUse{Key: fmt.Sprintf("many|%d", i), OpenedAt: a.OpenedAt, Used: i})
		}
		save(many...)
		if got := len(ok[[]tenantry.DailyUse](t)(e.Store.DailyUses(ctx))); got != 1202 {
			t.Errorf("%d are kept of 1,202", got)
		}
	})
}
