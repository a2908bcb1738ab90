package browser_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// evilSite serves a page of another site than the server's: localhost is not 127.0.0.1.
func evilSite(t *testing.T, page string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, page)
	}))
	t.Cleanup(srv.Close)
	return strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
}

// TestForgedForm: a page of another site cannot approve in the name of who is signed in,
// nor sign them in as somebody else.
func TestForgedForm(t *testing.T) {
	s := newSite(t, tenantry.App{})
	b := window(t, true)
	b.open(s.link())
	signIn(b, admin, testkit.Password)
	user := ask[string](b, `document.querySelector('[name=user]').value`)
	fields := map[string]string{
		"do": "approve", "user": user, "location": string(s.LocA), "email": owner, "password": testkit.Password,
	}
	before := len(s.Snapshot(t)["codes"])
	for _, target := range []string{s.link(), strings.Replace(s.link(), "/oauth/chooselocation", "/oauth/sign-in", 1)} {
		var form strings.Builder
		for name, value := range fields {
			_, _ = fmt.Fprintf(&form, `<input type="hidden" name="%s" value="%s">`, name, html.EscapeString(value))
		}
		b.open(evilSite(t, `<!doctype html><form method="post" action="`+html.EscapeString(target)+`">`+form.String()+`<button>Win a prize</button></form>`))
		b.click("button")
		b.reads("That came from another site")
	}
	if len(s.got) > 0 || len(s.Snapshot(t)["codes"]) != before {
		t.Error("the other site's form had an effect")
	}
	b.open(s.link())
	b.reads("Ada Byron")
}

// TestFrames: no other site shows the page in a frame, under something to click on.
func TestFrames(t *testing.T) {
	s := newSite(t, tenantry.App{})
	b := window(t, true)
	b.open(s.link())
	signIn(b, admin, testkit.Password)
	b.open(evilSite(t, `<!doctype html><iframe id="f" width="300" height="600" src="`+html.EscapeString(s.link())+`"></iframe>`))
	refused := false
	for _, text := range b.heard() {
		refused = refused || strings.Contains(text, "frame-ancestors")
	}
	if !refused {
		t.Error("the browser did not refuse to show the page in a frame")
	}
	if run(b, chromedp.Title()) != "" {
		t.Error("the frame took the window over")
	}
}
