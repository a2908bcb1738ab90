package db

import (
	"context"
	"database/sql"
)

// snapshot is a [Q] on one transaction of the read pool.
type snapshot struct {
	pool   *readPool
	tx     *sql.Tx
	missed []string // queries that no statement was kept for
}

func (e *sqliteEngine) snapshot(ctx context.Context, _ fence, fn func(ctx context.Context, q Q) error) error {
	p := e.reader
	if p.closed.Load() {
		return unavailable(errClosed)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.limit, errTooSlow)
	defer cancel()
	tx, err := p.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return slow(ctx, mapError("BEGIN", err))
	}
	s := &snapshot{pool: p, tx: tx}
	defer s.end(ctx)
	return slow(ctx, fn(ctx, s))
}

// end gives the connection back, and only then keeps statements for the next snapshot: preparing
// them takes a connection, and nobody may wait for a second one while holding one.
func (s *snapshot) end(ctx context.Context) {
	_ = s.tx.Rollback() // there is nothing to keep; at the end of ctx it is rolled back already
	for _, query := range s.missed {
		if kept, err := s.pool.stmts.acquire(ctx, query); err == nil {
			s.pool.stmts.release(kept)
		}
	}
}

func (s *snapshot) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := s.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, writes(query, mapError(query, err))
	}
	rows, err := result.RowsAffected()
	return rows, mapError(query, err)
}

func (s *snapshot) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	kept, _ := s.pool.stmts.lookup(query)
	if kept == nil {
		s.missed = append(s.missed, query)
		rows, err := s.tx.QueryContext(ctx, query, args...)
		if err != nil {
			return nil, writes(query, mapError(query, err))
		}
		return &Rows{rows: rows, query: query}, nil
	}
	rows, err := s.tx.StmtContext(ctx, kept.Stmt).QueryContext(ctx, args...)
	if err != nil {
		s.pool.stmts.release(kept)
		return nil, writes(query, mapError(query, err))
	}
	return &Rows{rows: rows, query: query, release: func() { s.pool.stmts.release(kept) }}, nil
}
