package db

import "context"

// tracedEngine tells the statements that its callers run.
type tracedEngine struct {
	engine

	tell func(query string, args []any)
}

func (e tracedEngine) read(f fence) Q   { return traced{e.engine.read(f), e.tell} }
func (e tracedEngine) lookup(f fence) Q { return traced{e.engine.lookup(f), e.tell} }

func (e tracedEngine) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return e.engine.write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.on = traced{tx.on, e.tell}
		return fn(ctx, tx)
	})
}

func (e tracedEngine) snapshot(ctx context.Context, part fence, fn func(context.Context, Q) error) error {
	return e.engine.snapshot(ctx, part, func(ctx context.Context, q Q) error { return fn(ctx, traced{q, e.tell}) })
}

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
