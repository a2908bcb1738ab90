package testkit

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
)

// Snapshot is every row of every table as text, by table. Two equal snapshots
// mean that nothing was written in between. The caller must not change it.
func (e *Env) Snapshot(t testing.TB) map[string][]string {
	t.Helper()
	// Reading it all is slow. The engine counts the rows that its one writer has ever
	// changed, so an equal count means equal rows.
	changes := e.changes(t)
	if e.snapshot == nil || changes != e.snapshotAt {
		e.snapshot, e.snapshotAt = e.readAll(t), changes
	}
	return e.snapshot
}

func (e *Env) changes(t testing.TB) (n int) {
	t.Helper()
	must(t, e.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = db.One(ctx, tx, func(r db.Row) (n int, err error) { return n, r.Scan(&n) }, `SELECT total_changes()`)
		return err
	}))
	return n
}

func (e *Env) readAll(t testing.TB) map[string][]string {
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
