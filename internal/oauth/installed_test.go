package oauth_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestU76InstalledLocations: rows with _id, the count of all that match, and what is missing named.
func TestU76InstalledLocations(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		locC := w.Location(t, w.CompanyA, "50% Other_")
		get := func(name, query string, status int, want string) {
			t.Run(name, func(t *testing.T) {
				w.Send(t, testkit.Scenario{Method: "GET", Path: "/oauth/installedLocations?" + query, Token: w.agencyToken(), Status: status, Want: want})
			})
		}
		own := "companyId={companyA}&appId=" + string(w.app.ID)
		a, b := `{"_id":"{locA}","name":"Location A","address":"","isInstalled":true,"versionId":"`+string(w.app.VersionID)+`","installedAt":"2026-03-02T09:00:00.000Z"}`,
			`{"_id":"{locB}","isInstalled":true}`
		c := `{"_id":"` + string(locC) + `","name":"50% Other_","isInstalled":false,"versionId":""}`
		get("no app", "companyId={companyA}", 422, `{"message":["appId must be a string","appId should not be empty"]}`)
		get("no company", "appId="+string(w.app.ID), 422, `{"message":["companyId must be a string","companyId should not be empty"]}`)
		get("all", own, 200, `{"locations":[`+a+`,`+b+`,`+c+`],"count":3,"installToFutureLocations":false}`)
		get("installed", own+"&isInstalled=true", 200, `{"locations":[`+a+`,`+b+`],"count":2}`)
		get("not installed", own+"&isInstalled=false", 200, `{"locations":[`+c+`],"count":1}`)
		get("a page", own+"&limit=1&skip=1&query=lo", 200, `{"locations":[`+b+`],"count":2}`)
		get("past the end", own+"&skip=9", 200, `{"locations":[],"count":3}`)
		get("in any case", own+"&query=OTHER_", 200, `{"locations":[`+c+`],"count":1}`)
		get("no pattern", own+"&query=%25%25", 200, `{"locations":[],"count":0}`)
		get("location", own+"&locationId={locB}", 200, `{"locations":[`+b+`],"count":1}`)
		get("another company's location", own+"&locationId={locX}", 200, `{"locations":[],"count":0}`)
		get("version", own+"&versionId="+string(w.app.VersionID), 200, `{"locations":[`+a+`,`+b+`],"count":2}`)
		get("another version", own+"&versionId=x", 200, `{"locations":[],"count":0}`)
		get("trials", own+"&onTrial=true", 200, `{"locations":[],"count":0}`)
		get("no trials", own+"&onTrial=false", 200, `{"count":3}`)
		get("a plan", own+"&planId=x", 200, `{"locations":[],"count":0}`)
		get("limits", own+"&limit=1001&skip=-1&isInstalled=yes", 422,
			`{"message":["skip must not be less than 0","limit must not be greater than 1000","isInstalled must be a boolean value"]}`)
		get("unknown", own+"&pageSize=1", 422, `{"message":["property pageSize should not exist"]}`)
		get("another company", "companyId={companyB}&appId="+string(w.app.ID), 403, `{"code":"location_access_denied"}`)
		w.Send(t, testkit.Scenario{Method: "GET", Path: "/oauth/installedLocations?" + own, Token: w.agencyToken(), Version: "-", Status: 401,
			Want: `{"message":"version header was not found."}`})
		w.Send(t, testkit.Scenario{Method: "GET", Path: "/oauth/installedLocations?" + own, Token: "agencyA", Status: 401,
			Want: `{"message":"The token is not authorized for this scope."}`})
	})
}

// TestU78VersionsOfTheList: each version has one path, and the one that is gone names the other.
func TestU78VersionsOfTheList(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		own := "?companyId={companyA}&appId=" + string(w.app.ID)
		row := testkit.Scenario{Method: "GET", Path: "/oauth/installedLocations" + own, Token: w.agencyToken(), Version: "v3", Status: 400,
			Want: `{"statusCode":400,"code":"endpoint_removed","error":"Bad Request","meta":{"successor":"/oauth/installed-locations"},
				"message":"Endpoint /oauth/installedLocations not available in API version v3. This endpoint was removed in version v3. Please use /oauth/installed-locations."}`}
		w.Send(t, row)
		row.Path, row.Version, row.Status, row.Want = "/oauth/installed-locations"+own, "2021-07-28", 404, `{"message":"Cannot GET /oauth/installed-locations"}`
		w.Send(t, row)
		row.Version, row.Status, row.Want = "v3", 200, `{"items":[{"_id":"{locA}"},{"_id":"{locB}"}],"installToFutureLocations":false,
			"pagination":{"totalRecords":2,"hasNextPage":false,"hasPrevPage":false,"currentPageSize":2,"estimatedTotalRecords":2},
			"metadata":{"filterApplied":{"companyId":"{companyA}","appId":"`+string(w.app.ID)+`"},"sortApplied":{"_id":"asc"}}}`
		w.Send(t, row)
		for path, want := range map[string]string{
			own + "&pageToken=x":              `{"statusCode":400,"code":"invalid_page_token","message":"pageToken is not a token of this list","error":{"code":"INVALID_ARGUMENT","message":"pageToken is not a token of this list"}}`,
			"?%zz":                            `{"statusCode":400,"code":"malformed_query","error":{"code":"INVALID_ARGUMENT"}}`,
			"?companyId={companyA}&appId=abc": `{"statusCode":404,"code":"not_found","message":"App with id abc not found","error":{"code":"RESOURCE_NOT_FOUND"}}`,
			own + "&pageSize=0&x=1":           `{"statusCode":422,"error":"Unprocessable Entity","message":["property x should not exist","pageSize must not be less than 1"]}`,
			own + "&pageSize=101":             `{"statusCode":422,"message":["pageSize must not be greater than 100"]}`,
			"?appId=" + string(w.app.ID):      `{"statusCode":422,"message":["companyId must be a string","companyId should not be empty"]}`,
			"?companyId={companyB}&appId=" + string(w.app.ID): `{"statusCode":403,"error":"Forbidden"}`,
		} {
			a := w.Do(t, testkit.Scenario{Method: "GET", Path: "/oauth/installed-locations" + path, Token: w.agencyToken(), Version: "v3"})
			if diff := testkit.Contains(w.parse(t, want), a.JSON, "$"); diff != "" || a.Get("statusCode") != float64(a.Status) {
				t.Errorf("%s: %d %s\n%s", path, a.Status, a.Raw, diff)
			}
		}
	})
}

// TestRestrictedList: the locations of the user who consented, all of them for an admin.
func TestRestrictedList(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		row := testkit.Scenario{Method: "GET", Path: "/oauth/installed-locations?restrictToUserLocations=true&companyId={companyA}&appId=" + string(w.app.ID),
			Token: w.agencyToken(), Version: "v3", Status: 200, Want: `{"items":[{"_id":"{locA}"},{"_id":"{locB}"}],"metadata":{"filterApplied":{"restrictToUserLocations":true}}}`}
		w.Send(t, row)
		user, err := w.Store.CreateUser(t.Context(), tenantry.System(), tenantry.User{
			CompanyID: w.CompanyA, Type: tenantry.AgencyUser, Role: tenantry.UserOnly, LocationIDs: []tenantry.LocationID{w.LocB},
		})
		if err != nil {
			t.Fatal(err)
		}
		for who, want := range map[tenantry.UserID]string{
			user.ID: `{"items":[{"_id":"{locB}"}],"pagination":{"totalRecords":1}}`, "gone": `{"items":[]}`, "": `{"pagination":{"totalRecords":2}}`,
		} {
			row.Token, row.Want = w.tokenOf(t, w.app, w.CompanyA, who), want
			w.Send(t, row)
		}
	})
}

// TestV3PagesMissNothing: pages of each size over each number of rows, forth and back again,
// show each location once.
func TestV3PagesMissNothing(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		company, err := w.Store.CreateCompany(t.Context(), "Paged", "")
		if err != nil {
			t.Fatal(err)
		}
		token, all := w.tokenOf(t, w.app, company, ""), []string{}
		for {
			for size := 1; size <= len(all)+1; size++ {
				w.walkPages(t, fmt.Sprintf("/oauth/installed-locations?companyId=%s&appId=%s&pageSize=%d", company, w.app.ID, size), token, all, size)
			}
			if len(all) == 5 {
				break
			}
			all = append(all, string(w.Location(t, company, "Page")))
		}
	})
}

// walkPages goes to the last page and back to the first.
func (w *world) walkPages(t *testing.T, path, token string, all []string, size int) {
	t.Helper()
	page := func(at string) testkit.Answer {
		a := w.Do(t, testkit.Scenario{Method: "GET", Token: token, Version: "v3", Path: path + "&pageToken=" + url.QueryEscape(at)})
		p, _ := a.Get("pagination").(map[string]any)
		n := len(listed(a, "items"))
		if a.Status != 200 || n > size || p["currentPageSize"] != float64(n) || p["totalRecords"] != float64(len(all)) ||
			(p["nextPageToken"] != nil) != (p["hasNextPage"] == true) || (p["prevPageToken"] != nil) != (p["hasPrevPage"] == true) {
			t.Fatalf("%d %s", a.Status, a.Raw)
		}
		return a
	}
	a := page("")
	forth := listed(a, "items")
	for ; a.Get("pagination", "hasNextPage") == true; forth = append(forth, listed(a, "items")...) {
		a = page(a.Text("pagination", "nextPageToken"))
	}
	back := listed(a, "items")
	for a.Get("pagination", "hasPrevPage") == true {
		a = page(a.Text("pagination", "prevPageToken"))
		back = append(listed(a, "items"), back...)
	}
	if !slices.Equal(forth, all) || !slices.Equal(back, all) {
		t.Errorf("in pages of %d, of %q\nforth %q\nback %q", size, all, forth, back)
	}
}

// TestAPageThatIsGone leads back to the rest of the list.
func TestAPageThatIsGone(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		get := func(size int, at string) testkit.Answer {
			return w.Do(t, testkit.Scenario{Method: "GET", Token: w.agencyToken(), Version: "v3", Path: fmt.Sprintf(
				"/oauth/installed-locations?companyId={companyA}&appId=%s&pageSize=%d&pageToken=%s", w.app.ID, size, at)})
		}
		first := get(1, "")
		if err := w.Store.DeleteLocation(t.Context(), w.LocB, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		gone := get(1, first.Text("pagination", "nextPageToken"))
		back := get(1, gone.Text("pagination", "prevPageToken"))
		if diff := cmp.Diff([]string{string(w.LocA)}, listed(back, "items")); diff != "" || gone.Get("pagination", "hasNextPage") != false {
			t.Errorf("%s\n%s", gone.Raw, diff)
		}
	})
}
