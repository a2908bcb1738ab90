package httpd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

type wordInput struct {
	Body wordBody `body:"json"`
}

type wordBody struct {
	_ struct{} `schema:"WordBody"`

	Word string `json:"word"`
}

// short is a patience that a test can wait for.
const short = 500 * time.Millisecond

// newPatient serves POST /words, which takes as long as the word says, /denied, which
// reads no body, and /flood, which answers with more than any buffer holds and sends
// the error of its writing to the channel.
func newPatient(t *testing.T) (address string, flood <-chan error) {
	t.Helper()
	errs := make(chan error, 1)
	gate := wire.Gate{
		Authenticate: func(*http.Request) (tenantry.Caller, error) { return tenantry.Caller{Scopes: tenantry.Scopes()}, nil },
		Admit:        func(http.Header, tenantry.Caller) error { return nil },
	}
	words := func(ctx context.Context, _ tenantry.Caller, in *wordInput) (wordBody, error) {
		pause, _ := time.ParseDuration(in.Body.Word)
		time.Sleep(pause)
		return in.Body, ctx.Err()
	}
	mux := wire.NewMux(gate, []wire.Route{wire.Handle(wire.Op{
		Method: "POST", Path: "/words", ID: "say-word", Tokens: wire.AnyTokens, Scopes: tenantry.Scopes(),
	}, words)})
	mux.Handle("POST", "/denied", "denied", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { wire.WriteError(w, r, tenantry.NoAccessError()) }))
	mux.Handle("GET", "/flood", "flood", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64<<20))
		errs <- err
	}))
	mux.Handle("GET", "/silent", "silent", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	log := new(testLog)
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = NewServer(patience{stall: short, rate: 200}.around(exchange(Options{Log: log.logger(), Now: time.Now}, recoverPanic(nil, mux))), log.logger())
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String(), errs
}

// peer is a client that sends what it is told, when it is told.
type peer struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(t *testing.T, address string) peer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil { // a server without patience
		t.Fatal(err)
	}
	return peer{conn, bufio.NewReader(conn)}
}

func (p peer) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(p.conn, text); err != nil {
		t.Fatal(err)
	}
}

func (p peer) post(t *testing.T, path string, length int, body string) {
	t.Helper()
	p.send(t, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nVersion: v3\r\nContent-Length: %d\r\n\r\n%s", path, length, body))
}

// answer reads one answer; last wants the server to close the connection after it.
func (p peer) answer(t *testing.T, status int, last bool) string {
	t.Helper()
	resp, err := http.ReadResponse(p.reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		t.Fatalf("status %d, want %d: %s, %v", resp.StatusCode, status, body, err)
	}
	if last {
		if _, err := p.reader.ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Fatalf("the connection stays open: %v", err)
		}
	}
	return string(body)
}

// TestABodyThatDoesNotCome ends the request and its connection.
func TestABodyThatDoesNotCome(t *testing.T) {
	t.Parallel()
	address, _ := newPatient(t)
	t.Run("half", func(t *testing.T) {
		p := dial(t, address)
		p.post(t, "/words", 50, `{"wo`)
		if body := p.answer(t, 400, true); !strings.Contains(body, "The request body could not be read to its end") {
			t.Error(body)
		}
	})
	t.Run("that nobody reads", func(t *testing.T) {
		p := dial(t, address)
		p.post(t, "/denied", 50, "")
		p.answer(t, 403, true)
	})
	t.Run("drop by drop", func(t *testing.T) {
		p := dial(t, address)
		p.post(t, "/words", 1000, "")
		go func() {
			for range 1000 { // a tenth of the rate at most, for far longer than the test has
				if _, err := p.conn.Write([]byte(" ")); err != nil {
					return
				}
				time.Sleep(short / 5)
			}
		}()
		p.answer(t, 400, false)
	})
}

// TestABodyThatDoesNotComeOverHTTP2 ends its request; the others on its connection go on.
func TestABodyThatDoesNotComeOverHTTP2(t *testing.T) {
	t.Parallel()
	log, begun := new(testLog), make(chan struct{}, 1)
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = NewServer(patience{stall: short, rate: 200}.around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})), log.logger())
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	body, feed := io.Pipe()
	defer func() { _ = feed.Close() }()
	for _, test := range []struct {
		body io.Reader
		want int
	}{{body, 400}, {strings.NewReader("all of it"), 200}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL, test.body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		<-begun
		if resp.ProtoMajor != 2 || resp.StatusCode != test.want {
			t.Errorf("%s %s, want %d", resp.Proto, resp.Status, test.want)
		}
	}
}

// TestASlowBodyThatComes is read, and the connection lives on: neither a long answer
// nor a pause before the next request is cut short.
func TestASlowBodyThatComes(t *testing.T) {
	t.Parallel()
	address, _ := newPatient(t)
	p := dial(t, address)
	const body = `{"word":"600ms"}`
	for range 2 {
		const pad = (1000 - len(body)) / 7
		p.post(t, "/words", 7*pad+len(body), "")
		for range 7 { // longer than the patience in all
			p.send(t, strings.Repeat(" ", pad))
			time.Sleep(short / 5)
		}
		p.send(t, body)
		p.answer(t, 200, false)
		time.Sleep(short * 4 / 3)
	}
	p.send(t, "GET /silent HTTP/1.1\r\nHost: x\r\n\r\n")
	p.answer(t, 204, false)
}

// TestAnAnswerThatIsNotTaken ends; one that is taken slowly does not.
func TestAnAnswerThatIsNotTaken(t *testing.T) {
	t.Parallel()
	address, flood := newPatient(t)
	const request = "GET /flood HTTP/1.1\r\nHost: x\r\n\r\n"
	p := dial(t, address)
	p.send(t, request)
	if err := <-flood; err == nil {
		t.Error("an answer that nobody takes is written to its end")
	}
	p = dial(t, address)
	p.send(t, request)
	for range 5 {
		time.Sleep(short / 5)
		if _, err := io.CopyN(io.Discard, p.reader, 4<<20); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.CopyN(io.Discard, p.reader, 44<<20); err != nil {
		t.Fatal(err)
	}
	if err := <-flood; err != nil {
		t.Errorf("an answer that is taken slowly breaks off: %v", err)
	}
}
