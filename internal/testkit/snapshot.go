package testkit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
)

// Snapshot is every row of every table as text, by table. Two equal snapshots
// mean that nothing was written in between.
func (e *Env) Snapshot(t testing.TB) map[string][]string {
	t.Helper()
	text := func(r db.Row) (s string, err error) { return s, r.Scan(&s) }
	tables, err := db.All(t.Context(), e.DB.Read(), text,
		`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`)
	must(t, err)
	out := map[string][]string{}
	for _, table := range tables {
		columns, err := db.All(t.Context(), e.DB.Read(), text, `SELECT 'quote("' || name || '")' FROM pragma_table_info($1)`, table)
		must(t, err)
		row := strings.Join(columns, ` || ',' || `)
		out[table], err = db.All(t.Context(), e.DB.Read(), text, fmt.Sprintf(`SELECT %s AS row FROM %q ORDER BY row`, row, table))
		must(t, err)
	}
	return out
}
