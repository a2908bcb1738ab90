package pgtest

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// Password is the one in the URLs of a [Proxy]. The server asks for none: a test looks
// whether it is told to somebody.
const Password = "hush"

// Proxy stands between a program and a server, on a TCP port. It is safe for concurrent use.
type Proxy struct {
	t testing.TB

	mu       sync.Mutex
	server   *Server
	address  string
	listener net.Listener
	conns    []net.Conn
	silent   chan struct{} // closed when what was sent goes on; nil: it does
	deafTo   []byte        // the answer to a message with this text is lost, with the connection
	rewrite  func(string) string
}

// NewProxy starts a proxy that ends with the test.
func NewProxy(t testing.TB, server *Server) *Proxy {
	t.Helper()
	p := &Proxy{t: t, server: server, address: "127.0.0.1:0"}
	p.Start()
	t.Cleanup(p.Stop)
	return p
}

// URL names a database of the server as it is reached through the proxy, with a [Password].
func (p *Proxy) URL(database string) string {
	return "postgres://" + superuser + ":" + Password + "@" + p.Address() + "/" + database + "?sslmode=disable"
}

// Address is where the proxy listens, the same after each [Proxy.Start].
func (p *Proxy) Address() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

// Lead makes new connections lead to another server; those that there are stay.
func (p *Proxy) Lead(to *Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.server = to
}

func (p *Proxy) target() *Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.server
}

// Start takes connections again after [Proxy.Stop].
func (p *Proxy) Start() {
	p.t.Helper()
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", p.Address())
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	p.listener, p.address = ln, ln.Addr().String()
	p.mu.Unlock()
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return // stopped
			}
			p.relay(client)
		}
	}()
}

func (p *Proxy) relay(client net.Conn) {
	server, err := new(net.Dialer).DialContext(context.Background(), "unix", p.target().socket())
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	rewrite := p.rewrite
	p.mu.Unlock()
	go func() {
		if rewrite != nil {
			_ = retell(client, server, rewrite) // until one of them is gone
		} else {
			_, _ = io.Copy(server, &listening{Reader: client, p: p, client: client})
		}
		_ = server.Close()
	}()
	go func() {
		_, _ = io.Copy(client, patient{server, p})
		_ = client.Close()
	}()
}

// listening cuts the client off when it says what the proxy is deaf to.
type listening struct {
	io.Reader

	p      *Proxy
	client net.Conn
}

// Read passes on what the client says.
func (l *listening) Read(data []byte) (int, error) {
	n, err := patient{l.Reader, l.p}.Read(data)
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if l.p.deafTo != nil && bytes.Contains(data[:n], l.p.deafTo) {
		_ = l.client.Close()
	}
	return n, err
}

// patient keeps what was read while the proxy is silent.
type patient struct {
	io.Reader

	p *Proxy
}

// Read passes on what is said.
func (r patient) Read(data []byte) (int, error) {
	n, err := r.Reader.Read(data)
	r.p.mu.Lock()
	silent := r.p.silent
	r.p.mu.Unlock()
	if silent != nil {
		<-silent
	}
	return n, err
}

// Silence lets every connection be and passes nothing on, as a network does that swallows
// packets, until the function that it gives is called.
func (p *Proxy) Silence() (end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	silent := make(chan struct{})
	p.silent = silent
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.silent = nil
		close(silent)
	}
}

// Deaf lets the server hear messages with the text and loses the answers to them, with the
// connections; none when it is empty.
func (p *Proxy) Deaf(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deafTo = nil
	if text != "" {
		p.deafTo = []byte(text)
	}
}

// Cut breaks every connection; new ones can be made.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// Stop breaks every connection and refuses new ones.
func (p *Proxy) Stop() {
	p.mu.Lock()
	_ = p.listener.Close()
	p.mu.Unlock()
	p.Cut()
}
