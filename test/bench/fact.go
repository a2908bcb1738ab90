package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/tenantry/tenantry/internal/api"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/httpd"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/store"
)

// fact is a figure that is no rate.
type fact struct {
	name, value, target string
	missed              bool
}

// The targets of facts.
const (
	startTarget  = 100 * time.Millisecond
	memoryTarget = 30 << 20
	knownTarget  = 0.10
)

// starts is how often the start is timed, and idle how long the memory may settle.
const (
	starts = 7
	idle   = 2 * time.Second
)

// measureFacts times starts on an existing database, counts idle memory and times tokens.
func measureFacts(ctx context.Context, binary string, f *fixture) ([]fact, error) {
	var took []time.Duration
	var held int
	for i := range starts {
		p, d, err := startServer(ctx, binary, f.place)
		if err != nil {
			return nil, err
		}
		took = append(took, d)
		if i == starts-1 {
			time.Sleep(idle)
			held, err = p.memory()
		}
		if err = errors.Join(err, p.stop()); err != nil {
			return nil, err
		}
	}
	start := median(took)
	facts := []fact{
		{"first answer after the start", fmt.Sprintf("%.0f ms", start.Seconds()*1000), "100 ms", start > startTarget},
		{"memory when idle", megabytes(held), "30 MB", held > memoryTarget},
	}
	err := f.use(ctx, func(s *store.Store, tokens *oauth.Authenticator) error {
		more, err := tokenFacts(f, s, tokens)
		facts = append(facts, more...)
		return err
	})
	return facts, err
}

func megabytes(n int) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }

// tokenFacts times reads by id in this process, and the part of it that asks who calls.
func tokenFacts(f *fixture, s *store.Store, tokens *oauth.Authenticator) (facts []fact, err error) {
	uploads, err := files.Open(filepath.Join(f.folder, "files"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, uploads.Close()) }()
	const url = "http://bench.example"
	pages, err := oauth.NewPages(s, url, time.Now)
	if err != nil {
		return nil, err
	}
	many := ratelimit.Limits{Burst: 1 << 40, Window: 10 * time.Second, Daily: 1 << 40}
	handler := httpd.New(httpd.Options{
		API: api.New(s, uploads, url), Tokens: tokens, Pages: pages, Limits: many, TokenLimits: many, PublicURL: url,
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Version: "bench", Now: time.Now, //nolint:sloglint // the lines are made, as in production
	})
	known := func(i int) *http.Request { return f.inProcess(i, f.agency) }
	unseen := func(i int) *http.Request { return f.inProcess(i, f.fresh[i%len(f.fresh)]) }
	whole, check := timed(handler, known), timed(asking(tokens), known)
	first, signature := timed(asking(tokens), unseen), timed(checkingSignatures(f.fresh[0]), unseen)
	added := check / (whole - check)
	return []fact{
		{"a known token adds to a read", fmt.Sprintf("%.1f%%", added*100), "10%", added > knownTarget},
		{"a new token, against one check of a signature", fmt.Sprintf("%.2f", first/signature), "", false},
		{"a check of a signature", fmt.Sprintf("%.1f µs", signature/1000), "", false},
	}, nil
}

func (f *fixture) inProcess(i int, token string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, "/locations/"+string(f.locations[i%len(f.locations)].ID), http.NoBody) //nolint:noctx // no network call
	if err != nil {
		panic(err) // ids are good in a path
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Version", "2021-07-28")
	return r
}

func asking(tokens *oauth.Authenticator) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := tokens.Caller(r); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		}
	})
}

// checkingSignatures does what no check of a new token can do without.
func checkingSignatures(token string) http.Handler {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err) // it never fails
	}
	signed := []byte(token[:strings.LastIndexByte(token, '.')])
	signature := ed25519.Sign(private, signed)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !ed25519.Verify(public, signed, signature) {
			http.Error(w, "wrong signature", http.StatusUnauthorized)
		}
	})
}

// timed gives the nanoseconds that a request takes: the least of some batches, which is what
// disturbances do not add to. It panics on a refusal.
func timed(h http.Handler, request func(i int) *http.Request) float64 {
	const batches, size = 5, 5000
	least := math.Inf(1)
	for b := range batches {
		requests := make([]*http.Request, size)
		for i := range requests {
			requests[i] = request(b*size + i)
		}
		start := time.Now()
		for _, r := range requests {
			w := sink{header: http.Header{}}
			if h.ServeHTTP(&w, r); w.status > http.StatusOK {
				panic(fmt.Sprintf("answered %d", w.status))
			}
		}
		least = min(least, float64(time.Since(start).Nanoseconds())/size)
	}
	return least
}

// sink is an answer that nobody reads.
type sink struct {
	header http.Header
	status int
}

// Header gives the headers.
func (s *sink) Header() http.Header { return s.header }

// WriteHeader notes the status.
func (s *sink) WriteHeader(status int) { s.status = status }

// Write drops the body.
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
