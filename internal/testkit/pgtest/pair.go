package pgtest

import (
	"context"
	"os"
	"testing"
)

// Pair is a server and its standby, which can change places. What the server acknowledges the
// standby has on its disk. It is for one goroutine at a time.
type Pair struct {
	t       testing.TB
	primary *Server
	standby *Server // nil when there is none
	first   *Server // the order that URL names them in
	second  *Server
}

// replicated is for servers whose data outlives the end of their processes at any moment, but
// not that of the machine. The times are short so that the tests are.
const replicated = `fsync = off
full_page_writes = off
wal_level = replica
wal_retrieve_retry_interval = 100ms
`

// NewPair starts a server and a standby that are the test's own and end with it.
func NewPair(t testing.TB) *Pair {
	t.Helper()
	needPrograms(t)
	p := &Pair{t: t}
	for _, s := range []**Server{&p.first, &p.second} {
		made, err := newServer()
		p.must(err)
		t.Cleanup(func() {
			_ = made.run("pg_ctl", "stop", "--silent", "--mode", "immediate") // unless it is stopped
			_ = made.alive.Close()
		})
		*s = made
	}
	p.primary = p.first
	p.must(p.primary.make(replicated))
	p.follow(p.second)
	return p
}

// follow makes s the standby of the primary, which waits for it from now on.
func (p *Pair) follow(s *Server) {
	p.t.Helper()
	p.must(os.RemoveAll(s.data()))
	p.must(s.run("pg_basebackup", "--dbname", p.primary.URL("postgres"), "--write-recovery-conf", "--checkpoint", "fast", "--no-sync"))
	p.must(s.configure(replicated + "synchronous_standby_names = ''\n"))
	p.must(s.start())
	p.must(p.primary.configure("synchronous_standby_names = '*'\n"))
	p.must(p.primary.run("pg_ctl", "reload", "--silent"))
	p.standby = s
}

// URL names a database of the pair: whoever uses it finds the server that takes writes.
func (p *Pair) URL(database string) string {
	u := hosts(database, p.first, p.second)
	query := u.Query()
	query.Set("target_session_attrs", "read-write")
	u.RawQuery = query.Encode()
	return u.String()
}

// Primary is the server that takes writes.
func (p *Pair) Primary() *Server { return p.primary }

// Standby is the server that takes none, nil after [Pair.Promote].
func (p *Pair) Standby() *Server { return p.standby }

// Stop ends the primary: "fast" undoes what is under way, "immediate" is a crash.
func (p *Pair) Stop(mode string) {
	p.t.Helper()
	p.must(p.primary.run("pg_ctl", "stop", "--silent", "--mode", mode))
}

// Resume starts the primary after [Pair.Stop].
func (p *Pair) Resume() {
	p.t.Helper()
	p.must(p.primary.start())
}

// Promote makes the standby the primary, after [Pair.Stop], and waits for no standby then.
func (p *Pair) Promote() {
	p.t.Helper()
	p.must(p.standby.run("pg_ctl", "promote", "--silent"))
	p.primary, p.standby = p.standby, nil
}

// Rejoin makes the server that was the primary before [Pair.Promote] the standby.
func (p *Pair) Rejoin() {
	p.t.Helper()
	if p.primary == p.first {
		p.follow(p.second)
	} else {
		p.follow(p.first)
	}
}

// Exec runs statements on the primary's own database.
func (p *Pair) Exec(statements string) {
	p.t.Helper()
	p.must(p.primary.exec(context.Background(), statements))
}

func (p *Pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// StopStandby ends the standby: the primary waits for it in vain.
func (p *Pair) StopStandby() {
	p.t.Helper()
	p.must(p.standby.run("pg_ctl", "stop", "--silent", "--mode", "immediate"))
}
