package oauth

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/tenantry/tenantry"
)

// chooseView is the consent page.
type chooseView struct {
	App     appView
	Agency  string
	User    userView
	Action  string
	SignOut string
	Error   string
	Blocked string
	Modes   []modeView
	Mode    string
	Future  bool
	Total   int // sub-accounts of the agency
	List    listView
	Scopes  []scopeView
}

type userView struct{ ID, Name, Email, Initial string }

type modeView struct {
	Label, URL string
	Current    bool
}

type scopeView struct{ Name, Text string }

// listView is the page of sub-accounts to choose from.
type listView struct {
	Action           string // where a search or another page of the list goes
	Many             bool // several can be chosen
	Searchable       bool
	Search           string
	Picked, Items    []itemView
	From, To, Total  int
	Page, Prev, Next int // Prev and Next are 0 where there is none
}

type itemView struct {
	ID, Name, Address string
	Installed         bool // the app is there already
	Checked           bool
}

// rowView is a sub-account in a list of which one or several can be chosen.
type rowView struct {
	itemView

	Many bool
}

// showChoice answers with the consent page.
func (p *Pages) showChoice(w http.ResponseWriter, r *http.Request, c choice, status int, message string) error {
	company, err := p.store.Company(r.Context(), c.user.CompanyID)
	if err != nil {
		return err
	}
	v := chooseView{
		App: viewApp(c.request), Agency: company.Name, User: viewUser(c.user), Action: p.chooseURL(c, c.mode),
		SignOut: p.url(signOutPath, c.request.query), Error: message, Blocked: c.blocked, Mode: c.mode, Future: c.future,
		Total: company.Locations, Scopes: viewScopes(c.request.scopes),
	}
	if c.mode == "" && status == http.StatusOK {
		status = http.StatusForbidden
	}
	if len(c.modes) > 1 {
		for _, m := range c.modes {
			v.Modes = append(v.Modes, modeView{Label: modeLabel(m), URL: p.chooseURL(c, m) + whereMark, Current: m == c.mode})
		}
	}
	if c.mode == chooseOne || c.mode == chooseSome {
		if v.List, err = p.list(r, c); err != nil {
			return err
		}
	}
	p.header(w, formAction(c.request))
	return p.render(w, r, status, "choose.html", v)
}

// whereMark lets the browser stay at the list when the person moves about in it.
const whereMark = "#where"

func (p *Pages) chooseURL(c choice, mode string) string {
	return p.url(choosePath, c.request.query) + "&choose=" + mode
}

func modeLabel(mode string) string {
	switch mode {
	case chooseOne:
		return "One sub-account"
	case chooseSome:
		return "Several"
	case chooseAll:
		return "All"
	}
	return "Agency only"
}

func viewUser(u tenantry.User) userView {
	name := cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.Email)
	return userView{ID: string(u.ID), Name: name, Email: u.Email, Initial: initial(name)}
}

func viewScopes(scopes []tenantry.Scope) (views []scopeView) {
	for _, s := range scopes {
		views = append(views, scopeView{Name: string(s), Text: cmp.Or(s.Description(), string(s))})
	}
	return views
}

// list reads the page of sub-accounts. A page beyond the end, after a search that finds
// less or a deletion, is the last one.
func (p *Pages) list(r *http.Request, c choice) (v listView, err error) {
	f := tenantry.InstalledFilter{CompanyID: c.user.CompanyID, AppID: c.request.app.ID, Query: c.search, Limit: choicePage}
	if !c.user.MayInstallOnCompany() {
		f.AssignedTo = c.user.ID
	}
	f.Skip = (c.page - 1) * choicePage
	page, err := p.store.InstalledLocations(r.Context(), f)
	if err == nil && len(page.Items) == 0 && page.Total > 0 {
		f.Skip = (page.Total - 1) / choicePage * choicePage
		page, err = p.store.InstalledLocations(r.Context(), f)
	}
	if err != nil {
		return v, err
	}
	if c.mode == chooseOne && len(c.picked) == 0 && page.Total == 1 && c.search == "" && len(page.Items) == 1 {
		c.picked = []tenantry.Location{{ID: page.Items[0].ID}} // there is nothing else to choose
	}
	v = listView{
		Action: p.chooseURL(c, c.mode) + whereMark, Many: c.mode == chooseSome, Search: c.search, Searchable: c.search != "" || page.Total > choicePage,
		From: min(f.Skip+1, page.Total), To: f.Skip + len(page.Items), Total: page.Total, Page: f.Skip/choicePage + 1,
	}
	if v.Page > 1 {
		v.Prev = v.Page - 1
	}
	if v.To < page.Total {
		v.Next = v.Page + 1
	}
	v.fill(page.Items, c.picked)
	return v, nil
}

// fill puts what is chosen on other pages in front, so that it stays chosen and in sight.
func (v *listView) fill(items []tenantry.InstalledLocation, picked []tenantry.Location) {
	for _, l := range items {
		v.Items = append(v.Items, itemView{
			ID: string(l.ID), Name: nameOr(l.Name, l.ID), Address: l.Address, Installed: l.Installed,
			Checked: slices.ContainsFunc(picked, func(p tenantry.Location) bool { return p.ID == l.ID }),
		})
	}
	for _, l := range picked {
		if !slices.ContainsFunc(v.Items, func(i itemView) bool { return i.ID == string(l.ID) }) {
			v.Picked = append(v.Picked, itemView{ID: string(l.ID), Name: nameOr(l.Name, l.ID), Address: l.PostalAddress(), Checked: true})
		}
	}
}

func nameOr(name string, id tenantry.LocationID) string {
	return cmp.Or(strings.TrimSpace(name), string(id))
}
