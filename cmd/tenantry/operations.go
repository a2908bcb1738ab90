package main

import (
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/tenantry/tenantry/internal/httpd"
)

// operationFlags are about running a server, not about what it serves.
type operationFlags struct {
	AdminAddr       string        `help:"Address for metrics, health and profiles, such as 127.0.0.1:9090; nobody is asked for a token there. None by default." placeholder:"HOST:PORT"`
	MaxConcurrent   int           `help:"Requests that are worked on at a time; more wait for a moment and are then answered 503." default:"512"`
	MaxConnections  int           `help:"Connections of clients; idle ones make room for new ones. 0 is as many as the process may open files, up to 8192." default:"0"`
	ShutdownTimeout time.Duration `help:"How long requests that are under way may take after SIGTERM before they are cut off." default:"30s"`
	DrainDelay      time.Duration `help:"How long to go on taking requests after SIGTERM, with /health/ready saying 503, so that a load balancer looks elsewhere." default:"0s"`
	Traces          string        `help:"OTLP/HTTP collector to send OpenTelemetry traces to, such as http://127.0.0.1:4318; none by default. The other OTEL_ variables hold too." env:"TENANTRY_TRACES,OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL"`
}

// check refuses numbers that make no sense.
func (f operationFlags) check() error {
	switch {
	case f.MaxConcurrent < 1:
		return usageError("--max-concurrent wants at least 1")
	case f.MaxConnections < 0:
		return usageError("--max-connections wants 0 or more")
	case f.ShutdownTimeout <= 0:
		return usageError("--shutdown-timeout wants more than 0s")
	case f.DrainDelay < 0:
		return usageError("--drain-delay wants 0s or more")
	}
	return nil
}

const (
	// mostConnections is the default where files are plenty.
	mostConnections = 8192
	// otherFiles is how many files are left to the database and uploads.
	otherFiles = 256
)

// connections is how many connections there may be.
func (f operationFlags) connections() int {
	if f.MaxConnections > 0 {
		return f.MaxConnections
	}
	files, known := openFiles()
	if !known {
		return mostConnections
	}
	return int(min(mostConnections, max(files/2, files-otherFiles)))
}

// health asks the database.
func (s server) health() *httpd.Health {
	return httpd.NewHealth(s.log, time.Now,
		httpd.Check{Name: "read", Run: s.instance.store.ProbeRead}, httpd.Check{Name: "write", Run: s.instance.store.ProbeWrite})
}

// serveAdmin serves the admin address until end is called: during a shutdown too.
func (s server) serveAdmin(ln net.Listener, o httpd.Options) (end func()) {
	srv := httpd.NewServer(httpd.Admin(o.Metrics, o.Health), s.log)
	s.log.Info("admin address", "url", "http://"+ln.Addr().String())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the admin address is not served any more", "error", err)
		}
	}()
	return func() {
		_ = srv.Close()
		<-done
	}
}
