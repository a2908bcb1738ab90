package api_test

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/wire"
)

// fenced says how to call an operation so that the right token succeeds. Texts in
// braces are filled in per location: see resources.
type fenced struct {
	query    string
	body     string
	form     bool   // body is sent as multipart with one file
	encoded  bool   // body is sent as a URL-encoded form
	resource string // what the id in the path belongs to
	path     map[string]string
	oauth    bool // its scopes are those of apps only
}

// fences has a row for each operation that needs a token; TestFence fails for one that has none.
func fences() map[string]fenced {
	rule := `{"intervalType":"daily","interval":1,"startDate":"2027-01-01T08:00:00.000Z","dueAfterSeconds":60}`
	return map[string]fenced{
		"search-locations":               {},
		"create-location":                {body: `{"name":"New","companyId":"{company}"}`},
		"get-location":                   {},
		"put-location":                   {body: `{"companyId":"{company}","city":"Fence"}`},
		"delete-location":                {query: "?deleteTwilioAccount=true"},
		"get-timezones":                  {},
		"get-location-permissions":       {},
		"update-location-permissions":    {body: `{"permissions":["crm"]}`},
		"get-conversation-channel":       {path: map[string]string{"type": "SMS"}},
		"get-location-tags":              {},
		"create-tag":                     {body: `{"name":"fence"}`},
		"get-tag-by-id":                  {resource: "tag"},
		"update-tag":                     {resource: "tag", body: `{"name":"fence two"}`},
		"delete-tag":                     {resource: "tag"},
		"task-search":                    {body: `{}`},
		"get-recurring-tasks":            {},
		"create-recurring-task":          {body: `{"title":"T","rruleOptions":` + rule + `}`},
		"get-recurring-task-by-id":       {resource: "recurringTask"},
		"update-recurring-task":          {resource: "recurringTask", body: `{"title":"U"}`},
		"delete-recurring-task":          {resource: "recurringTask"},
		"get-custom-fields":              {},
		"search-custom-fields":           {},
		"create-custom-field":            {body: `{"name":"Fence","dataType":"TEXT"}`},
		"get-custom-field":               {resource: "customField"},
		"update-custom-field":            {resource: "customField", body: `{"name":"Fence two"}`},
		"delete-custom-field":            {resource: "customField"},
		"upload-file-customFields":       {form: true, resource: "uploadField"},
		"get-custom-values":              {},
		"create-custom-value":            {body: `{"name":"Fence","value":"v"}`},
		"get-custom-value":               {resource: "customValue"},
		"update-custom-value":            {resource: "customValue", body: `{"name":"Fence two","value":"v"}`},
		"delete-custom-value":            {resource: "customValue"},
		"GET-all-or-email-sms-templates": {},
		"create-template":                {body: `{"name":"F","type":"sms","template":{"body":"b"}}`},
		"update-template":                {resource: "template", body: `{"name":"G","type":"sms","template":{"body":"b"}}`},
		"DELETE-an-email-sms-template":   {resource: "template"},
		"get-location-access-token":      {body: "companyId={company}&locationId={loc}", encoded: true},
		"get-location-access-token-v3":   {body: "companyId={company}&locationId={loc}", encoded: true},
		"uninstall-application":          {body: `{"companyId":"{company}","locationId":"{loc}"}`, path: map[string]string{"appId": "{app}"}, oauth: true},
		"get-installed-location":         {query: "?companyId={company}&appId={app}"},
		"get-installed-location-v3":      {query: "?companyId={company}&appId={app}"},
	}
}

// tenant is one location with a resource of each kind.
type tenant struct {
	loc       tenantry.LocationID
	company   tenantry.CompanyID
	token     string // names its sub-account token
	agency    string // names its agency's token
	app       testkit.App
	appToken  string // the app's, for the agency
	resources map[string]string
}

// right is the token that an operation succeeds with.
func (n *tenant) right(route wire.Route, f fenced) string {
	switch {
	case route.Tokens == wire.AgencyTokens:
		return n.agency
	case route.Tokens == wire.AgencyAppTokens, f.oauth:
		return n.appToken
	}
	return n.token
}

func newTenant(t testing.TB, e *testkit.Env, loc tenantry.LocationID, company tenantry.CompanyID, token, agency string) *tenant {
	t.Helper()
	n := &tenant{loc: loc, company: company, token: token, agency: agency, app: e.App(t, company), resources: map[string]string{}}
	n.appToken = agencyAppToken(t, e, n)
	make := func(kind, path, body string, member string) {
		a := e.Do(t, testkit.Scenario{Method: "POST", Path: "/locations/" + string(loc) + path, Token: token, Body: body})
		if n.resources[kind] = a.Text(member, "id"); n.resources[kind] == "" {
			t.Fatalf("%s: %d %s", kind, a.Status, a.Raw)
		}
	}
	make("tag", "/tags", `{"name":"shared name"}`, "tag")
	make("customField", "/customFields", `{"name":"Shared name","dataType":"TEXT"}`, "customField")
	make("uploadField", "/customFields", `{"name":"Papers","dataType":"FILE_UPLOAD","acceptedFormat":["all"]}`, "customField")
	make("customValue", "/customValues", `{"name":"Shared name","value":"v"}`, "customValue")
	make("template", "/templates", `{"name":"Shared name","type":"sms","template":{"body":"b"}}`, "template")
	make("recurringTask", "/recurring-tasks", fences()["create-recurring-task"].body, "recurringTask")
	return n
}

// agencyAppToken installs the tenant's app on the agency and its location.
func agencyAppToken(t testing.TB, e *testkit.Env, n *tenant) string {
	t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {string(n.app.ClientID())}, "client_secret": {n.app.Secret},
		"code": {e.Code(t, n.app, tenantry.Agency, n.company, []tenantry.LocationID{n.loc})},
	}
	a := e.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/token", Body: form.Encode(), Header: encodedForm()})
	if a.Text("access_token") == "" {
		t.Fatalf("%d %s", a.Status, a.Raw)
	}
	return a.Text("access_token")
}

func encodedForm() map[string]string {
	return map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
}

// request builds the call of an operation on location loc, with resource ids of owner.
func (f fenced) request(op wire.Op, loc string, owner *tenant, company tenantry.CompanyID) testkit.Scenario {
	fill := strings.NewReplacer("{company}", string(company), "{loc}", loc, "{app}", string(owner.app.ID))
	names := []string{"{locationId}", loc, "{tagId}", owner.resources[f.resource], "{id}", owner.resources[f.resource]}
	for name, value := range f.path {
		names = append(names, "{"+name+"}", fill.Replace(value))
	}
	s := testkit.Scenario{
		Method: op.Method, Path: strings.NewReplacer(names...).Replace(op.Path) + fill.Replace(f.query), Version: wire.V3,
		Body: fill.Replace(f.body),
	}
	if op.Versions != nil {
		s.Version = op.Versions[len(op.Versions)-1]
	}
	if f.encoded {
		s.Header = encodedForm()
	}
	if f.form {
		s.Body, s.Header = formBody(owner.resources[f.resource])
	}
	return s
}

func formBody(id string) (string, map[string]string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary("fence")
	_ = w.WriteField("id", id)
	_ = w.WriteField("maxFiles", "1")
	part, _ := w.CreateFormFile("file", "a.txt")
	_, _ = part.Write([]byte("fence"))
	_ = w.Close()
	return b.String(), map[string]string{"Content-Type": w.FormDataContentType()}
}

// refused sends the call with a token and expects the status, and that nothing was written.
func refused(t *testing.T, e *testkit.Env, s testkit.Scenario, name, token string, status int) testkit.Answer {
	t.Helper()
	before := e.Snapshot(t)
	s.Token = token
	a := e.Do(t, s)
	if a.Status != status {
		t.Errorf("%s: %s %s answers %d, want %d: %s", name, s.Method, s.Path, a.Status, status, a.Raw)
	}
	if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
		t.Errorf("%s: %s %s was refused and changed:\n%s", name, s.Method, s.Path, diff)
	}
	return a
}

// TestFence calls every operation with every kind of token that must not pass, on its
// own, its sibling's, a foreign, an unknown and a deleted location, and then with the right one.
// (Requirements 1, 2, 4, 5 and 54.)
func TestFence(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		rows := fences()
		a := newTenant(t, e, e.LocA, e.CompanyA, "locA", "agencyA")
		b := newTenant(t, e, e.LocB, e.CompanyA, "locB", "agencyA")
		x := newTenant(t, e, e.LocX, e.CompanyB, "locX", "agencyB")
		gone := e.Location(t, e.CompanyA, "Gone")
		goneToken := e.LocationToken(t, gone, tenantry.PrivateScopes()...)
		if err := e.Store.DeleteLocation(t.Context(), gone, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		// Deletes last: each operation needs what the ones before it used.
		routes := slices.Clone(e.Routes)
		slices.SortStableFunc(routes, func(p, q wire.Route) int { return weight(p.Op) - weight(q.Op) })
		for _, route := range routes {
			if route.IsPublic() {
				continue // internal/oauth tests what it does with credentials of its own
			}
			f, ok := rows[route.ID]
			if !ok {
				t.Errorf("operation %s has no row in fences()", route.ID)
				continue
			}
			delete(rows, route.ID)
			t.Run(route.ID, func(t *testing.T) {
				checkCredentials(t, e, route, f, a, goneToken)
				if route.Tenanted() {
					checkTenancy(t, e, route, f, []*tenant{a, b, x}, string(gone))
				}
				if f.resource != "" {
					checkNestedIDs(t, e, route, f, a, []*tenant{b, x})
				}
				s := f.request(route.Op, string(a.loc), a, a.company)
				s.Token = a.right(route, f)
				if got := e.Do(t, s); got.Status >= 300 {
					t.Errorf("the right token is refused: %d %s", got.Status, got.Raw)
				}
			})
		}
		for id := range rows {
			t.Errorf("fences() has a row for %s, which is no operation", id)
		}
	})
}

func weight(op wire.Op) int {
	switch {
	case op.ID == "delete-location":
		return 2
	case op.Method == "DELETE":
		return 1
	}
	return 0
}

func checkCredentials(t *testing.T, e *testkit.Env, route wire.Route, f fenced, own *tenant, goneToken string) {
	t.Helper()
	s := f.request(route.Op, string(own.loc), own, own.company)
	caller := tenantry.Caller{Class: tenantry.SubAccount, CompanyID: own.company, LocationID: own.loc, Scopes: route.Scopes}
	if route.Tokens == wire.AgencyTokens || route.Tokens == wire.AgencyAppTokens {
		caller = tenantry.Caller{Class: tenantry.Agency, CompanyID: own.company, Scopes: route.Scopes}
	}
	good := e.AccessToken(t, caller)
	refused(t, e, s, "no token", "", 401)
	refused(t, e, s, "garbled token", garbled(good), 401)
	refused(t, e, s, "unknown private token", "pit-00000000-0000-4000-8000-000000000000", 401)
	refused(t, e, s, "a deleted location's token", goneToken, 401)
	e.Clock.Advance(24 * time.Hour)
	refused(t, e, s, "expired token", good, 401)
	e.Clock.Advance(-24 * time.Hour)
	for _, scope := range append(tenantry.Scopes(), "") {
		if slices.Contains(route.Scopes, scope) {
			continue
		}
		caller.Scopes = []tenantry.Scope{scope}
		token := e.AccessToken(t, caller)
		if a := refused(t, e, s, "only scope "+string(scope), token, 401); a.Text("code") != "scope_missing" {
			t.Errorf("only scope %q: %s", scope, a.Raw)
		}
	}
	switch route.Tokens {
	case wire.SubAccountTokens:
		refused(t, e, s, "its agency's token", own.agency, 401)
	case wire.AgencyTokens:
		refused(t, e, s, "a sub-account's token", own.token, 403)
	case wire.AgencyAppTokens:
		refused(t, e, s, "a sub-account's token", own.token, 403)
		refused(t, e, s, "its agency's private token", own.agency, 401)
		caller = tenantry.Caller{Class: tenantry.SubAccount, CompanyID: own.company, LocationID: own.loc, Scopes: route.Scopes}
		refused(t, e, s, "an app's token of a sub-account", e.AccessToken(t, caller), 403)
	}
}

// garbled changes one character in the middle of the token's signature. Its last ones carry
// few bits: changed, they can say the same.
func garbled(token string) string {
	i := len(token) - 40
	other := "A"
	if token[i] == 'A' {
		other = "B"
	}
	return token[:i] + other + token[i+1:]
}

// checkTenancy: tokens of others are refused, and a foreign location looks like one that
// does not exist.
func checkTenancy(t *testing.T, e *testkit.Env, route wire.Route, f fenced, tenants []*tenant, gone string) {
	t.Helper()
	for _, caller := range tenants {
		for _, token := range []string{caller.token, caller.agency} {
			agency := token == caller.agency
			if (agency && route.Tokens == wire.SubAccountTokens) || (!agency && route.Tokens == wire.AgencyTokens) {
				continue // the class is refused before the location is looked at
			}
			unknown := refused(t, e, f.request(route.Op, "doesNotExist00000000", caller, caller.company), "unknown location", token, 403)
			for _, target := range tenants {
				if target.loc == caller.loc || (agency && target.company == caller.company) {
					continue
				}
				foreign := refused(t, e, f.request(route.Op, string(target.loc), target, caller.company), "foreign location", token, 403)
				alike(t, unknown, foreign)
			}
			alike(t, unknown, refused(t, e, f.request(route.Op, gone, caller, caller.company), "deleted location", token, 403))
		}
	}
}

// checkNestedIDs: an id of another location in one's own path looks like an unknown one.
func checkNestedIDs(t *testing.T, e *testkit.Env, route wire.Route, f fenced, own *tenant, others []*tenant) {
	t.Helper()
	none := &tenant{resources: map[string]string{f.resource: "doesNotExist00000000"}}
	unknown := refused(t, e, f.request(route.Op, string(own.loc), none, own.company), "unknown id", own.token, 400)
	for _, other := range others {
		foreign := refused(t, e, f.request(route.Op, string(own.loc), other, own.company), "foreign id", own.token, 400)
		foreign.Raw = bytes.ReplaceAll(foreign.Raw, []byte(other.resources[f.resource]), []byte("doesNotExist00000000"))
		alike(t, unknown, foreign)
	}
}

// alike compares two answers but for their trace ids.
func alike(t *testing.T, a, b testkit.Answer) {
	t.Helper()
	strip := func(x testkit.Answer) string { return strings.ReplaceAll(string(x.Raw), x.Text("traceId"), "") }
	if a.Status != b.Status || strip(a) != strip(b) {
		t.Errorf("two answers that must look alike differ:\n%d %s\n%d %s", a.Status, a.Raw, b.Status, b.Raw)
	}
}
