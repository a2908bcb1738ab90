package httpd

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantry/tenantry/internal/wire"
)

// startSpan begins the request's span, below that of its caller when the request names one by
// W3C trace context. Without a tracer there is none.
func startSpan(tracer trace.Tracer, r *http.Request) (context.Context, trace.Span) {
	if tracer == nil {
		return r.Context(), nil
	}
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	return tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
}

// endSpan ends the request's span. As in the log, neither path nor query nor header nor body is in it,
// and an error is named by its code.
func endSpan(span trace.Span, x *wire.Exchange, status int) {
	if span == nil {
		return
	}
	name := x.Operation.Name
	if name == "" {
		name = "unknown"
	}
	span.SetName(name)
	span.SetAttributes(attribute.String("http.request.method", x.Operation.Method), attribute.Int("http.response.status_code", status),
		attribute.String("tenantry.trace_id", x.TraceID), attribute.String("tenantry.version", x.Version))
	if x.Err != nil {
		span.SetAttributes(attribute.String("error.type", errorCode(x.Err)))
	}
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}
