package httpd

import (
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tenantry/tenantry/internal/wire"
)

// Metrics count what the server does, for Prometheus, in a registry of their own. The labels are
// of few values: never a tenant, a path or anything else that a client makes up. Without a
// receiver its methods that count do nothing.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	panics    prometheus.Counter
	// limited and unavailable are the requests that were refused for lack of quota, and of room.
	limited, unavailable prometheus.Counter

	series  map[wire.Operation]*series
	unknown *series // of what led to no operation
}

// NewMetrics makes metrics of a program of this version.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tenantry_http_requests_total", Help: "Requests answered, by operation, method and status.",
		}, []string{"operation", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tenantry_http_request_duration_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"operation", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tenantry_http_requests_in_flight", Help: "Requests that are being answered.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tenantry_http_panics_total", Help: "Requests that ended in a panic.",
		}),
		series: map[wire.Operation]*series{},
	}
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tenantry_http_requests_refused_total", Help: "Requests refused for lack of quota (429) or of room (503).",
	}, []string{"reason"})
	m.limited, m.unavailable = refused.WithLabelValues("rate_limited"), refused.WithLabelValues("unavailable")
	m.unknown = &series{metrics: m, operation: wire.Operation{Name: "unknown"}}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tenantry_build_info", Help: "1, labelled with what runs.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.durations, m.inFlight, m.panics, refused, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics to Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true, MaxRequestsInFlight: 4})
}

// expect prepares for these operations, before the first request.
func (m *Metrics) expect(operations []wire.Operation) {
	if m == nil {
		return
	}
	for _, op := range operations {
		m.series[op] = &series{metrics: m, operation: op}
	}
}

func (m *Metrics) begin() {
	if m != nil {
		m.inFlight.Inc()
	}
}

// end counts an answer. status is 0 when the connection was given up before there was one.
func (m *Metrics) end(op wire.Operation, status int, took time.Duration) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	s := m.series[op]
	if s == nil {
		s = m.unknown
	}
	s.count(status, took)
	switch status {
	case http.StatusTooManyRequests:
		m.limited.Inc()
	case http.StatusServiceUnavailable:
		m.unavailable.Inc()
	}
}

func (m *Metrics) panicked() {
	if m != nil {
		m.panics.Inc()
	}
}

// series are the metrics of an operation. They are found by their labels once, when a request
// first needs them, and not for each.
type series struct {
	metrics   *Metrics
	operation wire.Operation

	mu    sync.Mutex // held to change known
	known atomic.Pointer[handles]
}

type handles struct {
	duration prometheus.Observer
	statuses []statusCounter // few: they are looked through
}

type statusCounter struct {
	status int
	count  prometheus.Counter
}

func (s *series) count(status int, took time.Duration) {
	h := s.known.Load()
	c := h.counter(status)
	if c == nil {
		h, c = s.learn(status)
	}
	c.Inc()
	h.duration.Observe(took.Seconds())
}

func (h *handles) counter(status int) prometheus.Counter {
	if h == nil {
		return nil
	}
	for i := range h.statuses {
		if h.statuses[i].status == status {
			return h.statuses[i].count
		}
	}
	return nil
}

// learn makes the counter of a status that the operation had not answered before.
func (s *series) learn(status int) (*handles, prometheus.Counter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := &handles{}
	if old := s.known.Load(); old != nil {
		if c := old.counter(status); c != nil {
			return old, c
		}
		*next = *old
	} else {
		next.duration = s.metrics.durations.WithLabelValues(s.operation.Name, s.operation.Method)
	}
	c := s.metrics.requests.WithLabelValues(s.operation.Name, s.operation.Method, strconv.Itoa(status))
	next.statuses = append(slices.Clip(next.statuses), statusCounter{status, c})
	s.known.Store(next)
	return next, c
}
