package store_test

import (
	"strconv"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// BenchmarkFence compares what row-level security costs a read and a write of one row.
func BenchmarkFence(b *testing.B) {
	databaseURL := testkit.PostgresURL(b)
	for name, parameter := range map[string]string{"on": "", "off": "&fence=off"} {
		d, err := db.Open(b.Context(), databaseURL+parameter, db.Options{Durability: db.Relaxed})
		if err != nil {
			b.Fatal(err)
		}
		s, err := store.New(d, make([]byte, store.KeySize), testkit.NewClock(testkit.Start()).Now)
		if err != nil {
			b.Fatal(err)
		}
		company, err := s.CreateCompany(b.Context(), "Agency", "")
		if err != nil {
			b.Fatal(err)
		}
		l, err := s.CreateLocation(b.Context(), company, tenantry.System(), tenantry.LocationPatch{})
		if err != nil {
			b.Fatal(err)
		}
		tag, err := s.CreateTag(b.Context(), l.ID, tenantry.System(), "first")
		if err != nil {
			b.Fatal(err)
		}
		b.Run("read/"+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Tag(b.Context(), l.ID, tag.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("write/"+name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if _, err := s.UpdateTag(b.Context(), l.ID, tenantry.System(), tag.ID, strconv.Itoa(i)); err != nil {
					b.Fatal(err)
				}
			}
		})
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
