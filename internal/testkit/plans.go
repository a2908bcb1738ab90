package testkit

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const (
	// crowdRows are what [Statements.CheckPlans] adds to each table.
	crowdRows = 20_000
	// crowdOwn are those of one tenant.
	crowdOwn = 4_000
	// crowdTenants have the rest.
	crowdTenants = 200
	// sortable rows may be sorted: more than the kinds that are limited and sorted have, see limit.go of the root package.
	sortable = 2_500
)

// Statements are those that ran on a database, with their arguments. It is safe for concurrent use.
type Statements struct {
	mu   sync.Mutex
	args map[string][]any
}

// EachTraced is [EachDB] with the statements that run.
func EachTraced(t *testing.T, test func(t *testing.T, d *db.DB, ran *Statements)) {
	t.Helper()
	for engine, url := range map[string]func(testing.TB) string{"sqlite": sqliteURL, "postgres": PostgresURL} {
		t.Run(engine, func(t *testing.T) {
			s := &Statements{args: map[string][]any{}}
			test(t, open(t, url(t), s.note), s)
		})
	}
}

func (s *Statements) note(query string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.args[query]; !known {
		s.args[query] = slices.Clone(args)
	}
}

// Forget drops what has run so far.
func (s *Statements) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.args)
}

// CheckPlans fills every table that they name with tens of thousands of rows, thousands of them the location's,
// and asks the engine how it would run each statement: none may read a whole table, nor
// sort what may be large. known tells, by a part of its text, why a statement may; it gives how
// many there were.
func (s *Statements) CheckPlans(t *testing.T, d *db.DB, company tenantry.CompanyID, loc tenantry.LocationID, known map[string]string) int {
	t.Helper()
	s.mu.Lock()
	ran := maps.Clone(s.args)
	s.mu.Unlock()
	crowd(t, d, strings.Join(slices.Collect(maps.Keys(ran)), "\n"), company, loc)
	for _, query := range slices.Sorted(maps.Keys(ran)) {
		excused := strings.HasPrefix(query, "SET ") // has no plan
		for part := range known {
			excused = excused || strings.Contains(query, part)
		}
		if excused {
			continue
		}
		if plan := explain(t, d, query, ran[query]); slices.ContainsFunc(plan, costly) {
			t.Errorf("%s\n\t%s", query, strings.Join(plan, "\n\t"))
		}
	}
	return len(ran)
}

// explain gives the steps of a statement's plan.
func explain(t *testing.T, d *db.DB, query string, args []any) (plan []string) {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		scan, how := func(r db.Row) (step string, err error) { return step, r.Scan(&step) }, `EXPLAIN `
		if d.Engine() == db.SQLite {
			how = `EXPLAIN QUERY PLAN `
			scan = func(r db.Row) (step string, err error) {
				var id, parent, unused int
				return step, r.Scan(&id, &parent, &unused, &step)
			}
		}
		plan, err = db.All(ctx, tx, scan, how+query, args...)
		return err
	})
	if err != nil {
		t.Errorf("%s: %v", query, err)
	}
	return plan
}

// small are the tables that have a few rows, however large a database grows.
func small() []string { return []string{"schema_versions", "settings", "signing_keys"} }

var (
	// scanStep is a step that reads a whole table, in the words of either engine.
	scanStep = regexp.MustCompile(`^\s*(?:->)?\s*(?:SCAN|Seq Scan on|Parallel Seq Scan on) (\w+)`)
	sortStep = regexp.MustCompile(`USE TEMP B-TREE FOR (?:ORDER|LAST)|Sort  \(.* rows=(\d+) `)
)

// costly tells a step whose cost grows with the database or its tenant.
func costly(step string) bool {
	if m := sortStep.FindStringSubmatch(step); m != nil {
		rows, err := strconv.Atoi(m[1])
		return err != nil || rows > sortable
	}
	m := scanStep.FindStringSubmatch(step)
	return m != nil && m[1] != "CONSTANT" && !strings.Contains(step, "VIRTUAL TABLE") && !slices.Contains(small(), m[1])
}

// crowd fills the tables that are named.
func crowd(t *testing.T, d *db.DB, named string, company tenantry.CompanyID, loc tenantry.LocationID) {
	t.Helper()
	unchecked := `PRAGMA defer_foreign_keys = 1` // of references: tables come in any order
	if d.Engine() == db.Postgres {
		unchecked = `SET LOCAL session_replication_role = replica`
	}
	statements := []string{unchecked}
	for _, table := range Tables(t, d) {
		if slices.Contains(small(), table) || !strings.Contains(named, table) {
			continue
		}
		statements = append(statements, filler(t, d, table, company, loc))
		if d.Engine() == db.Postgres { // a transaction has its time
			Run(t, d, statements...)
			statements = statements[:1]
		}
	}
	Run(t, d, append(statements, `ANALYZE`)...)
}

// filler inserts rows of numbered texts; those of one number refer to each other.
func filler(t *testing.T, d *db.DB, table string, company tenantry.CompanyID, loc tenantry.LocationID) string {
	t.Helper()
	owner := func(big any) string {
		return fmt.Sprintf(`CASE WHEN i <= %d THEN '%s' ELSE 'x' || (i %% %d + 1) END`, crowdOwn, big, crowdTenants)
	}
	var names, values []string
	for _, c := range Columns(t, d, table) {
		value := `'x' || i`
		switch {
		case c.Name == "location_id" && table != "locations":
			value = owner(loc)
		case c.Name == "company_id":
			value = owner(company)
		case c.Name == "document_type":
			value = `'field'`
		case c.IsNumber && !c.Needed:
			continue
		case c.IsNumber:
			value = `i`
		}
		names, values = append(names, c.Name), append(values, value)
	}
	return fmt.Sprintf(`INSERT INTO %s (%s) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT %s FROM n`,
		table, strings.Join(names, ", "), crowdRows, strings.Join(values, ", "))
}
