package db

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresReader is the [Q] outside of transactions: each query is one.
type postgresReader struct {
	*postgresEngine

	part fence
}

func (e *postgresEngine) read(part fence) Q { return postgresReader{e, part} }

// lookup has the limit of every read: the network may take as long as it likes.
func (e *postgresEngine) lookup(part fence) Q { return e.read(part) }

func (r postgresReader) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.tune.readLimit, errTooSlow)
	defer cancel()
	conn, rows, err := r.first(ctx, r.beginRead(r.part), query, args)
	if err != nil {
		return 0, slow(ctx, writes(query, err))
	}
	defer conn.Release()
	err = mapError(query, rows.Close())
	return rows.affected(), slow(ctx, writes(query, err))
}

func (r postgresReader) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.tune.readLimit, errTooSlow)
	conn, rows, err := r.first(ctx, r.beginRead(r.part), query, args)
	if err != nil {
		defer cancel()
		return nil, slow(ctx, writes(query, err))
	}
	return &Rows{rows: rows, query: query, ctx: ctx, release: func() {
		conn.Release()
		cancel()
	}}, nil
}

// first runs the first statement of a transaction, in one batch with those that begin it. A
// connection that turns out to be broken is replaced: it took nothing with it that was
// told to anybody.
func (e *postgresEngine) first(ctx context.Context, begin []statement, query string, args []any) (*pgxpool.Conn, *pgRows, error) {
	for attempt := 1; ; attempt++ {
		conn, err := e.acquire(ctx)
		if err != nil {
			return nil, nil, err
		}
		rows, err := send(ctx, conn.Conn(), begin, query, args)
		if err == nil {
			return conn, rows, nil
		}
		conn.Release()
		if begin[0].query == beginWrite && errors.Is(err, errReadOnly) {
			e.pool.Reset() // it was the primary when they were made
		}
		if !isLost(err) || attempt == e.tune.attempts {
			return nil, nil, err
		}
	}
}

// pgRows are the rows of one statement, behind what was sent before it in its batch.
type pgRows struct {
	pgx.Rows

	ctx     context.Context
	conn    *pgx.Conn
	batch   pgx.BatchResults // nil for a statement alone
	waiting bool             // the next row was looked at and has not been asked for
	has     bool             // that there is one
}

// statement is one that runs before another, in its batch.
type statement struct {
	query string
	args  []any
}

// send runs a statement and waits for its first row, so that what it fails with is known.
func send(ctx context.Context, conn *pgx.Conn, before []statement, query string, args []any) (*pgRows, error) {
	r := &pgRows{ctx: ctx, conn: conn, waiting: true}
	var err error
	if len(before) == 0 {
		r.Rows, err = conn.Query(ctx, query, args...)
	} else {
		var b pgx.Batch
		for _, s := range before {
			b.Queue(s.query, s.args...)
		}
		b.Queue(query, args...)
		r.batch = conn.SendBatch(ctx, &b)
		for range before {
			if err == nil {
				_, err = r.batch.Exec()
			}
		}
		if err == nil {
			r.Rows, err = r.batch.Query()
		}
	}
	if err == nil {
		r.has = r.Rows.Next()
		err = r.Rows.Err()
	}
	if err == nil {
		return r, nil
	}
	err = r.cause(err)
	if r.Rows != nil {
		r.Rows.Close()
	}
	if r.batch != nil {
		_ = r.batch.Close() // says what is known
	}
	return nil, mapError(query, err)
}

// Next moves to the next row and tells whether there is one.
func (r *pgRows) Next() bool {
	if r.waiting {
		r.waiting = false
		return r.has
	}
	return r.Rows.Next()
}

// Scan copies the current row.
func (r *pgRows) Scan(dest ...any) error {
	for i, d := range dest {
		if to, ok := d.(*bool); ok {
			dest[i] = flag{to}
		}
	}
	return r.Rows.Scan(dest...)
}

// Err is what ended the rows early.
func (r *pgRows) Err() error { return r.cause(r.Rows.Err()) }

// Close reads to the end, so that the connection is free.
func (r *pgRows) Close() error {
	r.Rows.Close()
	err := r.Rows.Err()
	if r.batch != nil {
		if closeErr := r.batch.Close(); err == nil {
			err = closeErr
		}
	}
	return r.cause(err)
}

// affected is how many rows the statement touched, once it is closed.
func (r *pgRows) affected() int64 { return r.Rows.CommandTag().RowsAffected() }

// cause tells an error of the statement from the end of its context or connection.
func (r *pgRows) cause(err error) error { return connError(r.ctx, r.conn, err) }

// unfit is what the driver says of an argument that the statement cannot take.
const unfit = ": unable to encode "

func connError(ctx context.Context, conn *pgx.Conn, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case strings.Contains(err.Error(), unfit):
		text, _, _ := strings.Cut(err.Error(), unfit) // the rest quotes the value
		return errors.New(text + ": the value does not fit")
	case conn.IsClosed():
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// flag scans a truth value out of a number, as both engines keep them, or out of a condition.
type flag struct{ to *bool }

// Scan takes the value of a column.
func (f flag) Scan(v any) error {
	switch v := v.(type) {
	case bool:
		*f.to = v
	case int64:
		*f.to = v != 0
	default:
		return fmt.Errorf("%T is no truth value", v)
	}
	return nil
}
