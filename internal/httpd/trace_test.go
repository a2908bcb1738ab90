package httpd

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// TestSpans: one a request, named by its operation, below its caller's, and without what
// can hold a secret (requirement 46).
func TestSpans(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	log := new(testLog)
	gate := wire.Gate{
		Authenticate: func(*http.Request) (tenantry.Caller, error) {
			return tenantry.Caller{Class: tenantry.SubAccount, Scopes: tenantry.Scopes()}, nil
		},
		Admit: func(http.Header, tenantry.Caller) error { return nil },
	}
	mux := wire.NewMux(gate, []wire.Route{wire.Handle(wire.Op{
		Method: "GET", Path: "/things/{kind}", ID: "get-thing", Scopes: tenantry.Scopes(),
	}, func(ctx context.Context, _ tenantry.Caller, in *thingInput) (thingAnswer, error) {
		if !trace.SpanContextFromContext(ctx).IsValid() {
			t.Error("the handler's context has no span")
		}
		if in.Kind == "panic" {
			panic(canary)
		}
		return thingAnswer{}, tenantry.NotFoundError("Thing", canary)
	})})
	h := edge(Options{Log: log.logger(), Now: time.Now, Tracer: provider.Tracer("test")}, quota{}, mux)
	const parent = "4bf92f3577b34da6a3ce929d0e0e4736"
	get := func(path string) string {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Traceparent", "00-"+parent+"-00f067aa0ba902b7-01")
		r.Header.Set("Version", wire.V3)
		r.Header.Set("Authorization", "Bearer "+canary)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Header().Get("X-Trace-Id")
	}
	ids := []string{get("/things/" + canary), get("/things/panic"), get("/" + canary + "?q=" + canary)}
	var got []string
	for i, span := range spans.GetSpans() {
		text := fmt.Sprintf("%+v", span)
		if strings.Contains(text, canary) {
			t.Errorf("the span holds a secret: %s", text)
		}
		if span.Parent.TraceID().String() != parent || span.SpanContext.TraceID().String() != parent || span.SpanKind != trace.SpanKindServer {
			t.Errorf("the span stands alone: %s", text)
		}
		line := span.Name + " " + span.Status.Code.String()
		for _, a := range span.Attributes {
			line += " " + strings.ReplaceAll(a.Value.String(), ids[i], "ID")
		}
		got = append(got, line)
	}
	want := []string{"get-thing Unset GET 400 ID v3 not_found", "get-thing Error GET 500 ID v3 internal", "unknown Unset  404 ID  route_not_found"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, id := range ids {
		if line := log.line(t, id); id == parent || line["traceId"] != id {
			t.Errorf("the log line of %s is %v", id, line)
		}
	}
}
