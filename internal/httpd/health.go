package httpd

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantry/tenantry/internal/wire"
)

const (
	// healthAge is how long a finding is good for, whoever asks: asking often costs nothing.
	healthAge = time.Second
	// healthPatience is how long a part may take before it counts as failed.
	healthPatience = 2 * time.Second
	// healthRetryAfter is when to ask again, in seconds.
	healthRetryAfter = "2"
)

// Check is a part that the server needs to be ready.
type Check struct {
	Name string // as the answer says it
	Run  func(context.Context) error
}

// Health answers who asks whether the server lives and whether it is ready for requests. It
// is safe for concurrent use.
type Health struct {
	checks   []Check
	log      *slog.Logger
	now      func() time.Time
	draining atomic.Bool

	mu      sync.Mutex
	running chan struct{} // closed when the checks that run have ended; nil when none do
	found   finding       // the last one
	foundAt time.Time
}

// finding is what became of the checks: "ok" or "failed" by name.
type finding map[string]string

// NewHealth makes a health of these checks. What they fail with goes to log, and to nobody else.
func NewHealth(log *slog.Logger, now func() time.Time, checks ...Check) *Health {
	return &Health{checks: checks, log: log, now: now}
}

// Drain makes the server not ready for good: it ends once the requests under way are answered.
func (h *Health) Drain() { h.draining.Store(true) }

// isDraining tells whether the server is about to end.
func (h *Health) isDraining() bool { return h != nil && h.draining.Load() }

// healthAnswer is the body of the health operations.
type healthAnswer struct {
	Status string  `json:"status"`
	Checks finding `json:"checks,omitempty"`
}

// mount adds the operations that need no token and no room: /health and /health/live say that
// the process answers, /health/ready that it is of use.
func (h *Health) mount(m *wire.Mux) {
	m.Handle("GET", "/health", "health", http.HandlerFunc(live))
	m.Handle("GET", "/health/live", "health-live", http.HandlerFunc(live))
	if h != nil {
		m.Handle("GET", "/health/ready", "health-ready", http.HandlerFunc(h.ready))
	}
}

func live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	wire.WriteJSON(w, r, http.StatusOK, healthAnswer{Status: "ok"})
}

func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	answer, status := healthAnswer{Status: "ok"}, http.StatusOK
	if h.isDraining() {
		answer.Status, status = "draining", http.StatusServiceUnavailable
	} else {
		answer.Checks = h.find(r.Context())
		for _, result := range answer.Checks {
			if result != "ok" {
				answer.Status, status = "failed", http.StatusServiceUnavailable
			}
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	if status != http.StatusOK {
		w.Header().Set("Retry-After", healthRetryAfter)
	}
	wire.WriteJSON(w, r, status, answer)
}

// find gives what the checks found at most healthAge ago. They run once for all who ask at a
// time, and nobody waits for them for longer than healthPatience: a disk that hangs hangs no prober.
func (h *Health) find(ctx context.Context) finding {
	h.mu.Lock()
	if h.found != nil && h.now().Sub(h.foundAt) < healthAge {
		defer h.mu.Unlock()
		return h.found
	}
	if h.running == nil {
		h.running = make(chan struct{})
		go h.run(h.running)
	}
	running := h.running
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	select {
	case <-running:
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.found
	case <-ctx.Done():
		return h.silent()
	}
}

// silent is the finding when the checks do not come to an end.
func (h *Health) silent() finding {
	f := finding{}
	for _, c := range h.checks {
		f[c.Name] = "no answer"
	}
	return f
}

// run runs the checks and lets those know who wait for it.
func (h *Health) run(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), healthPatience)
	defer cancel()
	f := finding{}
	for _, c := range h.checks {
		f[c.Name] = "ok"
		if err := c.Run(ctx); err != nil {
			f[c.Name] = "failed"
			h.log.Error("not ready", "check", c.Name, "error", err)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.found, h.foundAt, h.running = f, h.now(), nil
	close(done)
}
