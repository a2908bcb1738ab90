package httpd

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// Connections is a listener that keeps at most so many connections open: each takes a file of
// the process, which the database and uploads need too. When there are too many the one that has
// been idle the longest makes room for a new one; when none is idle, the new one is closed.
type Connections struct {
	net.Listener

	limit int
	// order numbers the moments at which connections became idle.
	order            atomic.Int64
	evicted, refused atomic.Uint64

	mu   sync.Mutex
	open map[*limitedConn]struct{}
}

// LimitConnections makes a listener of at most limit connections; 0 is without bounds. Its State
// has to be the ConnState of the server.
func LimitConnections(ln net.Listener, limit int) *Connections {
	return &Connections{Listener: ln, limit: limit, open: map[*limitedConn]struct{}{}}
}

// ConnectionStats tell how many connections there are, and how many were dropped since the start.
type ConnectionStats struct {
	Open, Limit      int
	Evicted, Refused uint64 // idle ones that made room, new ones that found none
}

// Stats tells how full it is.
func (c *Connections) Stats() ConnectionStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ConnectionStats{Open: len(c.open), Limit: c.limit, Evicted: c.evicted.Load(), Refused: c.refused.Load()}
}

// Accept gives the next connection that there is room for.
func (c *Connections) Accept() (net.Conn, error) {
	for {
		accepted, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		conn := &limitedConn{Conn: accepted, list: c}
		conn.idle.Store(c.order.Add(1))
		if c.add(conn) {
			return conn, nil
		}
		c.refused.Add(1)
		_ = accepted.Close() // it was not used yet
	}
}

// add keeps the connection if there is room for it, or if room can be made.
func (c *Connections) add(conn *limitedConn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit > 0 && len(c.open) >= c.limit {
		idlest := c.idlest()
		if idlest == nil {
			return false
		}
		delete(c.open, idlest)
		c.evicted.Add(1)
		_ = idlest.Conn.Close() // its server notices, and closes it once more
	}
	c.open[conn] = struct{}{}
	return true
}

// idlest is the connection that has been idle the longest, nil when none is.
func (c *Connections) idlest() (found *limitedConn) {
	var since int64
	for conn := range c.open {
		if at := conn.idle.Load(); at > 0 && (found == nil || at < since) {
			found, since = conn, at
		}
	}
	return found
}

// State notes whether a connection is idle; see [http.Server.ConnState].
func (c *Connections) State(conn net.Conn, state http.ConnState) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	limited, ok := conn.(*limitedConn)
	if !ok {
		return
	}
	switch state {
	case http.StateActive:
		limited.idle.Store(0)
	case http.StateIdle:
		limited.idle.Store(c.order.Add(1))
	case http.StateNew, http.StateHijacked, http.StateClosed: // as they were accepted; gone
	}
}

// limitedConn is an open connection of the list.
type limitedConn struct {
	net.Conn

	list *Connections
	idle atomic.Int64 // its place in the order of the idle ones, 0 while it is in use
}

// Close makes room for another connection.
func (c *limitedConn) Close() error {
	c.list.mu.Lock()
	delete(c.list.open, c)
	c.list.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite lets the peer read the answer to its end before the connection goes: without it an
// answer to a request that was not read to its end could be lost.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
