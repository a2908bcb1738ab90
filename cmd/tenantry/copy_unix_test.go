//go:build unix

package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestCopyAfterKill: a copy that is killed goes on when it is run again, and until it has come to its
// end no verb works with the target.
func TestCopyAfterKill(t *testing.T) {
	dir := t.TempDir()
	must(t, "seed", "--data", dir, "--locations", "10", "--contacts", "5")
	from, url := "sqlite:"+filepath.Join(dir, "tenantry.db"), postgresURL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	// begun counts the tables that the copy has begun with, -1 before there is one.
	begun := func() (n int) {
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM copy_state").Scan(&n); err != nil {
			return -1
		}
		return n
	}
	for killed := range 4 {
		// The first time as soon as there is something that can be incomplete.
		until := killed * rand.IntN(5)
		kill, ended, said := startCopy(t, from, url)
		for over := false; !over && begun() < until; {
			select {
			case <-ended:
				over = true
			case <-time.After(time.Millisecond):
			}
		}
		kill()
		<-ended
		if begun() < 0 {
			if killed == 0 {
				t.Fatalf("it was not killed: %s", said)
			}
			break // it was quicker
		}
		for _, verb := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"migrate"}, {"token", "list"}, {"serve", "--no-migrate", "--addr", "127.0.0.1:0"}} {
			at := t.TempDir()
			if said := refused(t, exitFailed, append(verb, "--data", at, "--db", url)...); !strings.Contains(said, `incomplete copy: run "tenantry copy" again`) {
				t.Errorf("%v: %s", verb, said)
			}
			if made, _ := os.ReadDir(at); len(made) > 0 {
				t.Errorf("%v made %v", verb, made)
			}
		}
	}
	if begun() >= 0 {
		must(t, "copy", "--from", from, "--to", url)
	}
	must(t, "copy", "--from", url, "--to", "sqlite:"+filepath.Join(t.TempDir(), "a", "tenantry.db"))
	if out := must(t, "migrate", "--data", dir, "--db", url); !strings.Contains(out, "already") {
		t.Error(out)
	}
}

// startCopy runs a copy in a process of its own.
func startCopy(t *testing.T, from, to string) (kill func(), ended chan struct{}, said *bytes.Buffer) {
	t.Helper()
	p := exec.CommandContext(t.Context(), os.Args[0], "copy", "--from", from, "--to", to) //nolint:gosec // the test's own binary
	p.Env = append(os.Environ(), asProgram+"=1")
	said, ended = &bytes.Buffer{}, make(chan struct{})
	p.Stderr = said
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(ended)
		_ = p.Wait() // killed or not, the target shows how far it came
	}()
	return func() { _ = p.Process.Kill() }, ended, said // it may have ended
}
