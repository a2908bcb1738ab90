package main

import (
	"context"
	"slices"
	"strings"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

// The demo agency's app and the admin who can install it.
const (
	demoAppName     = "Demo app"
	demoRedirectURI = "http://localhost:3000/oauth/callback"
	demoEmail       = "admin@northlight.example"
)

// demoAccess is what a client needs to install the demo app.
type demoAccess struct {
	ClientID        tenantry.ClientID `json:"clientId"`
	ClientSecret    string            `json:"clientSecret"`
	RedirectURI     string            `json:"redirectURI"`
	ConsoleEmail    string            `json:"consoleEmail"`
	ConsolePassword string            `json:"consolePassword"`
}

// demoInstaller makes the app and the user of the first run and finds those of an earlier
// one. Their secrets follow from the sealing key and are the same in every run: what is
// printed is good, although only hashes are kept.
func demoInstaller(ctx context.Context, in *instance, company tenantry.CompanyID) (a demoAccess, err error) {
	app, secret, err := demoApp(ctx, in, company)
	if err != nil {
		return a, err
	}
	user, password, err := demoUser(ctx, in, company)
	return demoAccess{
		ClientID: app.ClientID(), ClientSecret: secret, RedirectURI: demoRedirectURI, ConsoleEmail: user.Email, ConsolePassword: password,
	}, err
}

func demoApp(ctx context.Context, in *instance, company tenantry.CompanyID) (a tenantry.App, secret string, err error) {
	mark := in.store.Mark("client secret of the demo app", string(company))
	secret = strings.Join([]string{mark[:8], mark[8:12], mark[12:16], mark[16:20], mark[20:32]}, "-")
	apps, err := allApps(ctx, in, company)
	if err != nil {
		return a, "", err
	}
	i := slices.IndexFunc(apps, func(a tenantry.App) bool { return a.Name == demoAppName && a.AllowsRedirect(demoRedirectURI) })
	if i < 0 {
		a, err = in.store.CreateApp(ctx, tenantry.System(), tenantry.App{
			CompanyID: company, Name: demoAppName, RedirectURIs: []string{demoRedirectURI}, Scopes: tenantry.Scopes(),
			Target: tenantry.SubAccount, Distribution: tenantry.PrivateApp,
		}, oauth.HashToken(secret))
		return a, secret, err
	}
	a = apps[i]
	_, err = in.store.AuthenticateApp(ctx, string(a.ClientID()), oauth.HashToken(secret))
	if tenantry.KindOf(err) == tenantry.Unauthenticated { // it was rotated away
		_, err = in.store.RotateAppSecret(ctx, tenantry.System(), a.ID, oauth.HashToken(secret))
	}
	return a, secret, err
}

func demoUser(ctx context.Context, in *instance, company tenantry.CompanyID) (u tenantry.User, password string, err error) {
	password = in.store.Mark("password of the demo user", string(company))[:20]
	u, hash, err := in.store.UserByEmail(ctx, demoEmail)
	switch {
	case err == nil && oauth.IsPassword(password, hash):
		return u, password, nil
	case err != nil && tenantry.KindOf(err) != tenantry.NotFound:
		return u, "", err
	}
	isNew := err != nil
	if hash, err = oauth.HashPassword(password); err != nil {
		return u, "", err
	}
	if !isNew {
		return u, password, in.store.SetPassword(ctx, tenantry.System(), u.ID, hash)
	}
	u, err = createUser(ctx, in, tenantry.User{
		CompanyID: company, FirstName: "Alex", LastName: "Northlight", Email: demoEmail, Type: tenantry.AgencyUser, Role: tenantry.AdminRole,
	}, hash)
	return u, password, err
}
