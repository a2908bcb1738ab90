package oauth

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// appView is what pages show of the app that asks.
type appView struct {
	Name    string
	Initial string
	Host    string // where the answer goes
}

func viewApp(q authorizeRequest) appView {
	return appView{Name: q.app.Name, Initial: initial(q.app.Name), Host: q.origin().Host}
}

// initial is the first letter or digit of a name, to stand where a picture would.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return strings.ToUpper(string(r))
		}
	}
	return "•"
}

// signInView is the sign-in page.
type signInView struct {
	App    appView
	Action string // where the form goes
	Cancel string // where a refusal goes
	Email  string // as typed before
	Error  string
}

// authorize shows the consent page of a link, or the sign-in page to who is not signed in.
func (p *Pages) authorize(w http.ResponseWriter, r *http.Request) error {
	q, err := p.authorizeRequest(r)
	if err != nil {
		return err
	}
	session, err := p.session(r)
	if tenantry.KindOf(err) == tenantry.NotFound {
		return p.showSignIn(w, r, q, http.StatusOK, "", "")
	}
	if err != nil {
		return err
	}
	c := newChoice(q, session.User, r.URL.Query().Get("choose"))
	c.future = q.app.InstallToFutureLocations
	return p.showChoice(w, r, c, http.StatusOK, "")
}

func (p *Pages) showSignIn(w http.ResponseWriter, r *http.Request, q authorizeRequest, status int, email, message string) error {
	p.header(w, formAction(q))
	return p.render(w, r, status, "sign-in.html", signInView{
		App: viewApp(q), Action: p.url(signInPath, q.query), Cancel: p.url(choosePath, q.query), Email: email, Error: message,
	})
}

// formAction says where the forms of a page may lead: here, and to the app with the answer.
// Browsers hold the redirects of the app's own page against the same list, and that it goes
// on to another https site is its own business.
func formAction(q authorizeRequest) string {
	if origin := q.origin(); origin.Scheme == "http" {
		return "'self' https: " + origin.String()
	}
	return "'self' https:"
}

// signInForm takes the sign-in form and leads back to the link that it came from.
func (p *Pages) signInForm(w http.ResponseWriter, r *http.Request) error {
	q, err := p.authorizeRequest(r)
	if err != nil {
		return err
	}
	email := strings.TrimSpace(r.PostForm.Get("email"))
	err = p.signIn(w, r, email, r.PostForm.Get("password"))
	if err == nil {
		redirect(w, p.url(choosePath, q.query))
		return nil
	}
	wire.ExchangeOf(r.Context()).Err = err
	setRetryAfter(w, err)
	switch tenantry.KindOf(err) {
	case tenantry.Unauthenticated:
		return p.showSignIn(w, r, q, http.StatusUnauthorized, email, "The e-mail address or the password is wrong.")
	case tenantry.RateLimited:
		return p.showSignIn(w, r, q, http.StatusTooManyRequests, email, "There were too many wrong passwords. Please wait a quarter of an hour, then try again.")
	}
	return err
}

// signOutForm ends the session and leads to the sign-in page of the same link.
func (p *Pages) signOutForm(w http.ResponseWriter, r *http.Request) error {
	if err := p.endSession(r); err != nil {
		return err
	}
	http.SetCookie(w, p.cookie(sessionCookie, "", -time.Second))
	q, err := p.authorizeRequest(r)
	if err != nil {
		return err
	}
	redirect(w, p.url(choosePath, q.query))
	return nil
}

// decide takes the form of the consent page: a search or another page of the list, a
// refusal, or an approval.
func (p *Pages) decide(w http.ResponseWriter, r *http.Request) error {
	q, err := p.authorizeRequest(r)
	if err != nil {
		return err
	}
	if r.PostForm.Get("do") == "refuse" {
		redirect(w, q.back("error", "access_denied"))
		return nil
	}
	session, err := p.session(r)
	if tenantry.KindOf(err) == tenantry.NotFound {
		redirect(w, p.url(choosePath, q.query))
		return nil
	}
	if err != nil {
		return err
	}
	c := newChoice(q, session.User, r.URL.Query().Get("choose"))
	if err := p.readChoice(r, &c); err != nil {
		return err
	}
	switch {
	case r.PostForm.Get("do") != "approve":
		return p.showChoice(w, r, c, http.StatusOK, "")
	case r.PostForm.Get("user") != string(session.User.ID):
		// Somebody else signed in meanwhile, in another window of the browser.
		return p.showChoice(w, r, c, http.StatusConflict, "You are signed in as another user than before. Please look again at what you approve.")
	case c.mode == "":
		return p.showChoice(w, r, c, http.StatusForbidden, "")
	case c.isOther:
		// The user's rights, or the app, changed since the page was shown.
		return p.showChoice(w, r, c, http.StatusConflict, "You cannot choose that any more. Please look again at what you approve.")
	}
	return p.approve(w, r, c)
}

// approve issues the authorization code of a choice.
func (p *Pages) approve(w http.ResponseWriter, r *http.Request, c choice) error {
	if message := c.missing(); message != "" {
		return p.showChoice(w, r, c, http.StatusUnprocessableEntity, message)
	}
	if err := p.throttle.approve(r.Context(), c.user.ID); tenantry.KindOf(err) == tenantry.RateLimited {
		wire.ExchangeOf(r.Context()).Err = err
		setRetryAfter(w, err)
		return p.showChoice(w, r, c, http.StatusTooManyRequests, "You approved too often. Please wait a quarter of an hour, then try again.")
	} else if err != nil {
		return err
	}
	code := newSecret()
	err := p.store.CreateCode(r.Context(), HashToken(code), c.consent())
	switch tenantry.KindOf(err) {
	case tenantry.NoAccess, tenantry.Refused, tenantry.Invalid, tenantry.NotFound:
		wire.ExchangeOf(r.Context()).Err = err
		return p.showChoice(w, r, c, http.StatusUnprocessableEntity, refusalText(err))
	}
	if err != nil {
		return err
	}
	redirect(w, c.request.back("code", code))
	return nil
}

// refusalText says in the words of the page what the store refused.
func refusalText(err error) string {
	switch tenantry.KindOf(err) {
	case tenantry.NoAccess:
		return "A sub-account that you chose is gone. Please choose again."
	case tenantry.Refused:
		return "A sub-account that you chose is paused. Resume it first, or choose another."
	}
	return "This cannot be approved: " + strings.Join(messagesOf(err), "; ") + "."
}
