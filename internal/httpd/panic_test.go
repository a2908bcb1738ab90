package httpd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/wire"
)

// testLog collects the lines of a server's log, each level included.
type testLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *testLog) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.Level(-100), AddSource: true}))
}

func (l *testLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// line waits for the request's line: it is written after the answer.
func (l *testLog) line(t *testing.T, traceID string) map[string]any {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for scan := bufio.NewScanner(strings.NewReader(l.text())); scan.Scan(); {
			var line map[string]any
			if json.Unmarshal(scan.Bytes(), &line) == nil && line["traceId"] == traceID {
				return line
			}
		}
	}
	t.Fatalf("no line for the request %s in:\n%s", traceID, l.text())
	return nil
}

func openDB(t *testing.T, log *slog.Logger) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "tenantry.db"), db.Options{Durability: db.Relaxed, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

type thingInput struct {
	Kind string `path:"kind"`
}

// answerOf gives nothing, in a way that no checker sees through.
func answerOf(kind string) *thingAnswer {
	return map[string]*thingAnswer{}[kind]
}

type thingAnswer struct {
	OK bool `json:"ok"`
}

// things answers as its path says; each kind but "fine" panics.
func things(d *db.DB) func(context.Context, tenantry.Caller, *thingInput) (thingAnswer, error) {
	insert := func(ctx context.Context, t *db.Tx) error {
		_, err := t.Exec(ctx, `INSERT INTO settings (name, value) VALUES ('thing', 'half')`)
		return err
	}
	return func(ctx context.Context, _ tenantry.Caller, in *thingInput) (thingAnswer, error) {
		switch in.Kind {
		case "text":
			panic("detonation in the handler")
		case "nil":
			return *answerOf(in.Kind), nil // detonation
		case "write":
			return thingAnswer{}, d.Write(ctx, func(ctx context.Context, t *db.Tx) error {
				if err := insert(ctx, t); err != nil {
					return err
				}
				panic("detonation in the closure")
			})
		case "read":
			_, err := db.All(ctx, d.Read(), func(db.Row) (int, error) { panic("detonation in the scan") }, `SELECT 1`)
			return thingAnswer{}, err
		case "after":
			return thingAnswer{}, errors.Join(d.Write(ctx, insert), d.Write(ctx, func(ctx context.Context, t *db.Tx) error {
				_, err := t.Exec(ctx, `DELETE FROM settings WHERE name = 'thing'`)
				return err
			}))
		}
		return thingAnswer{OK: true}, nil
	}
}

// newThings serves the things behind the edge of the real server.
func newThings(t *testing.T, log *testLog, d *db.DB) *httptest.Server {
	t.Helper()
	gate := wire.Gate{
		Authenticate: func(*http.Request) (tenantry.Caller, error) {
			return tenantry.Caller{Class: tenantry.SubAccount, CompanyID: "company", LocationID: "loc", Scopes: tenantry.Scopes()}, nil
		},
		Admit: func(http.Header, tenantry.Caller) error { return nil },
		Reach: func(context.Context, tenantry.Caller, tenantry.LocationID) error { return nil },
	}
	mux := wire.NewMux(gate, []wire.Route{wire.Handle(wire.Op{
		Method: "GET", Path: "/things/{kind}", ID: "get-thing", Scopes: []tenantry.Scope{tenantry.TagsRead},
	}, things(d))})
	mux.Handle("GET", "/begun", "begun", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("half of it", 1000))
		panic("detonation in the middle")
	}))
	mux.Handle("GET", "/abort", "abort", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	limits := ratelimit.Defaults()
	o := Options{Log: log.logger(), Limits: limits, Now: time.Now}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = NewServer(edge(o, quota{limits: limits, source: ratelimit.NewMemory(limits, time.Now)}, mux), o.Log)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

func get(t *testing.T, url string) (*http.Response, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Version", wire.V3)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

// TestPanics (requirement 50).
func TestPanics(t *testing.T) {
	log := new(testLog)
	d := openDB(t, log.logger())
	srv := newThings(t, log, d)
	t.Run("become a 500", func(t *testing.T) { panicIsA500(t, srv, log, d) })
	t.Run("break a begun answer off", func(t *testing.T) { panicBreaksOff(t, srv, log) })
	t.Run("spare their neighbours", func(t *testing.T) { panicsSideBySide(t, srv) })
}

// panicIsA500: whatever panics, the answer is the contract's 500, nothing of the panic is
// in it, all of it is in the log, and the server lives on.
func panicIsA500(t *testing.T, srv *httptest.Server, log *testLog, d *db.DB) {
	for kind, value := range map[string]string{
		"text": "detonation in the handler", "nil": "nil pointer dereference",
		"write": "detonation in the closure", "read": "detonation in the scan",
	} {
		t.Run(kind, func(t *testing.T) {
			resp, body, err := get(t, srv.URL+"/things/"+kind)
			if err != nil {
				t.Fatal(err)
			}
			trace := resp.Header.Get("X-Trace-Id")
			want := `{"statusCode":500,"message":"Internal server error","error":"Internal Server Error","code":"internal","traceId":"` + trace + `"}`
			if resp.StatusCode != 500 || len(trace) != 36 || string(body) != want {
				t.Errorf("%d %s, want %s", resp.StatusCode, body, want)
			}
			if resp.Header.Get("X-RateLimit-Max") == "" {
				t.Error("the answer lacks the limit headers")
			}
			line := log.line(t, trace)
			text, _ := line["error"].(string)
			if line["level"] != "ERROR" || line["status"] != 500.0 || line["operation"] != "get-thing" {
				t.Errorf("the log line is %v", line)
			}
			for _, want := range []string{value, "things.func", "panic_test.go:"} { // what it panicked with, and where
				if !strings.Contains(text, want) {
					t.Errorf("the log line lacks %q: %s", want, text)
				}
			}
			if resp, body, err := get(t, srv.URL+"/things/fine"); err != nil || resp.StatusCode != 200 {
				t.Errorf("the next request fails: %s %v", body, err)
			}
		})
	}
	n, err := db.One(t.Context(), d.Read(), func(r db.Row) (n int, err error) { return n, r.Scan(&n) },
		`SELECT count(*) FROM settings WHERE name = 'thing'`)
	if err != nil || n != 0 {
		t.Errorf("%d rows of the closure that panicked are left, error %v", n, err)
	}
	if resp, body, err := get(t, srv.URL+"/things/after"); err != nil || resp.StatusCode != 200 {
		t.Errorf("a write after the panic fails: %s %v", body, err)
	}
}

// panicBreaksOff: half an answer must not look like a whole one, nor end in an error body.
func panicBreaksOff(t *testing.T, srv *httptest.Server, log *testLog) {
	resp, body, err := get(t, srv.URL+"/begun")
	if err == nil || bytes.Contains(body, []byte("statusCode")) {
		t.Fatalf("the answer looks whole: %v, error %v", resp, err)
	}
	line := log.line(t, resp.Header.Get("X-Trace-Id"))
	if text, _ := line["error"].(string); line["level"] != "ERROR" || !strings.Contains(text, "detonation in the middle") {
		t.Errorf("the log line is %v", line)
	}
	if _, _, err := get(t, srv.URL+"/abort"); err == nil {
		t.Error("an answer that is broken off on purpose looks whole")
	}
	if resp, _, err := get(t, srv.URL+"/things/fine"); err != nil || resp.StatusCode != 200 {
		t.Errorf("the next request fails: %v", err)
	}
}

// panicsSideBySide: neighbours in one write transaction do not suffer from a panic.
func panicsSideBySide(t *testing.T, srv *httptest.Server) {
	var wg sync.WaitGroup
	for i := range 40 {
		kind, want := "write", 500
		if i%2 == 0 {
			kind, want = "fine", 200
		}
		wg.Go(func() {
			if resp, body, err := get(t, srv.URL+"/things/"+kind); err != nil || resp.StatusCode != want {
				t.Errorf("%s: %s %v", kind, body, err)
			}
		})
	}
	wg.Wait()
	if resp, body, err := get(t, srv.URL+"/things/after"); err != nil || resp.StatusCode != 200 {
		t.Errorf("a write after the panics fails: %s %v", body, err)
	}
}
