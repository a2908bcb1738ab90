package httpd

import (
	"net/http"
	"net/http/pprof"

	"github.com/tenantry/tenantry/internal/wire"
)

// Admin makes the handler of the admin address, for those who run the server: its metrics,
// health and profiles. It asks nobody who they are, so the address must not be public.
func Admin(m *Metrics, h *Health) http.Handler {
	health := wire.NewMux(wire.Gate{}, nil)
	h.mount(health)
	mux := http.NewServeMux()
	mux.Handle("/", health) // which answers what there is not, too
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
