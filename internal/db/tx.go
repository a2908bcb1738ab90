package db

import (
	"context"
	"errors"
	"sync/atomic"
)

var (
	errTxEnded = errors.New("transaction used after its closure returned")
	errTxLost  = errors.New("transaction was rolled back by the engine")
)

// Tx is the [Q] of a closure given to [DB.Write]. It is good only until the
// closure returns and only on one goroutine at a time. Its statements run to
// their end whatever becomes of their context, because interrupting one would
// roll back the neighbours in the same transaction.
type Tx struct {
	w     *writer
	open  map[*Rows]struct{}
	ended atomic.Bool
}

// Exec runs a statement for its effect; see [Q].
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	rows, err := t.w.stmts.exec(uncancelled(ctx), query, args)
	t.w.note(err)
	return rows, err
}

// Query runs a statement for its rows; see [Q]. Rows still open when the
// closure returns are closed then.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if err := t.usable(); err != nil {
		return nil, err
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

// usable refuses a statement that would run outside of the transaction.
func (t *Tx) usable() error {
	switch {
	case t.ended.Load():
		return errTxEnded
	case t.w.lost.Load():
		return unavailable(errTxLost)
	}
	return nil
}

// end closes what the closure left open. An unfinished INSERT … RETURNING
// would keep the shared transaction from committing.
func (t *Tx) end() {
	for rows := range t.open {
		_ = rows.Close() // the rows were given up on; the savepoint decides what stays
	}
	t.ended.Store(true)
}

// uncancelled is ctx without its end; the check saves an allocation a statement.
func uncancelled(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}
