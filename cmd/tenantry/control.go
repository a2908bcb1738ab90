package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// order is a managing verb on its way to the server that has the data open.
type order struct {
	Args  []string `json:"args"`
	Input string   `json:"input,omitempty"` // what the verb reads
}

// outcome is what the verb would have left behind in the process that it was started in.
type outcome struct {
	Out  string `json:"out"`
	Err  string `json:"err"`
	Code int    `json:"code"`
}

// forward has the verb run by the server that listens on the socket. done is false when
// there is none.
func forward(ctx context.Context, socket string, o order, io console) (code int, done bool, err error) {
	body, err := json.Marshal(o)
	if err != nil {
		return 0, true, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/verb", bytes.NewReader(body))
	if err != nil {
		return 0, true, err
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	answer, err := transport.RoundTrip(req)
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return 0, false, nil // nobody listens: the data is free, or says itself who holds it
	}
	if err != nil {
		return 0, true, fmt.Errorf("%w: %w", errBrokenOff, err)
	}
	defer func() { _ = answer.Body.Close() }()
	var got outcome
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		return 0, true, fmt.Errorf("%w: %w", errBrokenOff, err)
	}
	_, err = fmt.Fprint(io.err, got.Err)
	_, err2 := fmt.Fprint(io.out, got.Out)
	return got.Code, true, errors.Join(err, err2)
}

// control runs the verbs that [forward] sends. Who can reach its socket owns the data.
type control struct {
	server *http.Server
	ln     net.Listener
}

// openControl listens on the socket. One that is there and does not answer is one that a
// server left which was killed.
func openControl(ctx context.Context, path string, in *instance, log *slog.Logger) (*control, error) {
	if conn, err := new(net.Dialer).DialContext(ctx, "unix", path); err == nil {
		return nil, errors.Join(fmt.Errorf("another server listens on %s: give each a --data folder of its own", path), conn.Close())
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /verb", func(w http.ResponseWriter, r *http.Request) {
		var o order
		if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		done := carryOut(r.Context(), o, in)
		log.InfoContext(r.Context(), "managed", "code", done.Code)
		_ = json.NewEncoder(w).Encode(done) // whoever asked has gone
	})
	return &control{ln: ln, server: &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}, nil
}

// serve runs until close.
func (c *control) serve() { _ = c.server.Serve(c.ln) } // it ends with ErrServerClosed

// close lets the verbs that run come to their end.
func (c *control) close(ctx context.Context) error { return c.server.Shutdown(ctx) }

// carryOut runs a verb on the server's own installation.
func carryOut(ctx context.Context, o order, in *instance) outcome {
	var out, said bytes.Buffer
	io := console{in: strings.NewReader(o.Input), out: &out, err: &said}
	v, err := o.parse(ctx, io)
	if err == nil {
		v.attach(in)
		err = v.Run(ctx, io)
	}
	code := exitCode(err, io)
	return outcome{Out: out.String(), Err: said.String(), Code: code}
}

// parse finds the verb. The process that sent it has checked it: what is wrong now is the
// version.
func (o order) parse(ctx context.Context, io console) (managed, error) {
	parsed, err := newParser(ctx, io).Parse(o.Args)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errOtherVersion, err)
	}
	if v, ok := verbOf(parsed); ok {
		return v, nil
	}
	return nil, errOtherVersion
}

var errBrokenOff = errors.New("the server that runs broke off, and may have done it or not")

var errOtherVersion = errors.New("the server that runs is of another version than this program: use the server's, or restart the server with this one")
