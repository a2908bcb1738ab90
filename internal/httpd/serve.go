package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Drain says how a server ends.
type Drain struct {
	Health *Health // is told first
	// Delay is how long the server goes on taking requests after that, so that those who ask
	// for its readiness send them elsewhere.
	Delay time.Duration
	// Timeout is how long requests that are under way may then take.
	Timeout time.Duration
}

// Serve serves on ln, which it closes, until ctx ends. Then it closes the listener, lets the
// requests that are under way come to their end and returns nil, or an error when some took too
// long and were cut off. With a TLSConfig it speaks TLS, HTTP/2 included.
func Serve(ctx context.Context, srv *http.Server, ln net.Listener, drain Drain) error {
	served := make(chan error, 1)
	go func() {
		if srv.TLSConfig != nil {
			served <- srv.ServeTLS(ln, "", "")
			return
		}
		served <- srv.Serve(ln)
	}()
	select {
	case err := <-served:
		return errors.Join(err, srv.Close())
	case <-ctx.Done():
	}
	drain.Health.Drain()
	select {
	case err := <-served:
		return errors.Join(err, srv.Close())
	case <-time.After(drain.Delay):
	}
	return drain.end(srv)
}

func (d Drain) end(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), d.Timeout)
	defer cancel()
	err := srv.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("requests took longer than the %v that a shutdown waits, and were cut off", d.Timeout)
	}
	return errors.Join(err, srv.Close())
}
