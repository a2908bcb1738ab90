package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// flushTracesWithin bounds how long a shutdown waits for a collector.
const flushTracesWithin = 5 * time.Second

// tracing makes the tracer that --traces asks for, nil for none; flush sends what was not sent yet.
func (f operationFlags) tracing(ctx context.Context, log *slog.Logger) (tracer trace.Tracer, flush func(), err error) {
	if f.Traces == "" {
		return nil, func() {}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimRight(f.Traces, "/")+"/v1/traces"))
	if err != nil {
		return nil, nil, fmt.Errorf("--traces: %w", err)
	}
	// Attributes of OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over these.
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "tenantry"),
		attribute.String("service.version", programVersion())), resource.WithFromEnv())
	if err != nil {
		return nil, nil, fmt.Errorf("--traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	// The library reports a collector that does not answer here and nowhere else.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces were not sent", "error", err) }))
	flush = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTracesWithin)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Warn("traces were not sent", "error", err)
		}
	}
	return provider.Tracer("github.com/tenantry/tenantry"), flush, nil
}
