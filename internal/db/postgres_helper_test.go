package db

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

const firstPostgresMigration = `-- +goose Up
CREATE TABLE notes (
    tenant TEXT NOT NULL,
    id     BIGINT NOT NULL,
    text   TEXT NOT NULL CHECK (text <> 'forbidden'),
    done   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX notes_by_text ON notes (tenant, lower(text));
CREATE TABLE remarks (
    tenant  TEXT NOT NULL,
    note_id BIGINT NOT NULL,
    slug    TEXT NOT NULL UNIQUE,
    FOREIGN KEY (tenant, note_id) REFERENCES notes (tenant, id)
);
`

func postgresMigrations() fstest.MapFS {
	return fstest.MapFS{"0001_init.sql": {Data: []byte(firstPostgresMigration)}}
}

// emptyPostgres gives the name of an empty database that goes with the test.
func emptyPostgres(t *testing.T) (*pgtest.Server, string) {
	t.Helper()
	server := pgtest.Start(t)
	name := "db-" + strings.ToLower(rand.Text())
	if err := server.Create(t.Context(), name, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return server, name
}

// newPostgres gives a migrated database, reached through a proxy that the test can break.
func newPostgres(t *testing.T, change ...func(*tuning)) (*DB, *proxy) {
	t.Helper()
	server, name := emptyPostgres(t)
	p := newProxy(t, server)
	d := openPostgresAt(t, p.url(name), change...)
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, p
}

func openPostgresAt(t *testing.T, url string, change ...func(*tuning)) *DB {
	t.Helper()
	tune := defaultTuning()
	for _, f := range change {
		f(&tune)
	}
	d, err := open(t.Context(), url, Options{}, postgresMigrations(), tune)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDB(t, d) })
	return d
}

// proxy stands between a database and its server.
type proxy struct {
	t       *testing.T
	socket  string // of the server
	address string // of the proxy

	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
	deafTo   []byte // the answer to a message with this text is lost, with the connection
}

func newProxy(t *testing.T, server *pgtest.Server) *proxy {
	t.Helper()
	p := &proxy{t: t, socket: server.Socket(), address: "127.0.0.1:0"}
	p.start()
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) url(database string) string {
	return "postgres://tenantry:hush@" + p.address + "/" + database + "?sslmode=disable"
}

// start listens, at the same address each time.
func (p *proxy) start() {
	p.t.Helper()
	var config net.ListenConfig
	ln, err := config.Listen(context.Background(), "tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener, p.address = ln, ln.Addr().String()
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

func (p *proxy) relay(client net.Conn) {
	var dialer net.Dialer
	server, err := dialer.DialContext(context.Background(), "unix", p.socket)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(server, &listening{Reader: client, p: p, client: client})
		_ = server.Close()
	}()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
}

// listening cuts the client off when it says what the proxy is deaf to.
type listening struct {
	io.Reader

	p      *proxy
	client net.Conn
}

// Read passes on what the client says.
func (l *listening) Read(data []byte) (int, error) {
	n, err := l.Reader.Read(data)
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if l.p.deafTo != nil && bytes.Contains(data[:n], l.p.deafTo) {
		_ = l.client.Close()
	}
	return n, err
}

// deaf loses the answers to messages with the text, none when it is empty.
func (p *proxy) deaf(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deafTo = nil
	if text != "" {
		p.deafTo = []byte(text)
	}
}

// cut breaks every connection; new ones can be made.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// stop breaks every connection and refuses new ones.
func (p *proxy) stop() {
	p.mu.Lock()
	_ = p.listener.Close()
	p.mu.Unlock()
	p.cut()
}
