package httpd_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestCORSTable (requirement 49; contract, decision 39): whatever the path, the origin and the outcome,
// an answer is for every site's reader or for none, never for one site, and never with the browser's
// credentials. Pages are for none.
func TestCORSTable(t *testing.T) {
	e := testkit.NewEnv(t, testkit.OpenDB(t), testkit.WithLimits(ratelimit.Limits{Burst: 1000, Window: 1e9, Daily: 100_000}))
	for path, isPage := range map[string]bool{
		"/locations/{locA}": false, "/locations/{locX}/tags": false, "/locations/search?x=1": false, "/nowhere": false, "/": false, "/health": false, "/openapi.json": false,
		"/docs": false, "/.well-known/jwks.json": false, "/.well-known/oauth-authorization-server": false, "/files/location/a/custom-Field/b/c.txt": false,
		"/oauth/chooselocation": true, "/v2/oauth/chooselocation?client_id=x": true, "/oauth/sign-in": true, "/oauth/sign-out": true,
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS"} {
			for _, origin := range []string{"", "null", "https://evil.test", e.URL, "http://localhost:3000", "https://app.test\tx", "file://"} {
				for _, extra := range []string{"", "Access-Control-Request-Method", "Cookie"} {
					header := []string{"Sec-Fetch-Site: cross-site"}
					if origin != "" {
						header = append(header, "Origin: "+origin)
					}
					if extra != "" {
						header = append(header, extra+": GET", "Access-Control-Request-Headers: authorization, x-evil")
					}
					isPreflight := method == "OPTIONS" && extra == "Access-Control-Request-Method"
					a := raw(t, e, method, request(e, method, path, header...))
					checkCORS(t, strings.Join(append(header, method, path), " "), a, isPreflight, isPage && (method == "GET" || method == "POST"))
				}
			}
		}
	}
}

func checkCORS(t *testing.T, what string, a answer, isPreflight, isPage bool) {
	t.Helper()
	list := func(name string) []string {
		names := strings.Split(a.header.Get(name), ", ")
		slices.Sort(names)
		return names
	}
	// A missing sign-out page is answered as any path that is none.
	if isPage && a.status == http.StatusNotFound {
		isPage = false
	}
	want := []string{"*"}
	if isPage {
		want = nil
	}
	if got := a.header.Values("Access-Control-Allow-Origin"); !slices.Equal(got, want) {
		t.Errorf("%s: Access-Control-Allow-Origin is %q", what, got)
	}
	for _, never := range []string{"Access-Control-Allow-Credentials", "Access-Control-Allow-Private-Network", "Timing-Allow-Origin"} {
		if got := a.header.Values(never); got != nil {
			t.Errorf("%s: %s is %q", what, never, got)
		}
	}
	if !isPreflight {
		if got := a.header.Get("Access-Control-Allow-Headers") + a.header.Get("Access-Control-Allow-Methods"); got != "" {
			t.Errorf("%s: the answer to no preflight allows %q", what, got)
		}
		return
	}
	if a.status != http.StatusNoContent || !slices.Equal(list("Access-Control-Allow-Headers"), []string{"Authorization", "Content-Type", "Idempotency-Key", "Version"}) ||
		!slices.Equal(list("Access-Control-Allow-Methods"), []string{"DELETE", "GET", "POST", "PUT"}) {
		t.Errorf("%s: %d %v", what, a.status, a.header)
	}
}
