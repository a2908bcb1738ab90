package db

import (
	"context"
	"strconv"
	"strings"
)

// Q is what a statement runs on: the read pool or a write transaction.
// Placeholders are $1, $2, …; errors are those of this package.
type Q interface {
	// Exec runs a statement for its effect and tells how many rows an INSERT,
	// UPDATE or DELETE touched; the count means nothing for other statements.
	Exec(ctx context.Context, query string, args ...any) (rows int64, err error)
	// Query runs a statement for its rows. The caller closes them before it
	// returns; [One] and [All] do that for it.
	Query(ctx context.Context, query string, args ...any) (*Rows, error)
}

// Row is one row of a result.
type Row interface {
	// Scan copies the columns into dest, in order.
	Scan(dest ...any) error
}

// cursor is the engine's half of [Rows].
type cursor interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Rows is the result of a query, read with Next and Scan and then closed. It
// is not safe for concurrent use.
type Rows struct {
	rows    cursor
	query   string
	release func()          // gives the statement back; nil once closed
	ctx     context.Context // of the query, when its time is limited; else nil
}

// Next moves to the next row and tells whether there is one.
func (r *Rows) Next() bool { return r.rows.Next() }

// Scan copies the columns of the current row into dest, in order.
func (r *Rows) Scan(dest ...any) error {
	if err := r.rows.Scan(dest...); err != nil {
		return scanError(r.query, err)
	}
	return nil
}

// Err is the error that ended the rows early, nil when there was none.
func (r *Rows) Err() error { return slow(r.ctx, mapError(r.query, r.rows.Err())) }

// Close frees what the rows hold. It may be called twice.
func (r *Rows) Close() error {
	err := r.rows.Close()
	if r.release != nil {
		r.release()
		r.release = nil
	}
	return slow(r.ctx, mapError(r.query, err))
}

// finish closes the rows of a query that ended with err, also when scan panics.
func (r *Rows) finish(err *error) {
	if closeErr := r.Close(); *err == nil {
		*err = closeErr
	}
}

// One gives the first row of a query as scan reads it, [ErrNoRows] when there is none.
func One[T any](ctx context.Context, q Q, scan func(Row) (T, error), query string, args ...any) (value T, err error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return value, err
	}
	defer rows.finish(&err)
	if rows.Next() {
		return scan(rows)
	}
	if err := rows.Err(); err != nil {
		return value, err
	}
	return value, ErrNoRows
}

// All gives every row of a query as scan reads them; it is never nil without an
// error. The first error of scan ends it.
func All[T any](ctx context.Context, q Q, scan func(Row) (T, error), query string, args ...any) (values []T, err error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.finish(&err)
	values = []T{}
	for rows.Next() {
		value, err := scan(rows)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return values, nil
}

// In lists n placeholders from $from on, for the inside of IN (…): "$3, $4". For
// no placeholder it is NULL, which IN never matches.
func In(n, from int) string {
	if n <= 0 {
		return "NULL"
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(from + i))
	}
	return b.String()
}
