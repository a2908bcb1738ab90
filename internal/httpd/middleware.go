package httpd

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/wire"
)

// exchange gives the request its trace id, its span and, once it is answered, its log line and
// its place in the metrics.
func exchange(o Options, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &wire.Exchange{TraceID: uuid.NewString()}
		w.Header().Set("X-Trace-Id", x.TraceID)
		if o.Health.isDraining() {
			w.Header().Set("Connection", "close") // the next request of this client is for another server
		}
		rec := &recorder{ResponseWriter: w}
		ctx, span := startSpan(o.Tracer, r)
		start := o.Now()
		o.Metrics.begin()
		// Deferred: an answer that is broken off on purpose leaves by a panic.
		defer func() {
			took := o.Now().Sub(start)
			o.Metrics.end(x.Operation, rec.status, took)
			endSpan(span, x, rec.status)
			logExchange(o.Log, r, x, rec, took)
		}()
		next.ServeHTTP(rec, r.WithContext(wire.WithExchange(store.ReadOnce(ctx), x)))
	})
}

// logExchange writes one line a request. It names the operation and never the
// path, the query, a header or a body: those can hold secrets.
func logExchange(log *slog.Logger, r *http.Request, x *wire.Exchange, rec *recorder, took time.Duration) {
	level := slog.LevelInfo
	if x.Err != nil && (rec.status >= http.StatusInternalServerError || tenantry.KindOf(x.Err) == tenantry.Internal) {
		level = slog.LevelError
	}
	if !log.Enabled(r.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 11) // as many as there can be: the line is written for every request
	attrs = append(attrs, slog.String("method", r.Method), slog.String("operation", x.Operation.Name), slog.Int("status", rec.status),
		slog.Duration("duration", took), slog.Int64("bytes", rec.bytes), slog.String("traceId", x.TraceID))
	if x.Version != "" {
		attrs = append(attrs, slog.String("version", x.Version))
	}
	if x.Caller.CompanyID != "" {
		attrs = append(attrs, slog.String("company", string(x.Caller.CompanyID)),
			slog.String("location", string(x.Caller.LocationID)), slog.String("app", string(x.Caller.AppID)))
	}
	if x.Err != nil {
		attrs = append(attrs, slog.String("error", errorText(x.Err)))
	}
	log.LogAttrs(r.Context(), level, "request", attrs...)
}

// errorText is what the log says about an error. Messages repeat names and values
// of the request, so of an error that the caller was told about only the code and
// the private cause are logged.
func errorText(err error) string {
	e, ok := errors.AsType[*tenantry.Error](err)
	if !ok || e.Kind == tenantry.Internal {
		return err.Error()
	}
	if cause := e.Unwrap(); cause != nil {
		return e.Code + ": " + cause.Error()
	}
	return e.Code
}

// errorCode is what traces say about an error: one of docs/errors.md.
func errorCode(err error) string {
	if e, ok := errors.AsType[*tenantry.Error](err); ok {
		return e.Code
	}
	return "internal"
}

// recorder remembers the answer's status, 0 before it has begun, and the length of its body.
type recorder struct {
	http.ResponseWriter

	status int
	bytes  int64
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write begins the answer when nothing has yet.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] through.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// begun tells whether the answer's status has been sent.
func begun(w http.ResponseWriter) bool {
	rec, ok := w.(*recorder)
	return ok && rec.status != 0
}

// recoverPanic turns a panic into the 500 of the contract. The process lives on
// and the transaction was rolled back on the way up. An answer that has begun is
// broken off instead, so that nobody takes it for a whole one.
func recoverPanic(metrics *Metrics, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && err == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself is thrown
				panic(v)
			}
			metrics.panicked()
			err := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			if begun(w) {
				wire.ExchangeOf(r.Context()).Err = err
				panic(http.ErrAbortHandler)
			}
			wire.WriteError(w, r, err)
		}()
		next.ServeHTTP(w, r)
	})
}
