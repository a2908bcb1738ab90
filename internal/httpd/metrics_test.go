package httpd_test

import (
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/httpd"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/wire"
)

// counted is a server with metrics.
func counted(t *testing.T, opts ...testkit.Option) (*testkit.Env, *httpd.Metrics) {
	t.Helper()
	m := httpd.NewMetrics("test")
	e := testkit.NewEnv(t, testkit.OpenDB(t), append(opts, testkit.WithMetrics(m))...)
	m.Watch(httpd.Parts{
		DB: e.DB, Tokens: e.Tokens, Connections: httpd.LimitConnections(nil, 10), Jobs: jobs.New(e.Store, e.Files, e.Clock.Now, nil),
		Limits: []*ratelimit.Shared{ratelimit.NewShared(ratelimit.Defaults(), "api", e.Store, e.Clock.Now, nil)},
	})
	return e, m
}

// scrape gives what Prometheus would read.
func scrape(t *testing.T, m *httpd.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// samples are the scraped lines of a metric.
func samples(text, name string) []string {
	return regexp.MustCompile(`(?m)^`+name+`(?:\{.*\})? .*$`).FindAllString(text, -1)
}

// waitFor scrapes until the metric has this sample: a request is counted after its answer.
func waitFor(t *testing.T, m *httpd.Metrics, sample string) {
	t.Helper()
	name, _, _ := strings.Cut(strings.ReplaceAll(sample, " ", "{"), "{")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		text := scrape(t, m)
		if slices.Contains(samples(text, name), sample) {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("no %s, but\n%s", sample, strings.Join(samples(text, name), "\n"))
			return
		}
	}
}

func TestRequestsAreCounted(t *testing.T) {
	e, m := counted(t)
	get := func(method, path, token string) {
		e.Do(t, testkit.Scenario{Method: method, Path: path, Token: token})
	}
	for range 2 {
		get("GET", "/locations/{locA}/tags", "locA")
		get("GET", "/locations/{locA}/tags", "nobody")
	}
	get("HEAD", "/locations/{locA}/tags", "locA")
	get("GET", "/{locA}", "locA")
	get("BREW", "/locations/{locA}/tags", "locA")
	access := e.AccessToken(t, tenantry.Caller{Class: tenantry.Agency, CompanyID: e.CompanyA, Scopes: tenantry.Scopes()})
	for range 3 {
		get("GET", "/locations/search", access)
	}
	for _, sample := range []string{
		`tenantry_http_requests_total{method="GET",operation="get-location-tags",status="200"} 3`,
		`tenantry_http_requests_total{method="GET",operation="get-location-tags",status="401"} 2`,
		`tenantry_http_requests_total{method="",operation="unknown",status="404"} 2`,
		`tenantry_http_requests_total{method="GET",operation="search-locations",status="200"} 3`,
		`tenantry_http_request_duration_seconds_count{method="GET",operation="get-location-tags"} 5`,
		`tenantry_token_cache_requests_total{result="miss"} 3`, // and two bad ones
		`tenantry_token_cache_requests_total{result="hit"} 2`,
		`tenantry_http_requests_in_flight 0`,
	} {
		waitFor(t, m, sample)
	}
	text := scrape(t, m)
	for _, secret := range []string{string(e.LocA), string(e.CompanyA), e.Token("locA"), access, "BREW"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics name %s", secret)
		}
	}
}

func TestRefusedRequestsAreCounted(t *testing.T) {
	e, m := counted(t, testkit.WithLimits(ratelimit.Limits{Burst: 1, Window: time.Hour, Daily: 100}))
	for range 3 {
		e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: "locA"})
	}
	waitFor(t, m, `tenantry_http_requests_refused_total{reason="rate_limited"} 2`)
	waitFor(t, m, `tenantry_http_requests_refused_total{reason="unavailable"} 0`)
}

// TestMetricsAreDocumented: the table of docs/operations.md has every metric of the program with its
// kind and labels, and no other.
func TestMetricsAreDocumented(t *testing.T) {
	e, m := counted(t)
	e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: "locA"})
	waitFor(t, m, `tenantry_http_requests_total{method="GET",operation="get-location-tags",status="200"} 1`)
	text, got := scrape(t, m), map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^# TYPE (tenantry_\w+) (\w+)$`).FindAllStringSubmatch(text, -1) {
		labels := map[string]bool{}
		for _, sample := range samples(text, found[1]+`(?:_count)?`) {
			for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(sample, -1) {
				labels[label[1]] = true
			}
		}
		got[found[1]] = found[2] + " " + strings.Join(slices.Sorted(maps.Keys(labels)), ", ")
	}
	data, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(tenantry_\\w+)` \\| (\\w+) \\| ([\\w, ]*) *\\|").FindAllStringSubmatch(string(data), -1) {
		want[row[1]] = row[2] + " " + strings.TrimSpace(row[3])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/operations.md (-document +program):\n%s", diff)
	}
}

// TestEveryOperationIsExpected: an operation that the metrics do not know counts as unknown.
func TestEveryOperationIsExpected(t *testing.T) {
	e, m := counted(t)
	for _, route := range e.Routes {
		path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(route.Path, "x")
		e.Do(t, testkit.Scenario{Method: route.Method, Path: path, Version: wire.V3})
	}
	for _, path := range []string{"/health", "/health/live", "/openapi.json", "/docs", "/.well-known/jwks.json", "/files/location/a/custom-Field/b/c", "/oauth/chooselocation"} {
		fetch(t, e, path)
	}
	waitFor(t, m, `tenantry_http_requests_in_flight 0`)
	if unknown := samples(scrape(t, m), `tenantry_http_requests_total\{method="",operation="unknown".*\}`); len(unknown) > 0 {
		t.Errorf("%v", unknown)
	}
}
