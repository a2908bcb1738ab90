package httpd

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newLimited serves a handler on at most limit connections, with TLS or without.
func newLimited(t *testing.T, limit int, secure bool, h http.HandlerFunc) (address string, conns *Connections) {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = NewServer(h, new(testLog).logger())
	conns = LimitConnections(srv.Listener, limit)
	// The test server has a ConnState of its own and calls this one after it.
	srv.Listener, srv.Config.ConnState = conns, conns.State
	if secure {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String(), conns
}

// dialEither connects with TLS or without.
func dialEither(t *testing.T, address string, secure bool) peer {
	t.Helper()
	p := dial(t, address)
	if secure {
		conn := tls.Client(p.conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // our own server
		p = peer{conn, bufio.NewReader(conn)}
	}
	return p
}

// allIdle waits until no connection is in use: a client has its answer a little before.
func (c *Connections) allIdle(t *testing.T) {
	t.Helper()
	for busy := true; busy; time.Sleep(time.Millisecond) {
		if t.Context().Err() != nil {
			t.Fatal("a connection stays in use")
		}
		busy = false
		c.mu.Lock()
		for conn := range c.open {
			busy = busy || conn.idle.Load() == 0
		}
		c.mu.Unlock()
	}
}

const bareGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// TestIdleConnectionsMakeRoom (requirement 29): idle connections do not keep others out.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	for _, secure := range []bool{false, true} {
		address, conns := newLimited(t, 3, secure, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		var peers []peer
		for range 4 {
			p := dialEither(t, address, secure)
			p.send(t, bareGet)
			p.answer(t, 204, false)
			peers = append(peers, p)
			conns.allIdle(t)
		}
		if _, err := peers[0].reader.ReadByte(); err == nil || isTimeout(err) {
			t.Errorf("TLS %t: the one that was idle the longest is open: %v", secure, err)
		}
		for _, p := range peers[1:] {
			p.send(t, bareGet)
			p.answer(t, 204, false)
		}
		if diff := cmp.Diff(ConnectionStats{Open: 3, Limit: 3, Evicted: 1}, conns.Stats()); diff != "" {
			t.Errorf("TLS %t: %s", secure, diff)
		}
	}
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// A connection in use is never closed for another; that is closed at once instead.
func TestBusyConnectionsStay(t *testing.T) {
	gate, begun := make(chan struct{}), make(chan struct{})
	address, conns := newLimited(t, 2, false, func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-gate
		w.WriteHeader(http.StatusNoContent)
	})
	busy := []peer{dial(t, address), dial(t, address)}
	for _, p := range busy {
		p.send(t, bareGet)
		<-begun
	}
	if _, err := dial(t, address).reader.ReadByte(); err == nil || isTimeout(err) {
		t.Errorf("a connection beyond the limit is open: %v", err)
	}
	close(gate)
	for _, p := range busy {
		p.answer(t, 204, false)
	}
	if s := conns.Stats(); s.Refused != 1 || s.Evicted != 0 {
		t.Errorf("%+v", s)
	}
	for _, p := range busy {
		_ = p.conn.Close()
	}
	for conns.Stats().Open > 0 { // the server notices
		if t.Context().Err() != nil {
			t.Fatal("closed connections count as open")
		}
		time.Sleep(time.Millisecond)
	}
}

// The server half closes a connection after an answer to a request that it did not read to
// its end: the answer would be lost otherwise.
func TestLimitedConnectionsCloseHalf(t *testing.T) {
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	conns := LimitConnections(ln, 0)
	defer func() { _ = conns.Close() }()
	p := dial(t, ln.Addr().String())
	conn, err := conns.Accept()
	check(t, err)
	defer func() { _ = conn.Close() }()
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		t.Fatal("it cannot close half")
	}
	check(t, half.CloseWrite())
	if _, err := p.reader.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("the peer is told %v", err)
	}
	p.send(t, "x")
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Errorf("the other half is closed too: %v", err)
	}
}
