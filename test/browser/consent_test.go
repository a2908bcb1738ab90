package browser_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/testkit"
)

// site is a server, an app with its own site to come back to, and people of agency A.
type site struct {
	*testkit.Env

	app  tenantry.App
	back string          // where the app gets its answers
	got  chan url.Values // the answers
}

const (
	admin    = "ada@agency-a.test"
	owner    = "olu@bakery.test" // admin of one sub-account
	plain    = "pat@bakery.test" // may install nothing
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	// challenge is that of the verifier (RFC 7636, appendix B).
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func newSite(t *testing.T, app tenantry.App) *site {
	t.Helper()
	s := &site{Env: testkit.NewEnv(t, testkit.OpenDB(t)), got: make(chan url.Values, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		s.got <- r.URL.Query()
		http.Redirect(w, r, "/done", http.StatusSeeOther) // as apps do, to get the code out of the address
	})
	mux.HandleFunc("/done", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "<!doctype html><title>App</title><h1>Welcome back to the app</h1>")
	})
	back := httptest.NewServer(mux)
	t.Cleanup(back.Close)
	s.back = back.URL + "/callback?tenant=7"
	app.Name, app.RedirectURIs = "Reminder Robot", []string{s.back}
	app.Scopes = []tenantry.Scope{tenantry.LocationsRead, tenantry.TagsRead, tenantry.TagsWrite, tenantry.OAuthRead, tenantry.OAuthWrite}
	s.app, _ = s.OAuthApp(t, app)
	for i := range 25 {
		s.Location(t, s.CompanyA, fmt.Sprintf("Bakery number %d", i+1))
	}
	s.person(t, "Ada", admin, tenantry.AgencyUser, tenantry.AdminRole)
	s.person(t, "Olu", owner, tenantry.AccountUser, tenantry.AdminRole, s.LocB)
	s.person(t, "Pat", plain, tenantry.AccountUser, tenantry.UserOnly, s.LocB)
	return s
}

func (s *site) person(t *testing.T, name, email string, kind tenantry.UserType, role tenantry.UserRole, at ...tenantry.LocationID) {
	t.Helper()
	s.User(t, tenantry.User{CompanyID: s.CompanyA, FirstName: name, LastName: "Byron", Email: email, Type: kind, Role: role, LocationIDs: at})
}

// link is the app's authorize link, with some parameters changed.
func (s *site) link(changed ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {string(s.app.ClientID())}, "redirect_uri": {s.back},
		"scope": {tenantry.JoinScopes(s.app.Scopes)}, "state": {"st&te=ü"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changed); i += 2 {
		q.Set(changed[i], changed[i+1])
	}
	return s.URL + "/oauth/chooselocation?" + q.Encode()
}

// answer waits for what the app gets, and for the browser to be back on the app's site.
func (s *site) answer(b *browser) url.Values {
	b.t.Helper()
	b.reads("Welcome back to the app")
	select {
	case q := <-s.got:
		return q
	default:
		b.t.Fatal("the app got no answer")
		return nil
	}
}

// exchange checks the answer's code and takes it up as the app does.
func (s *site) exchange(b *browser, q url.Values) tenantry.Issued {
	b.t.Helper()
	code := q.Get("code")
	want := url.Values{"tenant": {"7"}, "code": {code}, "state": {"st&te=ü"}}
	if diff := cmp.Diff(want, q); diff != "" || len(code) != 64 {
		b.t.Fatalf("the app's answer (-want +got), a code of 64 digits:\n%s", diff)
	}
	issued, err := s.Store.ExchangeCode(b.t.Context(), oauth.HashToken(code), tenantry.CodeExchange{
		AppID: s.app.ID, RedirectURI: s.back, Verifier: verifier,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return issued
}

func signIn(b *browser, email, password string) {
	b.t.Helper()
	b.write("[name=email]", email)
	b.write("[name=password]", password)
	b.click("form.stack button")
}

// row is the selector of a sub-account in the list.
func row(id tenantry.LocationID) string { return "input[name=location][value='" + string(id) + "']" }

// TestConsent walks from the app's link to the token. The pages have no scripts, so that
// most of it is walked where they could not have any.
func TestConsent(t *testing.T) {
	t.Run("with scripts", func(t *testing.T) { walkOne(t, true) })
	t.Run("one sub-account", func(t *testing.T) { walkOne(t, false) })
	t.Run("several sub-accounts", func(t *testing.T) { walkSeveral(t, false) })
	t.Run("agency", func(t *testing.T) { walkAgency(t, false) })
	t.Run("owner of one sub-account", func(t *testing.T) { walkOwner(t, false) })
}

func walkOne(t *testing.T, scripts bool) {
	s := newSite(t, tenantry.App{})
	b := window(t, scripts)
	b.open(strings.Replace(s.link(), "/oauth/", "/v2/oauth/", 1))
	b.reads("Sign in", "to connect Reminder Robot")
	b.shot("1-sign-in")
	signIn(b, admin, "wrong")
	b.reads("The e-mail address or the password is wrong.")
	b.shot("2-wrong-password")
	b.write("[name=password]", testkit.Password)
	b.click("form.stack button")
	b.reads("Connect Reminder Robot", "to Agency A", "Ada Byron", "Create, rename and delete tags", "1–10 of 27", "Location A")
	b.shot("3-choose")
	b.click("[value=approve]")
	b.reads("Please choose a sub-account.")
	b.shot("4-nothing-chosen")
	b.tick(row(s.LocA))
	b.click("[value=page-2]")
	b.reads("Chosen", "Location A", "11–20 of 27")
	b.shot("5-chosen-on-another-page")
	b.write("[name=search]", "location b")
	b.enter()
	b.reads("Location B")
	if text := b.text(); strings.Contains(text, "Bakery") {
		t.Errorf("the search finds too much:\n%s", text)
	}
	b.tick(row(s.LocB)) // and takes Location A's place
	b.click("[value=approve]")
	issued := s.exchange(b, s.answer(b))
	if issued.Class != tenantry.SubAccount || issued.LocationID != s.LocB || issued.Bulk {
		t.Errorf("granted %+v", issued.Grant)
	}
	b.open(s.link()) // again: the list knows what is installed
	b.reads("Installed")
	b.shot("6-installed")
}

func walkSeveral(t *testing.T, scripts bool) {
	s := newSite(t, tenantry.App{})
	b := window(t, scripts)
	b.open(s.link())
	signIn(b, admin, testkit.Password)
	b.click(".tabs a:nth-child(2)")
	b.tick(row(s.LocA))
	b.tick(row(s.LocB))
	b.click("[value=page-2]")
	b.click("[value=page-3]")
	b.tick("fieldset:last-of-type .row:last-of-type input")
	b.shot("1-three-chosen")
	b.tick(row(s.LocA)) // not that one after all
	b.click("[value=approve]")
	issued := s.exchange(b, s.answer(b))
	if issued.Class != tenantry.Agency || !issued.Bulk || issued.ApproveAll || len(issued.ApprovedLocations) != 2 || issued.ApprovedLocations[0] != s.LocB {
		t.Errorf("granted %+v with %v", issued.Grant, issued.ApprovedLocations)
	}
	b.open(s.link())
	b.click(".tabs a:nth-child(3)")
	b.reads("All 27 sub-accounts of Agency A")
	b.tick("[name=future]")
	b.shot("2-all")
	b.click("[value=approve]")
	issued = s.exchange(b, s.answer(b))
	if !issued.ApproveAll || !issued.InstallToFuture || len(issued.ApprovedLocations) != 27 {
		t.Errorf("granted %+v with %d locations", issued.Grant, len(issued.ApprovedLocations))
	}
}

func walkAgency(t *testing.T, scripts bool) {
	s := newSite(t, tenantry.App{Target: tenantry.Agency, InstallToFutureLocations: true})
	b := window(t, scripts)
	b.open(s.link())
	signIn(b, admin, testkit.Password)
	b.reads("All 27 sub-accounts of Agency A", "Future sub-accounts too")
	b.shot("1-agency")
	b.tick("[name=future]") // the app asks for it; the person does not want it
	b.click("[value=approve]")
	issued := s.exchange(b, s.answer(b))
	if issued.Class != tenantry.Agency || !issued.ApproveAll || issued.InstallToFuture {
		t.Errorf("granted %+v", issued.Grant)
	}
	b.open(s.link())
	b.click(".tabs a:nth-child(3)")
	b.reads("The app is not installed on any sub-account.")
	b.click("[value=approve]")
	if issued = s.exchange(b, s.answer(b)); issued.ApproveAll || issued.Class != tenantry.Agency {
		t.Errorf("granted %+v", issued.Grant)
	}
}

func walkOwner(t *testing.T, scripts bool) {
	s := newSite(t, tenantry.App{})
	b := window(t, scripts)
	b.open(s.link())
	signIn(b, owner, testkit.Password)
	b.reads("Location B")
	if text := b.text(); strings.Contains(text, "Location A") || strings.Contains(text, "Several") {
		t.Errorf("the owner of one sub-account sees others:\n%s", text)
	}
	b.shot("1-only-one")
	b.click("[value=approve]") // the only one is chosen already
	if issued := s.exchange(b, s.answer(b)); issued.LocationID != s.LocB {
		t.Errorf("granted %+v", issued.Grant)
	}
}

// TestRefusal: whoever refuses goes back to the app, which is told so, and no more.
func TestRefusal(t *testing.T) {
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, tenantry.App{})
			b := window(t, scripts)
			want := url.Values{"tenant": {"7"}, "error": {"access_denied"}, "state": {"st&te=ü"}}
			refused := func() {
				t.Helper()
				if diff := cmp.Diff(want, s.answer(b)); diff != "" {
					t.Errorf("the app's answer (-want +got):\n%s", diff)
				}
			}
			b.open(s.link())
			b.click("[value=refuse]") // without signing in
			refused()
			b.open(s.link())
			signIn(b, admin, testkit.Password)
			b.click("[value=refuse]")
			refused()
			b.open(s.link())
			b.click(".account button")
			b.reads("Sign in")
			signIn(b, plain, testkit.Password)
			b.reads("Only an admin can install apps.")
			b.shot("may-not")
			b.click("[value=refuse]")
			refused()
		})
	}
}

// TestWrongLinks: a link that is not the app's is explained and leads nowhere.
func TestWrongLinks(t *testing.T) {
	s := newSite(t, tenantry.App{})
	b := window(t, false)
	for name, tt := range map[string]struct{ link, says string }{
		"client":    {s.link("client_id", "0123456789abcdef01234567-abcdefgh"), "client_id 0123456789abcdef01234567-abcdefgh is no app"},
		"redirect":  {s.link("redirect_uri", s.back+"/"), "redirect_uri " + s.back + "/ is not registered"},
		"scope":     {s.link("scope", "locations.readonly bogus.scope"), "scope bogus.scope does not exist"},
		"response":  {s.link("response_type", "token"), "response_type token is not supported"},
		"challenge": {s.link("code_challenge_method", "plain"), "code_challenge_method must be S256"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &browser{t: t, ctx: b.ctx, mu: b.mu, complaints: b.complaints}
			b.open(tt.link)
			b.reads("This link does not work", tt.says)
			b.shot("wrong")
			if at := run(b, chromedp.Location()); at != tt.link {
				t.Errorf("the browser is at %s", at)
			}
		})
	}
	if len(s.got) > 0 {
		t.Error("the app got an answer")
	}
}
