package store

import (
	"testing"

	"github.com/tenantry/tenantry"
)

// TestLocationsAreMadeTogether: all of them or none, counted and recorded as those made one by one.
func TestLocationsAreMadeTogether(t *testing.T) {
	eachTestStore(t, func(t *testing.T, s *Store, loc tenantry.LocationID) {
		l, err := s.Location(t.Context(), loc)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"One", "Two", "Three"}
		var patches []tenantry.LocationPatch
		for _, name := range names {
			patches = append(patches, tenantry.LocationPatch{Name: &name})
		}
		made, err := s.CreateLocations(t.Context(), l.CompanyID, tenantry.System(), patches)
		if err != nil || len(made) != len(names) {
			t.Fatalf("%v, %v", made, err)
		}
		for i, m := range made {
			read, err := s.Location(t.Context(), m.ID)
			if err != nil || read.Name != names[i] {
				t.Errorf("%q: %q, %v", names[i], read.Name, err)
			}
			events, err := s.Events(t.Context(), m.ID)
			if err != nil || len(events) != 1 || events[0].Type != tenantry.LocationCreated {
				t.Errorf("%q: %v, %v", names[i], events, err)
			}
		}
		if _, err := s.CreateLocations(t.Context(), "nobody", tenantry.System(), patches); tenantry.KindOf(err) != tenantry.NoAccess {
			t.Errorf("an unknown company: %v", err)
		}
		page, err := s.SearchLocations(t.Context(), l.CompanyID, tenantry.LocationFilter{Limit: 10})
		if err != nil || page.Total != 1+len(names) || len(page.Items) != page.Total {
			t.Errorf("%d of %d, %v", len(page.Items), page.Total, err)
		}
	})
}
