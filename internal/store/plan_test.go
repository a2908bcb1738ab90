package store

import (
	"context"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// crowd fills the tables that background work polls: many live locations with series
// that are far off, a few that are due, a few deleted ones.
func crowd(t *testing.T, s *Store, like tenantry.LocationID) {
	t.Helper()
	company, err := s.LocationCompany(t.Context(), like)
	if err != nil {
		t.Fatal(err)
	}
	const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) `
	err = s.db.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		tx.Across("a test")
		_, err := tx.Exec(ctx, `INSERT INTO locations (location_id, company_id, name, created_at, updated_at, deleted_at) `+numbers+
			`SELECT printf('L%05d', i), $1, 'n', i, i, CASE WHEN i % 1000 = 0 THEN i END FROM n`, company)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO recurring_tasks (location_id, id, title, rule, next_occurrence_at, created_at, updated_at) `+numbers+
			`SELECT printf('L%05d', i), 'r', 't', '{}', i, i, i FROM n`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// plan tells how the engine would run a query.
func plan(t *testing.T, s *Store, query string, args ...any) (text string) {
	t.Helper()
	err := s.db.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		tx.Across("a test")
		steps, err := db.All(ctx, tx, func(r db.Row) (detail string, err error) {
			var id, parent, unused int
			return detail, r.Scan(&id, &parent, &unused, &detail)
		}, `EXPLAIN QUERY PLAN `+query, args...)
		text = strings.Join(steps, "; ")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPollsReadWhatIsDue and nothing else: an idle server polls each second, however many
// locations there are. What the planner knows must not change its mind.
func TestPollsReadWhatIsDue(t *testing.T) {
	s, loc := newTestStore(t)
	crowd(t, s, loc)
	check := func(when string) {
		t.Helper()
		for index, query := range map[string]string{
			"USING INDEX recurring_tasks_due (":        dueLocations,
			"USING COVERING INDEX locations_deleted (": deletedLocations,
		} {
			args := []any{0, "", 10}
			if query == dueLocations {
				args = []any{5, 0, "", 10}
			}
			if got := plan(t, s, query, args...); !strings.Contains(got, "SEARCH") || !strings.Contains(got, index) || strings.Contains(got, "TEMP") {
				t.Errorf("%s: %s", when, got)
			}
		}
	}
	check("without statistics")
	err := s.db.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		tx.Across("a test")
		_, err := tx.Exec(ctx, `ANALYZE`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	check("with statistics")
}

// TestListsAreReadInOrder: none is sorted first, whatever it has grown to.
func TestListsAreReadInOrder(t *testing.T) {
	s, loc := newTestStore(t)
	for name, query := range map[string]string{
		"events": eventsOf, "audit": auditOf, "custom values": customValuesOf, "recurring tasks": recurringTasksOf,
	} {
		if got := plan(t, s, query, loc); !strings.Contains(got, "SEARCH") || strings.Contains(got, "TEMP") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
