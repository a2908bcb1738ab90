package oauth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// browserTTL is how long a browser is known after a sign-in.
const browserTTL = 365 * 24 * time.Hour

// cookie makes a cookie that only this host's pages over HTTP see. Over https it has the
// __Host- prefix too: then no other host of the domain can have planted it. Lax and not
// Strict, because people come to the consent page by a link on the app's site.
func (p *Pages) cookie(name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: p.cookieName(name), Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: p.secure, SameSite: http.SameSiteLaxMode,
	}
}

func (p *Pages) cookieName(name string) string {
	if p.secure {
		return "__Host-" + name
	}
	return name
}

const (
	sessionCookie = "tenantry_session"
	browserCookie = "tenantry_browser"
)

// cookieOf reads a cookie. Two of one name are none: one of them was planted.
func (p *Pages) cookieOf(r *http.Request, name string) string {
	if found := r.CookiesNamed(p.cookieName(name)); len(found) == 1 {
		return found[0].Value
	}
	return ""
}

// session finds the sign-in of the request's browser. Errors: NotFound.
func (p *Pages) session(r *http.Request) (tenantry.Session, error) {
	token := p.cookieOf(r, sessionCookie)
	if token == "" {
		return tenantry.Session{}, tenantry.NotFoundError("Session", "")
	}
	s, err := p.store.Session(r.Context(), HashToken(token))
	if err == nil {
		x := wire.ExchangeOf(r.Context())
		x.Caller.CompanyID, x.Caller.UserID = s.User.CompanyID, s.User.ID
	}
	return s, err
}

// signIn checks the password of the form and begins a session. Its id is new, and one that
// the browser brought along ends: who planted that is not signed in with the user. Errors:
// Unauthenticated, RateLimited, Unavailable.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request, email, password string) error {
	account := HashToken(tenantry.Fold(email)) // short, whatever was typed
	refund, err := p.throttle.take(r.Context(), attempt{account: account, address: networkOf(r), browser: p.knownBrowser(r, account)})
	if err != nil {
		return err
	}
	user, hash, err := p.store.UserByEmail(r.Context(), email)
	if err != nil && tenantry.KindOf(err) != tenantry.NotFound {
		return err
	}
	ok, err := p.passwords.match(r.Context(), password, hash)
	if err != nil {
		refund() // the password was not looked at
		return err
	}
	if !ok {
		return tenantry.Errorf(tenantry.Unauthenticated, "sign_in_failed", "The e-mail address or the password is wrong.")
	}
	refund()
	if err := p.endSession(r); err != nil {
		return err
	}
	token := newSecret()
	if _, err := p.store.CreateSession(r.Context(), HashToken(token), user.ID); err != nil {
		return err
	}
	http.SetCookie(w, p.cookie(sessionCookie, token, tenantry.SessionTTL))
	http.SetCookie(w, p.cookie(browserCookie, p.newBrowser(account), browserTTL))
	return nil
}

// endSession ends the sign-in that the request came with, if there is one.
func (p *Pages) endSession(r *http.Request) error {
	if token := p.cookieOf(r, sessionCookie); token != "" {
		return p.store.DeleteSession(r.Context(), HashToken(token))
	}
	return nil
}

// newSecret makes a text of 256 random bits: 64 hex digits.
func newSecret() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails
	return hex.EncodeToString(random[:])
}

const browserMark = "browser of account"

// newBrowser makes the value that shows later that this browser was signed in to the account.
func (p *Pages) newBrowser(account string) string {
	id := newSecret()
	return id + "." + p.store.Mark(browserMark, id+account)
}

// knownBrowser names the request's browser if it was signed in to the account before, else "".
func (p *Pages) knownBrowser(r *http.Request, account string) string {
	id, mark, _ := strings.Cut(p.cookieOf(r, browserCookie), ".")
	if subtle.ConstantTimeCompare([]byte(mark), []byte(p.store.Mark(browserMark, id+account))) == 0 {
		return ""
	}
	return id
}
