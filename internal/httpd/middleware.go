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
	"github.com/tenantry/tenantry/internal/wire"
)

// exchange gives the request its trace id and, once it is answered, its log line.
func exchange(log *slog.Logger, now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &wire.Exchange{TraceID: uuid.NewString()}
		w.Header().Set("X-Trace-Id", x.TraceID)
		rec := &recorder{ResponseWriter: w}
		start := now()
		// Deferred: an answer that is broken off on purpose leaves by a panic.
		defer func() { logExchange(log, r, x, rec.status, now().Sub(start)) }()
		next.ServeHTTP(rec, r.WithContext(wire.WithExchange(r.Context(), x)))
	})
}

// logExchange writes one line a request. It names the operation and never the
// path, the query, a header or a body: those can hold secrets.
func logExchange(log *slog.Logger, r *http.Request, x *wire.Exchange, status int, took time.Duration) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("operation", x.Operation), slog.Int("status", status),
		slog.Duration("duration", took), slog.String("traceId", x.TraceID),
	}
	if x.Version != "" {
		attrs = append(attrs, slog.String("version", x.Version))
	}
	if x.Caller.CompanyID != "" {
		attrs = append(attrs, slog.String("company", string(x.Caller.CompanyID)),
			slog.String("location", string(x.Caller.LocationID)), slog.String("app", string(x.Caller.AppID)))
	}
	if x.Err != nil {
		attrs = append(attrs, slog.String("error", errorText(x.Err)))
		if status >= http.StatusInternalServerError || tenantry.KindOf(x.Err) == tenantry.Internal {
			level = slog.LevelError
		}
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

// recorder remembers the status and whether the answer has begun.
type recorder struct {
	http.ResponseWriter

	status int
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
	return r.ResponseWriter.Write(p)
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
func recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && err == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself is thrown
				panic(v)
			}
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
