package httpd

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/tenantry/tenantry/internal/wire"
)

// exchange gives the request its trace id and, once it is answered, its log line.
func exchange(log *slog.Logger, now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &wire.Exchange{TraceID: uuid.NewString()}
		w.Header().Set("X-Trace-Id", x.TraceID)
		rec := &recorder{ResponseWriter: w}
		start := now()
		next.ServeHTTP(rec, r.WithContext(wire.WithExchange(r.Context(), x)))
		logExchange(log, r, x, rec.status, now().Sub(start))
	})
}

// logExchange writes one line a request. It names the operation and never the
// query, a header or a body: those can hold secrets.
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
		attrs = append(attrs, slog.String("error", x.Err.Error()))
		if status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
	}
	log.LogAttrs(r.Context(), level, "request", attrs...)
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

// recoverPanic turns a panic into the 500 of the contract. The process lives on
// and the transaction was rolled back on the way up.
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
			wire.WriteError(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}()
		next.ServeHTTP(w, r)
	})
}
