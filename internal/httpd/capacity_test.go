package httpd

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantry/tenantry/internal/wire"
)

// crowded is a handler for one request at a time: it answers once it has read the
// request's body and its gate opens.
func crowded() (h http.Handler, gate chan struct{}) {
	gate = make(chan struct{})
	return newCapacity(1).around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-gate
		w.WriteHeader(http.StatusNoContent)
	})), gate
}

// send starts a request and gives its answer once there is one.
func send(h http.Handler, wg *sync.WaitGroup, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	wg.Go(func() { h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/work", body)) })
	return w
}

const busyAnswer = `{"statusCode":503,"message":"The server is busy. Try again later.","error":"Service Unavailable","code":"unavailable"}`

func checkBusy(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" || w.Body.String() != busyAnswer {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestBeyondCapacity (requirement 31): a request waits for its turn, but not for long.
func TestBeyondCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, gate := crowded()
		var wg sync.WaitGroup
		first := send(h, &wg, nil)
		synctest.Wait()
		start := time.Now()
		refused := httptest.NewRecorder()
		h.ServeHTTP(refused, httptest.NewRequest(http.MethodPost, "/", nil))
		checkBusy(t, refused)
		if waited := time.Since(start); waited != turnWait {
			t.Errorf("it waited %v", waited)
		}
		patient := send(h, &wg, nil)
		time.Sleep(turnWait / 2)
		close(gate)
		wg.Wait()
		if first.Code != 204 || patient.Code != 204 {
			t.Errorf("%d, and %d for the one that got its turn in time", first.Code, patient.Code)
		}
	})
}

// Slow peers take no turn away: neither one whose body does not come, nor one that does not
// take its answer.
func TestSlowPeersHoldNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, gate := crowded()
		var wg sync.WaitGroup
		body, feed := io.Pipe()
		slow := send(h, &wg, body)
		synctest.Wait()
		quick := send(h, &wg, nil)
		gate <- struct{}{}
		synctest.Wait()
		if quick.Code != 204 {
			t.Errorf("beside a slow body: %d", quick.Code)
		}
		_ = feed.Close()
		synctest.Wait()
		refused := httptest.NewRecorder()
		h.ServeHTTP(refused, httptest.NewRequest(http.MethodPost, "/", nil))
		checkBusy(t, refused) // the slow one has its turn again
		close(gate)
		wg.Wait()
		if slow.Code != 204 {
			t.Errorf("the slow one: %d", slow.Code)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		taken := make(chan struct{})
		h := newCapacity(1).around(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "begun")
			<-taken
		}))
		var wg sync.WaitGroup
		first, second := send(h, &wg, nil), send(h, &wg, nil)
		synctest.Wait()
		if first.Code != 200 || second.Code != 200 {
			t.Errorf("beside a slow reader: %d, %d", first.Code, second.Code)
		}
		close(taken)
		wg.Wait()
	})
}

// A crowd is not even waited with.
func TestCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, gate := crowded()
		var wg sync.WaitGroup
		var feeds []*io.PipeWriter
		for range crowd {
			body, feed := io.Pipe()
			feeds = append(feeds, feed)
			send(h, &wg, body)
		}
		synctest.Wait()
		start := time.Now()
		refused := httptest.NewRecorder()
		h.ServeHTTP(refused, httptest.NewRequest(http.MethodPost, "/", nil))
		checkBusy(t, refused)
		if time.Since(start) != 0 {
			t.Errorf("it waited %v", time.Since(start))
		}
		close(gate)
		for _, feed := range feeds {
			_ = feed.Close()
		}
		wg.Wait()
		last := send(h, &wg, nil)
		wg.Wait()
		if last.Code != 204 {
			t.Errorf("after the crowd has gone: %d", last.Code)
		}
	})
}

// Who asks for the health is answered whatever the load.
func TestHealthNeedsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, gate := new(testLog), make(chan struct{})
		mux := wire.NewMux(wire.Gate{}, nil)
		health := NewHealth(log.logger(), time.Now)
		health.mount(mux)
		mux.Handle("POST", "/work", "work", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-gate }))
		h := edge(Options{Log: log.logger(), Now: time.Now, Health: health, MaxConcurrent: 1}, quota{}, mux)
		var wg sync.WaitGroup
		send(h, &wg, nil)
		synctest.Wait()
		for _, path := range []string{"/health", "/health/live", "/health/ready"} {
			if w := ask(h, path); w.Code != 200 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		if w := ask(h, "/openapi.json"); w.Code != 503 {
			t.Errorf("another request beside it: %d", w.Code)
		}
		close(gate)
		wg.Wait()
	})
}

// A panic gives the turn back.
func TestAPanicEndsItsTurn(t *testing.T) {
	c := newCapacity(1)
	h := c.around(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	for range 3 {
		func() {
			defer func() { _ = recover() }()
			ask(h, "/")
		}()
	}
	if len(c.turns) != 0 || c.present.Load() != 0 {
		t.Errorf("%d turns are taken, %d requests are there", len(c.turns), c.present.Load())
	}
}
