package api_test

import (
	"bufio"
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/testkit"
)

// arena is where hostile requests go, one after the other: a tenant of their sender, and a
// foreign one of whom no answer may tell.
type arena struct {
	*testkit.Env

	own, foreign *tenant
	served       int               // requests since own was made
	names        *strings.Replacer // of what requests may name, but for the foreign
	foreignNames *strings.Replacer
	secrets      []string // of the foreign tenant
}

func newArena(t testing.TB, d *db.DB) *arena {
	t.Helper()
	a := &arena{Env: testkit.NewEnv(t, d)}
	a.foreign = newTenant(t, a.Env, a.LocX, a.CompanyB, "locX", "agencyB")
	a.foreignNames = strings.NewReplacer(placeholders("foreign-", a.foreign)...)
	a.secrets = []string{string(a.LocX), string(a.CompanyB), "Location X", "Agency B"}
	for _, id := range a.foreign.resources {
		a.secrets = append(a.secrets, id)
	}
	a.mark(t)
	return a
}

// mark gives each resource of the foreign tenant a text that is nowhere else: its id may be in a request, but
// who reads or changes what it belongs to would see the text.
func (a *arena) mark(t testing.TB) {
	t.Helper()
	const text = "of nobody else 7b21"
	for kind, change := range map[string]string{
		"tag": "tags {\"name\":@}", "customField": "customFields {\"name\":@}", "uploadField": "customFields {\"name\":@}", "customValue": "customValues {\"name\":@,\"value\":@}",
		"template": "templates {\"name\":@,\"type\":\"sms\",\"template\":{\"body\":@}}", "recurringTask": "recurring-tasks {\"title\":@}",
	} {
		path, body, _ := strings.Cut(change, " ")
		row := testkit.Scenario{Method: "PUT", Token: "locX", Path: "/locations/{locX}/" + path + "/" + a.foreign.resources[kind], Body: strings.ReplaceAll(body, "@", quoted(text+" "+kind))}
		if answer := a.Handle(t, row); answer.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", kind, answer.Status, answer.Raw)
		}
	}
	a.secrets = append(a.secrets, text)
}

// placeholders are the names that requests use for what a tenant has, each with its value.
func placeholders(prefix string, n *tenant) []string {
	pairs := []string{
		"{" + prefix + "loc}", string(n.loc), "{" + prefix + "company}", string(n.company), "{" + prefix + "app}", string(n.app.ID),
		"{" + prefix + "client}", string(n.app.ClientID()), "{" + prefix + "secret}", n.app.Secret,
	}
	for kind, id := range n.resources {
		pairs = append(pairs, "{"+prefix+kind+"}", id)
	}
	return pairs
}

// renewEvery is after how many requests the sender gets a new tenant, so that an outcome depends
// on few requests before it and no list grows.
const renewEvery = 300

// renew makes a tenant for the sender when there is none or the old one is worn.
func (a *arena) renew(t testing.TB) {
	t.Helper()
	if a.served++; a.own != nil && a.served < renewEvery {
		return
	}
	if a.own != nil {
		a.raze(t)
	}
	loc := a.Location(t, a.CompanyA, "Own")
	a.own = newTenant(t, a.Env, loc, a.CompanyA, a.LocationToken(t, loc, tenantry.PrivateScopes()...), "agencyA")
	code := a.Code(t, a.own.app, tenantry.SubAccount, a.CompanyA, []tenantry.LocationID{loc})
	admin, session := a.Admin(t, a.CompanyA), strings.ToLower(rand.Text())
	if _, err := a.Store.CreateSession(t.Context(), oauth.HashToken(session), admin); err != nil {
		t.Fatal(err)
	}
	a.names = strings.NewReplacer(append(placeholders("", a.own), "{code}", code, "{appToken}", a.own.appToken, "{user}", string(admin), "{session}", session)...)
	a.served = 0
	a.Log.Reset()
}

// raze removes all locations of the sender's agency with everything in them.
func (a *arena) raze(t testing.TB) {
	t.Helper()
	unchecked := `PRAGMA defer_foreign_keys = ON`
	if a.DB.Engine() == db.Postgres {
		unchecked = `SET LOCAL session_replication_role = replica`
	}
	statements := []string{unchecked}
	for _, table := range testkit.TablesWith(t, a.DB, "location_id") {
		statements = append(statements, `DELETE FROM `+table+` WHERE location_id NOT IN ('', '`+string(a.LocX)+`')`)
	}
	testkit.Run(t, a.DB, append(statements, `UPDATE companies SET location_count = 0 WHERE id = '`+string(a.CompanyA)+`'`)...)
}

// hostile is a request of the fuzzer. Names in braces stand for the tenant's ids.
type hostile struct {
	method, path string
	sender       int    // index in senders
	ids          string // of the path, separated by slashes, as they go on the wire
	query        string
	header       string // lines
	body         string
}

// senders are the credentials that a hostile request may come with.
func (a *arena) senders() []string {
	return []string{a.own.token, a.Token("agencyA"), a.own.appToken, "", garbled(a.own.appToken), "pit-00000000-0000-4000-8000-000000000000"}
}

// request builds the request and its text; ok is false for one that net/http would refuse
// before any handler sees it.
func (a *arena) request(t testing.TB, h hostile) (req *http.Request, text string, ok bool) {
	t.Helper()
	ids := strings.Split(h.ids, "/")
	segments := strings.Split(h.path, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") {
			segments[i] = ""
			if len(ids) > 0 {
				segments[i], ids = ids[0], ids[1:]
			}
		}
	}
	// Foreign ids may not be stored: a later answer would rightly hold them.
	target := a.foreignNames.Replace(a.names.Replace(strings.Join(segments, "/") + "?" + h.query))
	lines := []string{h.method + " " + target + " HTTP/1.1", "Host: tenantry.test"}
	if token := a.senders()[h.sender%len(a.senders())]; token != "" {
		lines = append(lines, "Authorization: Bearer "+token)
	}
	if h.header != "" {
		lines = append(lines, a.names.Replace(h.header))
	}
	body := a.names.Replace(h.body)
	text = strings.Join(append(lines, "Content-Length: "+strconv.Itoa(len(body))), "\r\n") + "\r\n\r\n" + body
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return nil, "", false
	}
	req.RemoteAddr = "192.0.2.1:1234"
	return req.WithContext(t.Context()), text, true
}

// attack sends the request and checks what must hold for each.
func (a *arena) attack(t testing.TB, operation string, h hostile) {
	t.Helper()
	a.renew(t)
	req, text, ok := a.request(t, h)
	if !ok {
		return
	}
	before := a.Snapshot(t)
	answer := a.Serve(t, req)
	if answer.Status >= 500 && (answer.Status != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "") {
		t.Fatalf("%q answers %d %s\n%s", text, answer.Status, answer.Raw, a.Log)
	}
	checkForm(t, req, answer)
	for _, secret := range a.secrets {
		if strings.Contains(string(answer.Raw), secret) && !strings.Contains(text, secret) {
			t.Fatalf("%q tells the foreign %q: %s", text, secret, answer.Raw)
		}
	}
	// Refused tokens may end the family that they are of (contract, section 2.2).
	if answer.Status >= 400 && operation != "get-access-token" {
		if diff := cmp.Diff(before, a.Snapshot(t)); diff != "" {
			t.Fatalf("%q is refused with %d and changes:\n%s", text, answer.Status, diff)
		}
	}
	if answer.Status < 300 && (req.Method == http.MethodDelete || slices.Contains([]string{"get-access-token", "revoke-token"}, operation)) {
		a.served = renewEvery // others need what it took
	}
}

// checkForm checks the form of an answer: JSON as the contract wants it, unless the path is that of
// a page or file.
func checkForm(t testing.TB, req *http.Request, a testkit.Answer) {
	t.Helper()
	checkHeaders(t, req, a)
	if a.Status == http.StatusNoContent && req.Method == http.MethodOptions {
		return
	}
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		for _, prefix := range []string{"/oauth/", "/v2/oauth/", "/docs", "/files/", "/.well-known/"} {
			if strings.HasPrefix(req.URL.Path, prefix) {
				return
			}
		}
		t.Fatalf("%s %s answers %d with the media type %q: %s", req.Method, req.URL, a.Status, a.Header.Get("Content-Type"), a.Raw)
	}
	if a.Header.Get("Content-Length") != strconv.Itoa(len(a.Raw)) {
		t.Fatalf("%s %s answers %d bytes and says %q", req.Method, req.URL, len(a.Raw), a.Header.Get("Content-Length"))
	}
	if req.URL.Path == "/openapi.json" || strings.HasPrefix(req.URL.Path, "/.well-known/") {
		return
	}
	if id := a.Text("traceId"); len(id) != 36 || a.Header.Get("X-Trace-Id") != id {
		t.Fatalf("%s %s: traceId %q, header %q", req.Method, req.URL, id, a.Header.Get("X-Trace-Id"))
	}
	if a.Status >= 400 {
		failsWith(t, req.Method+" "+req.URL.String(), a, a.Status)
	}
}

// checkHeaders: no value breaks out of its line (requirement 27), and nobody is sent anywhere but to a
// page of the server or to where the app registered.
func checkHeaders(t testing.TB, req *http.Request, a testkit.Answer) {
	t.Helper()
	for name, values := range a.Header {
		for _, value := range values {
			if strings.ContainsAny(name+value, "\r\n\x00") {
				t.Fatalf("%s %s: header %q: %q", req.Method, req.URL, name, value)
			}
		}
	}
	to := a.Header.Get("Location")
	if to == "" && a.Status/100 != 3 {
		return
	}
	if !strings.HasPrefix(to, testkit.Callback+"?") && !strings.HasPrefix(to, "/oauth/") && a.Status != http.StatusNotModified {
		t.Fatalf("%s %s answers %d and leads to %q", req.Method, req.URL, a.Status, to)
	}
}
