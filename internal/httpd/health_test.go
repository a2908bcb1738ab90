package httpd

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantry/tenantry/internal/wire"
)

// ask sends a GET to a handler itself.
func ask(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// healthMux serves only the health operations.
func healthMux(h *Health) http.Handler {
	mux := wire.NewMux(wire.Gate{}, nil)
	h.mount(mux)
	return mux
}

func TestReadyNamesThePartThatFails(t *testing.T) {
	log, broken := new(testLog), errors.New("disk /secret/path is full")
	now := time.Now()
	h := NewHealth(log.logger(), func() time.Time { return now },
		Check{"read", func(context.Context) error { return nil }}, Check{"write", func(context.Context) error { return broken }})
	mux := healthMux(h)
	w := ask(mux, "/health/ready")
	if w.Code != 503 || w.Header().Get("Retry-After") != "2" || w.Body.String() != `{"status":"failed","checks":{"read":"ok","write":"failed"}}` {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if !strings.Contains(log.text(), broken.Error()) {
		t.Errorf("the log does not say why: %s", log.text())
	}
	for _, path := range []string{"/health", "/health/live"} { // the process itself is well
		if w := ask(mux, path); w.Code != 200 || w.Body.String() != `{"status":"ok"}` {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	broken = nil
	now = now.Add(healthAge)
	if w := ask(mux, "/health/ready"); w.Code != 200 || w.Body.String() != `{"status":"ok","checks":{"read":"ok","write":"ok"}}` || w.Header().Get("Retry-After") != "" {
		t.Errorf("recovered: %d %s", w.Code, w.Body)
	}
}

// Asking often costs nothing.
func TestReadyRemembers(t *testing.T) {
	runs, now := 0, time.Now()
	h := NewHealth(new(testLog).logger(), func() time.Time { return now }, Check{"read", func(context.Context) error { runs++; return nil }})
	mux := healthMux(h)
	for range 100 {
		ask(mux, "/health/ready")
	}
	if runs != 1 {
		t.Errorf("100 requests at once ran the check %d times", runs)
	}
	now = now.Add(healthAge)
	ask(mux, "/health/ready")
	if runs != 2 {
		t.Errorf("a second later it was not run again: %d times", runs)
	}
}

// A part that hangs hangs nobody who asks, and is asked once.
func TestReadyDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs, hang := 0, make(chan struct{})
		h := NewHealth(new(testLog).logger(), time.Now, Check{"write", func(context.Context) error {
			runs++
			<-hang
			return nil
		}})
		mux := healthMux(h)
		for range 2 {
			start := time.Now()
			w := ask(mux, "/health/ready")
			if w.Code != 503 || w.Body.String() != `{"status":"failed","checks":{"write":"no answer"}}` || time.Since(start) != healthPatience {
				t.Errorf("%d %s after %v", w.Code, w.Body, time.Since(start))
			}
		}
		close(hang)
		synctest.Wait()
		if w := ask(mux, "/health/ready"); w.Code != 200 || runs != 1 {
			t.Errorf("%d %s, the check ran %d times", w.Code, w.Body, runs)
		}
	})
}

func TestDraining(t *testing.T) {
	log := new(testLog)
	h := NewHealth(log.logger(), time.Now)
	mux := wire.NewMux(wire.Gate{}, nil)
	h.mount(mux)
	handler := edge(Options{Log: log.logger(), Now: time.Now, Health: h}, quota{}, mux)
	if w := ask(handler, "/health/ready"); w.Code != 200 || w.Header().Get("Connection") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	h.Drain()
	w := ask(handler, "/health/ready")
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.HasPrefix(w.Body.String(), `{"status":"draining",`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/health/live", "/nothing"} {
		if w := ask(handler, path); w.Code == 503 || w.Header().Get("Connection") != "close" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}
