package wire

import (
	"context"

	"github.com/tenantry/tenantry"
)

// Exchange is the record of one request and its answer. The edge makes it and
// logs it; the mux fills it in on the way.
type Exchange struct {
	TraceID   string    // UUID of the answer, also in its X-Trace-Id header
	Operation Operation // what the request led to, zero when that is nothing
	Version   string    // of the Version header, once it is known to be good
	Caller    tenantry.Caller
	Err       error // what the answer reports, with its private cause
}

type exchangeKey struct{}

// WithExchange returns a context that carries x.
func WithExchange(ctx context.Context, x *Exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// ExchangeOf gives the context's exchange, an empty one when it has none.
func ExchangeOf(ctx context.Context) *Exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*Exchange); ok {
		return x
	}
	return &Exchange{}
}
