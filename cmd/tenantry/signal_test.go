//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a dev server in a process of its own, with a folder for its temporary files.
type process struct {
	*exec.Cmd
	facts facts
	temp  string
	ended chan error
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{temp: t.TempDir(), ended: make(chan error, 1)}
	args = append([]string{"dev", "--json", "--addr", "127.0.0.1:0", "--locations", "1"}, args...)
	p.Cmd = exec.CommandContext(t.Context(), os.Args[0], args...) //nolint:gosec // the test's own binary
	p.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+p.temp)
	// Under nohup a hangup is ignored, and the program would inherit that: a signal that is
	// listened to here is an ordinary one there.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangup) })
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.facts)
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	return p
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wait gives how the process ended, or fails after within.
func (p *process) wait(t *testing.T, within time.Duration) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(within):
		t.Fatalf("still running after %v", within)
		return nil
	}
}

func TestSignalsLeaveNothingBehind(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGTERM, os.Interrupt} {
		t.Run(s.String(), func(t *testing.T) {
			p := startProcess(t)
			if entries, err := os.ReadDir(p.temp); err != nil || len(entries) != 1 {
				t.Fatalf("the throw-away folder is not in %s: %v, %v", p.temp, entries, err)
			}
			p.signal(t, s)
			if err := p.wait(t, time.Minute); err != nil {
				t.Error(err)
			}
			if entries, err := os.ReadDir(p.temp); err != nil || len(entries) > 0 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	p := startProcess(t)
	addr := strings.TrimPrefix(p.facts.BaseURL, "http://")
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	// A request whose body never comes keeps the server from ending.
	_, err = fmt.Fprintf(conn, "POST /locations/ HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nVersion: 2021-07-28\r\n"+
		"Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", addr, p.facts.AgencyToken)
	if err != nil {
		t.Fatal(err)
	}
	// It has begun once the server asks for the body.
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	p.signal(t, os.Interrupt)
	// One that comes before the first was noticed is no second one, so there are several.
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for ended := false; !ended; {
		select {
		case err = <-p.ended:
			ended = true
		case <-again.C:
			_ = p.Process.Signal(os.Interrupt) // fails when the process has ended
		}
	}
	// A server that waits for the request fails after --shutdown-timeout, with an exit code.
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != -1 {
		t.Errorf("not ended by the signal: %v", err)
	}
}
