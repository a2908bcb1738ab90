package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// eachTestStore runs a test on each engine, on a store with one location. The tests of
// other packages have testkit for this, which imports this package.
func eachTestStore(t *testing.T, test func(t *testing.T, s *Store, loc tenantry.LocationID)) {
	t.Run("sqlite", func(t *testing.T) {
		s, loc := newTestStore(t)
		test(t, s, loc)
	})
	t.Run("postgres", func(t *testing.T) {
		server := pgtest.Start(t)
		s, loc := testStoreAt(t, server.URL(server.Empty(t)))
		test(t, s, loc)
	})
}

func newTestStore(t *testing.T) (*Store, tenantry.LocationID) {
	t.Helper()
	return testStoreAt(t, "sqlite:"+filepath.Join(t.TempDir(), "tenantry.db"))
}

// testStoreAt opens a store with one location on an empty database.
func testStoreAt(t *testing.T, url string) (*Store, tenantry.LocationID) {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{Durability: db.Relaxed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s, err := New(d, make([]byte, KeySize), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	company, err := s.CreateCompany(t.Context(), "Agency", "")
	if err != nil {
		t.Fatal(err)
	}
	name := "Location"
	l, err := s.CreateLocation(t.Context(), company, tenantry.System(), tenantry.LocationPatch{Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	return s, l.ID
}

// stored is what the store keeps of a location's tags, outbox and audit trail.
func stored(t *testing.T, s *Store, loc tenantry.LocationID) [3]any {
	t.Helper()
	tags, err1 := s.Tags(t.Context(), loc)
	events, err2 := s.Events(t.Context(), loc)
	audit, err3 := s.Audit(t.Context(), loc)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return [3]any{tags, events, audit}
}

// TestUseCaseIsAtomic (requirements 35 and 50): a use case that fails or panics after its
// writes leaves neither a row, nor an event, nor an audit record, and the store goes on.
func TestUseCaseIsAtomic(t *testing.T) {
	eachTestStore(t, func(t *testing.T, s *Store, loc tenantry.LocationID) {
		failure := errors.New("failed on purpose")
		half := func(end func() error) error {
			return s.inLocation(t.Context(), loc, func(ctx context.Context, t *tx) error {
				_, err := t.Exec(ctx, `INSERT INTO tags (location_id, id, name, created_at, updated_at) VALUES ($1, $2, 'half', 1, 1)`, loc, t.newID())
				if err != nil {
					return err
				}
				tag := tenantry.Tag{ID: "half", LocationID: loc, Name: "half"}
				if err := t.record(ctx, change{event: tenantry.TagCreated, resource: "half", after: tag, payload: tagPayload(tag)}); err != nil {
					return err
				}
				return end()
			})
		}
		before := stored(t, s, loc)
		if err := half(func() error { return failure }); !errors.Is(err, failure) {
			t.Errorf("the failing use case returns %v", err)
		}
		func() {
			defer func() {
				if p, ok := recover().(*db.Panic); !ok || p.Value != failure {
					t.Errorf("the panic arrives as %v", p)
				}
			}()
			_ = half(func() error { panic(failure) })
		}()
		if diff := cmp.Diff(before, stored(t, s, loc)); diff != "" {
			t.Errorf("half a use case is left:\n%s", diff)
		}
		if err := half(func() error { return nil }); err != nil {
			t.Errorf("the next use case fails: %v", err)
		}
		if tags, err := s.Tags(t.Context(), loc); err != nil || len(tags) != 1 {
			t.Errorf("the next use case keeps %d tags, error %v", len(tags), err)
		}
	})
}
