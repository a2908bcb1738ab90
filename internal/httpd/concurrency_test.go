package httpd_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

// atOnce starts all requests together and gives their answers in the requests' order.
func atOnce(t *testing.T, e *testkit.Env, rows ...testkit.Scenario) []testkit.Answer {
	t.Helper()
	answers, start := make([]testkit.Answer, len(rows)), make(chan struct{})
	var wg sync.WaitGroup
	for i, row := range rows {
		wg.Go(func() {
			<-start
			answers[i] = e.Do(t, row)
		})
	}
	close(start)
	wg.Wait()
	return answers
}

func eventTypes(t *testing.T, e *testkit.Env, loc tenantry.LocationID) []tenantry.EventType {
	t.Helper()
	events, err := e.Store.Events(t.Context(), loc)
	if err != nil {
		t.Fatal(err)
	}
	types := make([]tenantry.EventType, len(events))
	for i, event := range events {
		types[i] = event.Type
	}
	return types
}

// TestRaces sends requests at once over real connections.
func TestRaces(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		t.Run("equal creates make one tag", func(t *testing.T) { equalCreates(t, e) })
		t.Run("updates of different members all survive", func(t *testing.T) { differentUpdates(t, e) })
		t.Run("a deleted location is gone for every writer", func(t *testing.T) { deletion(t, e) })
	})
}

// equalCreates (requirement 38): of fifty equal creates one succeeds, and the others are
// told which tag has the name.
func equalCreates(t *testing.T, e *testkit.Env) {
	before := len(eventTypes(t, e, e.LocA))
	row := testkit.Scenario{Method: "POST", Path: "/locations/{locA}/tags", Token: "locA", Body: `{"name":"Once"}`}
	made, existing, refused := map[string]int{}, map[string]int{}, 0
	for _, a := range atOnce(t, e, slices.Repeat([]testkit.Scenario{row}, 50)...) {
		switch {
		case a.Status == http.StatusOK:
			made[a.Text("tag", "id")]++
		case a.Status == http.StatusBadRequest && a.Text("message") == "The tag name is already exist." && a.Text("code") == "duplicate":
			existing[a.Text("meta", "existingId")]++
			refused++
		default:
			t.Errorf("%d %s", a.Status, a.Raw)
		}
	}
	if len(made) != 1 || refused != 49 || !slices.Equal(slices.Collect(maps.Keys(made)), slices.Collect(maps.Keys(existing))) {
		t.Errorf("made %v, refused %d because of %v", made, refused, existing)
	}
	if gained := eventTypes(t, e, e.LocA)[before:]; !slices.Equal(gained, []tenantry.EventType{tenantry.TagCreated}) {
		t.Errorf("events %v", gained)
	}
}

// differentUpdates (requirement 39): each of many updates at once names another member,
// nested ones included, and each is there afterwards.
func differentUpdates(t *testing.T, e *testkit.Env) {
	for round := range 5 {
		want := map[string]any{
			"name": "N", "address": "A", "city": "C", "state": "S", "postalCode": "P", "website": "https://w.test", "timezone": "Europe/Paris",
			"country": "FR",
		}
		social := map[string]any{"facebookUrl": "f", "twitter": "t", "yelp": "y", "instagram": "i", "youtube": "u"}
		settings := map[string]any{"allowDuplicateContact": true, "allowDuplicateOpportunity": true, "disableContactTimezone": true}
		if round%2 == 1 {
			settings = map[string]any{"allowDuplicateContact": false, "allowDuplicateOpportunity": false, "disableContactTimezone": false}
		}
		var rows []testkit.Scenario
		put := func(member string) {
			rows = append(rows, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}", Token: "agencyA", Body: `{"companyId":"{companyA}",` + member + `}`})
		}
		for name, value := range want {
			if name != "country" && name != "timezone" {
				want[name] = fmt.Sprintf("%s %d", value, round)
			}
			put(fmt.Sprintf(`%q:%q`, name, want[name]))
		}
		for name, value := range social {
			social[name] = fmt.Sprintf("%s %d", value, round)
			put(fmt.Sprintf(`"social":{%q:%q}`, name, social[name]))
		}
		for name, value := range settings {
			put(fmt.Sprintf(`"settings":{%q:%t}`, name, value))
		}
		put(fmt.Sprintf(`"prospectInfo":{"firstName":"F %d","lastName":"L","email":"p%d@example.com"}`, round, round))
		want["firstName"], want["email"] = fmt.Sprintf("F %d", round), fmt.Sprintf("p%d@example.com", round)
		want["social"], want["settings"] = social, settings
		for i, a := range atOnce(t, e, rows...) {
			if a.Status != http.StatusOK {
				t.Errorf("%s: %d %s", rows[i].Body, a.Status, a.Raw)
			}
		}
		got := e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}", Token: "agencyA"})
		if diff := testkit.Contains(want, got.Get("location"), "location"); diff != "" {
			t.Errorf("an update is lost: %s\n%s", diff, got.Raw)
		}
	}
}

// deletion (requirement 39): whatever races with the deletion of a location ends before
// it, or is refused; nothing of the location is reachable afterwards.
func deletion(t *testing.T, e *testkit.Env) {
	won := map[bool]int{} // how often a racing write came first, or not
	for round := range 15 {
		loc := e.Location(t, e.CompanyA, "Doomed")
		path, token := "/locations/"+string(loc), e.LocationToken(t, loc, tenantry.PrivateScopes()...)
		tag := e.Do(t, testkit.Scenario{Method: "POST", Path: path + "/tags", Token: token, Body: `{"name":"first"}`}).Text("tag", "id")
		before := eventTypes(t, e, loc)
		rows := []testkit.Scenario{}
		for i := range 5 {
			rows = append(rows,
				testkit.Scenario{Method: "POST", Path: path + "/tags", Token: token, Body: fmt.Sprintf(`{"name":"tag %d"}`, i)},
				testkit.Scenario{Method: "PUT", Path: path, Token: "agencyA", Body: fmt.Sprintf(`{"companyId":"{companyA}","city":"City %d"}`, i)},
			)
		}
		rows = append(rows, testkit.Scenario{Method: "PUT", Path: path + "/tags/" + tag, Token: token, Body: `{"name":"renamed"}`})
		remove := testkit.Scenario{Method: "DELETE", Path: path + "?deleteTwilioAccount=false", Token: "agencyA"}
		rows = slices.Insert(rows, round%len(rows), remove, remove)

		want := map[tenantry.EventType]int{}
		for i, a := range atOnce(t, e, rows...) {
			switch {
			case a.Status == http.StatusOK:
				want[eventOf(rows[i])]++
			case a.Status == http.StatusForbidden && a.Text("code") == "location_access_denied":
			case a.Status == http.StatusUnauthorized && rows[i].Token == token: // its token went with it
			default:
				t.Errorf("%s %s: %d %s", rows[i].Method, rows[i].Path, a.Status, a.Raw)
			}
			if rows[i].Method != http.MethodDelete {
				won[a.Status == http.StatusOK]++
			}
		}
		gained, got := eventTypes(t, e, loc)[len(before):], map[tenantry.EventType]int{}
		for _, event := range gained {
			got[event]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what was answered and what happened differ (-answered +happened):\n%s", diff)
		}
		if len(gained) == 0 || gained[len(gained)-1] != tenantry.LocationDeleted || got[tenantry.LocationDeleted] != 1 {
			t.Errorf("events %v: something happened to the location after its deletion", gained)
		}
		unreachable(t, e, path, tag, token)
	}
	if won[true] == 0 || won[false] == 0 {
		t.Errorf("no race: %d writes came before a deletion, %d after", won[true], won[false])
	}
}

// eventOf tells which event a request makes when it succeeds.
func eventOf(row testkit.Scenario) tenantry.EventType {
	switch {
	case row.Method == http.MethodDelete:
		return tenantry.LocationDeleted
	case row.Method == http.MethodPost:
		return tenantry.TagCreated
	case row.Token == "agencyA":
		return tenantry.LocationUpdated
	}
	return tenantry.TagUpdated
}

func unreachable(t *testing.T, e *testkit.Env, path, tag, token string) {
	t.Helper()
	for _, row := range []testkit.Scenario{
		{Method: "GET", Path: path + "/tags", Token: token, Status: 401}, {Method: "GET", Path: path + "/tags/" + tag, Token: token, Status: 401},
		{Method: "GET", Path: path, Token: token, Status: 401}, {Method: "GET", Path: path, Token: "agencyA", Status: 403},
		{Method: "PUT", Path: path, Token: "agencyA", Body: `{"companyId":"{companyA}"}`, Status: 403},
		{Method: "GET", Path: path + "/tags/" + tag, Token: "locA", Status: 403},
	} {
		if a := e.Do(t, row); a.Status != row.Status {
			t.Errorf("%s %s after the deletion: %d %s", row.Method, row.Path, a.Status, a.Raw)
		}
	}
	search := e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/search?limit=1000", Token: "agencyA"})
	if list, _ := search.Get("locations").([]any); len(list) != 2 || search.Get("total") != 2.0 {
		t.Errorf("the search still finds it: %s", search.Raw)
	}
}
