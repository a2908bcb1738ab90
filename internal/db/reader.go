package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
)

// errClosed is the cause that a database reports once Close has begun.
var errClosed = errors.New("database is closed")

// readPool is a [Q] on connections that cannot write.
type readPool struct {
	pool   *sql.DB
	stmts  *stmtCache
	closed atomic.Bool
}

func newReadPool(pool *sql.DB, statements int) *readPool {
	return &readPool{pool: pool, stmts: newStmtCache(statements, true, pool.PrepareContext)}
}

func (p *readPool) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if p.closed.Load() {
		return 0, unavailable(errClosed)
	}
	rows, err := p.stmts.exec(ctx, query, args)
	return rows, writes(query, err)
}

func (p *readPool) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if p.closed.Load() {
		return nil, unavailable(errClosed)
	}
	rows, err := p.stmts.rows(ctx, query, args)
	return rows, writes(query, err)
}

// writes tells a statement that should have gone to a write transaction from a
// database that cannot be written.
func writes(query string, err error) error {
	if errors.Is(err, errReadOnly) {
		return fmt.Errorf("statement writes, but runs on the read pool [%s]", firstLine(query))
	}
	return err
}

// close makes new queries fail; those that run keep their connection until they end.
func (p *readPool) close() error {
	p.closed.Store(true)
	return p.pool.Close()
}
