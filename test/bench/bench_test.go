package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/store"
)

// Answers are read whole, whichever way they say how long they are, and nothing of the next.
func TestAnswersAreRead(t *testing.T) {
	const next = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
	long := strings.Repeat("x", 100_000)
	tests := []struct{ name, answer, want string }{
		{"with a length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "hello"},
		{"in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nB\r\n, 世界 \r\n\r\n0\r\n\r\n", "hello, 世界 \r\n"},
		{"empty, in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
		{"longer than the buffer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + long + "\r\n0\r\n\r\n", long},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := answering(t, tt.answer+next, false)
			status, body, err := c.do([]byte("GET /"))
			if err != nil || status != 200 || string(body) != tt.want {
				t.Errorf("%d, %d bytes, %v", status, len(body), err)
			}
			if status, body, err := c.do([]byte("GET /")); err != nil || status != 204 || len(body) != 0 {
				t.Errorf("the next: %d, %q, %v", status, body, err)
			}
		})
	}
}

func TestBrokenAnswersAreRefused(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\n\r\n",                                         // no length
		"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",                 // none that is a number
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",               // it breaks off
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello", // before the last chunk
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n",
		"no HTTP at all\r\n",
	} {
		if status, body, err := answering(t, answer, true).do([]byte("GET /")); err == nil {
			t.Errorf("%q: %d, %q", answer, status, body)
		}
	}
}

// answering is a connection to a server that says a text, whatever it is asked, and may break off then.
func answering(t *testing.T, text string, breaksOff bool) *conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	go func() {
		_, _ = io.WriteString(theirs, text)
		if breaksOff {
			_ = theirs.Close()
		}
	}()
	return &conn{Conn: ours, in: bufio.NewReader(ours)}
}

// Two addresses get half of the connections each.
func TestConnectionsAreSpread(t *testing.T) {
	var addrs []string
	accepted := make(chan string, 2*connections)
	for range 2 {
		ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ln.Close() })
		addrs = append(addrs, ln.Addr().String())
		go func() {
			for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
				accepted <- c.LocalAddr().String()
			}
		}()
	}
	c, err := connect(constantWork(""), addrs...)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	got := map[string]int{}
	for range connections {
		got[<-accepted]++
	}
	if diff := cmp.Diff(map[string]int{addrs[0]: connections / 2, addrs[1]: connections / 2}, got); diff != "" {
		t.Error(diff)
	}
}

// Each kind of run has a section of the report, and the report has a place for each.
func TestSections(t *testing.T) {
	report, err := os.ReadFile(filepath.Join("..", "..", "docs", "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]options{
		"bench": {db: sqlite}, "bench postgres": {db: postgres}, "scale": {db: sqlite, scale: "1"},
		"scale postgres": {db: postgres, scale: "1"}, "peer": {db: sqlite, peer: "base"},
	}
	for want, o := range tests {
		if got := o.section(); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
		for _, mark := range []string{"begins", "ends"} {
			if n := strings.Count(string(report), "<!-- "+want+" "+mark+" -->"); n != 1 {
				t.Errorf("the report says %d times that %q %s", n, want, mark)
			}
		}
	}
}

// A report gets the table of its section, and keeps the rest.
func TestPublish(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.md")
	before := "one\n<!-- bench begins -->\nold\n<!-- bench ends -->\n<!-- bench postgres begins -->\nkept\n<!-- bench postgres ends -->\n"
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := publish(t.Context(), options{db: sqlite, report: path, only: regexp.MustCompile("")}, io.Discard, "| new |"); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(after), "| new |")
	if !strings.HasPrefix(head, "one\n<!-- bench begins -->\n") || rest != "\n"+before[strings.Index(before, "<!-- bench ends"):] {
		t.Errorf("%s", after)
	}
	if err := publish(t.Context(), options{db: sqlite, report: path, scale: "1"}, io.Discard, ""); err == nil {
		t.Error("a report without the section is no report")
	}
}

// The target of a scale is about the sizes from ten thousand on, where two are.
func TestComparedSizes(t *testing.T) {
	tests := []struct {
		sizes []int
		want  int
	}{
		{[]int{1000, 10_000, 100_000, 1_000_000}, 1}, {[]int{1000, 100_000}, 0}, {[]int{10_000, 20_000}, 0}, {[]int{1, 2}, 0},
	}
	for _, tt := range tests {
		var all []sized
		for _, n := range tt.sizes {
			all = append(all, sized{locations: n})
		}
		if got := compared(all); got != tt.want {
			t.Errorf("%v: from %d on", tt.sizes, got)
		}
	}
}

// What a turn measured is compared round by round, so that a drift of the machine cancels out.
func TestRatiosAreOfTheSameRound(t *testing.T) {
	c := comparison{work{name: "work"}, []reference{{name: "reference", target: 0.5}}}
	at := func(rates ...float64) (c contender) {
		for _, rate := range rates {
			c.results = append(c.results, result{rate: rate, p50: time.Millisecond, p99: time.Second})
		}
		return c
	}
	ours, theirs := at(100, 50, 10), at(200, 100, 20)
	got := table(c.rows([]*contender{&ours, &theirs}))
	const want = "| work | 50 | 1.00 ms | 1000.00 ms | reference | 100 | 0.50 | 0.50, met |\n"
	if !strings.HasSuffix(got, want) {
		t.Errorf("%s", got)
	}
}

// The database of a scale gets tasks for each sub-account.
func TestTasksAreAdded(t *testing.T) {
	for _, engine := range []string{sqlite, postgres} {
		t.Run(engine, func(t *testing.T) { testTasksAreAdded(context.WithoutCancel(t.Context()), t, engine) })
	}
}

func testTasksAreAdded(ctx context.Context, t *testing.T, engine string) {
	t.Helper()
	s, err := newSite(engine)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	at, err := s.place(ctx, "data")
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, at.url, db.Options{Durability: db.Relaxed})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	st, err := store.New(d, make([]byte, store.KeySize), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	company, err := st.CreateCompany(ctx, "Agency", "")
	if err != nil {
		t.Fatal(err)
	}
	made, err := st.CreateLocations(ctx, company, tenantry.System(), make([]tenantry.LocationPatch, 2))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := addTasks(ctx, at.url); err != nil {
		t.Fatal(err)
	}
	f := fixture{place: at}
	if err := os.WriteFile(filepath.Join(at.folder, "secret.key"), []byte(strings.Repeat("00", store.KeySize)), 0o600); err != nil {
		t.Fatal(err)
	}
	err = f.use(ctx, func(s *store.Store, _ *oauth.Authenticator) error {
		for _, l := range made {
			page, err := s.SearchTasks(ctx, l.ID, tenantry.TaskFilter{Query: "back"})
			if err != nil || page.Total != tasksEach || len(page.Items) != tasksEach || page.Items[0].Contact == nil {
				t.Errorf("%+v, %v", page, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
