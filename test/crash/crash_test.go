// Package crash_test kills a running server in the middle of its work, again and again, and
// looks from outside whether it kept what it promised: what a client was told is done is
// there, and nothing is half done.
//
// A round is: load by many clients, a kill at a random moment, a check of a copy of the data
// as the kill left it, a restart, and a check over HTTP. The clients remember what was
// acknowledged; they are in another process than the server, so no kill makes them forget.
// `make crash` runs many rounds; with the other tests a few are run.
package crash_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

var (
	rounds = flag.Int("rounds", 3, "how often the server is killed")
	seed   = flag.Uint64("seed", 0, "of the random choices; for TestKill 0 takes one by the clock")
)

// clients is how many work on the server at the same time.
const clients = 12

// binary is the program, built for these tests.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "tenantry-crash-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
		binary = filepath.Join(dir, "tenantry")
		build := exec.Command("go", "build", "-o", binary, "github.com/tenantry/tenantry/cmd/tenantry")
		if said, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, said)
			return 1
		}
		return m.Run()
	}())
}

// TestKill (requirements 14, 34, 35 and 40): no acknowledged change is lost, and none is half done.
func TestKill(t *testing.T) {
	seed := *seed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("to choose the same again: -seed %d", seed)
	r := newRig(t, t.ArtifactDir(), clients, seed)
	var total tally
	for round := range *rounds {
		got := r.round(t, round)
		if t.Failed() {
			t.Fatalf("round %d of seed %d failed; with -artifacts the data is kept in %s", round, seed, r.dir)
		}
		total.add(got)
		t.Logf("round %d/%d: %s", round+1, *rounds, got)
	}
	t.Logf("%d rounds: %s", *rounds, total)
	if total.acknowledged == 0 || (*rounds >= 50 && (total.committed == 0 || total.undone == 0 || total.lostAnswers == 0)) {
		t.Errorf("the rounds show too little")
	}
	r.finish(t)
}

// tally is what rounds saw.
type tally struct {
	acknowledged int // changes that were answered
	committed    int // that were not answered, and are there
	undone       int // that were not answered, and are not there
	lostAnswers  int // of the committed: refresh tokens whose successor the client never got
	orphans      int // files without a row, and halves of uploads, that a kill left
}

func (a *tally) add(b tally) {
	a.acknowledged += b.acknowledged
	a.committed += b.committed
	a.undone += b.undone
	a.lostAnswers += b.lostAnswers
	a.orphans += b.orphans
}

// String is one line.
func (a tally) String() string {
	return fmt.Sprintf("%d changes acknowledged, 0 lost; %d unanswered: %d there, %d not; %d refresh answers lost; %d orphan files swept",
		a.acknowledged, a.committed+a.undone, a.committed, a.undone, a.lostAnswers, a.orphans)
}

// rig is one folder of data with the clients that work on it.
type rig struct {
	*installation
	rnd     *rand.Rand
	workers []*worker
}

// newRig makes an installation in dir with n clients.
func newRig(t *testing.T, dir string, n int, seed uint64) *rig {
	t.Helper()
	return newRigOn(t, dir, "sqlite:"+filepath.Join(dir, "tenantry.db"), n, seed)
}

func newRigOn(t *testing.T, dir, dbURL string, n int, seed uint64) *rig {
	t.Helper()
	r := &rig{installation: install(t, dir, dbURL, n), rnd: rand.New(rand.NewPCG(seed, 0))}
	for n, home := range r.homes {
		r.workers = append(r.workers, newWorker(r.installation, n, home, rand.New(rand.NewPCG(seed, uint64(n)+1))))
	}
	r.start(t)
	r.takeAgencyToken(t)
	r.server.stop(t)
	return r
}

// start runs a server and points the workers at it.
func (r *rig) start(t *testing.T) {
	t.Helper()
	r.server = start(t, r.dir, "--db", r.dbURL)
	r.connect(r.server.url)
}

// connect points the workers at a server.
func (r *rig) connect(url string) {
	r.url = url
	for _, w := range r.workers {
		w.connect()
	}
}

// checkServer looks at the server that runs over HTTP, and waits until it has swept.
func (r *rig) checkServer(t *testing.T) {
	t.Helper()
	r.each(func(w *worker) { w.settleTokens(t) })
	r.each(func(w *worker) { w.checkServed(t) })
	r.waitSwept(t)
}

// round starts the server, checks what it shows of the rounds before, lets the clients work,
// kills it, and checks what is left.
func (r *rig) round(t *testing.T, round int) (got tally) {
	t.Helper()
	if round%4 == 3 { // a kill while it starts, which may be while it recovers, sweeps or purges
		startAndKill(t, r.dir, time.Duration(r.rnd.IntN(100))*time.Millisecond)
	}
	r.start(t)
	r.checkServer(t)
	if t.Failed() {
		r.server.kill(t)
		return got
	}
	before := r.acknowledged()
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	for _, w := range r.workers {
		working.Go(func() {
			if err := w.work(ctx); err != nil {
				t.Errorf("client %d: %v", w.n, err)
			}
		})
	}
	time.Sleep(time.Duration(300+r.rnd.IntN(700)) * time.Millisecond)
	r.server.kill(t)
	cancel() // for those that wait for an answer that never comes
	working.Wait()
	got.acknowledged = r.acknowledged() - before
	r.checkData(t, &got)
	return got
}

// finish lets a last server settle what the last kill left.
func (r *rig) finish(t *testing.T) {
	t.Helper()
	r.start(t)
	r.checkServer(t)
	r.server.stop(t)
	r.checkDoctor(t)
}

// checkDoctor asks the program itself.
func (r *rig) checkDoctor(t *testing.T) {
	t.Helper()
	if said, err := exec.Command(binary, "doctor", "--data", r.dir, "--db", r.dbURL).CombinedOutput(); err != nil { //nolint:gosec // our own program
		t.Errorf("doctor: %v\n%s", err, said)
	}
}

// each runs fn for all workers at once.
func (r *rig) each(fn func(*worker)) {
	var all sync.WaitGroup
	for _, w := range r.workers {
		all.Go(func() { fn(w) })
	}
	all.Wait()
}

func (r *rig) acknowledged() (n int) {
	for _, w := range r.workers {
		n += w.acknowledged
	}
	return n
}
