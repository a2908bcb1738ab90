package httpd

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// Counting a request finds its metrics without an allocation, once they are known.
func TestMetricsCostNoMemory(t *testing.T) {
	m, op := NewMetrics("test"), wire.Operation{Name: "get-thing", Method: "GET"}
	m.expect([]wire.Operation{op})
	one := func() {
		m.begin()
		m.end(op, 200, time.Millisecond)
	}
	one()
	if n := testing.AllocsPerRun(100, one); n > 0 {
		t.Errorf("%v allocations a request", n)
	}
}

// sink takes log lines: they must be formatted, and go nowhere.
type sink struct{}

func (sink) Write(p []byte) (int, error) { return len(p), nil }

// wholeExchange is one with all that a log line can say.
func wholeExchange() *wire.Exchange {
	return &wire.Exchange{
		TraceID: "b650c244-d4fa-4946-b48f-f98e793a3abb", Operation: wire.Operation{Name: "get-thing", Method: "GET"}, Version: wire.V3,
		Caller: tenantry.Caller{CompanyID: "company", LocationID: "location", AppID: "app"},
	}
}

// TestLogLine: what a line says, and that writing it costs next to no memory.
func TestLogLine(t *testing.T) {
	log, r, x := new(testLog), httptest.NewRequest(http.MethodGet, "/", nil), wholeExchange()
	logExchange(slog.New(slog.NewJSONHandler(log, nil)), r, x, &recorder{status: 200, bytes: 64}, time.Millisecond)
	want := `"level":"INFO","msg":"request","method":"GET","operation":"get-thing","status":200,"duration":1000000,"bytes":64,` +
		`"traceId":"b650c244-d4fa-4946-b48f-f98e793a3abb","version":"v3","company":"company","location":"location","app":"app"}`
	if !strings.Contains(log.text(), want) {
		t.Errorf("%s, want %s", log.text(), want)
	}
	quiet := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelError}))
	before := log.text()
	logExchange(quiet, r, x, &recorder{status: 200}, 0)
	if log.text() != before {
		t.Error("a line below the level is written")
	}
	x.Err = io.ErrUnexpectedEOF
	logExchange(quiet, r, x, &recorder{status: 500}, 0)
	if !strings.Contains(log.text(), `"level":"ERROR"`) {
		t.Error("a fault is not an error")
	}
	discard := slog.New(slog.NewJSONHandler(sink{}, nil))
	x.Err = nil
	if n := testing.AllocsPerRun(100, func() { logExchange(discard, r, x, &recorder{status: 200}, 0) }); n > 4 {
		t.Errorf("%v allocations a line", n)
	}
}

func TestPanicsAreCounted(t *testing.T) {
	m, log := NewMetrics("test"), new(testLog)
	mux := wire.NewMux(wire.Gate{}, nil)
	mux.Handle("GET", "/bang", "bang", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bang") }))
	h := edge(Options{Log: log.logger(), Now: time.Now, Metrics: m}, quota{}, mux)
	w := ask(h, "/bang")
	if id := w.Header().Get("X-Trace-Id"); w.Code != 500 || !strings.Contains(w.Body.String(), `"traceId":"`+id+`"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	text := ask(m.Handler(), "/metrics").Body.String()
	for _, want := range []string{"tenantry_http_panics_total 1\n", `tenantry_http_requests_total{method="GET",operation="bang",status="500"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// BenchmarkEdge is a request that does nothing, through all that every request passes.
func BenchmarkEdge(b *testing.B) {
	for name, metrics := range map[string]*Metrics{"bare": nil, "metrics": NewMetrics("test")} {
		b.Run(name, func(b *testing.B) {
			mux := wire.NewMux(wire.Gate{}, nil)
			mux.Handle("GET", "/nothing", "nothing", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
			log := slog.New(slog.NewJSONHandler(sink{}, nil))
			h := edge(Options{Log: log, Now: time.Now, Metrics: metrics, MaxConcurrent: 512}, quota{}, mux)
			r := httptest.NewRequest(http.MethodGet, "/nothing", nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}

// BenchmarkLogLine is the line that every request writes.
func BenchmarkLogLine(b *testing.B) {
	log, r, x := slog.New(slog.NewJSONHandler(sink{}, nil)), httptest.NewRequest(http.MethodGet, "/", nil), wholeExchange()
	b.ReportAllocs()
	for b.Loop() {
		logExchange(log, r, x, &recorder{status: 200, bytes: 64}, time.Millisecond)
	}
}
