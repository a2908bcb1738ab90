package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/client"
)

const token = "pit-0b7e2f4c-5d8a-4f7e-9c31-aa52d6e0f9b1"

// operation is one method call with the request that it must send, the answer that
// the contract shows for it, and the part of the answer that the result must keep.
type operation struct {
	name    string
	call    func(context.Context, *client.Client) (any, error)
	method  string
	target  string // path and query as sent
	version string // empty: the default
	body    string // empty: none
	status  int    // zero: 200
	answer  string
	member  string // of the answer, that the result is; empty: the whole
}

func runOperations(t *testing.T, ops []operation) {
	t.Helper()
	for _, op := range ops {
		t.Run(op.name, func(t *testing.T) {
			srv := httptest.NewServer(op.handler(t))
			defer srv.Close()
			c := client.New(srv.URL, token)
			defer c.CloseIdleConnections()
			result, err := op.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			op.checkKept(t, result)
		})
	}
}

// handler checks the request and gives the answer.
func (op operation) handler(t *testing.T) http.HandlerFunc {
	t.Helper()
	header := http.Header{
		"Accept":          {"application/json"},
		"Accept-Encoding": {"gzip"},
		"Authorization":   {"Bearer " + token},
		"User-Agent":      {client.DefaultUserAgent},
		"Version":         {client.DefaultVersion},
	}
	if op.version != "" {
		header.Set("Version", op.version)
	}
	if op.body != "" {
		header.Set("Content-Type", "application/json")
		header.Set("Content-Length", strconv.Itoa(len(op.body)))
	}
	status := max(op.status, http.StatusOK)
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if got, want := r.Method+" "+r.RequestURI, op.method+" "+op.target; got != want {
			t.Errorf("request %q, want %q", got, want)
		}
		if diff := cmp.Diff(header, r.Header); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(op.body, string(body)); diff != "" {
			t.Errorf("body (-want +got):\n%s", diff)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprint(w, op.answer)
	}
}

// checkKept encodes the result and finds every member of the answer in it again, so
// that no tag can miss a member or be spelled in another letter case.
func (op operation) checkKept(t *testing.T, result any) {
	t.Helper()
	want := parse(t, []byte(op.answer))
	if op.member != "" {
		want = want.(map[string]any)[op.member]
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	got := parse(t, encoded)
	if diff := cmp.Diff(want, restrict(got, want)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func parse(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

// restrict takes away the members of got that want lacks.
func restrict(got, want any) any {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		kept := map[string]any{}
		for name, value := range g {
			if _, ok := w[name]; ok {
				kept[name] = restrict(value, w[name])
			}
		}
		return kept
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return got
		}
		kept := make([]any, len(g))
		for i := range g {
			kept[i] = restrict(g[i], w[i])
		}
		return kept
	default:
		return got
	}
}

// transport answers requests in memory.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering makes a client whose every request gets this answer.
func answering(status int, header http.Header, body string, opts ...client.Option) *client.Client {
	h := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			r.Body.Close()
		}
		return &http.Response{
			StatusCode: status, Header: header, Request: r,
			Body: io.NopCloser(bytes.NewReader([]byte(body))),
		}, nil
	})}
	return client.New("http://server.test", token, append(opts, client.WithHTTPClient(h))...)
}

// failure runs a method for its [client.Error].
func failure(t *testing.T, err error) *client.Error {
	t.Helper()
	e, ok := err.(*client.Error)
	if !ok {
		t.Fatalf("error %v (%T), want a *client.Error", err, err)
	}
	return e
}
