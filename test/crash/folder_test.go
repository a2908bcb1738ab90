package crash_test

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// TestTwoServersOneFolder (requirement 42): of the servers on one folder only one runs, the
// others say why they do not, and once it is killed only one takes its place.
func TestTwoServersOneFolder(t *testing.T) {
	r := newRig(t, t.TempDir(), 1, 1)
	r.start(t)
	said, err := serveCommand(r.dir).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 {
		t.Errorf("a second server ends with %v", err)
	}
	for _, want := range []string{r.dir, "is locked by another process", "stop it first"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("a second server does not say %q: %s", want, said)
		}
	}
	const heirs = 6
	servers, refusals := make([]*server, heirs), make([]string, heirs)
	var starting sync.WaitGroup
	for i := range heirs {
		starting.Go(func() { servers[i], refusals[i] = tryStart(t, r.dir) })
	}
	r.server.kill(t)
	starting.Wait()
	running := 0
	for i, s := range servers {
		if s != nil {
			running++
			r.server = s
		} else if !strings.Contains(refusals[i], "is locked by another process") {
			t.Errorf("an heir says %q", refusals[i])
		}
	}
	switch running {
	case 0: // all were there before the old one was dead
		r.start(t)
	case 1:
		r.connect(r.server.url)
	default:
		t.Fatalf("%d servers run on one folder", running)
	}
	r.checkServer(t)
	r.server.stop(t)
}
