package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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
	c := newLocationCache(locationCacheSize)
	for i := range 3 * locationCacheSize {
		_, epoch := c.find("")
		c.keep(&tenantry.Location{ID: tenantry.LocationID(fmt.Sprint(i))}, epoch)
	}
	if len(c.rows) != locationCacheSize {
		t.Errorf("%d rows", len(c.rows))
	}
}

// TestLocationsAreWrittenInOneWay: a statement that changes locations and does not tell the cache would
// make it lie.
func TestLocationsAreWrittenInOneWay(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	writes := regexp.MustCompile("(?i)(.*)[`\"](INSERT INTO|UPDATE|DELETE FROM|INSERT OR \\w+ INTO|REPLACE INTO)\\s+locations\\b")
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file) //nolint:gosec // of this package
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range writes.FindAllStringSubmatch(string(text), -1) {
			found++
			if !strings.Contains(m[1], "writeLocation(ctx, ") && !strings.Contains(m[1], "locationStatement = ") {
				t.Errorf("%s: %s", file, m[0])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d statements were found", found)
	}
}
