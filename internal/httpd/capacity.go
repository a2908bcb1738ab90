package httpd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

const (
	// turnWait is how long a request waits for its turn before it is told to come back.
	turnWait = 250 * time.Millisecond
	// crowd is how many requests there may be for each that is worked on: the others wait for
	// their turn, or for their peer.
	crowd = 16
	// busyRetryAfter is when a request that was turned away should come back.
	busyRetryAfter = time.Second
)

// capacity bounds how many requests are worked on at a time, so that more of them do not
// make all of them slow. A request has a turn from its beginning until its answer begins, but
// not while the server waits for its body: slow peers take no turn away from quick ones.
type capacity struct {
	turns   chan struct{}
	present atomic.Int64
}

// newCapacity makes the capacity for n requests at a time; 0 is without bounds.
func newCapacity(n int) *capacity {
	return &capacity{turns: make(chan struct{}, n)}
}

// around lets a request through when it gets a turn, and answers 503 at once when too many
// are there already.
func (c *capacity) around(next http.Handler) http.Handler {
	if cap(c.turns) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer c.present.Add(-1)
		if c.present.Add(1) > crowd*int64(cap(c.turns)) {
			wire.WriteError(w, r, busy(errors.New("too many requests are waiting")))
			return
		}
		t := &turn{ResponseWriter: w, turns: c.turns, ctx: r.Context()}
		if err := t.first(); err != nil {
			wire.WriteError(w, r, busy(err))
			return
		}
		defer t.end()
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &turnBody{ReadCloser: r.Body, turn: t}
		}
		next.ServeHTTP(t, r)
	})
}

func busy(cause error) error {
	e := tenantry.Errorf(tenantry.Unavailable, "unavailable", "The server is busy. Try again later.")
	e.RetryAfter = busyRetryAfter
	return e.WithCause(cause)
}

// turn is a request's turn, and its answer.
type turn struct {
	http.ResponseWriter

	turns chan struct{}
	ctx   context.Context
	held  bool
}

// first takes the turn, within turnWait.
func (t *turn) first() error {
	select {
	case t.turns <- struct{}{}:
		t.held = true
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(t.ctx, turnWait)
	defer cancel()
	return t.take(ctx)
}

func (t *turn) take(ctx context.Context) error {
	select {
	case t.turns <- struct{}{}:
		t.held = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end gives the turn to another request.
func (t *turn) end() {
	if t.held {
		t.held = false
		<-t.turns
	}
}

// WriteHeader begins the answer.
func (t *turn) WriteHeader(status int) {
	t.end()
	t.ResponseWriter.WriteHeader(status)
}

// Write writes the answer, which takes as long as the peer does.
func (t *turn) Write(data []byte) (int, error) {
	t.end()
	return t.ResponseWriter.Write(data)
}

// Unwrap lets [http.ResponseController] through.
func (t *turn) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// turnBody is a request body that is waited for without a turn.
type turnBody struct {
	io.ReadCloser

	turn *turn
}

// Read reads the body.
func (b *turnBody) Read(data []byte) (int, error) {
	if !b.turn.held {
		return b.ReadCloser.Read(data)
	}
	b.turn.end()
	n, err := b.ReadCloser.Read(data)
	// Those who have begun wait for as long as it takes: what the others do ends soon.
	if gone := b.turn.take(b.turn.ctx); gone != nil && err == nil {
		err = gone
	}
	return n, err
}
