package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// errClosed is the cause that a database reports once Close has begun.
var errClosed = errors.New("database is closed")

// errTooSlow is the cause of a read that was stopped by its time limit.
var errTooSlow = errors.New("query took too long")

// readPool is a [Q] on connections that cannot write.
type readPool struct {
	pool   *sql.DB
	stmts  *stmtCache
	limit  time.Duration // of one query
	closed atomic.Bool
}

func newReadPool(pool *sql.DB, t tuning) *readPool {
	return &readPool{pool: pool, stmts: newStmtCache(t.statements, true, pool.PrepareContext), limit: t.readLimit}
}

// patientPool is the pool for queries that may take as long as they need.
type patientPool struct{ *readPool }

func (p patientPool) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	return p.query(ctx, query, args)
}

// lookups is the pool for queries of a few rows, which neither take long nor are given
// up: watching for that costs two goroutines a query, more than the query itself.
type lookups struct{ *readPool }

func (l lookups) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	return l.query(uncancelled(ctx), query, args)
}

func (p *readPool) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if p.closed.Load() {
		return 0, unavailable(errClosed)
	}
	rows, err := p.stmts.exec(ctx, query, args)
	return rows, writes(query, err)
}

func (p *readPool) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.limit, errTooSlow)
	rows, err := p.query(ctx, query, args)
	if err != nil {
		cancel()
		return nil, slow(ctx, err)
	}
	rows.ctx = ctx
	release := rows.release
	rows.release = func() {
		release()
		cancel()
	}
	return rows, nil
}

// slow turns the error of a query whose time limit has passed into Unavailable; ctx may be nil.
func slow(ctx context.Context, err error) error {
	if ctx != nil && err != nil && errors.Is(context.Cause(ctx), errTooSlow) {
		return unavailable(errTooSlow)
	}
	return err
}

func (p *readPool) query(ctx context.Context, query string, args []any) (*Rows, error) {
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
