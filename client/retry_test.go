package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/client"
)

// quota refuses some requests before it grants one.
type quota struct {
	refusals int
	header   map[string]string
	bodies   []string
}

func (q *quota) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	q.bodies = append(q.bodies, string(body))
	res := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"tag":{"id":"t1"}}`))}
	if len(q.bodies) <= q.refusals {
		res.StatusCode = http.StatusTooManyRequests
		res.Body = io.NopCloser(strings.NewReader(`{"statusCode":429,"message":"Too Many Requests"}`))
		for name, value := range q.header {
			res.Header.Set(name, value)
		}
	}
	return res, nil
}

// create makes a tag against q with a clock that only notes the pauses.
func (q *quota) create(t *testing.T, r client.Retry) (pauses []time.Duration, err error) {
	t.Helper()
	pause := func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}
	c := client.New("http://server.test", token, client.WithRetry(r), client.WithClock(time.Now, pause),
		client.WithHTTPClient(&http.Client{Transport: q}))
	_, err = c.CreateTag(t.Context(), "loc_A", "a")
	return pauses, err
}

func TestRetry(t *testing.T) {
	interval := map[string]string{"X-RateLimit-Interval-Milliseconds": "10000"}
	tests := []struct {
		name     string
		retry    client.Retry
		refusals int
		header   map[string]string
		pauses   []time.Duration
		fails    bool
	}{
		{"is off by default", client.Retry{}, 1, interval, nil, true},
		{"waits for Retry-After", client.Retry{Tries: 2}, 1, map[string]string{"Retry-After": "3"}, []time.Duration{3 * time.Second}, false},
		{"waits for the window", client.Retry{Tries: 3}, 2, interval, []time.Duration{10 * time.Second, 10 * time.Second}, false},
		{"doubles without advice", client.Retry{Tries: 4}, 3, nil, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, false},
		{"gives up after its tries", client.Retry{Tries: 2}, 2, interval, []time.Duration{10 * time.Second}, true},
		{"gives up on a long wait", client.Retry{Tries: 9}, 1, map[string]string{"Retry-After": "31"}, nil, true},
		{"waits longer if told", client.Retry{Tries: 9, MaxWait: time.Minute}, 1, map[string]string{"Retry-After": "31"}, []time.Duration{31 * time.Second}, false},
		{"gives up on the day", client.Retry{Tries: 9}, 1, map[string]string{"X-RateLimit-Daily-Remaining": "0", "X-RateLimit-Interval-Milliseconds": "10000"}, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q := &quota{refusals: test.refusals, header: test.header}
			pauses, err := q.create(t, test.retry)
			if diff := cmp.Diff(test.pauses, pauses); diff != "" {
				t.Errorf("pauses (-want +got):\n%s", diff)
			}
			if test.fails && failure(t, err).StatusCode != http.StatusTooManyRequests {
				t.Errorf("error %v, want the 429", err)
			}
			if !test.fails && err != nil {
				t.Error(err)
			}
			for i, body := range q.bodies {
				if body != `{"name":"a"}` {
					t.Errorf("try %d sent %q", i+1, body)
				}
			}
			if want := len(test.pauses) + 1; len(q.bodies) != want {
				t.Errorf("%d tries, want %d", len(q.bodies), want)
			}
		})
	}
}

func TestRetryDoublesWithoutOverflow(t *testing.T) {
	pauses, err := (&quota{refusals: 70}).create(t, client.Retry{Tries: 71, MaxWait: 1<<63 - 1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(pauses) || pauses[0] != time.Second {
		t.Errorf("pauses %v", pauses)
	}
}

func TestRetryRepeatsNothingElse(t *testing.T) {
	tries := 0
	c := answering(503, http.Header{"Retry-After": {"1"}}, "", client.WithRetry(client.Retry{Tries: 5}),
		client.WithOnResponse(func(client.Response) { tries++ }))
	if _, err := c.Tags(t.Context(), "loc_A"); failure(t, err).StatusCode != 503 || tries != 1 {
		t.Errorf("%d tries, error %v", tries, err)
	}
}

func TestRetrySleepsUntilTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		start := time.Now()
		c := client.New("http://server.test", token, client.WithRetry(client.Retry{Tries: 5}), client.WithHTTPClient(&http.Client{
			Transport: &quota{refusals: 5, header: map[string]string{"Retry-After": "10"}},
		}))
		_, err := c.CreateTag(ctx, "loc_A", "a")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		if refusal, ok := errors.AsType[*client.Error](err); !ok || refusal.StatusCode != 429 {
			t.Errorf("error %v lost the refusal", err)
		}
		if took := time.Since(start); took != 12*time.Second {
			t.Errorf("took %v, want one pause of 10s and 2s of another", took)
		}
	})
}

func TestUploadsAreNotRepeated(t *testing.T) {
	q := &quota{refusals: 1}
	c := client.New("http://server.test", token, client.WithRetry(client.Retry{Tries: 5}),
		client.WithHTTPClient(&http.Client{Transport: q}))
	_, err := c.UploadFiles(t.Context(), "loc_A", "f1", 1, client.Upload{Name: "a", Content: strings.NewReader("a")})
	if failure(t, err).StatusCode != 429 || len(q.bodies) != 1 {
		t.Errorf("%d tries, error %v", len(q.bodies), err)
	}
}
