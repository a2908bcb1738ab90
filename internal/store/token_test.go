package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

func TestPrivateTokens(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, by := t.Context(), tenantry.System()
		scopes := []tenantry.Scope{tenantry.TagsRead}
		expires := testkit.Start().Add(time.Hour)
		create := func(hash string, c tenantry.Caller, expiresAt time.Time) tenantry.TokenID {
			t.Helper()
			c.Scopes = scopes
			return ok[tenantry.Caller](t)(e.Store.CreateToken(ctx, by, hash, "name", c, expiresAt)).TokenID
		}
		agency := create("h1", tenantry.Caller{Class: tenantry.Agency, CompanyID: e.CompanyB}, time.Time{})
		location := create("h2", tenantry.Caller{Class: tenantry.SubAccount, LocationID: e.LocX}, expires)
		page := ok[tenantry.Page[tenantry.PrivateToken]](t)(e.Store.PrivateTokens(ctx, tenantry.PrivateTokenFilter{CompanyID: e.CompanyB, Limit: 9}))
		want := []tenantry.PrivateToken{
			{ID: agency, Name: "name", CompanyID: e.CompanyB, Scopes: scopes, CreatedAt: testkit.Start()},
			{ID: location, Name: "name", CompanyID: e.CompanyB, LocationID: e.LocX, Scopes: scopes, CreatedAt: testkit.Start(), ExpiresAt: expires},
		}
		got := slices.DeleteFunc(page.Items, func(p tenantry.PrivateToken) bool { return p.Name == "test" }) // the Env's own
		if diff := cmp.Diff(want, got); diff != "" || page.Total != 4 {
			t.Errorf("total %d (-want +got):\n%s", page.Total, diff)
		}
		page = ok[tenantry.Page[tenantry.PrivateToken]](t)(e.Store.PrivateTokens(ctx, tenantry.PrivateTokenFilter{LocationID: e.LocX, After: agency, Limit: 1}))
		if page.Total != 2 || len(page.Items) != 1 || page.Items[0].ID != location {
			t.Errorf("page is %+v", page)
		}
		good := func(hash string, want bool) {
			t.Helper()
			_, err := e.Store.TokenCaller(ctx, hash)
			if (err == nil) != want || (err != nil && tenantry.KindOf(err) != tenantry.NotFound) {
				t.Errorf("%q: %v", hash, err)
			}
		}
		good("h1", true)
		good("h2", true)
		good("", false)
		e.Clock.Set(expires)
		good("h1", true)
		good("h2", false)
		// Rotation with an overlap, then without.
		until := expires.Add(time.Minute)
		if p := ok[tenantry.PrivateToken](t)(e.Store.RotateToken(ctx, by, agency, "h3", until)); !p.PreviousUntil.Equal(until) || p.ID != agency {
			t.Errorf("rotated %+v", p)
		}
		good("h1", true)
		good("h3", true)
		e.Clock.Set(until)
		good("h1", false)
		good("h3", true)
		ok[tenantry.PrivateToken](t)(e.Store.RotateToken(ctx, by, agency, "h4", time.Time{}))
		good("h3", false)
		good("h4", true)
		if _, err := e.Store.RotateToken(ctx, by, agency, "h5", until.Add(tenantry.MaxRotationOverlap+time.Second)); tenantry.KindOf(err) != tenantry.Invalid {
			t.Errorf("a long overlap: %v", err)
		}
		if err := e.Store.DeleteToken(ctx, by, agency); err != nil {
			t.Fatal(err)
		}
		good("h4", false)
		_, err := e.Store.RotateToken(ctx, by, agency, "h5", time.Time{})
		for _, err := range []error{err, e.Store.DeleteToken(ctx, by, agency)} {
			if tenantry.KindOf(err) != tenantry.NotFound {
				t.Errorf("of a deleted token: %v", err)
			}
		}
		if err := e.Store.DeleteLocation(ctx, e.LocX, by); err != nil {
			t.Fatal(err)
		}
		if page := ok[tenantry.Page[tenantry.PrivateToken]](t)(e.Store.PrivateTokens(ctx, tenantry.PrivateTokenFilter{LocationID: e.LocX, Limit: 9})); page.Total != 0 {
			t.Errorf("a deleted location's tokens are listed: %+v", page)
		}
		_, err = e.Store.CreateToken(ctx, by, "h6", "", tenantry.Caller{Class: tenantry.Agency, CompanyID: e.CompanyB, Scopes: []tenantry.Scope{tenantry.OAuthWrite}}, time.Time{})
		if tenantry.KindOf(err) != tenantry.Invalid {
			t.Errorf("a private token with an OAuth scope: %v", err)
		}
	})
}

// TestTokenUse is written by a flush, and by no request.
func TestTokenUse(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		id := ok[tenantry.Caller](t)(e.Store.CreateToken(ctx, tenantry.System(), "h", "", tenantry.Caller{Class: tenantry.Agency, CompanyID: e.CompanyB}, time.Time{})).TokenID
		used := func() time.Time {
			t.Helper()
			for _, p := range ok[tenantry.Page[tenantry.PrivateToken]](t)(e.Store.PrivateTokens(ctx, tenantry.PrivateTokenFilter{CompanyID: e.CompanyB, Limit: 9})).Items {
				if p.ID == id {
					return p.LastUsedAt
				}
			}
			return time.Time{}
		}
		if err := e.Store.FlushTokenUse(ctx); err != nil || !used().IsZero() {
			t.Errorf("used %v before its use: %v", used(), err)
		}
		for range 3 {
			e.Clock.Advance(time.Second)
			ok[tenantry.Caller](t)(e.Store.TokenCaller(ctx, "h"))
		}
		if !used().IsZero() {
			t.Error("a request wrote")
		}
		if err := e.Store.FlushTokenUse(ctx); err != nil || !used().Equal(testkit.Start().Add(3*time.Second)) {
			t.Errorf("used %v: %v", used(), err)
		}
	})
}

func TestSigningKeyRotation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		first := ok[[]store.SigningKey](t)(e.Store.SigningKeys(ctx))[0] // the Env's
		key := func(id string, age time.Duration) store.SigningKey {
			return store.SigningKey{ID: id, Private: []byte(id), CreatedAt: first.CreatedAt.Add(age)}
		}
		second, third := key("second", time.Hour), key("third", 2*time.Hour)
		for _, err := range []error{
			e.Store.RotateSigningKeys(ctx, tenantry.System(), second, nil),
			e.Store.RotateSigningKeys(ctx, tenantry.System(), third, []string{first.ID, "unknown"}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]store.SigningKey{third, second}, ok[[]store.SigningKey](t)(e.Store.SigningKeys(ctx))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if err := e.Store.RotateSigningKeys(ctx, tenantry.System(), third, []string{"second"}); err == nil {
			t.Error("a key is there twice")
		}
		if keys := ok[[]store.SigningKey](t)(e.Store.SigningKeys(ctx)); len(keys) != 2 {
			t.Errorf("a failed rotation left %v", keys)
		}
	})
}
