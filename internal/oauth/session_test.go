package oauth_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/wire"
)

// checkPage checks what holds for every page.
func checkPage(t *testing.T, p page) {
	t.Helper()
	checkHeaders(t, p)
	if got := p.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	for _, inline := range []string{"<script", "<style", " style=", " onclick=", `="javascript:`} {
		if strings.Contains(p.body, inline) {
			t.Errorf("the page has %s", inline)
		}
	}
}

// checkHeaders checks what holds for every answer of the pages, redirects included:
// not framed, not kept, not named to others, and no content but our own.
func checkHeaders(t *testing.T, p page) {
	t.Helper()
	want := map[string]string{
		"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "", "Access-Control-Expose-Headers": "",
	}
	got := map[string]string{}
	for name := range want {
		got[name] = p.header.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	policy := strings.Split(p.header.Get("Content-Security-Policy"), "; ")
	wantPolicy := []string{"default-src 'none'", "style-src 'self'", "img-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"}
	if len(policy) != 6 || !slices.Equal(policy[:5], wantPolicy) || !strings.HasPrefix(policy[5], "form-action 'self'") {
		t.Errorf("content security policy: %q", policy)
	}
}

// TestPageFiles: the pages' files come from the program and can be kept; nothing else is there.
func TestPageFiles(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.visitor(t)
		for file, contentType := range map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
			p := v.get("/oauth/pages/" + file)
			if p.status != 200 || p.header.Get("Content-Type") != contentType || p.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s: %d %v", file, p.status, p.header)
			}
			if page := v.get(choose + s.query()); !strings.Contains(page.body, "/oauth/pages/"+file+"?v=") {
				t.Errorf("the page does not load %s", file)
			}
		}
		for _, file := range []string{"layout.html", "..%2fpages.go", "nothing"} {
			if p := v.get("/oauth/pages/" + file); p.status != 404 || !strings.Contains(p.body, "Cannot GET /oauth/pages/"+file) {
				t.Errorf("%s answers %d %s", file, p.status, p.body)
			}
		}
	})
}

// TestUnknownUserLooksLikeWrongPassword (requirement 47): in the answer, and in the work that it
// takes, which is nearly all the hash's. The memory that a hash fills stands for it: time
// depends on who else uses the machine.
func TestUnknownUserLooksLikeWrongPassword(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		if _, err := s.Store.CreateUser(t.Context(), tenantry.System(), tenantry.User{CompanyID: s.CompanyA, Email: "new@agency-a.test"}); err != nil {
			t.Fatal(err)
		}
		const hash = 19 << 20 // bytes that argon2id fills once
		var bodies []string
		for _, email := range []string{adminEmail, "nobody@agency-a.test", "new@agency-a.test"} { // the last one has no password yet
			v := s.visitor(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p := v.signIn(email, "wrong "+rand.Text())
			runtime.ReadMemStats(&after)
			if p.status != http.StatusUnauthorized || len(v.cookies()) > 0 {
				t.Fatalf("%s: %d %v", email, p.status, v.cookies())
			}
			checkPage(t, p)
			if filled := after.TotalAlloc - before.TotalAlloc; filled < hash || filled >= 2*hash {
				t.Errorf("%s takes %d bytes, a hash %d", email, filled, hash)
			}
			bodies = append(bodies, strings.ReplaceAll(p.body, email, "EMAIL"))
		}
		if bodies[0] != bodies[1] || bodies[0] != bodies[2] {
			t.Errorf("the answers differ: %q", bodies)
		}
	})
}

// TestEmailCase: an e-mail address is the same in any case; a password is not.
func TestEmailCase(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		if p := s.visitor(t).signIn(" "+strings.ToUpper(adminEmail)+" ", testkit.Password); p.status != http.StatusSeeOther {
			t.Errorf("the address in capitals: %d", p.status)
		}
		for _, password := range []string{strings.ToUpper(testkit.Password), testkit.Password + " ", "", testkit.Password[:8], strings.Repeat("x", 2000)} {
			if p := s.visitor(t).signIn(adminEmail, password); p.status != http.StatusUnauthorized {
				t.Errorf("%.20q: %d", password, p.status)
			}
		}
	})
}

// TestSessionFixation: a session that somebody planted is not the one that a sign-in makes,
// and the old one ends.
func TestSessionFixation(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		attacker := s.signedIn(t, ownerEmail)
		planted := attacker.cookies()["tenantry_session"]
		for name, value := range map[string]string{"one of the attacker's": planted, "a made-up one": strings.Repeat("0", 64)} {
			t.Run(name, func(t *testing.T) {
				victim := s.visitor(t)
				victim.plant("tenantry_session", value)
				victim.signIn(adminEmail, testkit.Password)
				if got := victim.cookies()["tenantry_session"]; got == value || len(got) != 64 {
					t.Errorf("the session after the sign-in is %q", got)
				}
				if p := victim.get(choose + s.query()); !strings.Contains(p.body, "Ada") {
					t.Errorf("the victim is not signed in: %s", p.body)
				}
				if p := attacker.get(choose + s.query()); strings.Contains(p.body, "Ada") || !strings.Contains(p.body, "Sign in") && value == planted {
					t.Errorf("the planted session shows %s", p.body)
				}
			})
		}
	})
}

// TestCookies: only our pages see them, over https with the prefix that no other host can set.
func TestCookies(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		for publicURL, prefix := range map[string]string{"https://consent.test": "__Host-", "http://127.0.0.1:1": ""} {
			h := mount(t, s, publicURL)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, form("/oauth/sign-in"+s.query(), url.Values{"email": {adminEmail}, "password": {testkit.Password}}))
			cookies := w.Result().Cookies()
			if w.Code != http.StatusSeeOther || len(cookies) != 2 {
				t.Fatalf("%d %v", w.Code, cookies)
			}
			for i, name := range []string{"tenantry_session", "tenantry_browser"} {
				c := cookies[i]
				if c.Name != prefix+name || !c.HttpOnly || c.Secure != (prefix != "") || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge <= 0 {
					t.Errorf("%s: %s", publicURL, c)
				}
			}
			for _, others := range []string{"", "tenantry_session=" + cookies[0].Value + "x; "} { // two of a name: one was planted
				r := httptest.NewRequest(http.MethodGet, choose+s.query(), nil)
				r.Header.Set("Cookie", strings.ReplaceAll(others, "tenantry_session", prefix+"tenantry_session")+cookies[0].Name+"="+cookies[0].Value)
				w = httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if signedIn := strings.Contains(w.Body.String(), "Ada"); signedIn != (others == "") {
					t.Errorf("%s, other cookies %q: signed in is %v", publicURL, others, signedIn)
				}
			}
		}
	})
}

// mount makes a handler of pages at another public URL, on the same database.
func mount(t *testing.T, s *stage, publicURL string) http.Handler {
	t.Helper()
	pages, err := oauth.NewPages(s.Store, publicURL, s.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	mux := wire.NewMux(wire.Gate{}, nil)
	pages.Mount(mux)
	return mux
}

func form(target string, values url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// TestPublicURL: a server behind a path, one that no browser trusts, and ones that are none.
func TestPublicURL(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		w := httptest.NewRecorder()
		mount(t, s, "https://tools.test/api/").ServeHTTP(w, httptest.NewRequest(http.MethodGet, choose+s.query(), nil))
		for _, want := range []string{`href="/api/oauth/pages/style.css?v=`, `action="/api/oauth/sign-in?`, `action="/api/oauth/chooselocation?`} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("no %s in %s", want, w.Body)
			}
		}
		for publicURL, want := range map[string]string{
			"https://tools.test": "no-referrer", "http://localhost:8080": "no-referrer", "http://[::1]:8080": "no-referrer", "http://127.0.0.1": "no-referrer",
			"http://tools.test": "same-origin", "http://192.168.1.5:8080": "same-origin",
		} {
			w := httptest.NewRecorder()
			mount(t, s, publicURL).ServeHTTP(w, httptest.NewRequest(http.MethodGet, choose+s.query(), nil))
			if got := w.Header().Get("Referrer-Policy"); got != want {
				t.Errorf("%s: referrer policy %q, want %q", publicURL, got, want)
			}
		}
		for _, publicURL := range []string{"", "tools.test", "ftp://tools.test", "https://", "https://%zz", "/path"} {
			if _, err := oauth.NewPages(s.Store, publicURL, s.Clock.Now); err == nil {
				t.Errorf("%q is taken for a public URL", publicURL)
			}
		}
	})
}

// TestSessionEnds: when it is idle, when it is old, and at a sign-out.
func TestSessionEnds(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		in := func() bool { t.Helper(); return strings.Contains(v.get(choose+s.query()).body, "Ada") }
		s.Clock.Advance(tenantry.SessionIdle - time.Minute)
		if !in() {
			t.Fatal("signed out a minute too early")
		}
		s.Clock.Advance(tenantry.SessionIdle - time.Minute)
		if !in() {
			t.Fatal("using the session did not keep it")
		}
		s.Clock.Advance(tenantry.SessionIdle)
		if in() {
			t.Fatal("still signed in after half an hour of nothing")
		}

		v = s.signedIn(t, adminEmail)
		for range 12*3 - 1 {
			s.Clock.Advance(20 * time.Minute)
			if !in() {
				t.Fatal("signed out before its time")
			}
		}
		s.Clock.Advance(20 * time.Minute)
		if in() {
			t.Fatal("still signed in after twelve hours")
		}

		v = s.signedIn(t, adminEmail)
		copied := v.cookies()["tenantry_session"]
		p := v.post("/oauth/sign-out" + s.query())
		if p.status != http.StatusSeeOther || p.header.Get("Location") != choose+s.query() || v.cookies()["tenantry_session"] != "" {
			t.Errorf("sign-out: %d %q %v", p.status, p.header.Get("Location"), v.cookies())
		}
		thief := s.visitor(t)
		thief.header.Set("Cookie", "tenantry_session="+copied)
		if p := thief.get(choose + s.query()); !strings.Contains(p.body, "Sign in") {
			t.Errorf("a copied session lives on after the sign-out: %s", p.body)
		}
	})
}

// TestPasswordChangeEndsSessions: who changes the password is alone afterwards.
func TestPasswordChangeEndsSessions(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		user := v.get(choose + s.query()).user(t)
		hash, err := oauth.HashPassword("another password")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Store.SetPassword(t.Context(), tenantry.System(), tenantry.UserID(user), hash); err != nil {
			t.Fatal(err)
		}
		if p := v.get(choose + s.query()); !strings.Contains(p.body, "Sign in") {
			t.Errorf("%d %s", p.status, p.body)
		}
	})
}

// TestCrossSitePosts: no other site's form reaches a page (requirement 16).
func TestCrossSitePosts(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		user := v.get(choose + s.query()).user(t)
		before := s.Snapshot(t)
		for name, header := range map[string]http.Header{
			"cross-site":     {"Sec-Fetch-Site": {"cross-site"}},
			"same-site":      {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://evil.127.0.0.1"}},
			"foreign origin": {"Origin": {"https://evil.test"}},
			"null origin":    {"Origin": {"null"}},
			"other port":     {"Origin": {"http://127.0.0.1:1"}},
		} {
			t.Run(name, func(t *testing.T) {
				v.header = header
				for _, target := range []string{choose, "/v2" + choose, "/oauth/sign-in", "/oauth/sign-out"} {
					p := v.post(target+s.query(), "do", "approve", "user", user, "location", string(s.LocA), "email", ownerEmail, "password", testkit.Password)
					if p.status != http.StatusForbidden || p.header.Get("Location") != "" || p.header.Get("Set-Cookie") != "" || !strings.Contains(p.body, "another site") {
						t.Errorf("%s: %d %v %s", target, p.status, p.header, p.body)
					}
					checkPage(t, p)
				}
			})
		}
		if diff := cmp.Diff(before, s.Snapshot(t)); diff != "" {
			t.Errorf("something was written:\n%s", diff)
		}
		v.header = http.Header{"Origin": {s.URL}} // a browser without Sec-Fetch-Site
		s.redeem(t, v.post(choose+s.query(), "do", "approve", "user", user, "location", string(s.LocA)))
	})
}

// TestLinksAreNoForms: a link signs nobody in or out, and approves nothing.
func TestLinksAreNoForms(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		before := s.Snapshot(t)
		user := v.get(choose + s.query()).user(t)
		form := "&do=approve&location=" + string(s.LocA) + "&user=" + user
		for target, status := range map[string]int{choose + s.query() + form: 200, "/oauth/sign-out" + s.query(): 404, "/oauth/sign-in" + s.query(): 200} {
			if p := v.get(target); p.status != status || p.header.Get("Location") != "" {
				t.Errorf("%s: %d", target, p.status)
			}
		}
		// Nor does the query of a form's address count as the form.
		if p := v.post(choose + s.query() + form); p.status != http.StatusOK || p.header.Get("Location") != "" {
			t.Errorf("%d %v", p.status, p.header)
		}
		if diff := cmp.Diff(before, s.Snapshot(t)); diff != "" {
			t.Errorf("something was written:\n%s", diff)
		}
	})
}

// TestPasswordGuessing (requirement 19): guesses end soon, whoever's account it is, and the
// account's owner gets in nevertheless.
func TestPasswordGuessing(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		owner := s.visitor(t)
		owner.signIn(adminEmail, testkit.Password) // in a browser that is known from now on
		owner.header.Set("X-Forwarded-For", "203.0.113.9")
		attacker := s.visitor(t)
		attacker.header.Set("X-Forwarded-For", "203.0.113.9") // even in the same network
		for _, email := range []string{adminEmail, "nobody@agency-a.test"} {
			for i := range 12 {
				p := attacker.signIn(email, "guess")
				if want := http.StatusUnauthorized; i < 10 && p.status != want {
					t.Fatalf("guess %d at %s: %d", i+1, email, p.status)
				}
				if i >= 10 && (p.status != http.StatusTooManyRequests || p.header.Get("Retry-After") != "900") {
					t.Fatalf("guess %d at %s: %d %v", i+1, email, p.status, p.header)
				}
			}
		}
		if p := attacker.signIn(adminEmail, testkit.Password); p.status != http.StatusTooManyRequests {
			t.Errorf("the right password at last: %d", p.status)
		}
		if p := owner.signIn(adminEmail, testkit.Password); p.status != http.StatusSeeOther {
			t.Errorf("the owner in a known browser: %d", p.status)
		}
		elsewhere := s.visitor(t)
		elsewhere.header.Set("X-Forwarded-For", "203.0.113.9, 198.51.100.1")
		if p := elsewhere.signIn(adminEmail, testkit.Password); p.status != http.StatusSeeOther {
			t.Errorf("the owner in a new browser elsewhere: %d", p.status)
		}
		// A browser that is known for another account is not known for this one.
		attacker.header.Set("X-Forwarded-For", "198.51.100.2")
		attacker.signIn(ownerEmail, testkit.Password)
		attacker.header.Set("X-Forwarded-For", "203.0.113.9")
		if p := attacker.signIn(adminEmail, "guess"); p.status != http.StatusTooManyRequests {
			t.Errorf("a guess with the mark of another account: %d", p.status)
		}
		s.Clock.Advance(15 * time.Minute)
		if p := attacker.signIn(adminEmail, "guess"); p.status != http.StatusUnauthorized {
			t.Errorf("a quarter of an hour later: %d", p.status)
		}
	})
}

// TestGuessesAtOnce: many at a time pass no more than one after the other.
func TestGuessesAtOnce(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		h := mount(t, s, "http://127.0.0.1:1")
		var mu sync.Mutex
		statuses := map[int]int{}
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, form("/oauth/sign-in"+s.query(), url.Values{"email": {adminEmail}, "password": {"guess"}}))
				mu.Lock()
				defer mu.Unlock()
				statuses[w.Code]++
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[int]int{401: 10, 429: 30}, statuses); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
	})
}

// TestSecretsStayOutOfLogAndDatabase (requirements 45 and 46).
func TestSecretsStayOutOfLogAndDatabase(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.visitor(t)
		v.signIn(adminEmail, testkit.Password)
		s.visitor(t).signIn(adminEmail, "canary password")
		target := choose + s.query("state", "canary-state")
		p := v.post(target, "do", "approve", "user", v.get(target).user(t), "location", string(s.LocA))
		u, err := url.Parse(p.header.Get("Location"))
		if err != nil || u.Query().Get("code") == "" {
			t.Fatal(p.status, err)
		}
		secrets := []string{testkit.Password, "canary", u.Query().Get("code"), v.cookies()["tenantry_session"], v.cookies()["tenantry_browser"]}
		var rows strings.Builder
		for _, table := range s.Snapshot(t) {
			rows.WriteString(strings.Join(table, "\n"))
		}
		for _, secret := range secrets {
			if strings.Contains(s.Log.String(), secret) {
				t.Errorf("%q is in the log", secret)
			}
			if strings.Contains(rows.String(), secret) {
				t.Errorf("%q is in the database", secret)
			}
		}
		if !strings.Contains(s.Log.String(), `"operation":"approve"`) {
			t.Error("the log does not name the operation")
		}
	})
}

// TestBigForms: a form beyond its limit is refused and read no further.
func TestBigForms(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		if p := s.visitor(t).post("/oauth/sign-in"+s.query(), "email", strings.Repeat("x", 70<<10)); p.status != http.StatusBadRequest {
			t.Errorf("%d %s", p.status, p.body)
		}
	})
}

// TestFormsOfNoText: what no database could look up is refused before it is asked.
func TestFormsOfNoText(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		user := v.get(choose + s.query()).user(t)
		for _, value := range []string{"a\x00", "\xff", "\xed\xa0\x80"} {
			for _, name := range []string{"location", "search", "user"} {
				p := v.post(choose+s.query(), "do", "approve", "user", user, name, value)
				if p.status != http.StatusBadRequest || !strings.Contains(p.body, "The form cannot be read.") {
					t.Errorf("%s %q: %d %s", name, value, p.status, p.body)
				}
			}
			if p := v.signIn(value, testkit.Password); p.status != http.StatusBadRequest {
				t.Errorf("e-mail %q: %d %s", value, p.status, p.body)
			}
		}
	})
}
