package db

import "context"

// traced is a [Q] that tells its statements before it runs them.
type traced struct {
	Q

	tell func(query string, args []any)
}

// Exec tells and runs a statement.
func (t traced) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	t.tell(query, args)
	return t.Q.Exec(ctx, query, args...)
}

// Query tells and runs a statement.
func (t traced) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	t.tell(query, args)
	return t.Q.Query(ctx, query, args...)
}

// traced is q, telling its statements when the options ask for that.
func (d *DB) traced(q Q) Q {
	if d.trace == nil {
		return q
	}
	return traced{q, d.trace}
}
