package db

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// errExited is why a batch is undone when one of its closures took the
// writer's goroutine with it.
var errExited = errors.New("a write closure called runtime.Goexit")

// A request waits until the writer starts it or its caller drops it; whoever is first decides.
const (
	waiting int32 = iota
	started
	dropped
)

// request is one call of [DB.Write].
type request struct {
	ctx     context.Context
	fn      func(context.Context, *Tx) error
	state   atomic.Int32
	outcome outcome       // of the writer's goroutine until done is closed
	done    chan struct{} // closed once outcome stands
}

func (r *request) start() bool { return r.state.CompareAndSwap(waiting, started) }
func (r *request) drop() bool  { return r.state.CompareAndSwap(waiting, dropped) }

// settle gives the caller its outcome; shared is what became of the batch.
func (r *request) settle(shared error) {
	if !r.outcome.failed() {
		r.outcome.err = shared
	}
	close(r.done)
}

// outcome is how a closure ended; the zero value is success.
type outcome struct {
	err      error
	panicked *Panic
	exited   bool // by runtime.Goexit
}

func (o outcome) failed() bool { return o.err != nil || o.panicked != nil || o.exited }

// deliver ends the caller the way its closure ended.
func (o outcome) deliver() error {
	if o.panicked != nil {
		panic(o.panicked)
	}
	if o.exited {
		runtime.Goexit()
	}
	return o.err
}

// Panic is what [DB.Write] panics with when its closure did: on SQLite the closure ran
// on another goroutine, whose stack would be lost otherwise.
type Panic struct {
	Value any    // what the closure panicked with
	Stack []byte // of the closure, as runtime/debug prints it
}

// Error prints the value and the closure's stack.
func (p *Panic) Error() string {
	return fmt.Sprintf("%v\n\nin a write transaction:\n%s", p.Value, p.Stack)
}

// Unwrap gives the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// batch runs first and whatever waits behind it in one transaction, commits,
// and only then answers: nobody hears of a write that is not on the disk.
func (w *writer) batch(first *request) {
	if err := w.begin(); err != nil {
		w.refuse(first, err)
		return
	}
	var ran []*request
	settled := false
	defer func() {
		if settled {
			return
		}
		w.abandon(errExited)
		settle(ran, w.lostError())
	}()
	for r := first; r != nil; r = w.next(len(ran)) {
		if !w.admit(r) {
			continue
		}
		ran = append(ran, r)
		w.closure(r)
		if w.lost.Load() {
			break
		}
	}
	err := w.commit()
	settled = true
	w.ran.Add(uint64(len(ran)))
	w.batches.Add(1)
	settle(ran, err)
}

func settle(requests []*request, shared error) {
	for _, r := range requests {
		r.settle(shared)
	}
}

// admit starts r unless its caller has gone.
func (w *writer) admit(r *request) bool {
	if err := r.ctx.Err(); err != nil {
		if r.start() {
			r.settle(err)
		}
		return false
	}
	return r.start()
}

// refuse answers all that waits with err. Left in the queue each would wait for
// the same lock in turn.
func (w *writer) refuse(first *request, err error) {
	for r, n := first, 0; r != nil; r, n = w.next(n), n+1 {
		if r.start() {
			r.settle(err)
		}
	}
}

// closure runs r in a savepoint. Afterwards the savepoint is gone with its work
// kept or undone, or the whole transaction is lost.
func (w *writer) closure(r *request) {
	if err := w.run(w.control.savepoint, "SAVEPOINT"); err != nil {
		r.outcome.err = err
		w.abandon(err)
		return
	}
	r.call(w)
	if w.lost.Load() {
		return
	}
	if r.outcome.failed() {
		if err := w.run(w.control.undo, "ROLLBACK TO"); err != nil {
			w.abandon(err)
			return
		}
	}
	if err := w.run(w.control.release, "RELEASE"); err != nil {
		w.abandon(err)
	}
}

// call runs the closure and records how it ended. The closure's context keeps
// the values of its caller's and outlives it: what has started runs to its end.
func (r *request) call(w *writer) {
	on := &sqliteTx{w: w}
	tx := &Tx{on: on}
	r.outcome.exited = true
	defer func() {
		on.closeRows()
		tx.ended.Store(true)
		if v := recover(); v != nil {
			r.outcome = outcome{panicked: &Panic{Value: v, Stack: debug.Stack()}}
		}
	}()
	err := r.fn(context.WithValue(context.WithoutCancel(r.ctx), nestedKey{}, w), tx)
	r.outcome = outcome{err: err}
}
