package crash_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantry/tenantry/client"
)

// sightings are what clients saw, together. It is safe for concurrent use.
type sightings struct {
	mu         sync.Mutex
	reads      int
	refused    int            // answered with a 503 as it must be
	refusals   map[string]int // of these by message
	unexpected map[string]int // everything else, by what it is
	late       int            // refresh tokens that expired because all answers were lost

	since   time.Time     // of the last success
	gap     time.Duration // the longest time without one
	longest time.Duration // that an answer took
	backAt  time.Time     // of the database; none once there was a success
	backs   []time.Duration
	kills   int // of servers
	stops   int // of servers, in order
}

// note counts an outcome, and tells whether it is one of a kind that is not expected and new.
func (s *sightings) note(err error, isRead bool, took time.Duration) (isNew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.longest = max(s.longest, took)
	if err == nil {
		now := time.Now()
		s.gap, s.since = max(s.gap, now.Sub(s.since)), now
		if !isRead && !s.backAt.IsZero() {
			s.backs, s.backAt = append(s.backs, now.Sub(s.backAt).Round(time.Millisecond)), time.Time{}
		}
		if isRead {
			s.reads++
		}
		return false
	}
	e, answered := errors.AsType[*client.Error](err)
	if answered && e.StatusCode == http.StatusServiceUnavailable && e.Code == "unavailable" && e.RetryAfter >= time.Second && e.TraceID != "" {
		s.refused++
		count(&s.refusals, strings.Join(e.Messages, "; "))
		return false
	}
	what, _, _ := strings.Cut(err.Error(), ":")
	if answered {
		what = fmt.Sprintf("%s %d %s %q", e.Method, e.StatusCode, e.Code, e.Messages)
	}
	count(&s.unexpected, what)
	return s.unexpected[what] == 1
}

func count(in *map[string]int, what string) {
	if *in == nil {
		*in = map[string]int{}
	}
	(*in)[what]++
}

// awaitChange returns once something was changed, now that the database is back, or false when
// that takes far too long.
func (s *sightings) awaitChange() bool {
	s.mu.Lock()
	s.backAt = time.Now()
	s.mu.Unlock()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		changed := s.backAt.IsZero()
		s.mu.Unlock()
		if changed {
			return true
		}
	}
	return false
}

func (s *sightings) expired() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late++
}

// String is some lines.
func (s *sightings) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "%d servers killed, %d stopped; %d reads, none stale; %d requests refused, %d refresh tokens expired; the longest answer took %v, the longest time without success was %v; changes after the database was back: %v",
		s.kills, s.stops, s.reads, s.refused, s.late, s.longest.Round(time.Millisecond), s.gap.Round(time.Millisecond), s.backs)
	for _, list := range []map[string]int{s.refusals, s.unexpected} {
		for _, what := range slices.Sorted(maps.Keys(list)) {
			fmt.Fprintf(&b, "\n%6d %s", list[what], what)
		}
	}
	return b.String()
}
