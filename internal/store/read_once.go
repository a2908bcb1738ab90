package store

import (
	"context"
	"sync"

	"github.com/tenantry/tenantry"
)

// ReadOnce gives a context in which the row of a location is read from the database once, until
// something is written in that context: what is checked before a request is served and what it is
// answered with are one state, and cost one query. The context must not outlive the request.
func ReadOnce(ctx context.Context) context.Context {
	return context.WithValue(ctx, readOnceKey{}, new(readOnce))
}

type readOnceKey struct{}

// readOnce is what was read in a context; nil remembers nothing.
type readOnce struct {
	mu       sync.Mutex
	location *tenantry.Location // nil: none yet
}

func readOnceOf(ctx context.Context) *readOnce {
	seen, _ := ctx.Value(readOnceKey{}).(*readOnce)
	return seen
}

// find gives the row of a location, nil when it was not read.
func (o *readOnce) find(id tenantry.LocationID) *tenantry.Location {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.location == nil || o.location.ID != id {
		return nil
	}
	return o.location
}

// keep remembers a row, which is never changed again; nil forgets the one before.
func (o *readOnce) keep(l *tenantry.Location) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.location = l
}
