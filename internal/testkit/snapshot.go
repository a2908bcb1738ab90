package testkit

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
)

// Snapshot is every row of every table as text, by table, but for what counts requests. Two equal
// snapshots mean that nothing was written in between. The caller must not change it.
func (e *Env) Snapshot(t testing.TB) map[string][]string {
	t.Helper()
	// Reading it all is slow. SQLite counts the rows that its one writer has ever changed,
	// PostgreSQL the transactions that ever wrote: an equal count means equal rows.
	changes := e.changes(t)
	if e.snapshot == nil || changes != e.snapshotAt {
		e.snapshot, e.snapshotAt = e.readAll(t), changes
	}
	return e.snapshot
}

func (e *Env) changes(t testing.TB) (n int) {
	t.Helper()
	number := func(r db.Row) (n int, err error) { return n, r.Scan(&n) }
	if e.DB.Engine() == db.Postgres {
		n, err := db.One(t.Context(), e.DB.Across("tests look at everything").Read(), number, `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint`)
		must(t, err)
		return n
	}
	must(t, e.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = db.One(ctx, tx, number, `SELECT total_changes()`)
		return err
	}))
	return n
}

func (e *Env) readAll(t testing.TB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range Tables(t, e.DB) {
		if table == "quota_uses" || table == "tries" { // a refused request counts, too
			continue
		}
		var columns []string
		for _, c := range Columns(t, e.DB, table) {
			columns = append(columns, c.Name)
		}
		out[table] = Rows(t, e.DB, table, columns...)
	}
	return out
}
