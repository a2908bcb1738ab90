package crash_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// server is the program in a process of its own.
type server struct {
	cmd *exec.Cmd
	url string

	killed atomic.Bool
	// mayComplain is set where the log is expected to have more than information.
	mayComplain bool

	said   sync.WaitGroup
	mu     sync.Mutex
	errors []string // log lines of level ERROR
}

func serveCommand(dir string, args ...string) *exec.Cmd {
	return exec.Command(binary, append([]string{"serve", "--data", dir, "--addr", "127.0.0.1:0", "--limits", "off", "--log-format", "json"}, args...)...) //nolint:gosec // our own program
}

// start runs the server and returns once it listens.
func start(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	s, refusal := tryStart(t, dir, args...)
	if s == nil {
		t.Fatalf("the server does not start: %s", refusal)
	}
	return s
}

// tryStart runs the server and returns it once it listens, or what it says when it does not.
func tryStart(t *testing.T, dir string, args ...string) (running *server, refusal string) {
	t.Helper()
	s := &server{cmd: serveCommand(dir, args...)}
	stderr, err := s.cmd.StderrPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, err.Error()
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() }) // where a test ended early
	url := make(chan string, 1)
	s.said.Go(func() { s.listen(stderr, url) })
	if s.url = <-url; s.url != "" {
		return s, ""
	}
	return nil, fmt.Sprintf("%v: %q", s.cmd.Wait(), s.failures())
}

// listen reads the log to its end.
func (s *server) listen(log io.Reader, url chan<- string) {
	defer close(url)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if strings.Contains(lines.Text(), `"level":"INFO"`) && !strings.Contains(lines.Text(), `"msg":"listening"`) {
			continue
		}
		var entry struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "listening" {
			url <- entry.URL
			continue
		}
		s.mu.Lock()
		s.errors = append(s.errors, lines.Text())
		s.mu.Unlock()
	}
}

func (s *server) failures() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errors
}

// kill ends the process with no chance to do anything about it. What it complained about
// in its log fails the test.
func (s *server) kill(t *testing.T) {
	t.Helper()
	s.killed.Store(true)
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.said.Wait()
	_ = s.cmd.Wait() // killed
	s.checkLog(t)
}

func (s *server) checkLog(t *testing.T) {
	t.Helper()
	for _, line := range s.failures() {
		if s.mayComplain {
			return
		}
		t.Errorf("the server complains: %s", line)
	}
}

// stop ends the process as an operator would.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.said.Wait()
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	s.checkLog(t)
}

// startAndKill runs the server for a moment, however far it comes.
func startAndKill(t *testing.T, dir string, after time.Duration) {
	t.Helper()
	cmd := serveCommand(dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // killed
}
