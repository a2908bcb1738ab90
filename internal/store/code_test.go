package store_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestCodeReplay (requirement 9): a second use is refused, and ends what the first gave.
func TestCodeReplay(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c, ctx := newClient(t, e), t.Context()
		code := c.code(t, c.some(e.LocA, e.LocB))
		if !ok[bool](t)(e.Store.CodeExists(ctx, code)) || ok[bool](t)(e.Store.CodeExists(ctx, hashOf("x"))) {
			t.Error("the wrong code exists")
		}
		agency := ok[tenantry.Issued](t)(c.exchange(t, code))
		location := ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, caller(agency), e.LocA))
		refreshed := ok[tenantry.Issued](t)(c.refresh(t, agency.RefreshToken))
		if ok[bool](t)(e.Store.CodeExists(ctx, code)) {
			t.Error("a used code exists")
		}
		other := newClient(t, e)
		_, err := e.Store.ExchangeCode(ctx, code, tenantry.CodeExchange{AppID: other.app.ID})
		wantCode(t, err, tenantry.Unauthenticated, "invalid_grant")
		if isRevoked(t, e, refreshed) {
			t.Fatal("another app's replay ended the grant")
		}
		_, err = c.exchange(t, code)
		wantCode(t, err, tenantry.Unauthenticated, "invalid_grant")
		for _, i := range []tenantry.Issued{agency, refreshed, location} {
			if !isRevoked(t, e, i) {
				t.Errorf("access token %s is good", i.TokenID)
			}
			_, err = c.refresh(t, i.RefreshToken)
			wantCode(t, err, tenantry.Refused, "invalid_grant")
		}
	})
}

// TestCodeUsesAtOnce (requirement 9): of 20 at a time exactly one succeeds.
func TestCodeUsesAtOnce(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		code := c.code(t, c.one(e.LocA))
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := c.Store.ExchangeCode(t.Context(), code, tenantry.CodeExchange{AppID: c.app.ID})
				switch {
				case err == nil:
					won.Add(1)
				case tenantry.KindOf(err) != tenantry.Unauthenticated:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d exchanges succeeded", won.Load())
		}
	})
}

// TestCodeSurvivesAWrongExchange (X12): a refusal writes nothing and uses nothing up.
func TestCodeSurvivesAWrongExchange(t *testing.T) {
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c, other := t.Context(), newClient(t, e), newClient(t, e)
		consent := c.one(e.LocA)
		consent.Challenge = challenge
		code := c.code(t, consent)
		before := e.Snapshot(t)
		wrong := []tenantry.CodeExchange{
			{AppID: other.app.ID, Verifier: verifier},
			{AppID: c.app.ID},
			{AppID: c.app.ID, Verifier: strings.ToLower(verifier)},
			{AppID: c.app.ID, Verifier: challenge},
			{AppID: c.app.ID, Verifier: verifier, RedirectURI: callback + "/"},
		}
		for _, x := range wrong {
			if _, err := e.Store.ExchangeCode(ctx, code, x); err == nil {
				t.Errorf("%+v is taken", x)
			}
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refusal wrote:\n%s", diff)
		}
		ok[tenantry.Issued](t)(e.Store.ExchangeCode(ctx, code, tenantry.CodeExchange{AppID: c.app.ID, Verifier: verifier}))
	})
}

func TestCodeExpires(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		c := newClient(t, e)
		first, second := c.code(t, c.one(e.LocA)), c.code(t, c.one(e.LocB))
		e.Clock.Advance(tenantry.CodeTTL - time.Millisecond)
		ok[tenantry.Issued](t)(c.exchange(t, first))
		e.Clock.Advance(time.Millisecond)
		if ok[bool](t)(e.Store.CodeExists(t.Context(), second)) {
			t.Error("an expired code exists")
		}
		_, err := c.exchange(t, second)
		wantCode(t, err, tenantry.Unauthenticated, "invalid_grant")
	})
}

// TestCodeOfAConsentThatDoesNotHold: neither kept nor exchanged.
func TestCodeOfAConsentThatDoesNotHold(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		foreign, unknownApp, unknownUser := c.one(e.LocX), c.one(e.LocA), c.one(e.LocA)
		unknownApp.AppID, unknownUser.UserID = "x", "x"
		before := e.Snapshot(t)
		for kind, consent := range map[tenantry.Kind]tenantry.Consent{
			tenantry.NoAccess: foreign, tenantry.NotFound: unknownApp, tenantry.Invalid: c.some(),
		} {
			if err := e.Store.CreateCode(ctx, "hash", consent); tenantry.KindOf(err) != kind {
				t.Errorf("kind %v, want %v: %v", tenantry.KindOf(err), kind, err)
			}
		}
		for _, consent := range []tenantry.Consent{unknownUser, c.some(e.LocA, e.LocX), c.some(e.LocA, "unknown")} {
			if err := e.Store.CreateCode(ctx, "hash", consent); err == nil {
				t.Errorf("%+v is kept", consent)
			}
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refusal wrote:\n%s", diff)
		}
		code := c.code(t, c.some(e.LocA, e.LocB))
		if err := e.Store.DeleteLocation(ctx, e.LocB, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		_, err := c.exchange(t, code)
		wantCode(t, err, tenantry.Refused, "invalid_grant")
		if _, err := e.Store.Install(ctx, e.LocA, c.app.ID); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("half an install is left: %v", err)
		}
	})
}

// TestConsentAnew ends the refresh tokens of the same install, and no others; an uninstall
// still finds the access tokens of the earlier consent.
func TestConsentAnew(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, c := t.Context(), newClient(t, e)
		a, b := c.grant(t, c.one(e.LocA)), c.grant(t, c.one(e.LocB))
		agency := c.grant(t, c.some(e.LocA))
		location := ok[tenantry.Issued](t)(e.Store.ExchangeLocation(ctx, caller(agency), e.LocB))
		anew := c.grant(t, c.one(e.LocA))
		_, err := c.refresh(t, a.RefreshToken)
		wantCode(t, err, tenantry.Refused, "invalid_grant")
		for _, good := range []tenantry.Issued{b, agency, location, anew} {
			ok[tenantry.Issued](t)(c.refresh(t, good.RefreshToken))
		}
		agencyAnew := c.grant(t, c.some(e.LocB))
		for _, ended := range []tenantry.Issued{agency, location} {
			_, err := c.refresh(t, ended.RefreshToken)
			wantCode(t, err, tenantry.Refused, "invalid_grant")
			if isRevoked(t, e, ended) {
				t.Error("a new consent revoked an access token")
			}
		}
		ok[tenantry.Issued](t)(c.refresh(t, agencyAnew.RefreshToken))
		if err := e.Store.Uninstall(ctx, e.LocA, tenantry.System(), c.app.ID); err != nil {
			t.Fatal(err)
		}
		for _, i := range []tenantry.Issued{a, anew} {
			if !isRevoked(t, e, i) {
				t.Errorf("the access token of grant %s outlives the uninstall", i.ID)
			}
		}
		if isRevoked(t, e, b) || isRevoked(t, e, agencyAnew) {
			t.Error("an uninstall reached further than its location")
		}
	})
}
