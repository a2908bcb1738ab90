package crash_test

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the rig reads the database by itself

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/client"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

var soakFor = flag.Duration("soak", 20*time.Second, "how long servers and the database are restarted under load")

// replicas is how many servers work on one database.
const replicas = 3

// soak is a rig whose database is PostgreSQL with a standby, whose servers are several, and whose
// clients reach them through HAProxy.
type soak struct {
	*rig
	pair    *pgtest.Pair
	servers []*replica
	over    chan struct{} // closed when the load ends
	saw     sightings
}

// TestSoak (requirements 34, 35, 37 and 42): while servers are killed and restarted, the database
// is restarted and its standby takes its place, a client gets what it asked for or a 503 that
// says when to come back. What was acknowledged is kept, whatever fails, and nothing is done twice.
func TestSoak(t *testing.T) {
	needHAProxy(t)
	pair := pgtest.NewPair(t)
	pair.Exec("CREATE DATABASE tenantry")
	s := &soak{pair: pair, over: make(chan struct{})}
	s.rig = newRigOn(t, t.ArtifactDir(), pair.URL("tenantry"), clients, max(1, *seed))
	s.saw.since = time.Now()
	s.startReplicas(t)
	if t.Failed() {
		return
	}
	var working sync.WaitGroup
	for _, w := range s.workers {
		w.hasFiles = false // a folder of files belongs to one server
		working.Go(func() { s.use(t, w) })
	}
	working.Go(func() { s.restartReplicas(t) })
	s.restartDatabase(t)
	close(s.over)
	working.Wait()
	s.stopReplicas(t)

	got := tally{acknowledged: s.acknowledged()}
	s.checkPostgres(t, &got)
	s.start(t)
	s.each(func(w *worker) { w.settleTokens(t) })
	s.each(func(w *worker) { w.checkServed(t) })
	s.waitPurged(t)
	s.checkPostgres(t, &tally{})
	s.checkDoctor(t)
	t.Logf("%v: %s\n%d tasks made, none twice; %s", *soakFor, got, s.tasks(t), &s.saw)
	if got.acknowledged == 0 || s.saw.refused == 0 {
		t.Errorf("it shows too little")
	}
}

// restartDatabase restarts the database in two ways, puts its standby in its place, and gives that a standby of its
// own, over the whole time.
func (s *soak) restartDatabase(t *testing.T) {
	t.Helper()
	began := time.Now()
	at := func(percent time.Duration) { time.Sleep(time.Until(began.Add(*soakFor * percent / 100))) }
	say := func(what string) { t.Logf("%5.1fs %s", time.Since(began).Seconds(), what) }
	outage := func(mode, end string, back func()) {
		say("the database ends: " + mode)
		s.pair.Stop(mode)
		say("it is away")
		time.Sleep(time.Second + time.Duration(s.rnd.Int64N(int64(time.Second)+int64(*soakFor)/60)))
		back()
		s.saw.databaseIsBack()
		say(end)
	}
	at(15)
	outage("fast", "it is back", s.pair.Resume)
	at(40)
	outage("immediate", "it is back", s.pair.Resume)
	at(65)
	outage("immediate", "its standby has its place", s.pair.Promote)
	at(85)
	s.pair.Rejoin()
	say("it has a standby again")
	at(100)
}

// use is what a client does until the load is over.
func (s *soak) use(t *testing.T, w *worker) {
	ctx := t.Context()
	for {
		select {
		case <-s.over:
			return
		default:
		}
		began := time.Now()
		var err error
		isRead := w.rnd.IntN(100) < 40
		if isRead {
			err = w.look(ctx)
		} else if err = w.step(ctx); err == nil {
			w.acknowledged++
		}
		if w.hasExpired(err) {
			w.session = session{revokedAccess: w.session.revokedAccess, revokedRefresh: w.session.revokedRefresh}
			s.saw.expired()
			continue
		}
		if s.saw.note(err, isRead, time.Since(began)) {
			t.Errorf("client %d: %v", w.n, err)
		}
		if err != nil {
			time.Sleep(50*time.Millisecond + time.Duration(w.rnd.IntN(200))*time.Millisecond)
		}
	}
}

// hasExpired tells whether the refresh of a token comes too late for its grace: the answer to the
// first one was lost, and so were all since.
func (w *worker) hasExpired(err error) bool {
	return w.session.doubt == refreshing && isRefusal(err, http.StatusBadRequest) && time.Since(w.session.sentAt) >= tenantry.RefreshGrace
}

// look reads something, and compares it with what the client was told of it, which nobody
// else changes: whichever server answers knows what any has acknowledged.
func (w *worker) look(ctx context.Context) error {
	var open []*place
	for _, p := range w.places {
		if p.isOpen() && p.token != "" {
			open = append(open, p)
		}
	}
	p := open[w.rnd.IntN(len(open))] // its home at least
	switch dice := w.rnd.IntN(10); {
	case dice == 0:
		_, err := p.api.SearchTasks(ctx, p.id(), client.TaskSearch{})
		return err
	case dice == 1:
		l, err := w.agency.Location(ctx, p.id())
		if err == nil && p.location.doubt == nil && (l.Name != p.location.text || l.City != p.location.text) {
			err = fmt.Errorf("stale: location %s is %q, %q; want %q", p.id(), l.Name, l.City, p.location.text)
		}
		return err
	}
	k := contents[w.rnd.IntN(len(contents))]
	got, err := k.served(ctx, p)
	if err != nil {
		return err
	}
	want, doubtful := map[string][2]string{}, map[string]bool{}
	for _, thing := range p.things {
		if thing.kind == k && thing.doubt != nil {
			doubtful[thing.id], doubtful[thing.doubt.text] = true, true
		}
	}
	for _, thing := range p.live(k) {
		want[thing.id] = [2]string{thing.text, thing.text}
	}
	maps.DeleteFunc(got, func(id string, texts [2]string) bool { return doubtful[id] || doubtful[texts[0]] })
	if !maps.Equal(got, want) {
		return fmt.Errorf("stale: location %s shows the %ss %v, want %v", p.id(), k.name, got, want)
	}
	return nil
}

// checkPostgres looks at the database while nobody writes.
func (s *soak) checkPostgres(t *testing.T, got *tally) {
	t.Helper()
	d := s.openPostgres(t)
	s.checkTables(t, d, engine{`SELECT 'ok'`, map[string]string{
		"events whose body is not theirs": `SELECT count(*) FROM events WHERE payload::json->>'webhookId' <> id OR payload::json->>'type' <> type`,
	}}, got)
	must(t, d.Close())
}

// tasks counts what the background made of recurring tasks.
func (s *soak) tasks(t *testing.T) (n int) {
	t.Helper()
	d := s.openPostgres(t)
	must(t, d.QueryRowContext(t.Context(), `SELECT count(*) FROM audit WHERE action = 'TaskCreate'`).Scan(&n))
	must(t, d.Close())
	return n
}

func (s *soak) openPostgres(t *testing.T) *sql.DB {
	t.Helper()
	d, err := sql.Open("pgx", s.pair.URL("tenantry"))
	must(t, err)
	return d
}

// waitPurged returns once nothing of deleted locations is left.
func (s *soak) waitPurged(t *testing.T) {
	t.Helper()
	d := s.openPostgres(t)
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var deleted int
		must(t, d.QueryRowContext(t.Context(), `SELECT count(*) FROM locations WHERE deleted_at IS NOT NULL`).Scan(&deleted))
		if deleted == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("%d deleted locations are not purged", deleted)
			break
		}
	}
	must(t, d.Close())
	s.server.stop(t)
}

// sightings are what clients saw, together. It is safe for concurrent use.
type sightings struct {
	mu         sync.Mutex
	reads      int
	refused    int            // answered with a 503 as it must be
	refusals   map[string]int // of these by message
	unexpected map[string]int // everything else, by what it is
	late       int            // refresh tokens that expired because all answers were lost

	since   time.Time     // of the last success
	gap     time.Duration // the longest time without one
	longest time.Duration // that an answer took
	backAt  time.Time     // of the database; none once there was a success
	backs   []time.Duration
	kills   int // of servers
	stops   int // of servers, in order
}

// note counts an outcome, and tells whether it is one of a kind that is not expected and new.
func (s *sightings) note(err error, isRead bool, took time.Duration) (isNew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.longest = max(s.longest, took)
	if err == nil {
		now := time.Now()
		s.gap, s.since = max(s.gap, now.Sub(s.since)), now
		if !isRead && !s.backAt.IsZero() {
			s.backs, s.backAt = append(s.backs, now.Sub(s.backAt).Round(time.Millisecond)), time.Time{}
		}
		if isRead {
			s.reads++
		}
		return false
	}
	e, answered := errors.AsType[*client.Error](err)
	if answered && e.StatusCode == http.StatusServiceUnavailable && e.Code == "unavailable" && e.RetryAfter >= time.Second && e.TraceID != "" {
		s.refused++
		count(&s.refusals, strings.Join(e.Messages, "; "))
		return false
	}
	what, _, _ := strings.Cut(err.Error(), ":")
	if answered {
		what = fmt.Sprintf("%s %d %s %q", e.Method, e.StatusCode, e.Code, e.Messages)
	}
	count(&s.unexpected, what)
	return s.unexpected[what] == 1
}

func count(in *map[string]int, what string) {
	if *in == nil {
		*in = map[string]int{}
	}
	(*in)[what]++
}

func (s *sightings) databaseIsBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backAt = time.Now()
}

func (s *sightings) expired() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late++
}

// String is some lines.
func (s *sightings) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "%d servers killed, %d stopped; %d reads, none stale; %d requests refused, %d refresh tokens expired; the longest answer took %v, the longest time without success was %v; changes after the database was back: %v",
		s.kills, s.stops, s.reads, s.refused, s.late, s.longest.Round(time.Millisecond), s.gap.Round(time.Millisecond), s.backs)
	for _, list := range []map[string]int{s.refusals, s.unexpected} {
		for _, what := range slices.Sorted(maps.Keys(list)) {
			fmt.Fprintf(&b, "\n%6d %s", list[what], what)
		}
	}
	return b.String()
}

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
