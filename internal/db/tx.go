package db

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
)

var (
	errTxEnded = errors.New("transaction used after its closure returned")
	errTxLost  = errors.New("transaction was rolled back by the engine")
)

// Tx is the [Q] of a closure given to [DB.Write]. It is good only until the
// closure returns and only on one goroutine at a time. On SQLite its statements run to
// their end whatever becomes of their context, because interrupting one would roll back
// the neighbours in the same transaction. On PostgreSQL a statement that fails undoes the
// transaction, and the rows of a query must be closed before the next statement.
type Tx struct {
	on    Q // the engine's
	locks bool
	fence *fence // of the next statement; nil where there is none
	ended atomic.Bool
}

// Exec runs a statement for its effect; see [Q].
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if t.ended.Load() {
		return 0, errTxEnded
	}
	return t.on.Exec(ctx, query, args...)
}

// Query runs a statement for its rows; see [Q]. Rows still open when the
// closure returns are closed then.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if t.ended.Load() {
		return nil, errTxEnded
	}
	return t.on.Query(ctx, query, args...)
}

// ForUpdate is what ends a SELECT whose rows must stay as they are until the
// transaction ends: other transactions that ask so wait. of names the tables that are
// meant where not all are. It is empty on SQLite, where nobody else writes meanwhile.
func (t *Tx) ForUpdate(of ...string) string {
	switch {
	case !t.locks:
		return ""
	case len(of) == 0:
		return " FOR NO KEY UPDATE"
	}
	return " FOR NO KEY UPDATE OF " + strings.Join(of, ", ")
}

// Lazy lets the commit not wait for the disk: a crash of the database's machine within the
// second after it may undo it. It is for counters that every request would wait for. SQLite
// commits as ever.
func (t *Tx) Lazy(ctx context.Context) error {
	if !t.locks {
		return nil
	}
	_, err := t.Exec(ctx, `SELECT set_config('synchronous_commit', 'off', true)`)
	return err
}

// sqliteTx is the [Q] of a closure that the writer runs.
type sqliteTx struct {
	w    *writer
	open map[*Rows]struct{}
}

func (t *sqliteTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if t.w.lost.Load() {
		return 0, unavailable(errTxLost)
	}
	rows, err := t.w.stmts.exec(uncancelled(ctx), query, args)
	t.w.note(err)
	return rows, err
}

func (t *sqliteTx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if t.w.lost.Load() {
		return nil, unavailable(errTxLost)
	}
	rows, err := t.w.stmts.rows(uncancelled(ctx), query, args)
	t.w.note(err)
	if err != nil {
		return nil, err
	}
	if t.open == nil {
		t.open = map[*Rows]struct{}{}
	}
	t.open[rows] = struct{}{}
	release := rows.release
	rows.release = func() {
		release()
		delete(t.open, rows)
	}
	return rows, nil
}

// closeRows closes what the closure left open. An unfinished INSERT … RETURNING
// would keep the shared transaction from committing.
func (t *sqliteTx) closeRows() {
	for rows := range t.open {
		_ = rows.Close() // the rows were given up on; the savepoint decides what stays
	}
}

// uncancelled is ctx without its end; the check saves an allocation a statement.
func uncancelled(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}
