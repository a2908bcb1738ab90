package oauth_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/testkit"
)

const (
	redirectURI = "https://app.test/callback?tenant=7"
	adminEmail  = "ada@agency-a.test"
	ownerEmail  = "olu@agency-a.test" // admin of location A
	strangerAt  = "xen@agency-b.test" // admin of agency B
	challenge   = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// stage is a server with an app and people who can sign in.
type stage struct {
	*testkit.Env

	app tenantry.App
}

// eachStage runs a test on each engine, on a stage of its own.
func eachStage(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { test(t, newStage(t, d, tenantry.App{})) })
}

func newStage(t *testing.T, d *db.DB, app tenantry.App) *stage {
	t.Helper()
	s := &stage{Env: testkit.NewEnv(t, d)}
	app.RedirectURIs = []string{redirectURI, "https://app.test/other"}
	app.Scopes = []tenantry.Scope{tenantry.TagsRead, tenantry.TagsWrite}
	s.app, _ = s.OAuthApp(t, app)
	s.User(t, tenantry.User{CompanyID: s.CompanyA, FirstName: "Ada", Email: adminEmail, Role: tenantry.AdminRole})
	s.User(t, tenantry.User{
		CompanyID: s.CompanyA, FirstName: "Olu", Email: ownerEmail, Type: tenantry.AccountUser, Role: tenantry.AdminRole,
		LocationIDs: []tenantry.LocationID{s.LocA},
	})
	s.User(t, tenantry.User{CompanyID: s.CompanyB, FirstName: "Xen", Email: strangerAt, Role: tenantry.AdminRole})
	return s
}

// query is a good authorization request with some parameters changed; "-" leaves one out.
func (s *stage) query(changed ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {string(s.app.ClientID())}, "redirect_uri": {redirectURI},
		"scope": {"locations/tags.readonly locations/tags.write"}, "state": {"xyz"},
	}
	for i := 0; i < len(changed); i += 2 {
		if q.Set(changed[i], changed[i+1]); changed[i+1] == "-" {
			q.Del(changed[i])
		}
	}
	return "?" + q.Encode()
}

// visitor is a browser without a screen. It follows no redirect.
type visitor struct {
	t      *testing.T
	s      *stage
	client *http.Client
	header http.Header // sent with each request
}

func (s *stage) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := testkit.Client()
	client.Jar = jar
	return &visitor{t: t, s: s, client: client, header: http.Header{"Sec-Fetch-Site": {"same-origin"}}}
}

// page is an answer.
type page struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) send(method, target string, form url.Values) page {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.s.URL+target, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header = v.header.Clone()
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return page{resp.StatusCode, resp.Header, string(body)}
}

func (v *visitor) get(target string) page { v.t.Helper(); return v.send(http.MethodGet, target, nil) }

func (v *visitor) post(target string, pairs ...string) page {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.send(http.MethodPost, target, form)
}

func (v *visitor) signIn(email, password string) page {
	v.t.Helper()
	return v.post("/oauth/sign-in"+v.s.query(), "email", email, "password", password)
}

// signedIn is a visitor with a session, made without the hash that a sign-in costs.
func (s *stage) signedIn(t *testing.T, email string) *visitor {
	t.Helper()
	u, _, err := s.Store.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.ToLower(rand.Text())
	if _, err := s.Store.CreateSession(t.Context(), oauth.HashToken(token), u.ID); err != nil {
		t.Fatal(err)
	}
	v := s.visitor(t)
	v.plant("tenantry_session", token)
	return v
}

// plant puts a cookie into the visitor's browser.
func (v *visitor) plant(name, value string) {
	v.t.Helper()
	u, err := url.Parse(v.s.URL)
	if err != nil {
		v.t.Fatal(err)
	}
	v.client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// cookies are those that the visitor's browser keeps.
func (v *visitor) cookies() map[string]string {
	u, err := url.Parse(v.s.URL)
	if err != nil {
		v.t.Fatal(err)
	}
	kept := map[string]string{}
	for _, c := range v.client.Jar.Cookies(u) {
		kept[c.Name] = c.Value
	}
	return kept
}

// user is the id that the consent page shows its forms to.
func (p page) user(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`name="user" value="([^"]+)"`).FindStringSubmatch(p.body)
	if m == nil {
		t.Fatalf("no consent page: %d %s", p.status, p.body)
	}
	return m[1]
}

const choose = "/oauth/chooselocation"

// TestWrongLinksNeverRedirect: each wrong parameter is named, and leads nowhere (case U79, U82).
func TestWrongLinksNeverRedirect(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		tests := map[string]struct{ query, says string }{
			"no client":                  {s.query("client_id", "-"), "client_id is missing"},
			"unknown client":             {s.query("client_id", "0123456789abcdef01234567-abcdefgh"), "client_id 0123456789abcdef01234567-abcdefgh is no app"},
			"client that is none":        {s.query("client_id", "nobody"), "client_id nobody is no app"},
			"app id without its suffix":  {s.query("client_id", string(s.app.ID)), "is no app"},
			"no redirect":                {s.query("redirect_uri", "-"), "redirect_uri is missing"},
			"no scope":                   {s.query("scope", "-"), "scope is missing"},
			"blank scope":                {s.query("scope", "  "), "scope is missing"},
			"unknown scope":              {s.query("scope", "locations/tags.readonly bogus.scope"), "scope bogus.scope does not exist"},
			"unknown scope, again":       {s.query("scope", "bogus bogus"), "problems\">\n<li dir=\"auto\">scope bogus does not exist.</li>\n</ul>"},
			"scope of others":            {s.query("scope", "locations.write"), "scope locations.write is not one that the app may ask for"},
			"scope in the wrong case":    {s.query("scope", "Locations/tags.readonly"), "scope Locations/tags.readonly does not exist"},
			"no response type":           {s.query("response_type", "-"), "response_type is missing"},
			"implicit grant":             {s.query("response_type", "token"), "response_type token is not supported"},
			"hybrid":                     {s.query("response_type", "code token"), "response_type code token is not supported"},
			"plain challenge":            {s.query("code_challenge", challenge, "code_challenge_method", "plain"), "code_challenge_method must be S256"},
			"challenge without method":   {s.query("code_challenge", challenge), "code_challenge_method must be S256"},
			"method without challenge":   {s.query("code_challenge_method", "S256"), "code_challenge must be"},
			"challenge that is none":     {s.query("code_challenge", "short", "code_challenge_method", "S256"), "code_challenge must be"},
			"unknown version":            {s.query("version_id", "000"), "version_id 000 is no version"},
			"two clients":                {s.query() + "&client_id=x", "client_id is given more than once"},
			"two redirects":              {s.query() + "&redirect_uri=https%3A%2F%2Fevil.test", "redirect_uri is given more than once"},
			"two states":                 {s.query() + "&state=x", "state is given more than once"},
			"broken escape":              {s.query() + "&x=%zz", "cannot be read"},
			"semicolon":                  {s.query() + ";x", "cannot be read"},
			"nothing":                    {"", "client_id is missing"},
			"several mistakes, the last": {s.query("response_type", "token", "scope", "bogus", "redirect_uri", "https://evil.test"), "scope bogus does not exist"},
		}
		v, signedIn := s.visitor(t), s.signedIn(t, adminEmail)
		before := s.Snapshot(t)
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				for _, path := range []string{choose, "/v2" + choose, choose + "/"} {
					checkWrong(t, v.get(path+tt.query), tt.says)
					checkWrong(t, signedIn.get(path+tt.query), tt.says)
				}
				for _, path := range []string{choose, "/v2" + choose} {
					checkWrong(t, signedIn.post(path+tt.query, "do", "approve"), tt.says)
					checkWrong(t, signedIn.post(path+tt.query, "do", "refuse"), tt.says)
				}
				checkWrong(t, v.post("/oauth/sign-in"+tt.query, "email", adminEmail, "password", testkit.Password), tt.says)
			})
		}
		if diff := cmp.Diff(before, s.Snapshot(t)); diff != "" {
			t.Errorf("something was written:\n%s", diff)
		}
	})
}

func checkWrong(t *testing.T, p page, says string) {
	t.Helper()
	if p.status != http.StatusBadRequest || p.header.Get("Location") != "" || !strings.Contains(p.body, says) {
		t.Errorf("%d, Location %q, want a page that says %q:\n%s", p.status, p.header.Get("Location"), says, p.body)
	}
	checkPage(t, p)
}

// TestRedirectURIIsExact (requirement 10): whatever differs in a byte is refused.
func TestRedirectURIIsExact(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		for _, uri := range []string{
			"https://app.test/callback", "https://app.test/callback?tenant=8", "https://app.test/callback?tenant=7&x=1", "https://app.test/callback?tenant=7/",
			"https://app.test/callback?tenant=7#", "https://app.test/callback?tenant=7#x", "https://APP.test/callback?tenant=7", "HTTPS://app.test/callback?tenant=7",
			"http://app.test/callback?tenant=7", "https://app.test:443/callback?tenant=7", "https://app.test:8443/callback?tenant=7", "https://app.test./callback?tenant=7",
			"https://user@app.test/callback?tenant=7", "https://app.test@evil.test/callback?tenant=7", "https://app.test.evil.test/callback?tenant=7",
			"https://evil.test/https://app.test/callback?tenant=7", "https://evil.test?https://app.test/callback?tenant=7", "//app.test/callback?tenant=7",
			"/callback?tenant=7", "https://app.test/Callback?tenant=7", "https://app.test/callback/?tenant=7", "https://app.test//callback?tenant=7",
			"https://app.test/x/../callback?tenant=7", "https://app.test/%63allback?tenant=7", "https://app.test/callback?tenant=%37", " " + redirectURI, redirectURI + " ",
			redirectURI + "\n", redirectURI + "\x00", redirectURI + "%0d%0aSet-Cookie:x=y", `https://app.test\callback?tenant=7`, "javascript:alert(1)",
			"data:text/html,x", "https://app.test/other?x", "https://xn--pp-eka.test/callback?tenant=7", "https://аpp.test/callback?tenant=7", redirectURI + "," + redirectURI,
		} {
			checkWrong(t, v.get(choose+s.query("redirect_uri", uri)), "is not registered for the app")
		}
		if p := v.get(choose + s.query("redirect_uri", "https://app.test/other")); p.status != http.StatusOK {
			t.Errorf("the other registered URI: %d", p.status)
		}
	})
}

// TestGoodLinks: what does not matter does not disturb.
func TestGoodLinks(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.visitor(t)
		for _, query := range []string{
			s.query(), s.query("state", "-"), s.query("state", ""), s.query("loginWindowOpenMode", "self"), s.query("loginWindowOpenMode", "anything"),
			s.query("version_id", string(s.app.VersionID)), s.query("code_challenge", challenge, "code_challenge_method", "S256"),
			s.query("unknown", "x"), s.query() + "&unknown=1&unknown=2", strings.ReplaceAll(s.query(), "+", "%20"),
			s.query("scope", "locations/tags.readonly locations/tags.readonly"),
		} {
			p := v.get("/v2" + choose + query)
			if p.status != http.StatusOK || !strings.Contains(p.body, "Sign in") {
				t.Errorf("%s answers %d %s", query, p.status, p.body)
			}
		}
	})
}

// TestApproval: the code stands for what was chosen, once, and comes back with the state.
func TestApproval(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		tests := map[string]struct {
			email, choose string
			form          []string
			want          tenantry.Issued
		}{
			"one":          {adminEmail, "one", []string{"location", string(s.LocB)}, tenantry.Issued{Grant: tenantry.Grant{Class: tenantry.SubAccount, LocationID: s.LocB}}},
			"one by owner": {ownerEmail, "", []string{"location", string(s.LocA)}, tenantry.Issued{Grant: tenantry.Grant{Class: tenantry.SubAccount, LocationID: s.LocA}}},
			"several": {adminEmail, "some", []string{"location", string(s.LocA), "location", string(s.LocB), "location", string(s.LocA)}, tenantry.Issued{
				Grant: tenantry.Grant{Class: tenantry.Agency, Bulk: true}, ApprovedLocations: []tenantry.LocationID{s.LocA, s.LocB},
			}},
			"all": {adminEmail, "all", nil, tenantry.Issued{
				Grant: tenantry.Grant{Class: tenantry.Agency, Bulk: true, ApproveAll: true}, ApprovedLocations: []tenantry.LocationID{s.LocA, s.LocB},
			}},
			"all and future ones": {adminEmail, "all", []string{"future", "yes"}, tenantry.Issued{
				Grant: tenantry.Grant{Class: tenantry.Agency, Bulk: true, ApproveAll: true, InstallToFuture: true}, ApprovedLocations: []tenantry.LocationID{s.LocA, s.LocB},
			}},
		}
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				v := s.signedIn(t, tt.email)
				target := choose + s.query() + "&choose=" + tt.choose
				p := v.post(target, append(tt.form, "do", "approve", "user", v.get(target).user(t))...)
				issued := s.redeem(t, p)
				got := tenantry.Issued{Grant: tenantry.Grant{
					Class: issued.Class, LocationID: issued.LocationID, Bulk: issued.Bulk, ApproveAll: issued.ApproveAll, InstallToFuture: issued.InstallToFuture,
				}, ApprovedLocations: issued.ApprovedLocations}
				slices.Sort(tt.want.ApprovedLocations)
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("granted (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(s.app.Scopes, issued.Scopes); diff != "" || issued.CompanyID != s.CompanyA {
					t.Errorf("granted %+v\n%s", issued, diff)
				}
			})
		}
	})
}

// redeem checks that the answer leads back to the app with a code, and exchanges that.
func (s *stage) redeem(t *testing.T, p page) tenantry.Issued {
	t.Helper()
	m := regexp.MustCompile(`^https://app\.test/callback\?tenant=7&code=([0-9a-f]{64})&state=xyz$`).FindStringSubmatch(p.header.Get("Location"))
	if p.status != http.StatusSeeOther || m == nil {
		t.Fatalf("%d, Location %q: %s", p.status, p.header.Get("Location"), p.body)
	}
	checkHeaders(t, p)
	issued, err := s.Store.ExchangeCode(t.Context(), oauth.HashToken(m[1]), tenantry.CodeExchange{AppID: s.app.ID, RedirectURI: redirectURI})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// TestRefusedApprovals: a form can say anything; what the user may not approve gives no code.
func TestRefusedApprovals(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		paused := s.Location(t, s.CompanyA, "Paused")
		if _, err := s.Store.PauseLocation(t.Context(), paused, tenantry.System(), true); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			email, choose string
			form          []string
			status        int
			says          string
		}{
			"nothing chosen":                    {adminEmail, "one", nil, 422, "Please choose a sub-account."},
			"two for one":                       {adminEmail, "one", []string{"location", string(s.LocA), "location", string(s.LocB)}, 422, "Please choose a sub-account."},
			"none of several":                   {adminEmail, "some", nil, 422, "Please choose at least one sub-account."},
			"unknown":                           {adminEmail, "one", []string{"location", "nothing"}, 422, "Please choose a sub-account."},
			"of another agency":                 {adminEmail, "one", []string{"location", string(s.LocX)}, 422, "Please choose a sub-account."},
			"of another sub-account":            {ownerEmail, "one", []string{"location", string(s.LocB)}, 422, "Please choose a sub-account."},
			"one of one's own among others":     {ownerEmail, "one", []string{"location", string(s.LocA), "location", string(s.LocB), "location", string(s.LocX)}, 303, ""},
			"all by an owner":                   {ownerEmail, "all", nil, 409, "You cannot choose that any more."},
			"several by an owner":               {ownerEmail, "some", []string{"location", string(s.LocA)}, 409, "You cannot choose that any more."},
			"paused":                            {adminEmail, "one", []string{"location", string(paused)}, 422, "is paused"},
			"agency of an app for sub-accounts": {adminEmail, "agency", nil, 409, "You cannot choose that any more."},
		} {
			t.Run(name, func(t *testing.T) {
				v := s.signedIn(t, tt.email)
				target := choose + s.query() + "&choose=" + tt.choose
				p := v.post(target, append(tt.form, "do", "approve", "user", v.get(target).user(t))...)
				if p.status != tt.status || !strings.Contains(p.body, tt.says) {
					t.Fatalf("%d %s, want %d and %q", p.status, p.body, tt.status, tt.says)
				}
				if tt.status == http.StatusSeeOther { // what is the owner's own is what they get
					if issued := s.redeem(t, p); issued.Class != tenantry.SubAccount || issued.LocationID != s.LocA {
						t.Errorf("granted %+v", issued.Grant)
					}
					return
				}
				checkPage(t, p)
				if p.header.Get("Location") != "" {
					t.Errorf("Location %s", p.header.Get("Location"))
				}
			})
		}
		if n := len(s.Snapshot(t)["codes"]); n != 1 {
			t.Errorf("%d codes, want that of the owner's own", n)
		}
	})
}

// TestRefusalRedirect: as RFC 6749, section 4.1.2.1 says, signed in or not.
func TestRefusalRedirect(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		for name, v := range map[string]*visitor{"signed in": s.signedIn(t, adminEmail), "not signed in": s.visitor(t)} {
			for state, want := range map[string]string{
				"a&b=c ü": redirectURI + "&error=access_denied&state=a%26b%3Dc+%C3%BC", "-": redirectURI + "&error=access_denied", "": redirectURI + "&error=access_denied&state=",
			} {
				p := v.post(choose+s.query("state", state), "do", "refuse")
				if p.status != http.StatusSeeOther || p.header.Get("Location") != want {
					t.Errorf("%s, state %q: %d %q, want %q", name, state, p.status, p.header.Get("Location"), want)
				}
				checkHeaders(t, p)
			}
		}
	})
}

// TestLongLists: pages and searches of many sub-accounts; a page beyond the end is the last.
func TestLongLists(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		for range 21 {
			s.Location(t, s.CompanyA, "Branch 100% & more")
		}
		v := s.signedIn(t, adminEmail)
		for do, says := range map[string]string{
			"page-1": "1–10 of 23", "page-2": "11–20 of 23", "page-3": "21–23 of 23", "page-4": "21–23 of 23", "page-999999": "21–23 of 23",
			"page-0": "1–10 of 23", "page--1": "1–10 of 23", "page-x": "1–10 of 23", "page-99999999999999999999": "1–10 of 23", "": "1–10 of 23", "other": "1–10 of 23",
		} {
			if p := v.post(choose+s.query(), "do", do); p.status != http.StatusOK || !strings.Contains(p.body, says) {
				t.Errorf("%q answers %d %s, want %q", do, p.status, p.body, says)
			}
		}
		for search, says := range map[string]string{"location a": "Location A", "LOCATION A": "Location A", "100%": "1–10 of 21", "%": "1–10 of 21", "_": "No sub-account has", "x": "No sub-account has"} {
			if p := v.post(choose+s.query(), "do", "search", "search", search); !strings.Contains(p.body, says) {
				t.Errorf("a search for %q answers %s", search, p.body)
			}
		}
	})
}

// TestApprovalLimit: a session does not fill the database with codes.
func TestApprovalLimit(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		form := []string{"do", "approve", "user", v.get(choose + s.query()).user(t), "location", string(s.LocA)}
		for i := range 60 {
			if p := v.post(choose+s.query(), form...); p.status != http.StatusSeeOther {
				t.Fatalf("approval %d: %d", i+1, p.status)
			}
		}
		if p := v.post(choose+s.query(), form...); p.status != http.StatusTooManyRequests || p.header.Get("Retry-After") != "900" || p.header.Get("Location") != "" {
			t.Errorf("approval 61: %d %v", p.status, p.header)
		}
		s.Clock.Advance(15 * time.Minute)
		if p := v.post(choose+s.query(), form...); p.status != http.StatusSeeOther {
			t.Errorf("a quarter of an hour later: %d", p.status)
		}
	})
}
