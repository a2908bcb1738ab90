package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

func cursorStart() store.RevocationCursor { return store.RevocationCursor{} }

// TestRefreshRotates (requirement 12): each use gives a new pair of the same grant.
func TestRefreshRotates(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		first := c.grant(t, c.one(e.LocA))
		if first.Class != tenantry.SubAccount || first.LocationID != e.LocA || first.CompanyID != e.CompanyA || first.UserID != c.admin.ID ||
			first.ApprovedLocations != nil || !first.ExpiresAt.Equal(testkit.Start().Add(tenantry.RefreshTTL)) {
			t.Errorf("first is %+v", first)
		}
		e.Clock.Advance(time.Hour)
		second := ok[tenantry.Issued](t)(c.refresh(t, first.RefreshToken))
		if second.RefreshToken == first.RefreshToken || second.TokenID == first.TokenID || second.TokenID.Grant() != first.ID {
			t.Errorf("second pair %+v after %+v", second, first)
		}
		want := first
		want.RefreshToken, want.TokenID, want.IssuedAt = second.RefreshToken, second.TokenID, testkit.Start().Add(time.Hour)
		want.ExpiresAt = want.IssuedAt.Add(tenantry.RefreshTTL)
		if diff := cmp.Diff(want, second); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if g := ok[tenantry.Grant](t)(e.Store.RefreshTokenGrant(t.Context(), c.app.ID, second.RefreshToken)); !cmp.Equal(g, second.Grant) {
			t.Errorf("the good token stands for %+v", g)
		}
		if _, err := e.Store.RefreshTokenGrant(t.Context(), c.app.ID, first.RefreshToken); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("the used token stands for something: %v", err)
		}
	})
}

// TestRefreshGrace (U69, requirements 12 and 14): for 30 s the used token gives the very same
// pair, and only the one before the good one does.
func TestRefreshGrace(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		r1 := c.grant(t, c.one(e.LocA)).RefreshToken
		second := ok[tenantry.Issued](t)(c.refresh(t, r1))
		e.Clock.Advance(tenantry.RefreshGrace - time.Millisecond)
		if diff := cmp.Diff(second, ok[tenantry.Issued](t)(c.refresh(t, r1))); diff != "" {
			t.Errorf("again within the grace (-first +again):\n%s", diff)
		}
		e.Clock.Advance(time.Millisecond)
		_, err := c.refresh(t, r1)
		wantCode(t, err, tenantry.Refused, "invalid_grant")
		if want := "Invalid grant: refresh token is invalid"; !strings.HasSuffix(err.Error(), want) {
			t.Errorf("says %v", err)
		}
		// The reuse ended the family; the access tokens live on (contract, decision 34).
		_, err = c.refresh(t, second.RefreshToken)
		wantCode(t, err, tenantry.Refused, "invalid_grant")
		if isRevoked(t, e, second) {
			t.Error("reuse revoked an access token")
		}
		types, last := events(t, e, e.LocA, tenantry.GrantRevoked)
		if len(types) != 1 || last["id"] != string(second.ID) || last["reason"] != "refresh token used again" {
			t.Errorf("events %v, last %v", types, last)
		}
	})
}

// TestRefreshGraceIsOneGeneration: once the next pair was used, the token before it has no grace.
func TestRefreshGraceIsOneGeneration(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		r1 := c.grant(t, c.one(e.LocA)).RefreshToken
		r2 := ok[tenantry.Issued](t)(c.refresh(t, r1)).RefreshToken
		r3 := ok[tenantry.Issued](t)(c.refresh(t, r2)).RefreshToken
		_, err := c.refresh(t, r1)
		wantCode(t, err, tenantry.Refused, "invalid_grant")
		for _, r := range []string{r2, r3} {
			_, err = c.refresh(t, r)
			wantCode(t, err, tenantry.Refused, "invalid_grant")
		}
	})
}

// TestRefreshAfterTheClockIsSetBack (requirement 18): no grace begins anew.
func TestRefreshAfterTheClockIsSetBack(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		r1 := c.grant(t, c.one(e.LocA)).RefreshToken
		ok[tenantry.Issued](t)(c.refresh(t, r1))
		e.Clock.Set(testkit.Start().Add(-time.Hour))
		_, err := c.refresh(t, r1)
		wantCode(t, err, tenantry.Refused, "invalid_grant")
	})
}

// TestRefreshesAtOnce (requirement 13): 100 at a time give one family and one pair.
func TestRefreshesAtOnce(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		r1 := c.grant(t, c.one(e.LocA)).RefreshToken
		pairs := make([]tenantry.Issued, 100)
		var wg sync.WaitGroup
		for i := range pairs {
			wg.Go(func() {
				var err error
				if pairs[i], err = c.Store.RefreshGrant(t.Context(), c.app.ID, r1); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, pair := range pairs {
			if diff := cmp.Diff(pairs[0], pair); diff != "" {
				t.Fatalf("two pairs:\n%s", diff)
			}
		}
		if grants := e.Snapshot(t)["grants"]; len(grants) != 1 {
			t.Errorf("%d families", len(grants))
		}
		ok[tenantry.Issued](t)(c.refresh(t, pairs[0].RefreshToken))
	})
}

// TestRefreshRefusals change nothing: texts that were never issued, and another client's tokens.
func TestRefreshRefusals(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c, other := newClient(t, e), newClient(t, e)
		r1 := c.grant(t, c.one(e.LocA)).RefreshToken
		r2 := ok[tenantry.Issued](t)(c.refresh(t, r1)).RefreshToken
		e.Clock.Advance(time.Minute)
		before := e.Snapshot(t)
		flipped := []byte(r2)
		flipped[25] ^= 1
		for _, token := range []string{"", "undefined", r2[:len(r2)-1], r2 + "x", string(flipped), r2[:20] + strings.Repeat("A", 65), strings.ToLower(r2), " " + r2} {
			_, err := c.refresh(t, token)
			wantCode(t, err, tenantry.Refused, "invalid_grant")
		}
		for _, token := range []string{r1, r2} { // not even a used one of another app ends its family
			_, err := other.refresh(t, token)
			wantCode(t, err, tenantry.Refused, "invalid_grant")
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refusal wrote:\n%s", diff)
		}
		ok[tenantry.Issued](t)(c.refresh(t, r2))
	})
}

func TestRefreshTokenExpires(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		a, b := c.grant(t, c.one(e.LocA)), c.grant(t, c.one(e.LocB))
		e.Clock.Advance(tenantry.RefreshTTL - time.Millisecond)
		ok[tenantry.Issued](t)(c.refresh(t, a.RefreshToken))
		e.Clock.Advance(time.Millisecond)
		_, err := c.refresh(t, b.RefreshToken)
		wantCode(t, err, tenantry.Refused, "invalid_grant")
	})
}

// TestPausedLocation: the refresh token is not used up, and works again after a resume
// (contract, section 2.2).
func TestPausedLocation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		token := c.grant(t, c.one(e.LocA)).RefreshToken
		pause := func(paused bool) {
			t.Helper()
			if l := ok[tenantry.Location](t)(e.Store.PauseLocation(ctx, e.LocA, tenantry.System(), paused)); l.Active == paused {
				t.Errorf("paused %v, active %v", paused, l.Active)
			}
		}
		pause(true)
		pause(true)
		_, err := c.refresh(t, token)
		wantCode(t, err, tenantry.Refused, "location_inactive")
		wantCode(t, e.Store.CreateCode(ctx, "paused", c.one(e.LocA)), tenantry.Refused, "location_inactive")
		pause(false)
		ok[tenantry.Issued](t)(c.refresh(t, token))
		types, _ := events(t, e, e.LocA, tenantry.LocationPaused, tenantry.LocationResumed)
		if diff := cmp.Diff([]tenantry.EventType{tenantry.LocationPaused, tenantry.LocationResumed}, types); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if _, err := e.Store.PauseLocation(ctx, "unknown", tenantry.System(), true); tenantry.KindOf(err) != tenantry.NoAccess {
			t.Errorf("pausing nothing gives %v", err)
		}
	})
}

// TestRevokeRefreshToken (requirement 17): the grant ends with its access tokens and with what
// was exchanged for it; what is no token of the app does nothing.
func TestRevokeRefreshToken(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c, other := t.Context(), newClient(t, e), newClient(t, e)
		agency := c.grant(t, c.some(e.LocA))
		location := ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, caller(agency), e.LocA))
		bystander := other.grant(t, other.one(e.LocA))
		before := e.Snapshot(t)
		for _, token := range []string{"", "x", bystander.RefreshToken} {
			if err := e.Store.RevokeRefreshToken(ctx, tenantry.System(), c.app.ID, token); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("revoking nothing wrote:\n%s", diff)
		}
		ok[tenantry.Issued](t)(c.refresh(t, agency.RefreshToken))
		if err := e.Store.RevokeRefreshToken(ctx, tenantry.System(), c.app.ID, agency.RefreshToken); err != nil { // a used one
			t.Fatal(err)
		}
		for _, i := range []tenantry.Issued{agency, location} {
			_, err := c.refresh(t, i.RefreshToken)
			wantCode(t, err, tenantry.Refused, "invalid_grant")
			if !isRevoked(t, e, i) {
				t.Errorf("access token %s is good", i.TokenID)
			}
		}
		if isRevoked(t, e, bystander) {
			t.Error("another app's token was revoked")
		}
		ok[tenantry.Issued](t)(other.refresh(t, bystander.RefreshToken))
	})
}
