package oauth

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/wire"
)

//go:embed pages
var pageFiles embed.FS

// Pages are what people see of the OAuth server: sign-in, and consent to an app. They work
// without JavaScript and load nothing that is not in the program.
type Pages struct {
	store     *store.Store
	now       func() time.Time
	templates map[string]*template.Template
	files     map[string]pageFile
	passwords *passwords
	throttle  throttle
	origins   *http.CrossOriginProtection
	base      string // path of the public URL, which comes before that of each page
	secure    bool   // the public URL is https
	referrer  string
}

// The paths of the pages (contract, section 2.1: both spellings of the first are in use).
const (
	choosePath  = "/oauth/chooselocation"
	choosePath2 = "/v2/oauth/chooselocation"
	signInPath  = "/oauth/sign-in"
	signOutPath = "/oauth/sign-out"
	filePath    = "/oauth/pages/"
)

// maxPageForm bounds the body of a form: 500 chosen locations take 15 KB.
const maxPageForm = 64 << 10

// NewPages makes the pages of a server that people reach at publicURL. It fails when that
// is no http or https URL.
func NewPages(s *store.Store, publicURL string, now func() time.Time) (*Pages, error) {
	u, err := url.Parse(publicURL)
	if err == nil && (u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
		err = errors.New("it must begin with http:// or https:// and name a host")
	}
	if err != nil {
		return nil, fmt.Errorf("public URL %q: %w", publicURL, err)
	}
	p := &Pages{
		store: s, now: now, passwords: newPasswords(), throttle: throttle{newTries(s, now)}, origins: http.NewCrossOriginProtection(),
		base: strings.TrimSuffix(u.EscapedPath(), "/"), secure: u.Scheme == "https", referrer: "no-referrer",
	}
	// Under no-referrer a browser sends "Origin: null" with a form, and to a host that it does
	// not trust no Sec-Fetch-Site: over plain http there would be nothing to tell our own
	// forms by. The address of a page leaves the site under neither policy.
	if addr, err := netip.ParseAddr(u.Hostname()); !p.secure && u.Hostname() != "localhost" && (err != nil || !addr.IsLoopback()) {
		p.referrer = "same-origin"
	}
	if err := p.origins.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
		return nil, fmt.Errorf("public URL %q: %w", publicURL, err)
	}
	p.origins.SetDenyHandler(http.HandlerFunc(p.denyCrossOrigin))
	p.loadFiles()
	p.templates = p.parseTemplates()
	return p, nil
}

// Mount adds the pages to the mux.
func (p *Pages) Mount(m *wire.Mux) {
	for _, path := range []string{choosePath, choosePath2} {
		m.Handle("GET", path, "authorize", p.page(p.authorize))
		m.Handle("POST", path, "approve", p.page(p.decide))
	}
	m.Handle("GET", signInPath, "authorize", p.page(p.authorize)) // for who opens the address of a failed sign-in anew
	m.Handle("POST", signInPath, "sign-in", p.page(p.signInForm))
	m.Handle("POST", signOutPath, "sign-out", p.page(p.signOutForm))
	m.Handle("GET", filePath+"{file}", "page-file", http.HandlerFunc(p.file))
}

// page makes the handler of a page: what it answers must not be framed, kept, or read by
// another site, and no other site's form reaches it.
func (p *Pages) page(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	guarded := p.origins.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxPageForm)
		if err := readPageForm(r); err != nil {
			p.fail(w, r, err)
			return
		}
		if err := serve(w, r); err != nil {
			p.fail(w, r, err)
		}
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.header(w, "'self'")
		guarded.ServeHTTP(w, r)
	})
}

// readPageForm parses the form of a request that has one. Errors: Malformed, for what is no
// text, too: no database keeps or looks up every byte.
func readPageForm(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	err := r.ParseForm()
	for _, values := range r.PostForm {
		for _, v := range values {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				err = errors.New("a value is no text")
			}
		}
	}
	if err != nil {
		return tenantry.Errorf(tenantry.Malformed, "malformed_body", "The form cannot be read.").WithCause(err)
	}
	return nil
}

// header sets the headers of every page; formAction says where its forms may lead. There is
// no Cross-Origin-Opener-Policy: an app may have opened the page in a window of its own and
// wait there for the answer.
func (p *Pages) header(w http.ResponseWriter, formAction string) {
	h := w.Header()
	h.Del("Access-Control-Allow-Origin") // a page is for its reader only
	h.Del("Access-Control-Expose-Headers")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action "+formAction)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", p.referrer)
	h.Set("Cache-Control", "no-store")
}

// render answers with a page.
func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	var body bytes.Buffer
	if err := p.templates[name].Execute(&body, data); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // a client that has gone is nobody's error
	}
	return nil
}

// redirect answers a form: 303 makes the browser fetch the target without the form's body,
// which may hold a password (RFC 9700, section 4.12).
func redirect(w http.ResponseWriter, target string) {
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
}

func (p *Pages) url(path, query string) string { return p.base + path + "?" + query }

// problem is a page that says why something does not work.
type problem struct {
	Title    string
	Messages []string
	Advice   string
	TraceID  string
}

// fail answers with the page for an error that no page of its own shows.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	x := wire.ExchangeOf(r.Context())
	x.Err = err
	status, page := problemOf(err)
	page.TraceID = x.TraceID
	setRetryAfter(w, err)
	if err := p.render(w, r, status, "problem.html", page); err != nil {
		wire.WriteError(w, r, err)
	}
}

func problemOf(err error) (status int, page problem) {
	switch tenantry.KindOf(err) {
	case tenantry.Invalid, tenantry.Malformed, tenantry.NotFound: // of an app or a user who is gone since
		return http.StatusBadRequest, problem{
			Title: "This link does not work", Messages: messagesOf(err),
			Advice: "The app that sent you here made a mistake. Please tell its maker what stands above. Nothing was shared with the app.",
		}
	case tenantry.NoAccess:
		return http.StatusForbidden, problem{
			Title: "That came from another site", Messages: messagesOf(err),
			Advice: "Nothing was changed. Go back to the app and start again.",
		}
	case tenantry.Unavailable:
		return http.StatusServiceUnavailable, problem{
			Title: "Please try again in a moment", Messages: []string{"The server is busy."}, Advice: "Nothing was changed.",
		}
	}
	return http.StatusInternalServerError, problem{
		Title: "Something went wrong", Messages: []string{"The server could not do this."}, Advice: "Nothing was shared with the app. Please try again.",
	}
}

func (p *Pages) denyCrossOrigin(w http.ResponseWriter, r *http.Request) {
	p.fail(w, r, tenantry.Errorf(tenantry.NoAccess, "cross_origin", "Another site tried to send a form in your name."))
}

func setRetryAfter(w http.ResponseWriter, err error) {
	if e, ok := errors.AsType[*tenantry.Error](err); ok && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}

// messagesOf gives what an error tells the person.
func messagesOf(err error) []string {
	if e, ok := errors.AsType[*tenantry.Error](err); ok {
		return e.Messages
	}
	return nil
}
