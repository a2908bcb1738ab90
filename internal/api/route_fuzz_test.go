package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/wire"
)

// goal is where a fuzzed request can lead.
type goal struct{ method, path, operation string }

// goals are all operations and all else that the server answers.
func goals(routes []wire.Route) []goal {
	list := []goal{
		{"GET", "/oauth/chooselocation", ""}, {"POST", "/oauth/chooselocation", ""}, {"GET", "/v2/oauth/chooselocation", ""},
		{"POST", "/oauth/sign-in", ""}, {"POST", "/oauth/sign-out", ""}, {"GET", "/oauth/pages/{file}", ""}, {"POST", "/oauth/reconnect", ""},
		{"GET", "/files/location/{location}/custom-Field/{owner}/{name}", ""}, {"GET", "/docs/{file}", ""}, {"GET", "/{any}", ""}, {"OPTIONS", "/locations/{any}", ""},
	}
	for _, r := range routes {
		list = append(list, goal{r.Method, r.Path, r.ID})
	}
	// By name, so that a number in the corpus means the same goal for as long as no operation is added before it.
	slices.SortFunc(list, func(a, b goal) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	return list
}

// wellFormed are requests that succeed, or come near to it: one for each operation, and more where
// the operation takes several forms.
func wellFormed(routes []wire.Route) []hostile {
	var list []hostile
	rows := fences()
	for _, r := range routes {
		f := rows[r.ID]
		h := hostile{method: r.Method, path: r.Path, query: strings.TrimPrefix(f.query, "?"), body: f.body, ids: idsOf(r, f)}
		h.header, h.sender = "Content-Type: application/json", int(r.Tokens)
		if r.Tokens == wire.AnyTokens {
			h.sender = 1
		}
		if r.Tokens == wire.AgencyAppTokens {
			h.sender = 2
		}
		if f.encoded {
			h.header = "Content-Type: application/x-www-form-urlencoded"
		}
		if f.form {
			var header map[string]string
			h.body, header = formBody("{" + f.resource + "}")
			h.header = "Content-Type: " + header["Content-Type"]
		}
		versions := r.Versions
		if versions == nil {
			versions = wire.Versions()
		}
		h.header += "\r\nVersion: " + versions[len(versions)-1]
		list = append(list, h)
	}
	return append(list, wellFormedForms()...)
}

// wellFormedForms are the requests of the OAuth server.
func wellFormedForms() []hostile {
	const client = "client_id={client}&client_secret={secret}"
	const ask = "response_type=code&client_id={client}&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&scope=locations.readonly&state=s"
	form := func(path, query, body string) hostile {
		return hostile{method: "POST", path: path, query: query, body: body, header: "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin"}
	}
	return []hostile{
		form("/oauth/token", "", client+"&grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2Fapp.test%2Fcb"),
		form("/oauth/token", "", client+"&grant_type=refresh_token&refresh_token=x&user_type=Location"),
		form("/oauth/token", "", client+"&grant_type=client_credentials&scope=locations.readonly"),
		{method: "POST", path: "/oauth/token", header: "Content-Type: application/json\r\nVersion: v3", body: `{"clientId":"{client}","clientSecret":"{secret}","grantType":"client_credentials"}`},
		form("/oauth/revoke", "", client+"&token={appToken}"),
		form("/oauth/introspect", "", client+"&token={appToken}"),
		form("/oauth/sign-in", ask, "email=nobody%40example.com&password="),
		form("/oauth/chooselocation", ask, "do=approve&user=x&location={loc}"),
		signedIn(form("/oauth/chooselocation", ask, "do=approve&user={user}&location={loc}")),
		signedIn(form("/oauth/chooselocation", ask+"&choose=bulk", "do=search&user={user}&search=%25&page=1&location={loc}&location={loc}")),
		signedIn(form("/oauth/chooselocation", ask, "do=refuse&user={user}")),
		signedIn(form("/oauth/sign-out", ask, "")),
		signedIn(hostile{method: "GET", path: "/oauth/chooselocation", query: ask}),
		{method: "GET", path: "/oauth/chooselocation", query: ask},
		{method: "GET", path: "/oauth/pages/{file}", ids: "style.css"},
		{method: "GET", path: "/files/location/{location}/custom-Field/{owner}/{name}", ids: "{loc}/{uploadField}/0a0fa1a2-1b4b-4a5a-9c3f-3a3c9d4b5e6f.txt", header: "Range: bytes=0-1"},
		{method: "OPTIONS", path: "/locations/{any}", ids: "search", header: "Origin: https://evil.test\r\nAccess-Control-Request-Method: GET"},
	}
}

// signedIn is the request with the session of an admin.
func signedIn(h hostile) hostile {
	h.header = strings.TrimPrefix(h.header+"\r\nCookie: tenantry_session={session}", "\r\n")
	return h
}

// idsOf writes the ids of a path as names.
func idsOf(r wire.Route, f fenced) string {
	var ids []string
	for segment := range strings.SplitSeq(r.Path, "/") {
		name := strings.Trim(segment, "{}")
		switch {
		case name == segment:
		case name == "locationId":
			ids = append(ids, "{loc}")
		case f.path[name] != "":
			ids = append(ids, f.path[name])
		default:
			ids = append(ids, "{"+f.resource+"}")
		}
	}
	return strings.Join(ids, "/")
}

// FuzzRoutes (requirements 20, 21, 26 and 28): whatever bytes stand in the path, query, headers and
// body, and whoever sends them, every operation and page answers as the contract and its
// document say, below 500; nothing of another tenant is told, and nothing refused is written.
func FuzzRoutes(f *testing.F) {
	a := newArena(f, testkit.OpenDB(f))
	list := goals(a.Routes)
	seeds(f, a, func(at uint8, h hostile) {
		f.Add(at, uint8(h.sender), h.ids, h.query, h.header, h.body) //nolint:gosec // a small number
	})
	f.Fuzz(func(t *testing.T, at, sender uint8, ids, query, header, body string) {
		g := list[int(at)%len(list)]
		a.attack(t, g.operation, hostile{g.method, g.path, int(sender), ids, query, header, body})
	})
}

// TestRoutesOnPostgres attacks the other engine with what the fuzzer begins with.
func TestRoutesOnPostgres(t *testing.T) {
	a := newArena(t, testkit.OpenPostgres(t))
	list := goals(a.Routes)
	seeds(t, a, func(at uint8, h hostile) { a.attack(t, list[at].operation, h) })
}

// seeds gives each request that is well formed, for the sender's own, for a foreign and for a
// nested foreign resource, with the index of its goal.
func seeds(t testing.TB, a *arena, each func(at uint8, h hostile)) {
	t.Helper()
	list := goals(a.Routes)
	for _, h := range wellFormed(a.Routes) {
		at := slices.IndexFunc(list, func(g goal) bool { return g.method == h.method && g.path == h.path })
		if at < 0 {
			t.Fatalf("%s %s is no goal", h.method, h.path)
		}
		for _, ids := range []string{h.ids, strings.Replace(h.ids, "{", "{foreign-", 1), lastForeign(h.ids)} {
			h.ids = ids
			each(uint8(at), h) //nolint:gosec // there are fewer
		}
	}
}

// lastForeign makes the last id a foreign one: in one's own location that is nested in none.
func lastForeign(ids string) string {
	i := strings.LastIndex(ids, "{")
	if i < 0 {
		return ids
	}
	return ids[:i] + "{foreign-" + ids[i+1:]
}
