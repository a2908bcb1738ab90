package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/testkit"
)

func TestU04And46And89WrongPathsNameThemselves(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for _, row := range [][3]string{
			{"GET", "/locations/", "agencyA"}, {"GET", "/locations", "agencyA"}, {"GET", "/locations/{locA}/customvalues", "locA"},
			{"POST", "/locations/customFields", "locA"}, {"POST", "/locations/tags", "locA"}, {"PATCH", "/locations/{locA}", "agencyA"},
			{"GET", "/no-such-service/x", "agencyA"}, {"OPTIONS", "/locations/search", ""}, {"TRACE", "/locations/search", ""},
		} {
			e.Send(t, testkit.Scenario{Method: row[0], Path: row[1], Token: row[2], Status: 404,
				Want: `{"statusCode":404,"message":"Cannot ` + row[0] + ` ` + row[1] + `","error":"Not Found","code":"route_not_found"}`})
		}
	})
}

func TestU10TheRefusalSaysWhatIsMissing(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Run(t,
			testkit.Scenario{Name: "scope", Method: "GET", Path: "/locations/{locA}/permissions", Version: "v3",
				Token: e.LocationToken(t, e.LocA, tenantry.TagsRead), Status: 401,
				Want: `{"message":"The token is not authorized for this scope.","code":"scope_missing","meta":{"requiredScopes":["locations.readonly"]}}`},
			testkit.Scenario{Name: "token class", Method: "PUT", Path: "/locations/{locA}/permissions", Version: "v3", Token: "locA", Status: 403,
				Body: `{"permissions":[]}`, Want: `{"message":"Forbidden resource","code":"token_class","meta":{"requiredTokenType":"Company"}}`},
			testkit.Scenario{Name: "read", Method: "GET", Path: "/locations/{locA}/permissions", Version: "v3", Token: "agencyA", Status: 200,
				Want: `{"permissions":["2-way-text-messaging","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","*","launchpad"]}`},
			testkit.Scenario{Name: "update", Method: "PUT", Path: "/locations/{locA}/permissions", Version: "v3", Token: "agencyA", Status: 200,
				Body: `{"permissions":["workflow","crm","crm"]}`, Want: `{"permissions":["crm","workflow"]}`, Events: events(tenantry.PermissionsUpdated)},
			testkit.Scenario{Name: "the same", Method: "PUT", Path: "/locations/{locA}/permissions", Version: "v3", Token: "agencyA", Status: 200,
				Body: `{"permissions":["crm","workflow"]}`},
			testkit.Scenario{Name: "unknown", Method: "PUT", Path: "/locations/{locA}/permissions", Version: "v3", Token: "agencyA", Status: 422,
				Body: `{"permissions":["fly"],"x":1}`},
			testkit.Scenario{Name: "before v3", Method: "GET", Path: "/locations/{locA}/permissions", Token: "agencyA", Status: 404,
				Want: `{"message":"Cannot GET /locations/{locA}/permissions"}`},
		)
	})
}

func TestU11PathWordsAreCaseSensitive(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/conversationChannels/sms", Version: "v3", Token: "locA", Status: 422,
			Want: `{"message":["type must be one of the following values: SMS, Email"]}`})
	})
}

func TestU13ForeignAndUnknownLookAlike(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		want := `{"statusCode":403,"message":"The token does not have access to this location.","error":"Forbidden"}`
		for _, row := range [][2]string{
			{"/locations/{locB}/tags", "locA"}, {"/locations/{locX}/tags", "locA"}, {"/locations/does_not_exist/tags", "locA"},
			{"/locations/{locX}", "agencyA"}, {"/locations/does_not_exist", "agencyA"}, {"/locations/{locA}", "agencyB"},
		} {
			a := e.Send(t, testkit.Scenario{Method: "GET", Path: row[0], Token: row[1], Status: 403, Want: want})
			if len(a.Get("traceId").(string)) != 36 || len(a.JSON.(map[string]any)) != 5 {
				t.Errorf("%s tells more than the others: %s", row[0], a.Raw)
			}
		}
	})
}

func TestU14AgencyOnlyOperations(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		want := `{"statusCode":403,"message":"Forbidden resource","error":"Forbidden"}`
		e.Run(t,
			testkit.Scenario{Name: "create", Method: "POST", Path: "/locations/", Token: "locA", Body: `{"name":"Z","companyId":"{companyA}"}`, Status: 403, Want: want},
			testkit.Scenario{Name: "delete", Method: "DELETE", Path: "/locations/{locA}?deleteTwilioAccount=false", Token: "locA", Status: 403, Want: want},
			testkit.Scenario{Name: "agency token on a sub-account's route", Method: "GET", Path: "/locations/{locA}/tags", Token: "agencyA", Status: 401,
				Want: `{"message":"This authClass type is not allowed to access this scope. Please verify your IAM configuration if this is not the case."}`},
		)
	})
}

func TestU81BadTokensAre401(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		access := e.AccessToken(t, tenantry.Caller{Class: tenantry.SubAccount, CompanyID: e.CompanyA, LocationID: e.LocA, Scopes: tenantry.Scopes()})
		get := func(name, token string, status int, want string) {
			t.Run(name, func(t *testing.T) {
				e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: token, Status: status, Want: want})
			})
		}
		get("garbage", "garbage", 401, `{"statusCode":401,"message":"Invalid JWT","error":"Unauthorized","code":"token_invalid"}`)
		if a := e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: "garbage"}); a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("a 401 names no scheme: %v", a.Header)
		}
		get("none", "", 401, `{"statusCode":401,"message":"Invalid token: access token is invalid","error":"Unauthorized","code":"token_missing"}`)
		get("unknown private token", "pit-00000000-0000-4000-8000-000000000000", 401, `{"message":"Invalid Private Integration token","code":"token_invalid"}`)
		get("access token", access, 200, `{"tags":[]}`)
		e.Clock.Advance(24*time.Hour - time.Second)
		get("in its last second", access, 200, "")
		e.Clock.Advance(time.Second)
		get("expired", access, 401, `{"message":"Invalid token: access token has expired","code":"token_expired"}`)
	})
}

// TestDeletedLocationsTokens: both kinds of token of a deleted location are refused at once (contract, decision 38).
func TestDeletedLocationsTokens(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		access := e.AccessToken(t, tenantry.Caller{Class: tenantry.SubAccount, CompanyID: e.CompanyA, LocationID: e.LocB, Scopes: tenantry.Scopes()})
		for _, token := range []string{"locB", access} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locB}", Token: token, Status: 200})
		}
		e.Send(t, testkit.Scenario{Method: "DELETE", Path: "/locations/{locB}?deleteTwilioAccount=true", Token: "agencyA", Status: 200})
		for _, token := range []string{"locB", access} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locB}", Token: token, Status: 401})
		}
	})
}

func TestU84TheLocationHeaderWidensNothing(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locB}/tags", Token: "locB", Body: `{"name":"of b"}`, Status: 200})
		for _, header := range []string{"{locA}", "{locB}"} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: "locA", Header: map[string]string{"Location-Id": header},
				Status: 200, Want: `{"tags":[]}`})
		}
	})
}

func TestU85VersionHeader(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Run(t,
			testkit.Scenario{Name: "none", Method: "GET", Path: "/locations/{locA}/tags", Token: "locA", Version: "-", Status: 401,
				Want: `{"statusCode":401,"message":"version header was not found.","code":"version_missing"}`},
			testkit.Scenario{Name: "unknown", Method: "GET", Path: "/locations/{locA}/tags", Token: "locA", Version: "2020-01-01", Status: 401,
				Want: `{"statusCode":401,"message":"version header is invalid","code":"version_invalid"}`},
			testkit.Scenario{Name: "before the token", Method: "GET", Path: "/locations/{locA}/tags", Token: "garbage", Version: "-", Status: 401,
				Want: `{"code":"version_missing"}`},
			testkit.Scenario{Name: "the route before the version", Method: "GET", Path: "/locations/{locA}/nothing", Token: "locA", Version: "-", Status: 404},
		)
		for _, version := range []string{"2021-04-15", "2021-07-28", "2023-02-21", "v3"} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: "locA", Version: version, Status: 200})
		}
	})
}

func TestU87MessageIsAListOn422Only(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Run(t, // the rows' general checks do the work
			testkit.Scenario{Name: "validation", Method: "POST", Path: "/locations/{locA}/tags", Token: "locA", Body: `{}`, Status: 422},
			testkit.Scenario{Name: "not found", Method: "GET", Path: "/locations/{locA}/tags/none", Token: "locA", Status: 400},
			testkit.Scenario{Name: "no service", Method: "GET", Path: "/no-such-service/x", Token: "locA", Status: 404},
		)
	})
}

func TestU90And47RateLimits(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d, testkit.WithLimits(ratelimit.Defaults()))
		get := func(path, token string, status int) testkit.Answer {
			return e.Send(t, testkit.Scenario{Method: "GET", Path: path, Token: token, Status: status})
		}
		for i := range 100 {
			a := get("/locations/{locA}/tags", "locA", 200)
			if i == 0 || i == 99 {
				for name, want := range map[string]string{
					"X-RateLimit-Max": "100", "X-RateLimit-Interval-Milliseconds": "10000", "X-RateLimit-Limit-Daily": "200000",
					"X-RateLimit-Remaining": map[int]string{0: "99", 99: "0"}[i], "X-RateLimit-Daily-Remaining": map[int]string{0: "199999", 99: "199900"}[i],
				} {
					if got := a.Header.Get(name); got != want {
						t.Errorf("request %d: %s is %q, want %q", i+1, name, got, want)
					}
				}
			}
		}
		a := e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: "locA", Status: 429,
			Want: `{"statusCode":429,"message":"Too Many Requests","code":"rate_limited"}`})
		if a.Header.Get("Retry-After") != "10" || a.Header.Get("X-RateLimit-Remaining") != "0" {
			t.Errorf("headers %v", a.Header)
		}
		get("/locations/{locB}/tags", "locB", 200)
		get("/locations/{locA}", "agencyA", 200)
		e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tags", Token: "locA", Body: `{"name":"refused"}`, Status: 429})
		e.Clock.Advance(10 * time.Second)
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: "locA", Status: 200, Want: `{"tags":[]}`})
		if a := get("/locations/{locA}/tags", "garbage", 401); a.Header.Get("X-RateLimit-Max") != "100" {
			t.Errorf("an unknown caller's answer has no limit headers: %v", a.Header)
		}
	})
}

func TestU92NoUserAgentIsRefused(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for _, agent := range []string{"Python-urllib/3.12", ""} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: "locA", Status: 200, Header: map[string]string{"User-Agent": agent}})
		}
	})
}

// TestCORS: any origin may read, with no credentials (contract, decision 39).
func TestCORS(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, e.URL+"/locations/search", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://app.example")
		req.Header.Set("Access-Control-Request-Method", "GET")
		a := testkit.Do(t, req)
		if a.Status != 204 || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%d %v", a.Status, a.Header)
		}
		for _, name := range []string{"Authorization", "Version", "Content-Type", "Idempotency-Key"} {
			if !strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), name) {
				t.Errorf("%s is not allowed", name)
			}
		}
		get := e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/search", Token: "agencyA", Status: 200})
		if !strings.Contains(get.Header.Get("Access-Control-Expose-Headers"), "X-RateLimit-Remaining") {
			t.Errorf("the limit headers are not exposed: %v", get.Header)
		}
	})
}
