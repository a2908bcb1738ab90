package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tenantry/tenantry"
)

// TestTheCacheIsNeverStale: who reads after a write was answered sees it, or a later one, by id and in
// a search; a search never mixes two states. Writers raise a number in a location's name.
func TestTheCacheIsNeverStale(t *testing.T) {
	eachTestStore(t, func(t *testing.T, s *Store, loc tenantry.LocationID) {
		l, err := s.Location(t.Context(), loc)
		if err != nil {
			t.Fatal(err)
		}
		name := func(n int64) *string { text := fmt.Sprintf("%d", n); return &text }
		number := func(l tenantry.Location) (n int64) { _, _ = fmt.Sscan(l.Name, &n); return n }
		update := func(n int64) {
			if _, err := s.UpdateLocation(t.Context(), loc, tenantry.System(), tenantry.LocationPatch{Name: name(n)}); err != nil {
				t.Error(err)
			}
		}
		update(0)
		var answered atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for ctx.Err() == nil {
					atLeast := answered.Load()
					read, err := s.Location(t.Context(), loc)
					if err != nil || number(read) < atLeast {
						t.Errorf("read %q after %d was answered: %v", read.Name, atLeast, err)
					}
					atLeast = max(atLeast, number(read))
					page, err := s.SearchLocations(t.Context(), l.CompanyID, tenantry.LocationFilter{Limit: 10})
					if err != nil || len(page.Items) != page.Total || number(page.Items[0]) < atLeast {
						t.Errorf("found %d of %d after %d was answered: %v", len(page.Items), page.Total, atLeast, err)
					}
				}
			})
		}
		for n := range int64(300) {
			update(n + 1)
			answered.Store(n + 1)
			if n%50 == 0 { // a create that fails half way, and locations that come and go
				made, err := s.CreateLocation(t.Context(), l.CompanyID, tenantry.System(), tenantry.LocationPatch{Name: name(1 << 40)})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.DeleteLocation(t.Context(), made.ID, tenantry.System()); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Location(t.Context(), made.ID); tenantry.KindOf(err) != tenantry.NoAccess {
					t.Errorf("a deleted location: %v", err)
				}
			}
		}
		stop()
		readers.Wait()
	})
}

// TestAnUndoneWriteIsNotCached: neither an error nor a panic in the transaction leaves a row behind
// that was never committed, or a location that is never cached again.
func TestAnUndoneWriteIsNotCached(t *testing.T) {
	s, loc := newTestStore(t)
	for _, end := range []func() error{func() error { return os.ErrInvalid }, func() error { panic("end") }} {
		func() {
			defer func() { _ = recover() }() // the panic of the test
			_ = s.inLocation(t.Context(), loc, func(ctx context.Context, x *tx) error {
				if err := x.writeLocation(ctx, `UPDATE locations SET name = 'never' WHERE location_id = $1`, loc); err != nil {
					t.Error(err)
				}
				return end()
			})
		}()
		for range 2 {
			if l, err := s.Location(t.Context(), loc); err != nil || l.Name != "Location" {
				t.Errorf("%q, %v", l.Name, err)
			}
		}
		if kept, _ := s.locations.find(loc); kept == nil {
			t.Error("the location is not cached any more")
		}
	}
}

// TestTheCacheHasAnEnd: it holds no more than its size.
func TestTheCacheHasAnEnd(t *testing.T) {
	c := newRowCache[tenantry.LocationID, tenantry.Location](locationCacheSize)
	for i := range 3 * locationCacheSize {
		_, epoch := c.find("")
		c.keep(tenantry.LocationID(fmt.Sprint(i)), &tenantry.Location{}, epoch)
	}
	if len(c.rows) != locationCacheSize {
		t.Errorf("%d rows", len(c.rows))
	}
}

// TestCachedRowsAreWrittenInOneWay: a statement that changes locations or apps and does not tell the
// cache would make it lie.
func TestCachedRowsAreWrittenInOneWay(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	writes := regexp.MustCompile("(?i)(.*)[`\"](?:INSERT INTO|UPDATE|DELETE FROM|INSERT OR \\w+ INTO|REPLACE INTO)\\s+(locations|apps|app_secrets)\\b")
	ways := regexp.MustCompile(`write(Location|App)\(ctx, $|locationStatement = $|(location|app)Statement\($`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file) //nolint:gosec // of this package
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range writes.FindAllStringSubmatch(string(text), -1) {
			found[m[2]]++
			if !ways.MatchString(m[1]) {
				t.Errorf("%s: %s", file, m[0])
			}
		}
	}
	if found["locations"] < 5 || found["apps"] < 3 || found["app_secrets"] < 2 {
		t.Errorf("only these statements were found: %v", found)
	}
}

// TestAnAppIsCachedAsItIs: what is done to an app and its secrets is so at once for who comes with
// credentials, though both are cached.
func TestAnAppIsCachedAsItIs(t *testing.T) {
	s, loc := newTestStore(t)
	l, err := s.Location(t.Context(), loc)
	if err != nil {
		t.Fatal(err)
	}
	app, err := s.CreateApp(t.Context(), tenantry.System(), tenantry.App{
		Name: "App", CompanyID: l.CompanyID, RedirectURIs: []string{"https://app.example/cb"}, Scopes: tenantry.Scopes(),
		Target: tenantry.SubAccount, Distribution: tenantry.PrivateApp,
	}, "one")
	if err != nil {
		t.Fatal(err)
	}
	client := string(app.ClientID())
	good := func(hashes ...string) {
		t.Helper()
		for _, hash := range []string{"one", "two", "three"} {
			for range 2 {
				_, err := s.AuthenticateApp(t.Context(), client, hash)
				if slices.Contains(hashes, hash) != (err == nil) || (err != nil && tenantry.KindOf(err) != tenantry.Unauthenticated) {
					t.Errorf("secret %s: %v", hash, err)
				}
			}
		}
	}
	good("one")
	if kept, _ := s.apps.find(app.ID); kept == nil {
		t.Error("the app is not cached")
	}
	for _, step := range []struct {
		hash string
		good []string
	}{{"two", []string{"one", "two"}}, {"three", []string{"two", "three"}}} {
		if _, err := s.RotateAppSecret(t.Context(), tenantry.System(), app.ID, step.hash); err != nil {
			t.Fatal(err)
		}
		good(step.good...)
	}
	if err := s.DeleteApp(t.Context(), tenantry.System(), app.ID); err != nil {
		t.Fatal(err)
	}
	good()
	if _, err := s.AuthenticateApp(t.Context(), client[:len(client)-1]+"_", "three"); tenantry.KindOf(err) != tenantry.Unauthenticated {
		t.Errorf("another client id: %v", err)
	}
}
