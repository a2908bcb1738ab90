package store_test

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestReplicasSeeEachOther: what one process wrote to a location the next read of another sees, by
// id and in a search, and neither keeps a location that the other has deleted.
func TestReplicasSeeEachOther(t *testing.T) {
	url := testkit.PostgresURL(t)
	one, other := replica(t, url), replica(t, url)
	ctx := t.Context()
	company := ok[tenantry.CompanyID](t)(one.CreateCompany(ctx, "Agency", ""))
	name := "first"
	loc := ok[tenantry.Location](t)(one.CreateLocation(ctx, company, tenantry.System(), tenantry.LocationPatch{Name: &name})).ID
	for _, name := range []string{"first", "second", "third"} {
		writer, reader := one, other
		for range 2 {
			if _, err := writer.UpdateLocation(ctx, loc, tenantry.System(), tenantry.LocationPatch{Name: &name}); err != nil {
				t.Fatal(err)
			}
			read := ok[tenantry.Location](t)(reader.Location(ctx, loc))
			found := ok[tenantry.Page[tenantry.Location]](t)(reader.SearchLocations(ctx, company, tenantry.LocationFilter{Limit: 10}))
			if read.Name != name || found.Total != 1 || len(found.Items) != 1 || found.Items[0].Name != name {
				t.Errorf("wrote %q, read %q, found %+v", name, read.Name, found)
			}
			writer, reader = reader, writer
		}
	}
	if err := one.DeleteLocation(ctx, loc, tenantry.System()); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Location(ctx, loc); tenantry.KindOf(err) != tenantry.NoAccess {
		t.Errorf("a deleted location: %v", err)
	}
	if _, err := other.LocationCompany(ctx, loc); tenantry.KindOf(err) != tenantry.NoAccess {
		t.Errorf("the agency of a deleted location: %v", err)
	}
}

// TestReadOnce: in the context of a request a location is read once, until the request writes; the
// requests after it see what others wrote.
func TestReadOnce(t *testing.T) {
	url := testkit.PostgresURL(t)
	one, other := replica(t, url), replica(t, url)
	company := ok[tenantry.CompanyID](t)(one.CreateCompany(t.Context(), "Agency", ""))
	rename := func(ctx context.Context, s *store.Store, loc tenantry.LocationID, name string) {
		if _, err := s.UpdateLocation(ctx, loc, tenantry.System(), tenantry.LocationPatch{Name: &name}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(ctx context.Context, loc tenantry.LocationID, name string) {
		t.Helper()
		if l := ok[tenantry.Location](t)(one.Location(ctx, loc)); l.ID != loc || l.Name != name {
			t.Errorf("read %q as %s, want %q of %s", l.Name, l.ID, name, loc)
		}
	}
	name := "first"
	loc := ok[tenantry.Location](t)(one.CreateLocation(t.Context(), company, tenantry.System(), tenantry.LocationPatch{Name: &name})).ID
	second := ok[tenantry.Location](t)(one.CreateLocation(t.Context(), company, tenantry.System(), tenantry.LocationPatch{Name: &name})).ID
	request := store.ReadOnce(t.Context())
	want(request, loc, "first")
	rename(t.Context(), other, loc, "another's")
	want(request, loc, "first")
	want(store.ReadOnce(t.Context()), loc, "another's")
	rename(request, one, loc, "own")
	want(request, loc, "own")
	want(request, second, "first")
	if err := other.DeleteLocation(t.Context(), second, tenantry.System()); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Location(store.ReadOnce(t.Context()), second); tenantry.KindOf(err) != tenantry.NoAccess {
		t.Errorf("a deleted location: %v", err)
	}
}

// replica is the store of one more process on the database.
func replica(t *testing.T, url string) *store.Store {
	t.Helper()
	d := ok[*db.DB](t)(db.Open(t.Context(), url, db.Options{Durability: db.Relaxed}))
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return ok[*store.Store](t)(store.New(d, make([]byte, store.KeySize), testkit.NewClock(testkit.Start()).Now))
}
