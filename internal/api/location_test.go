package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

func events(types ...tenantry.EventType) []tenantry.EventType { return types }

// forEach runs test on a fresh server on each engine.
func forEach(t *testing.T, test func(t *testing.T, e *testkit.Env)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { test(t, testkit.NewEnv(t, d)) })
}

// ids lists the ids of the rows of an answer's list.
func ids(a testkit.Answer, list string) []string {
	out := []string{}
	rows, _ := a.Get(list).([]any)
	for _, row := range rows {
		id, _ := row.(map[string]any)["id"].(string)
		out = append(out, id)
	}
	return out
}

// TestU01SearchVisitsEveryRowOnce walks pages of ten; rows share timestamps, and new ones
// arrive between two pages without moving the old.
func TestU01SearchVisitsEveryRowOnce(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for i := range 21 { // with A and B: 23
			if i%5 == 0 {
				e.Clock.Advance(time.Second)
			}
			e.Location(t, e.CompanyA, fmt.Sprintf("Location %d", i))
		}
		walk := func(order string) (all []string) {
			for skip, want := range map[int]int{0: 10, 10: 10, 20: 3, 30: 0} {
				a := e.Send(t, testkit.Scenario{Method: "GET", Token: "agencyA", Status: 200, Want: `{"total":23}`,
					Path: fmt.Sprintf("/locations/search?companyId={companyA}&limit=10&order=%s&skip=%d", order, skip)})
				if got := ids(a, "locations"); len(got) != want {
					t.Fatalf("skip %d gives %d rows, want %d", skip, len(got), want)
				}
			}
			for _, skip := range []int{0, 10, 20} {
				a := e.Send(t, testkit.Scenario{Method: "GET", Token: "agencyA", Status: 200,
					Path: fmt.Sprintf("/locations/search?limit=10&order=%s&skip=%d", order, skip)})
				all = append(all, ids(a, "locations")...)
			}
			return all
		}
		up, again, down := walk("asc"), walk("asc"), walk("desc")
		if diff := cmp.Diff(up, again); diff != "" {
			t.Errorf("a second walk differs:\n%s", diff)
		}
		distinct := map[string]bool{}
		for i, id := range up {
			distinct[id] = true
			if down[len(down)-1-i] != id {
				t.Fatalf("desc is not asc reversed at %d", i)
			}
		}
		if len(distinct) != 23 || up[0] != string(e.LocA) {
			t.Errorf("%d distinct ids, first %s", len(distinct), up[0])
		}
		a := e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/search", Token: "agencyA", Status: 200})
		if diff := cmp.Diff(up[:10], ids(a, "locations")); diff != "" {
			t.Errorf("without skip and limit:\n%s", diff)
		}
	})
}

func TestU03SearchRefusesBadPages(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for query, message := range map[string]string{
			"limit=abc":        `["limit must be a number conforming to the specified constraints"]`,
			"limit=-1":         `["limit must not be less than 1"]`,
			"limit=0":          `["limit must not be less than 1"]`,
			"limit=1000000":    `["limit must not be greater than 1000"]`,
			"limit=10abc":      `["limit must be a number conforming to the specified constraints"]`,
			"limit=NaN&skip=x": `["skip must be a number conforming to the specified constraints","limit must be a number conforming to the specified constraints"]`,
			"skip=-1":          `["skip must not be less than 0"]`,
			"order=up":         `["order must be one of the following values: asc, desc"]`,
			"query=x":          `["property query should not exist"]`,
			"email=":           `["email should not be empty"]`,
		} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/search?" + query, Token: "agencyA", Status: 422,
				Want: `{"statusCode":422,"message":` + message + `,"error":"Unprocessable Entity"}`})
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/search?skip=1000000000", Token: "agencyA", Status: 200,
			Want: `{"locations":[],"total":2}`})
	})
}

func TestU06CreateNamesEveryFailure(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Run(t,
			testkit.Scenario{Name: "three at once", Method: "POST", Path: "/locations/", Token: "agencyA", Status: 422,
				Body: `{"name":"X","companyId":"{companyA}","address":{"line":"1 Main"},"foo":1,
					"prospectInfo":{"firstName":"A","lastName":"B","email":"not-an-email"}}`,
				Want: `{"message":["property foo should not exist","address must be a string","prospectInfo.email must be an email"]}`},
			testkit.Scenario{Name: "missing", Method: "POST", Path: "/locations/", Token: "agencyA", Status: 422, Body: `{}`,
				Want: `{"message":["name must be a string","name should not be empty","companyId must be a string","companyId should not be empty"]}`},
			testkit.Scenario{Name: "top-level person", Method: "POST", Path: "/locations/", Token: "agencyA", Status: 422,
				Body: `{"name":"X","companyId":"{companyA}","email":"a@b.test","firstName":"A","lastName":"B"}`,
				Want: `{"message":["property email should not exist","property firstName should not exist","property lastName should not exist"]}`},
			testkit.Scenario{Name: "nested", Method: "POST", Path: "/locations/", Token: "agencyA", Status: 422,
				Body: `{"name":"X","companyId":"{companyA}","settings":{"contactUniqueIdentifiers":["email"],"allowDuplicateContact":"yes"},
					"social":{"tiktok":"x"},"twilio":{"sid":"s"},"mailgun":{},"phone":"call me","country":"UK","timezone":"Mars/Base","snapshot":{}}`,
				Want: `{"message":["property snapshot should not exist","*",
					"timezone must be a valid IANA time zone",
					"settings.property contactUniqueIdentifiers should not exist","settings.allowDuplicateContact must be a boolean value",
					"social.property tiktok should not exist","twilio.authToken must be a string","twilio.authToken should not be empty",
					"mailgun.apiKey must be a string","mailgun.apiKey should not be empty","mailgun.domain must be a string","mailgun.domain should not be empty",
					"phone must be a valid phone number"]}`},
			testkit.Scenario{Name: "another company", Method: "POST", Path: "/locations/", Token: "agencyA", Status: 403,
				Body: `{"name":"X","companyId":"{companyB}"}`},
		)
		for _, token := range []string{"agencyA", "agencyB"} {
			a := e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/search", Token: token, Status: 200})
			if strings.Contains(string(a.Raw), `"name":"X"`) {
				t.Errorf("a refused create left a location: %s", a.Raw)
			}
		}
	})
}

func TestU08DeleteTakesTheLocationAway(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		path := "/locations/" + string(e.LocA)
		e.Run(t,
			testkit.Scenario{Name: "flag missing", Method: "DELETE", Path: path, Token: "agencyA", Status: 422,
				Want: `{"message":["deleteTwilioAccount must be a boolean value"]}`},
			testkit.Scenario{Name: "flag wrong", Method: "DELETE", Path: path + "?deleteTwilioAccount=yes&companyId=x", Token: "agencyA", Status: 422,
				Want: `{"message":["property companyId should not exist","deleteTwilioAccount must be a boolean value"]}`},
			testkit.Scenario{Name: "delete", Method: "DELETE", Path: path + "?deleteTwilioAccount=false", Token: "agencyA", Status: 200,
				Want:   `{"success":true,"message":"Deleted location with id: {locA}"}`,
				Events: events(tenantry.LocationDeleted)},
			testkit.Scenario{Name: "read", Method: "GET", Path: path, Token: "agencyA", Status: 403,
				Want: `{"message":"The token does not have access to this location."}`},
			testkit.Scenario{Name: "delete again", Method: "DELETE", Path: path + "?deleteTwilioAccount=false", Token: "agencyA", Status: 403},
			testkit.Scenario{Name: "its own token", Method: "GET", Path: path, Token: "locA", Status: 401},
			testkit.Scenario{Name: "search", Method: "GET", Path: "/locations/search", Token: "agencyA", Status: 200,
				Want: `{"locations":[{"id":"{locB}"}],"total":1}`},
		)
		all, err := e.Store.Events(t.Context(), e.LocA)
		if err != nil {
			t.Fatal(err)
		}
		if body := all[len(all)-1].Payload; !strings.Contains(body, `"type":"LocationDelete","id":"`+string(e.LocA)+`"`) {
			t.Errorf("event %s", body)
		}
	})
}

func TestU16ABareLocationHasNoNull(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		a := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/", Token: "agencyA", Status: 200,
			Body: `{"name":"Bare","companyId":"{companyA}"}`,
			Want: `{"id":"*","companyId":"{companyA}","name":"Bare","city":"","state":"","website":"","email":"","domain":"",
				"settings":{"allowDuplicateContact":false},"social":{"facebookUrl":""},"dateAdded":"2026-03-02T09:00:00.000Z"}`})
		read := testkit.Scenario{Method: "GET", Path: "/locations/" + a.Text("id"), Token: "agencyA", Status: 200,
			Want: `{"location":{"id":"` + a.Text("id") + `","name":"Bare","reseller":{},"business":{"name":"Bare"},
				"isAgencySubAccount":{},"automaticMobileAppInvite":false}}`}
		first, second := e.Send(t, read), e.Send(t, read)
		if diff := cmp.Diff(first.Get("location"), second.Get("location")); diff != "" {
			t.Errorf("two reads differ:\n%s", diff)
		}
	})
}

func TestU17EveryListedTimeZoneIsAccepted(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		a := e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/timezones", Token: "locA", Status: 200})
		zones, _ := a.Get("timeZones").([]any)
		if len(zones) < 300 {
			t.Fatalf("%d zones", len(zones))
		}
		put := func(zone string, status int) {
			e.Clock.Advance(time.Second)
			body := fmt.Sprintf(`{"companyId":"{companyA}","timezone":%q}`, zone)
			want := events(tenantry.LocationUpdated)
			if status != 200 {
				want = nil
			}
			e.Send(t, testkit.Scenario{Name: zone, Method: "PUT", Path: "/locations/{locA}", Token: "agencyA", Body: body, Status: status, Events: want})
		}
		last := ""
		for _, z := range zones {
			zone, _ := z.(string)
			if zone <= last {
				t.Fatalf("%s comes after %s", zone, last)
			}
			last = zone
			put(zone, 200)
		}
		put("US/Central", 200) // a link name
		for _, zone := range []string{"Mars/Base", "Local", "europe/berlin", "posixrules", "../UTC"} {
			put(zone, 422)
		}
		for _, path := range []string{"/locations/%7BlocationId%7D/timezones", "/locations/{locationId}/timezones"} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: path, Token: "locA", Status: 200})
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/%7BlocationId%7D/tags", Token: "locA", Status: 403})
	})
}

func TestX06SearchByEmail(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		a := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations", Token: "agencyA", Status: 200,
			Body: `{"name":"Ops","companyId":"{companyA}","prospectInfo":{"firstName":"O","lastName":"P","email":"ops+x@example.test"}}`,
			Want: `{"email":"ops+x@example.test","firstName":"O","lastName":"P"}`})
		match := `{"locations":[{"id":"` + a.Text("id") + `"}],"total":1}`
		e.Run(t,
			testkit.Scenario{Name: "encoded", Method: "GET", Path: "/locations/search?email=ops%2Bx%40example.test", Token: "agencyA", Status: 200, Want: match},
			testkit.Scenario{Name: "upper case", Method: "GET", Path: "/locations/search?email=OPS%2BX%40EXAMPLE.TEST", Token: "agencyA", Status: 200, Want: match},
			testkit.Scenario{Name: "unknown", Method: "GET", Path: "/locations/search?email=nobody%40example.test", Token: "agencyA", Status: 200,
				Want: `{"locations":[],"total":0}`},
			testkit.Scenario{Name: "another agency", Method: "GET", Path: "/locations/search?email=ops%2Bx%40example.test", Token: "agencyB", Status: 200,
				Want: `{"locations":[],"total":0}`},
			testkit.Scenario{Name: "a sub-account sees itself only", Method: "GET", Path: "/locations/search", Token: "locB", Status: 200,
				Want: `{"locations":[{"id":"{locB}","companyId":"{companyA}"}],"total":1}`},
			testkit.Scenario{Name: "a company that is not the token's", Method: "GET", Path: "/locations/search?companyId={companyB}", Token: "agencyA", Status: 403},
		)
	})
}

func TestX08CountryCodes(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for code, status := range map[string]int{"UK": 422, "United Kingdom": 422, "gb": 422, "GB": 200, "XK": 200, "AN": 200, "BQ": 422} {
			e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/", Token: "agencyA", Status: status,
				Body: `{"name":"C","companyId":"{companyA}","country":"` + code + `"}`})
		}
	})
}

func TestX11NullIsNoText(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}", Token: "agencyA", Status: 422,
			Body: `{"companyId":"{companyA}","website":null,"settings":null}`,
			Want: `{"message":["website must be a string","settings must be an object"]}`})
	})
}

// TestUpdateMerges: what the body leaves out stays, key by key (contract, decision 19).
func TestUpdateMerges(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		put := func(name, body, want string, status int, ev ...tenantry.EventType) testkit.Scenario {
			return testkit.Scenario{Name: name, Method: "PUT", Path: "/locations/{locA}", Token: "agencyA", Body: body, Want: want, Status: status, Events: ev}
		}
		e.Run(t,
			put("first", `{"companyId":"{companyA}","phone":"(030) 901820","country":"DE","settings":{"allowDuplicateContact":true},
				"social":{"twitter":"@a","yelp":"y"},"prospectInfo":{"firstName":"F","lastName":"L","email":"f@l.test"}}`,
				`{"id":"{locA}","name":"Location A","phone":"+4930901820","country":"DE","email":"f@l.test","social":{"twitter":"@a","yelp":"y"}}`,
				200, tenantry.LocationUpdated),
			put("second", `{"companyId":"{companyA}","settings":{"disableContactTimezone":true},"social":{"yelp":""},"phone":"030 901821"}`,
				`{"phone":"+4930901821","settings":{"allowDuplicateContact":true,"disableContactTimezone":true},"social":{"twitter":"@a","yelp":""},"email":"f@l.test"}`,
				200, tenantry.LocationUpdated),
			put("U97: the same again changes nothing", `{"companyId":"{companyA}","settings":{"disableContactTimezone":true},"social":{"yelp":""}}`, `{"id":"{locA}"}`, 200),
			put("only the company", `{"companyId":"{companyA}"}`, `{"name":"Location A"}`, 200),
			put("a snapshot", `{"companyId":"{companyA}","snapshot":{"id":"snap","override":true}}`, `{"snapshotId":"snap"}`, 200, tenantry.LocationUpdated),
			put("no company", `{"name":"N"}`, `{"message":["companyId must be a string","companyId should not be empty"]}`, 422),
			put("an empty name", `{"companyId":"{companyA}","name":" "}`, `{"message":["name should not be empty"]}`, 422),
			put("no phone number", `{"companyId":"{companyA}","phone":"call me","name":"N"}`, `{"message":["phone must be a valid phone number"]}`, 422),
			put("read-modify-write", `{"companyId":"{companyA}","id":"x","firstName":"a","lastName":"b","business":{},"dateAdded":"d","snapshotId":"s"}`,
				`{"message":["property id should not exist","property firstName should not exist","property lastName should not exist",
					"property business should not exist","property dateAdded should not exist","property snapshotId should not exist"]}`, 422),
			put("another company", `{"companyId":"{companyB}"}`, "", 403),
			put("a case variant of the company", `{"companyId":"{companyA}","COMPANYID":"{companyB}"}`, `{"message":["property COMPANYID should not exist"]}`, 422),
			put("the company twice", `{"companyId":"{companyA}","companyId":"{companyB}"}`, `{"message":["property companyId should not be repeated"]}`, 422),
		)
		// Decision 7: the location's own token may update it, another one's may not.
		e.Run(t,
			testkit.Scenario{Name: "own token", Method: "PUT", Path: "/locations/{locA}", Token: "locA", Status: 200,
				Body: `{"companyId":"{companyA}","city":"Bonn"}`, Want: `{"city":"Bonn"}`, Events: events(tenantry.LocationUpdated)},
			testkit.Scenario{Name: "sibling's token", Method: "PUT", Path: "/locations/{locA}", Token: "locB", Status: 403, Body: `{"companyId":"{companyA}","city":"Rome"}`},
		)
	})
}

// TestSecretsAreNeverEchoed: credentials are kept sealed, and no answer, event, audit record or log
// line shows them.
func TestSecretsAreNeverEchoed(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		body := `{"name":"S","companyId":"{companyA}","twilio":{"sid":"canary-sid","authToken":"canary-token"},"mailgun":{"apiKey":"canary-key","domain":"canary-domain"}}`
		a := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/", Token: "agencyA", Status: 200, Body: body, Want: `{"defaultEmailService":"mailgun"}`})
		loc := tenantry.LocationID(a.Text("id"))
		read := e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/" + string(loc), Token: "agencyA", Status: 200})
		twilio, mailgun, err := e.Store.Credentials(t.Context(), loc)
		if err != nil || *twilio != (tenantry.Twilio{SID: "canary-sid", AuthToken: "canary-token"}) || mailgun.Domain != "canary-domain" {
			t.Fatalf("%v %v %v", twilio, mailgun, err)
		}
		seen := string(a.Raw) + string(read.Raw) + e.Log.String()
		all, err := e.Store.Events(t.Context(), loc)
		if err != nil {
			t.Fatal(err)
		}
		audit, err := e.Store.Audit(t.Context(), loc)
		if err != nil {
			t.Fatal(err)
		}
		seen += fmt.Sprint(all, audit)
		if strings.Contains(seen, "canary") {
			t.Errorf("a secret shows: %s", seen)
		}
		e.Run(t,
			testkit.Scenario{Name: "SMS providers", Method: "GET", Path: "/locations/" + string(loc) + "/conversationChannels/SMS", Version: "v3",
				Token: e.LocationToken(t, loc, tenantry.LocationsRead), Status: 200,
				Want: `{"conversationChannel":{"SMS":[{"conversationProvider":{"_id":"twilio_provider","name":"Twilio","type":"SMS","default":true}}]}}`},
			testkit.Scenario{Name: "none configured", Method: "GET", Path: "/locations/{locA}/conversationChannels/Email", Version: "v3", Token: "locA",
				Status: 200, Want: `{"conversationChannel":{"Email":[]}}`},
		)
	})
}

// TestPagesByToken: a search that goes on with the token of the page before gives every location once,
// in both orders, also when locations come and go meanwhile; a token beside skip leaves out more.
func TestPagesByToken(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		var all []string
		for i := range 7 {
			all = append(all, string(e.Location(t, e.CompanyA, fmt.Sprintf("Page %d", i))))
		}
		for _, order := range []string{"asc", "desc"} {
			want := append([]string{string(e.LocA), string(e.LocB)}, all...)
			if order == "desc" {
				slices.Reverse(want)
			}
			var got []string
			for token, pages := "", 0; pages < 10; pages++ {
				a := e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/search?limit=2&order=" + order + "&pageToken=" + token, Token: "agencyA"})
				if a.Status != 200 || a.Get("total") != 9.0 {
					t.Fatalf("%d %s", a.Status, a.Raw)
				}
				for _, l := range a.Get("locations").([]any) {
					got = append(got, l.(map[string]any)["id"].(string))
				}
				if token = a.Text("nextPageToken"); token == "" {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", order, diff)
			}
		}
		first := e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/search?limit=3", Token: "agencyA"})
		if err := e.Store.DeleteLocation(t.Context(), tenantry.LocationID(all[0]), tenantry.System()); err != nil { // the token's own
			t.Fatal(err)
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/search?limit=1&skip=1&pageToken=" + first.Text("nextPageToken"), Token: "agencyA", Status: 200,
			Want: `{"locations":[{"id":"` + all[2] + `"}],"total":8}`})
		for _, token := range []string{"x", "MTIz", "YTpi", "MTo", "MTpiAA"} {
			e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/search?pageToken=" + token, Token: "agencyA", Status: 422,
				Want: `{"message":["pageToken must be the nextPageToken of an answer"]}`})
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/search?limit=1&pageToken=" + first.Text("nextPageToken"), Token: "agencyB", Status: 200,
			Want: `{"locations":[],"total":1}`})
	})
}
