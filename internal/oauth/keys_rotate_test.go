package oauth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestRotateKeys: what a server signed before the rotation is good for a server that starts
// after it; a key goes when nothing that it signed is alive.
func TestRotateKeys(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		clock := testkit.NewClock(testkit.Start())
		s, err := store.New(d, make([]byte, store.KeySize), clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		ids := func() (ids []string) {
			t.Helper()
			kept, err := s.SigningKeys(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range kept {
				ids = append(ids, k.ID)
			}
			return ids
		}
		rotate := func(r oauth.Rotation, now time.Time) oauth.Key {
			t.Helper()
			set, err := oauth.RotateKeys(t.Context(), s, tenantry.System(), r, now)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, k := range set.Keys() {
				left = append(left, k.ID)
			}
			if kept := ids(); !slices.Equal(kept, left) {
				t.Fatalf("kept %v, told %v", kept, left)
			}
			return set.Keys()[0]
		}
		first := rotate(oauth.Rotation{}, clock.Now()) // of a database that was never served
		second := rotate(oauth.Rotation{}, clock.Now())
		if !slices.Equal(ids(), []string{second.ID, first.ID}) {
			t.Errorf("in the same millisecond: %v, want %s first", ids(), second.ID)
		}
		third := rotate(oauth.Rotation{RSA: true}, clock.Now().Add(-time.Hour))
		if kept := ids(); kept[0] != third.ID || third.Algorithm() != "RS256" || len(kept) != 3 {
			t.Errorf("with the clock set back: %v, want %s first", kept, third.ID)
		}
		clock.Advance(oauth.RotationOverlap + time.Second)
		fourth := rotate(oauth.Rotation{}, clock.Now())
		if !slices.Equal(ids(), []string{fourth.ID, third.ID}) {
			t.Errorf("%v: only the tokens of %s can be alive", ids(), third.ID)
		}
		if fifth := rotate(oauth.Rotation{EndOlder: true}, clock.Now()); !slices.Equal(ids(), []string{fifth.ID}) {
			t.Errorf("%v, want the new key only", ids())
		}
	})
}

func TestNewClientSecretsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		secret := oauth.NewClientSecret()
		if len(secret) != 36 || secret[14] != '4' || seen[secret] {
			t.Fatalf("%q is no UUID of version 4, or was made twice", secret)
		}
		seen[secret] = true
	}
}
