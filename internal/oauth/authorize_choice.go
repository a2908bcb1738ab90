package oauth

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantry/tenantry"
)

// The ways to choose where an app is installed.
const (
	chooseOne    = "one"    // one sub-account: the app gets a token of it
	chooseSome   = "some"   // several: the app gets an agency token
	chooseAll    = "all"    // every one, later ones too if wanted: an agency token
	chooseAgency = "agency" // the agency itself and no sub-account: an agency token
)

// choicePage is how many sub-accounts a page lists.
const choicePage = 10

// choice is what a person has chosen so far.
type choice struct {
	request authorizeRequest
	user    tenantry.User
	modes   []string // those open to the user for this app, the first by default
	mode    string   // "" when none is open
	isOther bool     // the mode is not the one that was asked for, which is not open
	blocked string   // why none is
	search  string
	page    int // from 1
	picked  []tenantry.Location
	future  bool
}

func newChoice(q authorizeRequest, u tenantry.User, mode string) choice {
	c := choice{request: q, user: u, page: 1}
	c.modes, c.blocked = modesOf(q.app, u)
	if len(c.modes) > 0 {
		c.mode = c.modes[0]
	}
	if slices.Contains(c.modes, mode) {
		c.mode = mode
	}
	c.isOther = mode != "" && c.mode != mode
	return c
}

// modesOf lists how a user can install an app, or says why not at all.
func modesOf(a tenantry.App, u tenantry.User) (modes []string, blocked string) {
	switch {
	case !a.InstallableBy(u.CompanyID):
		return nil, "This app is private: only the agency that it was made for can install it."
	case a.Target == tenantry.Agency && !u.MayInstallOnCompany():
		return nil, "This app is installed on the whole agency, which only an admin of the agency can do."
	case a.Target == tenantry.Agency:
		return []string{chooseAll, chooseSome, chooseAgency}, ""
	case u.MayInstallOnCompany():
		return []string{chooseOne, chooseSome, chooseAll}, ""
	case u.Type == tenantry.AgencyUser || u.Role == tenantry.AdminRole:
		return []string{chooseOne}, ""
	}
	return nil, "Only an admin can install apps. Please ask yours."
}

// readChoice reads the form. Of the sub-accounts only those count that the user can install
// on: one that went away since, or was made up, is as if it had not been chosen.
func (p *Pages) readChoice(r *http.Request, c *choice) error {
	form := r.PostForm
	c.search, c.future = strings.TrimSpace(form.Get("search")), form.Get("future") == "yes"
	page := form.Get("page")
	switch do := form.Get("do"); {
	case strings.HasPrefix(do, "page-"):
		page = strings.TrimPrefix(do, "page-")
	case do == "search":
		page = "1"
	}
	if n, err := strconv.Atoi(page); err == nil && n > 0 && n < 1e6 {
		c.page = n
	}
	var ids []tenantry.LocationID
	for _, text := range form["location"] {
		id := tenantry.LocationID(text)
		if len(ids) <= tenantry.MaxChosenLocations && !slices.Contains(ids, id) { // one too many is enough to say so
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	chosen, err := p.store.InstallableLocations(r.Context(), c.user.ID, tenantry.InstallableFilter{IDs: ids, Limit: len(ids)})
	c.picked = chosen.Items
	return err
}

// missing says what must be chosen before the choice can be approved, "" for nothing.
func (c choice) missing() string {
	switch {
	case c.mode == chooseOne && len(c.picked) != 1:
		return "Please choose a sub-account."
	case c.mode == chooseSome && len(c.picked) == 0:
		return "Please choose at least one sub-account."
	case c.mode == chooseSome && len(c.picked) > tenantry.MaxChosenLocations:
		return "Please choose at most 500 sub-accounts, or all of them."
	}
	return ""
}

// consent is what an approval of the choice stands for.
func (c choice) consent() tenantry.Consent {
	consent := tenantry.Consent{
		AppID: c.request.app.ID, RedirectURI: c.request.redirectURI, Challenge: c.request.challenge, UserID: c.user.ID,
		CompanyID: c.user.CompanyID, Class: tenantry.Agency, Scopes: c.request.scopes,
	}
	switch c.mode {
	case chooseOne:
		consent.Class = tenantry.SubAccount
		consent.LocationIDs = c.pickedIDs()
	case chooseSome:
		consent.Bulk = true
		consent.LocationIDs = c.pickedIDs()
	case chooseAll:
		consent.Bulk, consent.ApproveAll, consent.InstallToFuture = true, true, c.future
	}
	return consent
}

func (c choice) pickedIDs() (ids []tenantry.LocationID) {
	for _, l := range c.picked {
		ids = append(ids, l.ID)
	}
	return ids
}
