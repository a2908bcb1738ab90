package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What begins a transaction, in the batch of its first statement.
const (
	beginWrite    = "BEGIN ISOLATION LEVEL READ COMMITTED"
	beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
)

// postgresTx is the [Q] of a transaction. It takes its connection with the first statement.
type postgresTx struct {
	engine *postgresEngine
	begin  string
	fence  fence         // of the next statement
	raised fence         // that the server knows of
	conn   *pgxpool.Conn // nil before the first statement
	open   *Rows         // of the last query
	failed error         // what undid the transaction
}

func (t *postgresTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	rows, err := t.send(ctx, query, args)
	if err != nil {
		return 0, err
	}
	if err := t.note(mapError(query, rows.Close())); err != nil {
		return 0, err
	}
	return rows.affected(), nil
}

func (t *postgresTx) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	rows, err := t.send(ctx, query, args)
	if err != nil {
		return nil, err
	}
	t.open = &Rows{rows: rows, query: query}
	t.open.release = func() { _ = t.note(mapError(query, rows.Err())) } // the caller has it from Err
	return t.open, nil
}

func (t *postgresTx) send(ctx context.Context, query string, args []any) (rows *pgRows, err error) {
	if t.failed != nil {
		return nil, unavailable(fmt.Errorf("%w: %w", errTxLost, t.failed))
	}
	var before []statement
	if t.conn == nil {
		before = []statement{{query: t.begin}}
	}
	if t.fence != t.raised {
		before = append(before, t.engine.move(t.fence)...)
	}
	if t.conn == nil {
		t.conn, rows, err = t.engine.first(ctx, before, query, args)
	} else {
		rows, err = send(ctx, t.conn.Conn(), before, query, args)
	}
	t.raised = t.fence
	return rows, t.note(err)
}

// note remembers the first error: the transaction is undone from then on.
func (t *postgresTx) note(err error) error {
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// commit ends the transaction for good. When its answer is lost nobody knows how it ended.
func (t *postgresTx) commit(ctx context.Context) error {
	if t.failed != nil {
		return slow(ctx, t.failed)
	}
	if t.conn == nil {
		return nil
	}
	said := t.conn.Conn().PgConn().CustomData()
	delete(said, warning)
	tag, err := t.conn.Exec(ctx, "COMMIT")
	failure, refused := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil && tag.String() != "COMMIT":
		return unavailable(errTxLost)
	case err == nil && said[warning] != nil: // committed here, but not seen on the standby when the wait was cut short
		return unavailable(fmt.Errorf("%w: %v", errCommitUnknown, said[warning]))
	case err == nil:
		return nil
	case refused && failure.SeverityUnlocalized == "ERROR":
		return mapError("COMMIT", err)
	default:
		return unavailable(fmt.Errorf("%w: %w", errCommitUnknown, err))
	}
}

// closeRows closes what the closure left open.
func (t *postgresTx) closeRows() {
	if t.open != nil {
		_ = t.open.Close() // what it fails with is noted
	}
}

// end gives the connection back, without what was not committed.
func (t *postgresTx) end() {
	t.closeRows()
	if t.conn == nil {
		return
	}
	if errors.Is(t.failed, errReadOnly) && t.begin == beginWrite {
		defer t.engine.pool.Reset() // it was the primary when they were made
	}
	defer t.conn.Release() // which closes it when a transaction is open still
	if t.conn.Conn().PgConn().TxStatus() == 'I' || t.conn.Conn().IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cancelTimeout)
	defer cancel()
	_, _ = t.conn.Exec(ctx, "ROLLBACK") // what fails here, Release closes
}

func (e *postgresEngine) snapshot(ctx context.Context, part fence, fn func(ctx context.Context, q Q) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, e.tune.readLimit, errTooSlow)
	defer cancel()
	t := &postgresTx{engine: e, begin: beginSnapshot, fence: part, raised: unfenced}
	defer t.end()
	return slow(ctx, fn(ctx, t))
}

// write runs fn in transactions until one ends by itself.
func (e *postgresEngine) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if ctx.Value(nestedKey{}) == e {
		return errNested
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	defer e.writes.Add(1)
	for attempt := 1; ; attempt++ {
		repeat, err := e.attempt(ctx, fn)
		if !repeat || attempt == e.tune.attempts || ctx.Err() != nil {
			return err
		}
		e.log.InfoContext(ctx, "transaction repeated", "attempt", attempt, "error", err)
	}
}

// attempt runs fn in one transaction. Whatever ends the goroutine ends the transaction.
func (e *postgresEngine) attempt(ctx context.Context, fn func(context.Context, *Tx) error) (repeat bool, err error) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), e.tune.writeLimit, errTooSlow)
	defer cancel()
	t := &postgresTx{engine: e, begin: beginWrite, raised: unfenced}
	tx := &Tx{on: t, locks: true, fence: &t.fence}
	defer func() {
		tx.ended.Store(true)
		t.end()
		if v := recover(); v != nil {
			panic(&Panic{Value: v, Stack: debug.Stack()})
		}
	}()
	err = slow(ctx, fn(context.WithValue(ctx, nestedKey{}, e), tx))
	if err == nil {
		t.closeRows()
		err = t.commit(ctx)
	}
	return err != nil && (isUndone(err) || isUndone(t.failed)), err
}
