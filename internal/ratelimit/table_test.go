package ratelimit_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// nodes are how many servers share a table in these tests.
const nodes = 3

// eachTable runs a test on a table of each kind, as each of several servers sees it.
func eachTable(t *testing.T, test func(t *testing.T, tables []ratelimit.Table)) {
	t.Run("postgres", func(t *testing.T) {
		url := testkit.PostgresURL(t)
		var tables []ratelimit.Table
		for i := range nodes {
			clock := testkit.NewClock(time.Now().Add(time.Duration(i-1) * 5 * time.Minute)) // plays no part
			tables = append(tables, openStore(t, url, clock.Now))
		}
		test(t, tables)
	})
	t.Run("redis", func(t *testing.T) {
		url := "redis://" + redisServer(t) + "/1"
		var tables []ratelimit.Table
		for range nodes {
			table, err := ratelimit.NewRedis(url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = table.Close() })
			tables = append(tables, table)
		}
		test(t, tables)
	})
}

func openStore(t *testing.T, url string, now func() time.Time) *store.Store {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{Durability: db.Relaxed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	s, err := store.New(d, make([]byte, store.KeySize), now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// redisServer starts a server that ends with the test, and gives its address. Without the program the
// test is skipped, and fails where CI is set.
func redisServer(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no redis-server in the path")
	}
	for range 10 { // somebody else may take the port in between
		address := freePort(t)
		_, port, _ := net.SplitHostPort(address)
		ctx, stop := context.WithCancel(context.Background())
		cmd := exec.CommandContext(ctx, program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
		cmd.Stdout = io.Discard
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { defer close(ended); _ = cmd.Wait() }() // it is killed
		t.Cleanup(func() { stop(); <-ended })
		if answers(address, ended) {
			return address
		}
	}
	t.Fatal("redis-server does not start")
	return ""
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }() // only its number is wanted
	return ln.Addr().String()
}

// answers waits for the server, until it has ended.
func answers(address string, ended <-chan struct{}) bool {
	for {
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
		if err == nil {
			_ = conn.Close() // that it was there is enough
			return true
		}
		select {
		case <-ended:
			return false
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestServersShareAQuota (requirement 30): three servers under load admit exactly the limit
// together, and another key has its own.
func TestServersShareAQuota(t *testing.T) {
	eachTable(t, func(t *testing.T, tables []ratelimit.Table) {
		l := ratelimit.Limits{Burst: 100, Window: 12 * time.Hour, Daily: 150} // no window ends while this runs
		var all []*ratelimit.Shared
		for _, table := range tables {
			s := ratelimit.NewShared(l, "api", table, time.Now, slog.New(slog.DiscardHandler))
			s.WaitFor(time.Hour)
			all = append(all, s)
		}
		for _, key := range []string{"app|A", "app|B"} {
			if n := admitted(all, key); n != l.Burst {
				t.Errorf("%s: %d requests were admitted of %d", key, n, l.Burst)
			}
		}
		for _, s := range all {
			if st := s.Stats(); st.Alone != 0 || st.Leases > 80 {
				t.Errorf("%+v", st)
			}
		}
	})
}

// admitted asks all servers at once, each with several requests at a time, until none admits more.
func admitted(all []*ratelimit.Shared, key string) (total int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range 4 * len(all) {
		wg.Go(func() {
			for all[i%len(all)].Take(key).Allowed {
				mu.Lock()
				total++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return total
}

// TestStoppedServerGivesBack: a server that stops leaves the whole rest to the others.
func TestStoppedServerGivesBack(t *testing.T) {
	eachTable(t, func(t *testing.T, tables []ratelimit.Table) {
		l := ratelimit.Limits{Burst: 160, Window: 12 * time.Hour}
		stopped, other := ratelimit.NewShared(l, "api", tables[0], time.Now, slog.New(slog.DiscardHandler)),
			ratelimit.NewShared(l, "api", tables[1], time.Now, slog.New(slog.DiscardHandler))
		stopped.WaitFor(time.Hour)
		other.WaitFor(time.Hour)
		for range 3 {
			stopped.Take("k")
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		ratelimit.RunAll(ctx, stopped)
		if n := admitted([]*ratelimit.Shared{other}, "k"); n != l.Burst-3 {
			t.Errorf("%d are left of %d", n, l.Burst-3)
		}
	})
}

// TestTables: what is kept is read back by others, whoever was faster wins, and all have one clock.
func TestTables(t *testing.T) {
	eachTable(t, func(t *testing.T, tables []ratelimit.Table) {
		ctx := t.Context()
		a, b := tables[0], tables[1]
		none, start, err := a.LoadQuota(ctx, "k")
		if err != nil || none != (tenantry.QuotaUse{}) || time.Since(start).Abs() > time.Minute {
			t.Fatalf("%+v at %v, %v", none, start, err)
		}
		start = start.UTC().Truncate(time.Millisecond)
		first := tenantry.QuotaUse{IntervalAt: start, IntervalUsed: 2, DailyAt: start.Add(-time.Hour), DailyUsed: 7}
		swap := func(table ratelimit.Table, old, next tenantry.QuotaUse, want bool) {
			t.Helper()
			if is, err := table.SwapQuota(ctx, "k", old, next, time.Hour); err != nil || is != want {
				t.Errorf("swapped: %v %v, want %v", is, err, want)
			}
		}
		swap(a, none, first, true)
		swap(b, none, first, false)
		second := first
		second.IntervalAt, second.IntervalUsed = time.Time{}, 0
		swap(b, first, second, true)
		swap(a, first, none, false)
		for _, table := range tables {
			if got, _, err := table.LoadQuota(ctx, "k"); err != nil || got != second {
				t.Errorf("%+v %v, want %+v", got, err, second)
			}
			if got, _, err := table.LoadQuota(ctx, "K"); err != nil || got != none {
				t.Errorf("another key: %+v %v", got, err)
			}
		}
	})
}

// TestRedisAway: requests go on without the server, and its password is told to nobody.
func TestRedisAway(t *testing.T) {
	address := redisServer(t)
	table, err := ratelimit.NewRedis("redis://user:hunter2@" + address) // which the server refuses
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	var log strings.Builder
	s := ratelimit.NewShared(ratelimit.Limits{Burst: 5, Window: time.Hour}, "api", table, time.Now, slog.New(slog.NewTextHandler(&log, nil)))
	if n := admitted([]*ratelimit.Shared{s}, "k"); n != 5 || s.Stats().Failures == 0 {
		t.Errorf("admitted %d; %+v", n, s.Stats())
	}
	if !strings.Contains(log.String(), "limits by itself") || strings.Contains(log.String(), "hunter2") {
		t.Errorf("log: %s", log.String())
	}
	if _, err := ratelimit.NewRedis("redis://user:hunter2@host/words"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a wrong URL: %v", err)
	}
}

// BenchmarkLease is what the request costs that waits for the database, and BenchmarkShared one that does not.
func BenchmarkLease(b *testing.B) {
	d := testkit.OpenPostgres(b)
	s, err := store.New(d, make([]byte, store.KeySize), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	limits := ratelimit.NewShared(ratelimit.Defaults(), "api", s, time.Now, slog.New(slog.DiscardHandler))
	limits.WaitFor(time.Hour)
	for i := 0; b.Loop(); i++ {
		limits.Take(strconv.Itoa(i))
	}
}
