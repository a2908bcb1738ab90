package browser_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// scheme makes the browser prefer light or dark pages.
func (b *browser) scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
	})
}

// TestEveryScreen: nothing sticks out of the window, down to 320 pixels, and text can be
// read in light and dark.
func TestEveryScreen(t *testing.T) {
	s := newSite(t, tenantry.App{})
	long := strings.Repeat("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", 2)
	s.Location(t, s.CompanyA, long)
	b := window(t, true)
	check := func(name string) {
		t.Helper()
		for _, scheme := range []string{"light", "dark"} {
			b.scheme(scheme)
			for _, width := range []int64{320, 360, 1280} {
				b.size(width, 740)
				if over := ask[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s at %d pixels: %d too wide", name, width, over)
				}
				b.shot(fmt.Sprintf("%s-%s-%d", name, scheme, width))
			}
			for _, text := range ask[[]string](b, lowContrast) {
				t.Errorf("%s, %s: %s", name, scheme, text)
			}
		}
	}
	b.open(s.link("scope", "bogus "+long))
	check("problem")
	b.open(s.link())
	check("sign-in")
	signIn(b, admin, testkit.Password)
	b.click(".tabs a:nth-child(2)")
	b.write("[name=search]", "a")
	b.click("[value=search]")
	b.tick(row(s.LocA))
	b.click("[value=page-2]")
	b.click("[value=page-3]")
	check("choose")
	b.click(".account button")
	signIn(b, plain, testkit.Password)
	check("may not")
}

// lowContrast lists the texts whose contrast is below 4.5 to 1 (WCAG 2.2, 1.4.3), in a page
// whose backgrounds are all opaque.
const lowContrast = `(() => {
	const light = c => { const v = c.match(/[\d.]+/g).slice(0, 3).map(x => x / 255).map(x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4)
		return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] }
	const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)$/.test(c)) return c } return 'rgb(255, 255, 255)' }
	const found = []
	for (const e of document.querySelectorAll('body *')) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility({visibilityProperty: true})) continue
		const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x)
		if ((a + .05) / (b + .05) < 4.5) found.push(e.textContent.trim() + ': contrast ' + ((a + .05) / (b + .05)).toFixed(2))
	}
	return found
})()`

// TestKeyboard: all of it works by keyboard, in the order in which it is read, and shows
// where the focus is.
func TestKeyboard(t *testing.T) {
	s := newSite(t, tenantry.App{})
	b := window(t, true)
	b.open(s.link())
	if got := ask[string](b, `document.activeElement.name`); got != "email" {
		t.Errorf("the focus begins at %q", got)
	}
	run(b, chromedp.KeyEvent(admin+kb.Tab+testkit.Password))
	b.enter()
	b.reads("Connect Reminder Robot")
	want := []string{"Sign out", "Technical names", "One sub-account", "Several", "All", "Search sub-accounts by name", "Search", "Location A", "Next", "Refuse", "Approve"}
	var got []string
	for range want {
		run(b, chromedp.KeyEvent(kb.Tab))
		got = append(got, ask[string](b, `(() => { const e = document.activeElement; return (e.labels?.[0] ?? e).innerText.trim() })()`))
		if !ask[bool](b, `(() => { const e = document.activeElement, o = getComputedStyle(e.closest('.row') ?? e); return o.outlineStyle !== 'none' && parseFloat(o.outlineWidth) >= 2 })()`) {
			t.Errorf("%s: the focus cannot be seen", got[len(got)-1])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order of the focus (-want +got):\n%s", diff)
	}
	run(b, chromedp.Focus(chromedp.CSS(row(s.LocA))))
	run(b, chromedp.KeyEvent(" "+kb.ArrowDown))
	b.enter() // searches again: it approves nothing
	b.reads("1–10 of 27")
	if !ask[bool](b, `document.querySelector("`+row(s.LocB)+`").checked`) {
		t.Error("the arrow key did not choose the next sub-account")
	}
	run(b, chromedp.Focus(chromedp.CSS("[value=approve]")))
	b.enter()
	if issued := s.exchange(b, s.answer(b)); issued.LocationID != s.LocB {
		t.Errorf("granted %+v", issued.Grant)
	}
}

// TestEnterApprovesNothing: Enter on the only sub-account is no approval.
func TestEnterApprovesNothing(t *testing.T) {
	s := newSite(t, tenantry.App{})
	b := window(t, false)
	b.open(s.link())
	signIn(b, owner, testkit.Password)
	run(b, chromedp.Focus(chromedp.CSS(row(s.LocB))))
	b.enter() // shows the page again
	b.reads("Connect Reminder Robot")
	if len(s.got) > 0 {
		t.Error("the app got an answer")
	}
}

// TestNames: a screen reader finds a name on everything that can be operated, one main
// region and one heading of the first level.
func TestNames(t *testing.T) {
	s := newSite(t, tenantry.App{})
	b := window(t, true)
	check := func(page string) {
		t.Helper()
		roles := map[string]int{}
		for _, n := range call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
			if n.Ignored {
				continue
			}
			role, name := axText(n.Role), axText(n.Name)
			roles[role]++
			operable := []string{"button", "link", "textbox", "searchbox", "radio", "checkbox", "DisclosureTriangle"}
			if slices.Contains(operable, role) && strings.TrimSpace(name) == "" {
				t.Errorf("%s: a %s without a name", page, role)
			}
		}
		if roles["main"] != 1 || ask[int](b, `document.querySelectorAll('h1').length`) != 1 {
			t.Errorf("%s: %v", page, roles)
		}
		if ask[string](b, `document.documentElement.lang`) != "en" || ask[string](b, `document.title`) == "" {
			t.Errorf("%s has no language or no title", page)
		}
	}
	b.open(s.link("scope", "bogus"))
	check("problem")
	b.open(s.link())
	check("sign-in")
	signIn(b, admin, testkit.Password)
	check("one")
	b.click(".tabs a:nth-child(3)")
	check("all")
}

func axText(v *accessibility.Value) (text string) {
	if v != nil {
		_ = json.Unmarshal(v.Value, &text) // what is no text has no name
	}
	return text
}

// TestHostileText: what other people have named is shown as it is and does nothing.
func TestHostileText(t *testing.T) {
	const evil = `"'><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)></textarea>{{.}}<!--`
	s := newSite(t, tenantry.App{})
	company, err := s.Store.CreateCompany(t.Context(), "Agency "+evil, "")
	if err != nil {
		t.Fatal(err)
	}
	s.CompanyA = company
	text := evil
	if _, err := s.Store.CreateLocation(t.Context(), company, tenantry.System(), tenantry.LocationPatch{Name: &text, Address: &text, City: &text}); err != nil {
		t.Fatal(err)
	}
	for i := range 11 {
		s.Location(t, company, fmt.Sprint(evil, i))
	}
	s.app, _ = s.OAuthApp(t, tenantry.App{Name: "App " + evil, RedirectURIs: []string{s.back}, Scopes: s.app.Scopes})
	s.User(t, tenantry.User{
		CompanyID: company, FirstName: evil, LastName: evil, Email: evil + "@evil.test", Type: tenantry.AgencyUser, Role: tenantry.AdminRole,
	})
	b := window(t, true)
	check := func(page string, texts ...string) {
		t.Helper()
		b.reads(texts...)
		if n := ask[int](b, `document.querySelectorAll('script, img, textarea, [onload], [onerror], [src], iframe').length`); n > 0 {
			t.Errorf("%s has %d elements that are not ours", page, n)
		}
		b.shot(page)
	}
	for _, name := range []string{"client_id", "redirect_uri", "response_type", "scope", "version_id"} {
		b.open(s.link(name, evil))
		check("wrong "+name, "<script>alert(1)</script>")
	}
	b.open(s.link("state", evil, "loginWindowOpenMode", evil))
	check("sign-in", "App "+evil)
	signIn(b, evil, "wrong")
	if got := ask[string](b, `document.querySelector('[name=email]').value`); got != evil {
		t.Errorf("the address comes back as %s", got)
	}
	signIn(b, evil+"@evil.test", testkit.Password)
	check("choose", "Connect App "+evil, "Agency "+evil, evil+" "+evil, evil+"@evil.test")
	b.write("[name=search]", evil+"7")
	b.click("[value=search]")
	check("search", evil+"7")
	b.write("[name=search]", evil+"nothing")
	b.click("[value=search]")
	check("nothing found", evil+"nothing")
	b.click("[value=refuse]")
	if q := s.answer(b); q.Get("state") != evil || q.Get("error") != "access_denied" {
		t.Errorf("the app got %v", q)
	}
}
