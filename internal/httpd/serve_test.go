package httpd

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// served is a server under [Serve].
type served struct {
	address string
	health  *Health
	stop    context.CancelFunc
	ended   chan error
}

func serveUntil(t *testing.T, h http.HandlerFunc, drain Drain) served {
	t.Helper()
	log := new(testLog)
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	drain.Health = NewHealth(log.logger(), time.Now)
	ctx, stop := context.WithCancel(context.Background())
	s := served{address: ln.Addr().String(), health: drain.Health, stop: stop, ended: make(chan error, 1)}
	go func() { s.ended <- Serve(ctx, NewServer(h, log.logger()), ln, drain) }()
	t.Cleanup(stop)
	return s
}

// closed waits until nothing listens any more.
func (s served) closed(t *testing.T) {
	t.Helper()
	for {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
		if err != nil {
			return
		}
		_ = conn.Close()
		time.Sleep(time.Millisecond)
	}
}

// What is under way is answered, while nothing new comes in.
func TestServeEndsRequestsWhole(t *testing.T) {
	gate, begun := make(chan struct{}), make(chan struct{})
	s := serveUntil(t, func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-gate
		w.WriteHeader(http.StatusNoContent)
	}, Drain{Timeout: time.Hour})
	p := dial(t, s.address)
	p.send(t, bareGet)
	<-begun
	s.stop()
	s.closed(t)
	select {
	case err := <-s.ended:
		t.Fatalf("it ended before its last answer: %v", err)
	default:
	}
	if !s.health.isDraining() {
		t.Error("nobody was told")
	}
	close(gate)
	p.answer(t, 204, true)
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
}

// A request that takes too long is cut off, and that is an error.
func TestServeGivesUp(t *testing.T) {
	gate, begun := make(chan struct{}), make(chan struct{})
	defer close(gate)
	s := serveUntil(t, func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-gate
	}, Drain{Timeout: time.Millisecond})
	p := dial(t, s.address)
	p.send(t, bareGet)
	<-begun
	s.stop()
	if err := <-s.ended; err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("it ended with %v", err)
	}
	if _, err := p.reader.ReadByte(); err == nil || isTimeout(err) {
		t.Errorf("the connection is open: %v", err)
	}
}

// A server that cannot go on says why, and does not wait for anybody to stop it.
func TestServeFails(t *testing.T) {
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	check(t, ln.Close())
	err = Serve(t.Context(), NewServer(http.NotFoundHandler(), new(testLog).logger()), ln, Drain{Health: NewHealth(nil, time.Now)})
	if err == nil {
		t.Error("no error")
	}
}
