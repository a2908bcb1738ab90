package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

func TestUserSignsIn(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, by := t.Context(), tenantry.System()
		made := ok[tenantry.User](t)(e.Store.CreateUser(ctx, by, tenantry.User{
			CompanyID: e.CompanyA, FirstName: "Ada", LastName: "Byron", Email: "Ada@A.test", ProfilePhoto: "https://a.test/p", Phone: "+1", Extension: "7",
			Type: tenantry.AccountUser, Role: tenantry.AdminRole, LocationIDs: []tenantry.LocationID{e.LocB, e.LocA, e.LocB},
		}))
		made.LocationIDs = []tenantry.LocationID{e.LocA, e.LocB}
		if diff := cmp.Diff(made, ok[tenantry.User](t)(e.Store.User(ctx, made.ID))); diff != "" {
			t.Errorf("(-created +read):\n%s", diff)
		}
		byEmail := func(email, wantHash string) {
			t.Helper()
			u, hash, err := e.Store.UserByEmail(ctx, email)
			if diff := cmp.Diff(made, u); err != nil || diff != "" || hash != wantHash {
				t.Errorf("hash %q, error %v (-created +found):\n%s", hash, err, diff)
			}
		}
		byEmail("ADA@a.test", "")
		session := ok[tenantry.Session](t)(e.Store.CreateSession(ctx, "session", made.ID))
		if err := e.Store.SetPassword(ctx, by, made.ID, "$argon2id$"); err != nil {
			t.Fatal(err)
		}
		byEmail("ada@A.TEST", "$argon2id$")
		if _, err := e.Store.Session(ctx, "session"); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("the session outlives the password: %v", err)
		}
		if !session.ExpiresAt.Equal(testkit.Start().Add(tenantry.SessionTTL)) {
			t.Errorf("session %+v", session)
		}
		for _, email := range []string{"", "ada@b.test", "%"} {
			if _, hash, err := e.Store.UserByEmail(ctx, email); tenantry.KindOf(err) != tenantry.NotFound || hash != "" {
				t.Errorf("%q: %v", email, err)
			}
		}
		if err := e.Store.SetPassword(ctx, by, "x", "hash"); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("a password for nobody: %v", err)
		}
	})
}

func TestUserIsRefused(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, by := t.Context(), tenantry.System()
		plain := ok[tenantry.User](t)(e.Store.CreateUser(ctx, by, tenantry.User{CompanyID: e.CompanyA, Email: "g@h.test"}))
		if plain.Type != tenantry.AgencyUser || plain.Role != tenantry.UserOnly {
			t.Errorf("by default a user is %s %s", plain.Type, plain.Role)
		}
		before := e.Snapshot(t)
		for kind, u := range map[tenantry.Kind]tenantry.User{
			tenantry.NotFound: {CompanyID: "x"},
			tenantry.Conflict: {CompanyID: e.CompanyB, Email: "G@H.test"},
			tenantry.Invalid:  {CompanyID: e.CompanyA, Type: "x", Role: "y"},
			tenantry.NoAccess: {CompanyID: e.CompanyA, LocationIDs: []tenantry.LocationID{e.LocA, e.LocX}},
		} {
			if _, err := e.Store.CreateUser(ctx, by, u); tenantry.KindOf(err) != kind {
				t.Errorf("%+v: %v", u, err)
			}
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refusal wrote:\n%s", diff)
		}
	})
}

func TestSessions(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, admin := t.Context(), newAdmin(t, e, e.CompanyA)
		a, b := ok[tenantry.Session](t)(e.Store.CreateSession(ctx, "a", admin.ID)), ok[tenantry.Session](t)(e.Store.CreateSession(ctx, "b", admin.ID))
		if diff := cmp.Diff(a, ok[tenantry.Session](t)(e.Store.Session(ctx, "a"))); diff != "" {
			t.Errorf("(-created +found):\n%s", diff)
		}
		for range 2 {
			if err := e.Store.DeleteSession(ctx, "a"); err != nil {
				t.Fatal(err)
			}
		}
		gone := func(hash string) {
			t.Helper()
			if _, err := e.Store.Session(ctx, hash); tenantry.KindOf(err) != tenantry.NotFound {
				t.Errorf("session %s: %v", hash, err)
			}
		}
		gone("a")
		gone("unknown")
		for e.Clock.Now().Before(b.ExpiresAt.Add(-20 * time.Minute)) { // somebody who goes on working
			e.Clock.Advance(10 * time.Minute)
			ok[tenantry.Session](t)(e.Store.Session(ctx, "b"))
		}
		e.Clock.Set(b.ExpiresAt.Add(-time.Millisecond))
		ok[tenantry.Session](t)(e.Store.Session(ctx, "b"))
		e.Clock.Advance(time.Millisecond)
		gone("b")
		if _, err := e.Store.CreateSession(ctx, "c", "x"); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("a session of nobody: %v", err)
		}
	})
}

// TestUsers are listed page by page with the live locations that they are assigned to.
func TestUsers(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		gone := e.Location(t, e.CompanyA, "Gone")
		user := func(company tenantry.CompanyID, locs ...tenantry.LocationID) tenantry.User {
			t.Helper()
			return ok[tenantry.User](t)(e.Store.CreateUser(ctx, tenantry.System(), tenantry.User{CompanyID: company, FirstName: "U", LocationIDs: locs}))
		}
		first, stranger, second := user(e.CompanyA, e.LocB, gone, e.LocA), user(e.CompanyB, e.LocX), user(e.CompanyA)
		last := user(e.CompanyA, e.LocB)
		if err := e.Store.DeleteLocation(ctx, gone, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		first.LocationIDs = []tenantry.LocationID{e.LocA, e.LocB}
		second.LocationIDs = nil
		for _, tt := range []struct {
			f     tenantry.UserFilter
			total int
			want  []tenantry.User
		}{
			{tenantry.UserFilter{Limit: 9}, 4, []tenantry.User{first, stranger, second, last}},
			{tenantry.UserFilter{CompanyID: e.CompanyA, Limit: 2}, 3, []tenantry.User{first, second}},
			{tenantry.UserFilter{CompanyID: e.CompanyA, Limit: 2, After: second.ID}, 3, []tenantry.User{last}},
			{tenantry.UserFilter{CompanyID: "nobody", Limit: 2}, 0, []tenantry.User{}},
		} {
			page := ok[tenantry.Page[tenantry.User]](t)(e.Store.Users(ctx, tt.f))
			if diff := cmp.Diff(tt.want, page.Items); diff != "" || page.Total != tt.total {
				t.Errorf("%+v: total %d (-want +got):\n%s", tt.f, page.Total, diff)
			}
		}
	})
}

// TestEqualUsersAtOnce (requirement 38): of fifty users with one e-mail address one is made.
func TestEqualUsersAtOnce(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		const n = 50
		failures := parallel(n, func(i int) error {
			_, err := e.Store.CreateUser(t.Context(), tenantry.System(), tenantry.User{CompanyID: e.CompanyA, Email: fmt.Sprintf("%c@once.test", "aA"[i%2])})
			return err
		})
		kinds := map[tenantry.Kind]int{}
		for _, err := range failures {
			if err != nil {
				kinds[tenantry.KindOf(err)]++
			}
		}
		if diff := cmp.Diff(map[tenantry.Kind]int{tenantry.Conflict: n - 1}, kinds); diff != "" {
			t.Errorf("refused (-want +got):\n%s", diff)
		}
	})
}
