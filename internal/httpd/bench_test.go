package httpd_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/testkit"
)

// benchLocations is how many sub-accounts the benchmarks have.
const benchLocations = 100

// bench is a server with all that costs on, without the network.
type bench struct {
	*testkit.Env

	agency string
	ids    []tenantry.LocationID
	own    []string
}

func newBench(b *testing.B) *bench {
	b.Helper()
	many := ratelimit.Limits{Burst: 1 << 40, Window: 10 * time.Second, Daily: 1 << 40}
	e := &bench{Env: testkit.NewEnv(b, testkit.OpenDB(b), testkit.WithLimits(many), testkit.WithTokenLimits(many))}
	e.agency = e.AccessToken(b, tenantry.Caller{Class: tenantry.Agency, CompanyID: e.CompanyA, Scopes: tenantry.Scopes()})
	for i := range benchLocations {
		text := func(s string) *string { return &s }
		l, err := e.Store.CreateLocation(b.Context(), e.CompanyA, tenantry.System(), tenantry.LocationPatch{
			Name: text(fmt.Sprintf("Bench %d", i)), Phone: text("+13125550123"), Address: text("4th fleet street"), City: text("New York"),
			Country: text("US"), Timezone: text("America/Chicago"), Website: text("https://bench.example"),
			Prospect: &tenantry.Prospect{FirstName: "John", LastName: "Doe", Email: fmt.Sprintf("john%d@mail.com", i)},
		})
		if err != nil {
			b.Fatal(err)
		}
		e.ids = append(e.ids, l.ID)
		e.own = append(e.own, e.AccessToken(b, tenantry.Caller{Class: tenantry.SubAccount, CompanyID: e.CompanyA, LocationID: l.ID, Scopes: tenantry.Scopes()}))
	}
	return e
}

// serve has every processor serve the requests that next makes of ever new numbers.
func (e *bench) serve(b *testing.B, next func(n int) *http.Request) {
	b.Helper()
	var last atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w := httptest.NewRecorder()
			if e.Handler.ServeHTTP(w, next(int(last.Add(1)))); w.Code != http.StatusOK {
				b.Errorf("status %d: %s", w.Code, w.Body)
				return
			}
		}
	})
}

func (e *bench) request(method, target, token, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Version", "2021-07-28")
	return r
}

func BenchmarkReadByID(b *testing.B) {
	e := newBench(b)
	e.serve(b, func(n int) *http.Request {
		return e.request("GET", "/locations/"+string(e.ids[n%benchLocations]), e.agency, "")
	})
}

func BenchmarkReadOwn(b *testing.B) {
	e := newBench(b)
	e.serve(b, func(n int) *http.Request {
		return e.request("GET", "/locations/"+string(e.ids[n%benchLocations]), e.own[n%benchLocations], "")
	})
}

func BenchmarkSearchPage(b *testing.B) {
	e := newBench(b)
	e.serve(b, func(n int) *http.Request {
		return e.request("GET", fmt.Sprintf("/locations/search?limit=10&skip=%d", n%10*10), e.agency, "")
	})
}

func BenchmarkSearchEmail(b *testing.B) {
	e := newBench(b)
	e.serve(b, func(n int) *http.Request {
		return e.request("GET", fmt.Sprintf("/locations/search?email=john%d@mail.com", n%benchLocations), e.agency, "")
	})
}

func BenchmarkCreateTag(b *testing.B) {
	e := newBench(b)
	e.serve(b, func(n int) *http.Request {
		return e.request("POST", "/locations/"+string(e.ids[n%benchLocations])+"/tags", e.own[n%benchLocations], fmt.Sprintf(`{"name":"tag %d"}`, n))
	})
}

func BenchmarkCreateLocation(b *testing.B) {
	e := newBench(b)
	e.serve(b, func(n int) *http.Request {
		return e.request("POST", "/locations/", e.agency, fmt.Sprintf(`{"companyId":%q,"name":"New %d","phone":"+13125550123","address":"4th fleet street",`+
			`"city":"New York","country":"US","timezone":"US/Central","prospectInfo":{"firstName":"John","lastName":"Doe","email":"j%d@mail.com"}}`, e.CompanyA, n, n))
	})
}
