package testkit

import (
	"crypto/rand"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

// App is an OAuth client with its secret.
type App struct {
	tenantry.App

	Secret string
}

// Callback is the redirect URI of every [App].
const Callback = "https://app.test/cb"

// App makes a client of the agency that may ask for every scope; change may make it another.
func (e *Env) App(t testing.TB, company tenantry.CompanyID, change ...func(*tenantry.App)) App {
	t.Helper()
	a := tenantry.App{
		Name: "App", CompanyID: company, RedirectURIs: []string{Callback}, Scopes: tenantry.Scopes(),
		Target: tenantry.SubAccount, Distribution: tenantry.PublicApp,
	}
	for _, c := range change {
		c(&a)
	}
	secret := "secret-" + rand.Text()
	a, err := e.Store.CreateApp(t.Context(), tenantry.System(), a, oauth.HashToken(secret))
	must(t, err)
	return App{a, secret}
}

// Admin makes a user who may install apps on the agency and all that is in it.
func (e *Env) Admin(t testing.TB, company tenantry.CompanyID) tenantry.UserID {
	t.Helper()
	u, err := e.Store.CreateUser(t.Context(), tenantry.System(), tenantry.User{
		CompanyID: company, FirstName: "Admin", Type: tenantry.AgencyUser, Role: tenantry.AdminRole,
	})
	must(t, err)
	return u.ID
}

// Code is what an admin's consent to the app gives: for one location, or with the class
// [tenantry.Agency] for the agency and the locations of it. change may make it another.
func (e *Env) Code(t testing.TB, a App, class tenantry.AuthClass, company tenantry.CompanyID, locs []tenantry.LocationID, change ...func(*tenantry.Consent)) string {
	t.Helper()
	c := tenantry.Consent{
		AppID: a.ID, RedirectURI: Callback, UserID: e.Admin(t, company), CompanyID: company, Class: class, LocationIDs: locs,
		Scopes: a.Scopes, Bulk: class == tenantry.Agency,
	}
	for _, f := range change {
		f(&c)
	}
	code := rand.Text() + rand.Text()
	must(t, e.Store.CreateCode(t.Context(), oauth.HashToken(code), c))
	return code
}
