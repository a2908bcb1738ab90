package httpd_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestReplicasAdmitTheLimit (requirement 30): a caller whose requests are spread over three servers
// at once has its quota once, and the headers of what is refused say so everywhere.
func TestReplicasAdmitTheLimit(t *testing.T) {
	const limit = 60
	url := testkit.PostgresURL(t)
	var servers []*testkit.Env
	for range 3 {
		d, err := db.Open(t.Context(), url, db.Options{Durability: db.Relaxed})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		// The window is the database's, and does not end while this runs.
		servers = append(servers, testkit.NewEnv(t, d, testkit.WithLimits(ratelimit.Limits{Burst: limit, Window: 12 * time.Hour}), testkit.WithSharedLimits()))
	}
	one := servers[0]
	get := func(s *testkit.Env) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/locations/%s/tags", s.URL, one.LocA), nil)
		if err != nil {
			t.Error(err)
			return nil
		}
		r.Header.Set("Version", "2021-07-28")
		r.Header.Set("Authorization", "Bearer "+one.Token("locA"))
		answer, err := testkit.Client().Do(r)
		if err != nil {
			t.Error(err)
			return nil
		}
		_ = answer.Body.Close() // only its header is wanted
		return answer
	}
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for i := range 9 {
		wg.Go(func() {
			for {
				answer := get(servers[i%3])
				if answer == nil || answer.StatusCode != http.StatusOK {
					return
				}
				admitted.Add(1)
			}
		})
	}
	wg.Wait()
	if n := admitted.Load(); n != limit {
		t.Errorf("%d requests were admitted of %d", n, limit)
	}
	for _, s := range servers {
		answer := get(s)
		if answer == nil || answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("X-RateLimit-Remaining") != "0" ||
			answer.Header.Get("X-RateLimit-Max") != fmt.Sprint(limit) || answer.Header.Get("Retry-After") == "" {
			t.Errorf("beyond the limit: %+v", answer)
		}
	}
}
