package crash_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// replica is one of the servers: it is started again at the same address.
type replica struct {
	dir, address string
	args         []string
	server       *server
}

// startReplicas starts the servers and HAProxy, and points the clients at that.
func (s *soak) startReplicas(t *testing.T) {
	t.Helper()
	var addresses []string
	for i := range replicas {
		r := &replica{dir: filepath.Join(s.dir, fmt.Sprint("replica", i)), address: "127.0.0.1:0"}
		r.args = []string{"--db", s.dbURL, "--secret-key-file", filepath.Join(s.dir, "secret.key")}
		r.start(t)
		if r.server == nil {
			return
		}
		r.address = strings.TrimPrefix(r.server.url, "http://")
		addresses = append(addresses, r.address)
		s.servers = append(s.servers, r)
	}
	s.connect(startHAProxy(t, s.dir, addresses))
}

// start runs the server, which may have to wait for its database, or for its address: a client somewhere
// may have been given the port meanwhile.
func (r *replica) start(t *testing.T) {
	var refusal string
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if r.server, refusal = tryStart(t, r.dir, append(r.args, "--addr", r.address)...); r.server != nil {
			return
		}
	}
	t.Errorf("the server at %s does not start: %s", r.address, refusal)
}

// end ends the server with a signal.
func (r *replica) end(t *testing.T, signal syscall.Signal) {
	if err := r.server.cmd.Process.Signal(signal); err != nil {
		t.Error(err)
	}
	r.server.said.Wait()
	if err := r.server.cmd.Wait(); signal == syscall.SIGTERM && err != nil {
		t.Errorf("the server at %s ends with %v: %q", r.address, err, r.server.failures())
	}
}

// restartReplicas kills one server after the other and starts it again, until the load is over.
func (s *soak) restartReplicas(t *testing.T) {
	rnd := rand.New(rand.NewPCG(max(1, *seed), 1<<32))
	for {
		select {
		case <-s.over:
			return
		case <-time.After(time.Duration(500+rnd.IntN(1500)) * time.Millisecond):
		}
		r := s.servers[rnd.IntN(replicas)]
		if rnd.IntN(4) == 0 {
			s.saw.stops++
			r.end(t, syscall.SIGTERM)
		} else {
			s.saw.kills++
			r.end(t, syscall.SIGKILL)
		}
		time.Sleep(time.Duration(rnd.IntN(1000)) * time.Millisecond)
		if r.start(t); r.server == nil {
			return
		}
	}
}

func (s *soak) stopReplicas(t *testing.T) {
	t.Helper()
	for _, r := range s.servers {
		if r.server != nil {
			r.end(t, syscall.SIGTERM)
		}
	}
}
