package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestRevocationsAreTold: here before the revoking method returns, elsewhere by polling, and
// never of a transaction that was undone.
func TestRevocationsAreTold(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		var told []tenantry.Revocation
		e.Store.OnRevoke(func(v []tenantry.Revocation) { told = append(told, v...) })
		one := c.grant(t, c.one(e.LocA))
		if told != nil {
			t.Errorf("told %v of nothing", told)
		}
		if err := e.Store.RevokeAccessToken(ctx, tenantry.System(), caller(one)); err != nil {
			t.Fatal(err)
		}
		want := tenantry.Revocation{Key: tenantry.RevokedToken(one.TokenID), Until: testkit.Start().Add(25 * time.Hour)}
		if !slices.Equal(told, []tenantry.Revocation{want}) {
			t.Errorf("told %v, want %v", told, want)
		}
		next := ok[tenantry.Issued](t)(c.refresh(t, one.RefreshToken)) // one access token, not the grant
		if isRevoked(t, e, next) {
			t.Error("the next access token is revoked too")
		}
		if err := e.Store.Uninstall(ctx, e.LocB, tenantry.System(), c.app.ID); err == nil || len(told) != 1 {
			t.Errorf("a refused uninstall: %v, told %v", err, told)
		}
		if err := e.Store.Uninstall(ctx, e.LocA, tenantry.System(), c.app.ID); err != nil || len(told) != 2 || told[1].Key != tenantry.RevokedGrant(one.ID) {
			t.Errorf("an uninstall: %v, told %v", err, told)
		}
	})
}

// TestRevocationPolls: nothing is missed across pages and polls, and what expired is not given.
func TestRevocationPolls(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		revoke := func(id string) {
			t.Helper()
			c := tenantry.Caller{Class: tenantry.Agency, CompanyID: e.CompanyA, AppID: "app", TokenID: tenantry.TokenID(id)}
			if err := e.Store.RevokeAccessToken(ctx, tenantry.System(), c); err != nil {
				t.Fatal(err)
			}
		}
		var cursor store.RevocationCursor
		poll := func() (keys []string, pages int) {
			t.Helper()
			for more := true; more; pages++ {
				var page []tenantry.Revocation
				var err error
				if page, cursor, more, err = e.Store.RevocationsSince(ctx, cursor); err != nil {
					t.Fatal(err)
				}
				for _, v := range page {
					keys = append(keys, v.Key)
				}
			}
			return keys, pages
		}
		if keys, _ := poll(); keys != nil {
			t.Errorf("at first there are %v", keys)
		}
		for i := range 1001 {
			revoke(fmt.Sprint(i))
		}
		if keys, pages := poll(); len(keys) != 1001 || pages != 2 || len(slices.Compact(slices.Sorted(slices.Values(keys)))) != 1001 {
			t.Errorf("%d keys in %d pages", len(keys), pages)
		}
		e.Clock.Advance(10 * time.Minute)
		revoke("late")
		poll()
		poll()
		if keys, _ := poll(); !slices.Equal(keys, []string{"token:late"}) { // once more, for transactions that overlapped
			t.Errorf("the overlap has %v", keys)
		}
		e.Clock.Advance(10 * time.Minute)
		poll()
		if keys, _ := poll(); keys != nil {
			t.Errorf("after the overlap there are %v", keys)
		}
		e.Clock.Advance(25 * time.Hour)
		cursor = store.RevocationCursor{}
		if keys, _ := poll(); keys != nil {
			t.Errorf("expired are given: %v", keys)
		}
	})
}

// TestSweep removes what expired, in small steps, and nothing that is still asked for.
func TestSweep(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		tables := []string{"sessions", "codes", "grants", "revocations"}
		count := func() (n [4]int) {
			t.Helper()
			rows := e.Snapshot(t)
			for i, table := range tables {
				n[i] = len(rows[table])
			}
			return n
		}
		sweep := func() {
			t.Helper()
			for done := false; !done; {
				done = ok[bool](t)(e.Store.SweepExpired(ctx, 1))
			}
		}
		for _, hash := range []string{"a", "b", "c"} {
			ok[tenantry.Session](t)(e.Store.CreateSession(ctx, hash, c.admin.ID))
		}
		c.code(t, c.one(e.LocB))
		replayed := c.code(t, c.one(e.LocB))
		ok[tenantry.Issued](t)(c.exchange(t, replayed))
		one := c.grant(t, c.one(e.LocA))
		c.grant(t, c.one(e.LocA)) // ends the refresh token of the grant before it
		if err := e.Store.RevokeAccessToken(ctx, tenantry.System(), caller(one)); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			at   time.Duration // after the start
			want [4]int
		}{
			{0, [4]int{3, 4, 3, 1}},
			{tenantry.CodeTTL, [4]int{3, 4, 3, 1}}, // a replay is still recognised
			{tenantry.SessionTTL, [4]int{0, 4, 3, 1}},
			{tenantry.CodeTTL + 24*time.Hour, [4]int{0, 0, 3, 1}},
			{25 * time.Hour, [4]int{0, 0, 2, 0}}, // no access token of the ended grant is alive
			{tenantry.RefreshTTL, [4]int{0, 0, 0, 0}},
		} {
			e.Clock.Set(testkit.Start().Add(step.at))
			sweep()
			if got := count(); got != step.want {
				t.Errorf("after %v: %v are %v, want %v", step.at, tables, got, step.want)
			}
		}
	})
}
