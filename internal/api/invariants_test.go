package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/wire"
)

// columnNames lists the names of all columns of all tables, each as it is and in camelCase.
func columnNames(t *testing.T, e *testkit.Env) []string {
	t.Helper()
	var names []string
	for _, table := range testkit.Tables(t, e.DB) {
		for _, c := range testkit.Columns(t, e.DB, table) {
			names = append(names, c.Name)
		}
	}
	for _, name := range slices.Clone(names) {
		camel, words := "", strings.Split(name, "_")
		for i, word := range words {
			if i > 0 && word != "" {
				word = strings.ToUpper(word[:1]) + word[1:]
			}
			camel += word
		}
		names = append(names, camel)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// identities is what no request may change of a row that exists: whose it is, its id, and since when.
func identities(t *testing.T, e *testkit.Env) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, table := range testkit.Tables(t, e.DB) {
		var owned []string
		for _, c := range testkit.Columns(t, e.DB, table) {
			if slices.Contains([]string{"id", "location_id", "company_id", "created_at", "hash", "field_key"}, c.Name) {
				owned = append(owned, c.Name)
			}
		}
		if len(owned) == 0 {
			continue
		}
		for _, row := range testkit.Rows(t, e.DB, table, owned...) {
			out[table+" "+row] = true
		}
	}
	return out
}

// TestMassAssignment (requirement 6): no operation takes a column's name as a property that it
// does not declare, and none changes what the server alone decides.
func TestMassAssignment(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		s := newSurface(t, e)
		names := append(columnNames(t, e), "_id", "dateAdded", "dateUpdated", "traceId", "success", "succeeded", "isAdmin", "role")
		if len(names) < 50 {
			t.Fatalf("only %q", names)
		}
		owned := map[string]string{
			"id": `"hackedhackedhackedha"`, "_id": `"hackedhackedhackedha"`, "fieldKey": `"contact.hacked"`, "locationId": quoted(string(e.LocB)),
			"companyId": quoted(string(e.CompanyB)), "dateAdded": `"2001-01-01T00:00:00.000Z"`, "createdAt": `"2001-01-01T00:00:00.000Z"`,
		}
		for _, c := range s.calls(t) {
			if c.media == "" {
				continue
			}
			t.Run(c.route.ID, func(t *testing.T) {
				before := identities(t, e)
				s.undeclared(t, c, names)
				if diff := cmp.Diff(before, identities(t, e)); diff != "" {
					t.Errorf("refused input left something:\n%s", diff)
				}
				for _, name := range c.properties() {
					value, ok := owned[name]
					if !ok || c.media != "application/json" {
						continue
					}
					if a := e.Do(t, c.withMembers(t, quoted(name)+":"+value)); name == "companyId" {
						failsWith(t, "another company", a, 403)
					}
				}
				after := identities(t, e)
				for row := range before {
					if !after[row] {
						t.Errorf("%s is not what it was", row)
					}
				}
				for row := range after {
					// Where a client may choose the key, what it chose is no harm.
					if !before[row] && (strings.Contains(row, "hackedhacked") || strings.Contains(row, string(e.LocB)) || strings.Contains(row, string(e.LocX))) {
						t.Errorf("a client has made %s", row)
					}
				}
			})
		}
	})
}

// undeclared sends every name that the body does not declare, at once: each must be refused.
func (s *surface) undeclared(t *testing.T, c call, names []string) {
	var members, want []string
	parts := ""
	for _, name := range names {
		if !slices.Contains(c.properties(), name) {
			members, want = append(members, quoted(name)+`:"hackedhackedhackedha"`), append(want, "property "+name+" should not exist")
			parts += "--fence\r\nContent-Disposition: form-data; name=" + quoted(name) + "\r\n\r\nhackedhackedhackedha\r\n"
		}
	}
	if c.media == "application/json" {
		a := s.Do(t, c.withMembers(t, members...))
		failsWith(t, "undeclared properties", a, 422)
		if diff := cmp.Diff(want, messages(a)); diff != "" {
			t.Errorf("undeclared properties (-want +got):\n%s", diff)
		}
		return
	}
	if c.media == "application/x-www-form-urlencoded" {
		form := ""
		for _, text := range want {
			form += "&" + url.QueryEscape(strings.Fields(text)[1]) + "=hackedhackedhackedha"
		}
		a := s.Do(t, c.withBody(c.good.Body+form))
		failsWith(t, "undeclared properties", a, 422)
		if diff := cmp.Diff(want, messages(a)); diff != "" {
			t.Errorf("undeclared properties (-want +got):\n%s", diff)
		}
		return
	}
	// A form may have a hundred parts.
	for list := range slices.Chunk(strings.SplitAfter(parts, "hackedhackedhackedha\r\n"), 90) {
		a := s.Do(t, c.withBody(strings.Join(list, "")+c.good.Body))
		for _, part := range list {
			_, rest, _ := strings.Cut(part, `name="`)
			name, _, _ := strings.Cut(rest, `"`)
			if text := "property " + name + " should not exist"; name != "" && !slices.Contains(messages(a), text) {
				t.Errorf("%d %.300s lacks %q", a.Status, a.Raw, text)
			}
		}
	}
}

// TestSecretsAreNeverAnswered (requirement 6): no answer of any operation has a member with the
// name of a secret, or a secret's value, on a location that has credentials.
func TestSecretsAreNeverAnswered(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		const canary = "canary7c3e"
		secrets := []string{
			`"twilio":{"sid":"` + canary + `","authToken":"` + canary + `"}`,
			`"mailgun":{"apiKey":"` + canary + `","domain":"` + canary + `.test"}`,
		}
		s := newSurface(t, e)
		e.Send(t, testkit.Scenario{Method: "PUT", Path: "/locations/{locA}", Token: "agencyA", Status: 200,
			Body: `{"companyId":"{companyA}",` + strings.Join(secrets, ",") + `}`, Events: events(tenantry.LocationUpdated)})
		check := func(a testkit.Answer) {
			if name := secretMember(a.JSON); name != "" || strings.Contains(string(a.Raw), canary) {
				t.Errorf("an answer tells %q: %s", name, a.Raw)
			}
		}
		for _, c := range s.calls(t) {
			for _, member := range secrets {
				name, _, _ := strings.Cut(member[1:], `"`)
				if slices.Contains(c.properties(), name) {
					check(e.Do(t, c.withMembers(t, secrets...)))
					check(e.Do(t, c.withMembers(t, member[:len(member)-1]+`,"x":1}`)))
				}
			}
			check(e.Do(t, c.withQuery("x=1")))
			check(e.Do(t, c.good))
		}
	})
}

// secretMember names a member of an answer that only a secret can have, "" when there is none.
func secretMember(v any) string {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if slices.Contains([]string{"twilio", "mailgun", "hash", "sealed", "authToken", "apiKey", "token", "scopes"}, name) {
				return name
			}
			if inner := secretMember(member); inner != "" {
				return inner
			}
		}
	case []any:
		for _, element := range v {
			if inner := secretMember(element); inner != "" {
				return inner
			}
		}
	}
	return ""
}

// TestPagesMissNothing (requirement 28): pages of any size over rows with equal timestamps, with
// rows added between two pages, visit what was there at the start exactly once, and tell
// the right total.
func TestPagesMissNothing(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		rapid.Check(t, func(rt *rapid.T) {
			company, err := e.Store.CreateCompany(t.Context(), "Paged", "")
			if err != nil {
				t.Fatal(err)
			}
			token := e.AgencyToken(t, company, tenantry.LocationsRead)
			var all []string // in the order in which they were made
			add := func(n int) {
				for range n {
					if rapid.IntRange(0, 2).Draw(rt, "later") == 0 { // else: in the same millisecond
						e.Clock.Advance(time.Millisecond)
					}
					all = append(all, string(e.Location(t, company, "Page")))
				}
			}
			page := func(skip, limit int, order string) []string {
				a := e.Do(t, testkit.Scenario{Method: "GET", Token: token,
					Path: fmt.Sprintf("/locations/search?skip=%d&limit=%d&order=%s", skip, limit, order)})
				if a.Status != 200 || a.Get("total") != float64(len(all)) {
					rt.Fatalf("of %d rows: %d %.200s", len(all), a.Status, a.Raw)
				}
				return ids(a, "locations")
			}
			add(rapid.IntRange(0, 6).Draw(rt, "rows"))
			atStart, seen := len(all), []string{}
			for more := true; more; {
				limit := rapid.IntRange(1, 4).Draw(rt, "limit")
				got := page(len(seen), limit, "asc")
				seen, more = append(seen, got...), len(got) == limit && len(seen) < atStart
				add(rapid.IntRange(0, 1).Draw(rt, "added"))
			}
			if len(seen) < atStart || !slices.Equal(seen, all[:len(seen)]) {
				rt.Fatalf("pages give %q of %q", seen, all)
			}
			skip, limit := rapid.IntRange(0, 9).Draw(rt, "skip"), rapid.IntRange(1, 1000).Draw(rt, "limit")
			for order, want := range map[string][]string{"asc": all, "desc": reversed(all)} {
				want = want[min(skip, len(want)):]
				if got := page(skip, limit, order); !slices.Equal(got, want[:min(limit, len(want))]) {
					rt.Fatalf("skip %d limit %d %s gives %q of %q", skip, limit, order, got, want)
				}
			}
		})
	})
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// TestListsLeakNothing (requirement 7): two agencies hold locations with the same names and e-mails;
// no search of the one, nor its total, knows of the other's.
func TestListsLeakNothing(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		own := map[string][]string{"agencyA": {string(e.LocA), string(e.LocB)}, "agencyB": {string(e.LocX)}}
		withEmail := map[string][]string{}
		for i := range 12 {
			token, company := "agencyA", "{companyA}"
			if i%3 == 0 {
				token, company = "agencyB", "{companyB}"
			}
			a := e.Do(t, testkit.Scenario{Method: "POST", Path: "/locations/", Token: token, Body: `{"name":"Twin","companyId":"` + company + `",
				"prospectInfo":{"firstName":"T","lastName":"W","email":"twin@example.com"}}`})
			own[token], withEmail[token] = append(own[token], a.Text("id")), append(withEmail[token], a.Text("id"))
		}
		for token, all := range own {
			for query, want := range map[string][]string{
				"limit=1000": all, "limit=1000&skip=1": all[1:], "limit=1": all[:1], "skip=1000": {}, "order=desc&limit=1000": reversed(all),
				"email=twin@example.com&limit=1000": withEmail[token], "email=TWIN@example.com&limit=2&skip=1": withEmail[token][1:3],
				"email=nobody@example.com": {}, "email=%25": {}, "email=twin%25": {}, "email=t_in@example.com": {},
			} {
				total := len(all)
				if strings.Contains(query, "email=") {
					total = map[bool]int{true: len(withEmail[token])}[strings.Contains(strings.ToLower(query), "twin@")]
				}
				a := e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/search?" + query, Token: token})
				if diff := cmp.Diff(want, ids(a, "locations")); diff != "" || a.Get("total") != float64(total) {
					t.Errorf("%s, %s: total %v, want %d (-want +got):\n%s", token, query, a.Get("total"), total, diff)
				}
			}
			other := map[string]string{"agencyA": "{companyB}", "agencyB": "{companyA}"}[token]
			failsWith(t, "the other's company", e.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/search?companyId=" + other, Token: token}), 403)
		}
		for token, loc := range map[string]tenantry.LocationID{"locA": e.LocA, "locB": e.LocB, "locX": e.LocX} {
			e.Run(t, testkit.Scenario{Name: token, Method: "GET", Path: "/locations/search?limit=1000", Token: token, Status: 200,
				Want: `{"locations":[{"id":"` + string(loc) + `"}],"total":1}`},
				testkit.Scenario{Name: token + " by e-mail", Method: "GET", Path: "/locations/search?email=twin@example.com", Token: token,
					Status: 200, Want: `{"locations":[],"total":0}`})
		}
	})
}

// TestAnyIDIsAnswered: whatever text stands in the place of an id, the answer is one of the
// contract's refusals, never a 500, and nothing is written.
func TestAnyIDIsAnswered(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		s := newSurface(t, e)
		var withIDs []call
		for _, c := range s.calls(t) {
			if c.route.Tenanted() {
				withIDs = append(withIDs, c)
			}
		}
		hostile := []string{
			"'", `"`, "%", "_", "';--", "' OR '1'='1", "$1", "\\", "🚀", "\u202e", "\x00", "\xff\xfe", "..", ".", "/", "a/b", "?", "#", "*", "{id}", "null",
			"-1", "0", "1e999", " ", "\r\nX-Evil: 1", strings.Repeat("9", 10_000), strings.Repeat("🚀", 1000), string(e.LocX), s.own.resources["tag"] + " ",
			"contact.", "NEAR(", "%00", "%2e%2e",
		}
		id := rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringN(1, 40, -1), rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 20), func(b []byte) string { return string(b) }))
		before := e.Snapshot(t)
		rapid.Check(t, func(rt *rapid.T) {
			c, text := rapid.SampledFrom(withIDs).Draw(rt, "operation"), id.Draw(rt, "id")
			segments := strings.Split(c.route.Path[1:], "/")
			var at []int
			for i, segment := range segments {
				if strings.HasPrefix(segment, "{") {
					at = append(at, i)
				}
			}
			row, replaced := c.good, rapid.SampledFrom(at).Draw(rt, "at")
			path, query, _ := strings.Cut(row.Path, "?")
			given := strings.Split(path[1:], "/")
			given[replaced] = url.PathEscape(text)
			if text == "." || text == ".." {
				given[replaced] = strings.ReplaceAll(text, ".", "%2e") // else net/http's client takes it for a step
			}
			row.Path = "/" + strings.Join(given, "/") + "?" + query
			a := e.Do(t, row)
			allowed := []int{400, 403, 404}
			if replaced > 1 { // a text that is none, or a word of a closed list
				allowed = append(allowed, 422)
			}
			if !slices.Contains(allowed, a.Status) {
				rt.Fatalf("%s %q answers %d %.300s", c.route.ID, row.Path, a.Status, a.Raw)
			}
			failsWith(t, row.Path, a, a.Status)
		})
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("something was written:\n%s", diff)
		}
	})
}

// TestServedDocument (requirement 54): what is served is a valid OpenAPI 3.1 document of exactly the
// operations that are routed, and every one of them is in the matrix of the fence.
func TestServedDocument(t *testing.T) {
	e := testkit.NewEnv(t, testkit.OpenDB(t))
	served := e.Do(t, testkit.Scenario{Method: "GET", Path: "/openapi.json"})
	doc, err := openapi3.NewLoader().LoadFromData(served.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil || !doc.IsOpenAPI31OrLater() {
		t.Errorf("version %s: %v", doc.OpenAPI, err)
	}
	for range 5 {
		if printed := string(wire.OpenAPI(e.Routes, "test")); printed != string(served.Raw) {
			t.Fatal("two printings differ")
		}
	}
	public := map[string]bool{}
	for _, r := range e.Routes {
		public[r.ID] = r.IsPublic()
	}
	documented, rows := map[string]string{}, fences()
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if other, again := documented[op.OperationID]; again {
				t.Errorf("%s names both %s and %s %s", op.OperationID, other, method, path)
			}
			documented[op.OperationID] = method + " " + path
			if op.Summary == "" || op.Security == nil || (len(*op.Security) == 0) != public[op.OperationID] || doc.Tags.Get(op.Tags[0]) == nil {
				t.Errorf("%s: summary %q, security %v, tags %v", op.OperationID, op.Summary, op.Security, op.Tags)
			}
		}
	}
	routed := map[string]string{}
	for _, r := range e.Routes {
		routed[r.ID] = r.Method + " " + r.Path
		if _, ok := rows[r.ID]; ok == public[r.ID] {
			t.Errorf("%s has no row in fences(), or one although it needs no token", r.ID)
		}
	}
	maps.DeleteFunc(public, func(_ string, is bool) bool { return !is })
	if diff := cmp.Diff(routed, documented); diff != "" || len(rows)+len(public) != len(routed) {
		t.Errorf("%d rows in fences(); routed and documented operations differ (-routed +documented):\n%s", len(rows), diff)
	}
}
