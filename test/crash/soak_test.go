package crash_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"sync"
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
	at := func(percent int) { time.Sleep(time.Until(began.Add(*soakFor / 100 * time.Duration(percent)))) }
	say := func(what string) { t.Logf("%5.1fs %s", time.Since(began).Seconds(), what) }
	outage := func(mode, end string, back func()) {
		say("the database ends: " + mode)
		s.pair.Stop(mode)
		say("it is away")
		time.Sleep(time.Second + time.Duration(s.rnd.Int64N(int64(time.Second)+int64(*soakFor)/60)))
		back()
		say(end)
		if !s.saw.awaitChange() {
			t.Error("nothing can be changed since")
		}
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
	switch w.rnd.IntN(10) {
	case 0:
		_, err := p.api.SearchTasks(ctx, p.id(), client.TaskSearch{})
		return err
	case 1:
		l, err := w.agency.Location(ctx, p.id())
		if err == nil && p.location.doubt == nil && (l.Name != p.location.text || l.City != p.location.text) {
			err = fmt.Errorf("stale: location %s is %q, %q; want %q", p.id(), l.Name, l.City, p.location.text)
		}
		return err
	}
	return w.lookAt(ctx, p, contents[w.rnd.IntN(len(contents))])
}

// lookAt compares what a place shows of a kind.
func (w *worker) lookAt(ctx context.Context, p *place, k *kind) error {
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
