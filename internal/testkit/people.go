package testkit

import (
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

// Password is that of every user made by [Env.User].
const Password = "correct horse battery"

// passwordHash is that of [Password], made once: under the race detector a hash takes long.
const passwordHash = "$argon2id$v=19$m=19456,t=2,p=1$smSKjne34sxjWhNxEu1mPw$YYbe3ylCdOAUhNEjWI+4Olw2cuPFh/12Pn4HNxAdjfg"

// User makes a user who can sign in.
func (e *Env) User(t testing.TB, u tenantry.User) tenantry.User {
	t.Helper()
	u, err := e.Store.CreateUser(t.Context(), tenantry.System(), u)
	must(t, err)
	must(t, e.Store.SetPassword(t.Context(), tenantry.System(), u.ID, passwordHash))
	return u
}

// OAuthApp makes an app of agency A that anybody may install, and gives its client secret:
// what is left out is a sub-account app that may ask for everything.
func (e *Env) OAuthApp(t testing.TB, a tenantry.App) (tenantry.App, string) {
	t.Helper()
	if a.CompanyID == "" {
		a.CompanyID = e.CompanyA
	}
	if a.Name == "" {
		a.Name = "Test app"
	}
	if a.RedirectURIs == nil {
		a.RedirectURIs = []string{"https://app.test/callback"}
	}
	if a.Scopes == nil {
		a.Scopes = tenantry.Scopes()
	}
	if a.Target == "" {
		a.Target = tenantry.SubAccount
	}
	if a.Distribution == "" {
		a.Distribution = tenantry.PublicApp
	}
	const secret = "11111111-2222-4333-8444-555555555555"
	a, err := e.Store.CreateApp(t.Context(), tenantry.System(), a, oauth.HashToken(secret))
	must(t, err)
	return a, secret
}
