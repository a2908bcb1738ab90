package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

type appCmd struct {
	Create       appCreateCmd       `cmd:"" help:"Register an OAuth app and print its client id and secret; the secret is shown this once."`
	List         appListCmd         `cmd:"" help:"List OAuth apps."`
	RotateSecret appRotateSecretCmd `cmd:"" help:"Give an app another client secret and print it; it is shown this once."`
	Delete       appDeleteCmd       `cmd:"" help:"Delete an app: its tokens end, and it is uninstalled everywhere."`
	Uninstall    appUninstallCmd    `cmd:"" help:"Take an app from an agency or a sub-account: its tokens there end."`
}

// appView is an app as the verbs print it.
type appView struct {
	ClientID     tenantry.ClientID     `json:"clientId"`
	ClientSecret string                `json:"clientSecret,omitempty"`
	AppID        tenantry.AppID        `json:"appId"`
	VersionID    tenantry.VersionID    `json:"versionId"`
	CompanyID    tenantry.CompanyID    `json:"companyId"`
	Name         string                `json:"name"`
	RedirectURIs []string              `json:"redirectUris"`
	Scopes       []tenantry.Scope      `json:"scopes"`
	Target       string                `json:"target"`
	Distribution tenantry.Distribution `json:"distribution"`
	ToFuture     bool                  `json:"installToFutureLocations"`
	CreatedAt    time.Time             `json:"createdAt"`
}

// The targets of apps as people say them.
const (
	targetSubAccount = "sub-account"
	targetAgency     = "agency"
)

func viewApp(a tenantry.App) appView {
	target := targetSubAccount
	if a.Target == tenantry.Agency {
		target = targetAgency
	}
	return appView{
		ClientID: a.ClientID(), AppID: a.ID, VersionID: a.VersionID, CompanyID: a.CompanyID, Name: a.Name, RedirectURIs: a.RedirectURIs,
		Scopes: a.Scopes, Target: target, Distribution: a.Distribution, ToFuture: a.InstallToFutureLocations, CreatedAt: a.CreatedAt,
	}
}

type appCreateCmd struct {
	manageFlags
	jsonFlag
	Company      string        `help:"Agency that owns the app." required:"" placeholder:"ID"`
	Name         name          `help:"Name that people are shown when they install the app." required:"" placeholder:"NAME"`
	RedirectURI  []redirectURI `name:"redirect-uri" help:"URI that people are sent back to, the same to the letter as in the app's authorize links; repeat it for several. In the variable, spaces separate them." sep:" " required:"" placeholder:"URI"`
	Scopes       scopeList     `help:"Scopes that the app may ask for, separated by commas; all by default." placeholder:"SCOPE,..."`
	Target       string        `help:"What the app is installed on: sub-account or agency." enum:"sub-account,agency" default:"sub-account"`
	Distribution string        `help:"Who may install the app: public for every agency, private for its own." enum:"public,private" default:"private"`
	ToFuture     bool          `name:"install-to-future-locations" help:"Propose to those who install the app everywhere that sub-accounts made later get it too."`
}

// Help is printed below the flags.
func (appCreateCmd) Help() string {
	return `Examples:
  tenantry app create --company ID --name "My app" --redirect-uri https://app.example.com/oauth/callback --data DIR
  tenantry app create --company ID --name "My app" --redirect-uri http://localhost:3000/cb \
    --scopes locations.readonly,oauth.readonly,oauth.write --target agency --json --data DIR

A redirect URI uses https, or http on a loopback host. The scopes are:
  ` + strings.Join(textsOf(tenantry.Scopes()), "\n  ")
}

// Run prints the client id and the secret.
func (c *appCreateCmd) Run(ctx context.Context, io console) error {
	a := tenantry.App{
		CompanyID: tenantry.CompanyID(c.Company), Name: string(c.Name), Scopes: c.Scopes, Target: tenantry.SubAccount,
		Distribution: tenantry.Distribution(c.Distribution), InstallToFutureLocations: c.ToFuture,
	}
	for _, uri := range c.RedirectURI {
		a.RedirectURIs = append(a.RedirectURIs, string(uri))
	}
	if c.Target == targetAgency {
		a.Target = tenantry.Agency
	}
	if len(a.Scopes) == 0 {
		a.Scopes = tenantry.Scopes()
	}
	secret := oauth.NewClientSecret()
	err := c.use(ctx, func(in *instance) (err error) {
		a, err = in.store.CreateApp(ctx, tenantry.System(), a, oauth.HashToken(secret))
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		view := viewApp(a)
		view.ClientSecret = secret
		return io.printJSON(view)
	}
	_, err = fmt.Fprintf(io.out, "Client ID:      %s\nClient secret:  %s\n", a.ClientID(), secret)
	return err
}

type appListCmd struct {
	manageFlags
	jsonFlag
	Company string `help:"Only the apps of this agency." placeholder:"ID"`
}

// Help is printed below the flags.
func (appListCmd) Help() string {
	return `Examples:
  tenantry app list --data DIR
  tenantry app list --company ID --json --data DIR`
}

// Run prints a line an app.
func (c *appListCmd) Run(ctx context.Context, io console) error {
	views := []appView{}
	err := c.use(ctx, func(in *instance) error {
		apps, err := allApps(ctx, in, tenantry.CompanyID(c.Company))
		for _, a := range apps {
			views = append(views, viewApp(a))
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return io.printJSON(views)
	}
	rows := [][]string{{"CLIENT ID", "NAME", "AGENCY", "TARGET", "DISTRIBUTION", "REDIRECT URIS"}}
	for _, v := range views {
		rows = append(rows, []string{
			string(v.ClientID), v.Name, string(v.CompanyID), v.Target, string(v.Distribution), strings.Join(v.RedirectURIs, " "),
		})
	}
	return io.printTable(rows)
}

func allApps(ctx context.Context, in *instance, company tenantry.CompanyID) ([]tenantry.App, error) {
	f := tenantry.AppFilter{CompanyID: company, Limit: listPage}
	return every(func(last *tenantry.App) ([]tenantry.App, error) {
		if last != nil {
			f.After = last.ID
		}
		page, err := in.store.Apps(ctx, f)
		return page.Items, err
	})
}

type appRotateSecretCmd struct {
	manageFlags
	Client clientID `arg:"" help:"Client id of the app."`
}

// Help is printed below the flags.
func (appRotateSecretCmd) Help() string {
	return `The secret before stays good beside the new one, older ones do not: give the app the
new secret, and rotate twice to end one that leaked.

Examples:
  tenantry app rotate-secret CLIENT_ID --data DIR`
}

// Run prints the secret and nothing else.
func (c *appRotateSecretCmd) Run(ctx context.Context, io console) error {
	secret := oauth.NewClientSecret()
	err := c.use(ctx, func(in *instance) error {
		a, err := in.store.AppByClient(ctx, string(c.Client))
		if err != nil {
			return err
		}
		_, err = in.store.RotateAppSecret(ctx, tenantry.System(), a.ID, oauth.HashToken(secret))
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, secret)
	return err
}

type appDeleteCmd struct {
	manageFlags
	Client clientID `arg:"" help:"Client id of the app."`
}

// Help is printed below the flags.
func (appDeleteCmd) Help() string {
	return `A delete that was interrupted goes on when it is asked for again.

Examples:
  tenantry app delete CLIENT_ID --data DIR`
}

// Run says what was deleted.
func (c *appDeleteCmd) Run(ctx context.Context, io console) error {
	id, suffix, _ := tenantry.ParseClientID(string(c.Client)) // the flag has checked it
	err := c.use(ctx, func(in *instance) error {
		a, err := in.store.App(ctx, id) // it finds none whose delete was interrupted
		if err == nil && a.Suffix != suffix {
			return tenantry.NotFoundError("App", string(c.Client))
		}
		if err != nil && tenantry.KindOf(err) != tenantry.NotFound {
			return err
		}
		return in.store.DeleteApp(ctx, tenantry.System(), id)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Deleted app %s.\n", c.Client)
	return err
}

// clientID is an argument: the client id of an app.
type clientID string

// UnmarshalText accepts what has the form of a client id.
func (c *clientID) UnmarshalText(text []byte) error {
	if _, _, ok := tenantry.ParseClientID(string(text)); !ok {
		return errors.New("must be a client id; tenantry app list shows them")
	}
	*c = clientID(text)
	return nil
}

// redirectURI is a flag: a URI that an app may register.
type redirectURI string

// UnmarshalText accepts what [tenantry.CheckRedirectURI] does.
func (u *redirectURI) UnmarshalText(text []byte) error {
	if err := tenantry.CheckRedirectURI(string(text)); err != nil {
		return errors.New(message(err))
	}
	*u = redirectURI(text)
	return nil
}
