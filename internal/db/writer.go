package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite"
)

var (
	errQueueFull = errors.New("too many writes are waiting")
	errNested    = errors.New("db: Write inside a closure of Write would wait for itself")
)

// writer owns the one writing connection. A single goroutine takes requests off
// the queue and runs them in batches; nothing else touches the connection.
type writer struct {
	pool     *sql.DB // of one connection, conn
	conn     *sql.Conn
	stmts    *stmtCache
	control  control
	maxBatch int
	log      *slog.Logger

	mu      sync.RWMutex // held to send, so that close never meets a send
	closed  bool
	queue   chan *request
	stopped chan struct{}

	// committing permits a commit: no statement of a closure may make one.
	committing atomic.Bool
	// lost is set when the engine has rolled the transaction back by itself, as
	// it does when the disk is full: the work of the whole batch is gone.
	lost  atomic.Bool
	cause error // what lost it; of the writer's goroutine

	ran, batches atomic.Uint64 // see [Stats]
}

// control is the prepared statements that bound transactions and savepoints.
type control struct {
	begin, commit, rollback, savepoint, release, undo *sql.Stmt
}

func (c control) all() []*sql.Stmt {
	return []*sql.Stmt{c.begin, c.commit, c.rollback, c.savepoint, c.release, c.undo}
}

// newWriter takes conn over and starts the writer's goroutine.
func newWriter(ctx context.Context, conn *sql.Conn, t tuning, log *slog.Logger) (*writer, error) {
	w := &writer{
		conn: conn, maxBatch: t.batch, log: log,
		stmts:   newStmtCache(t.statements, false, conn.PrepareContext),
		queue:   make(chan *request, t.queue),
		stopped: make(chan struct{}),
	}
	for _, s := range []struct {
		into  **sql.Stmt
		query string
	}{
		{&w.control.begin, "BEGIN IMMEDIATE"},
		{&w.control.commit, "COMMIT"},
		{&w.control.rollback, "ROLLBACK"},
		{&w.control.savepoint, "SAVEPOINT tenantry_closure"},
		{&w.control.release, "RELEASE tenantry_closure"},
		{&w.control.undo, "ROLLBACK TO tenantry_closure"},
	} {
		prepared, err := conn.PrepareContext(ctx, s.query)
		if err != nil {
			return nil, mapPrepareError(s.query, err)
		}
		*s.into = prepared
	}
	if err := w.watch(); err != nil {
		return nil, err
	}
	go w.loop()
	return w, nil
}

// watch makes the engine tell when a transaction ends: a commit that the writer
// did not ask for is turned into a rollback, and a rollback is noticed.
func (w *writer) watch() error {
	return w.conn.Raw(func(driver any) error {
		hooks, ok := driver.(sqlite.HookRegisterer)
		if !ok {
			return fmt.Errorf("db: driver connection %T has no hooks", driver)
		}
		hooks.RegisterCommitHook(func() int32 {
			if w.committing.Load() {
				return 0
			}
			return 1
		})
		hooks.RegisterRollbackHook(func() { w.lost.Store(true) })
		return nil
	})
}

// nestedKey marks the context of a closure with its writer.
type nestedKey struct{}

// do queues fn and waits for its outcome; see [DB.Write].
func (w *writer) do(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if ctx.Value(nestedKey{}) == w {
		return errNested
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{ctx: ctx, fn: fn, done: make(chan struct{})}
	if err := w.enqueue(r); err != nil {
		return err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.drop() {
			return ctx.Err()
		}
		<-r.done
	}
	return r.outcome.deliver()
}

func (w *writer) enqueue(r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return unavailable(errClosed)
	}
	select {
	case w.queue <- r:
		return nil
	default:
		return unavailable(errQueueFull)
	}
}

// close refuses new requests, runs those that wait and stops the goroutine.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	close(w.queue)
	w.mu.Unlock()
	<-w.stopped
	w.committing.Store(true) // from here on the connection is the closer's
}

func (w *writer) loop() {
	over := false
	defer func() {
		if over {
			close(w.stopped)
			return
		}
		// A closure ended its goroutine with runtime.Goexit, as testing.T.FailNow
		// does. That is this goroutine, so another one takes over.
		go w.loop()
	}()
	for r := range w.queue {
		w.batch(r)
	}
	over = true
}

// next gives a request that waits already, nil when the batch is full or none does.
func (w *writer) next(ran int) *request {
	if ran >= w.maxBatch {
		return nil
	}
	select {
	case r := <-w.queue: // nil once the queue is closed and empty
		return r
	default:
		return nil
	}
}

// note remembers the error that made the engine roll back.
func (w *writer) note(err error) {
	if err != nil && w.cause == nil && w.lost.Load() {
		w.cause = err
	}
}

// run executes a statement of control.
func (w *writer) run(s *sql.Stmt, query string) error {
	_, err := s.ExecContext(context.Background())
	err = mapError(query, err)
	w.note(err)
	return err
}

func (w *writer) begin() error {
	w.lost.Store(false)
	w.cause = nil
	return w.run(w.control.begin, "BEGIN IMMEDIATE")
}

func (w *writer) commit() error {
	if w.lost.Load() {
		return w.lostError()
	}
	w.committing.Store(true)
	err := w.run(w.control.commit, "COMMIT")
	w.committing.Store(false)
	if err == nil {
		return nil
	}
	w.abandon(err)
	return err
}

// abandon makes sure that no transaction is open, because of cause.
func (w *writer) abandon(cause error) {
	if w.cause == nil {
		w.cause = cause
	}
	if w.lost.Load() {
		return
	}
	if err := w.run(w.control.rollback, "ROLLBACK"); err != nil {
		w.log.Error("write transaction could not be rolled back", "error", err)
	}
	w.lost.Store(true)
}

// lostError tells the innocent members of a batch why their work is gone.
func (w *writer) lostError() error {
	if w.cause == nil {
		return unavailable(errTxLost)
	}
	return unavailable(fmt.Errorf("%w: %w", errTxLost, w.cause))
}
