// Package bucket runs a real S3-compatible server for tests: versitygw, which keeps the objects
// as files in a folder, so that a test sees what is stored without asking it. `make test`
// installs the program into bin/.
//
// It refuses to imitate anything: a test that wants the storage to fail stops the server or
// gives the wrong key.
package bucket

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The key of every server.
const (
	AccessKeyID     = "test-access-key"
	SecretAccessKey = "test-secret-key-which-must-never-be-shown"
)

// patience is how long a server may take until it answers; only a broken one takes it.
const patience = time.Minute

// Server is a running server.
type Server struct {
	URL string

	root    string // the folder that has a folder for each bucket
	addr    string
	process *exec.Cmd
}

// Start starts a server, which stops with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	dir := t.TempDir()
	s := &Server{root: filepath.Join(dir, "root")}
	for _, name := range []string{"root", "meta"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.addr = freeAddress(t)
	s.URL = "http://" + s.addr
	s.Resume(t)
	t.Cleanup(s.Stop)
	return s
}

// freeAddress asks the system for an address that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // it has done its work
	return ln.Addr().String()
}

// Resume starts the server again, at the same address and with the same objects.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	// Beside the files, for file systems without attributes.
	meta := filepath.Join(filepath.Dir(s.root), "meta")
	// Each request has a connection of its own: version 1.8.0 takes the body of a request that it
	// refuses for the next request of its connection.
	s.process = exec.CommandContext(context.WithoutCancel(t.Context()), program(t), //nolint:gosec // the program of this repository's bin
		"--port", s.addr, "--quiet", "posix", "--sidecar", meta, s.root)
	s.process.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+AccessKeyID, "ROOT_SECRET_KEY="+SecretAccessKey)
	var said strings.Builder
	s.process.Stdout, s.process.Stderr = &said, &said
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); !s.answers(t); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Stop()
			t.Fatalf("the S3 server does not start: %s", &said)
		}
	}
}

func (s *Server) answers(t testing.TB) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return true
}

// Stop ends the server as a crash would.
func (s *Server) Stop() {
	_ = s.process.Process.Kill() // it has ended before, perhaps
	_ = s.process.Wait()
}

// Make makes a bucket and gives the folder that its objects are seen in.
func (s *Server) Make(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(s.root, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Address is what --files takes for a bucket, or a prefix in one.
func (s *Server) Address(name string) string { return "s3://" + name + "?endpoint=" + s.URL }

// program finds the server in the bin folder above the working directory.
func program(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "bin", "versitygw")
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("bin/versitygw is missing, the S3 server of the tests: make s3-server builds it")
		}
	}
}
