package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"text/template"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
)

type devCmd struct {
	serverFlags
	Data      string     `help:"Folder to keep the data in between runs; a throw-away folder by default." type:"path" placeholder:"DIR"`
	Files     filesPlace `help:"Folder of the uploaded files, or a bucket: s3://BUCKET/PREFIX?endpoint=URL&region=REGION. They stay when the data folder is thrown away." placeholder:"DIR"`
	JSON      bool       `name:"json" help:"Print one JSON line on standard output once connections are accepted."`
	Locations int        `help:"Sub-accounts to seed a new agency with." default:"12"`
	Limits    string     `help:"Rate limits on or off." enum:"on,off" default:"off"`
}

// Help is printed below the flags.
func (devCmd) Help() string {
	return `It makes an app and a user who can install it, and prints their secrets, the same in
every run of a data folder: what was done to them since is set back.

Examples:
  tenantry dev                            everything is gone after Ctrl-C
  tenantry dev --data ./demo              keep the data, and seed it once
  tenantry dev --json --addr 127.0.0.1:0  for scripts`
}

// Run serves a demo agency until ctx ends.
func (c *devCmd) Run(ctx context.Context, io console) (err error) {
	if c.Locations < 1 {
		return usageError("--locations wants at least 1")
	}
	if err := c.check(); err != nil {
		return err
	}
	ln, err := c.listen(ctx)
	if err != nil {
		return err
	}
	defer ln.close() // serving has closed them, unless something failed before
	data := dataFlags{Data: c.Data, Files: c.Files}
	if c.Data == "" {
		if data.Data, err = os.MkdirTemp("", "tenantry-dev-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data.Data)) }()
	}
	log := newLogger(io, c.LogFormat, c.LogLevel)
	in, err := data.open(ctx, log, opening{durability: db.Relaxed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	company, err := demoCompany(ctx, in, c.Locations)
	if err != nil {
		return err
	}
	access, err := demoInstaller(ctx, in, company)
	if err != nil {
		return err
	}
	s := server{flags: c.serverFlags, control: data.socket(), instance: in, log: log}
	if c.Limits == "on" {
		s.limits, s.tokenLimits = ratelimit.Defaults(), ratelimit.TokenDefaults()
	}
	return s.run(ctx, ln, func(base string, tokens *oauth.Authenticator) error {
		facts, err := devFacts(ctx, in, access, company, base, tokens)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(io.out).Encode(facts)
		}
		return greeting().Execute(io.out, facts)
	})
}

// demoCompany finds the agency of an earlier run, else seeds one.
func demoCompany(ctx context.Context, in *instance, locations int) (tenantry.CompanyID, error) {
	companies, err := in.store.Companies(ctx)
	if err != nil {
		return "", err
	}
	if len(companies) > 0 {
		return companies[0].ID, nil
	}
	return newSeeder(in.store, time.Now()).agency(ctx, locations, demoContacts, func() {})
}

// facts are what a client needs to begin.
type facts struct {
	BaseURL        string                         `json:"baseURL"`
	CompanyID      tenantry.CompanyID             `json:"companyId"`
	LocationTokens map[tenantry.LocationID]string `json:"locationTokens"`
	AgencyToken    string                         `json:"agencyToken"`
	demoAccess
	names map[tenantry.LocationID]string
}

// maxDevTokens bounds the tokens that are printed: with more sub-accounts, a script wants
// `tenantry token create`.
const maxDevTokens = 100

func devFacts(ctx context.Context, in *instance, demo demoAccess, company tenantry.CompanyID, base string, tokens *oauth.Authenticator) (facts, error) {
	f := facts{
		BaseURL: base, CompanyID: company, demoAccess: demo,
		LocationTokens: map[tenantry.LocationID]string{}, names: map[tenantry.LocationID]string{},
	}
	page, err := in.store.SearchLocations(ctx, company, tenantry.LocationFilter{Limit: maxDevTokens})
	if err != nil {
		return f, err
	}
	ids := tenantry.IDSource{}
	grant := oauth.Grant{Class: tenantry.Agency, CompanyID: company, Scopes: tenantry.Scopes(), TokenID: tenantry.TokenID(ids.Next(time.Now()))}
	f.AgencyToken, err = tokens.Issue(grant)
	grant.Class = tenantry.SubAccount
	for _, l := range page.Items {
		if err != nil {
			return f, err
		}
		grant.LocationID, grant.TokenID = l.ID, tenantry.TokenID(ids.Next(time.Now()))
		f.names[l.ID] = l.Name
		f.LocationTokens[l.ID], err = tokens.Issue(grant)
	}
	return f, err
}

// First is the first sub-account, for the curl line; empty when there is none, as in
// the data of a production server.
func (f facts) First() tenantry.LocationID {
	for _, id := range slices.Sorted(maps.Keys(f.LocationTokens)) {
		return id
	}
	return ""
}

// Names lists the sub-accounts in the order of their making.
func (f facts) Names() []string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(f.names)) {
		lines = append(lines, fmt.Sprintf("%s  %s", id, f.names[id]))
	}
	return lines
}

// Token is the token of a sub-account.
func (f facts) Token(id tenantry.LocationID) string { return f.LocationTokens[id] }

// AuthorizeURL is a link to install the demo app.
func (f facts) AuthorizeURL() string {
	return f.BaseURL + "/oauth/chooselocation?" + url.Values{
		"response_type": {"code"}, "client_id": {string(f.ClientID)}, "redirect_uri": {f.RedirectURI},
		"scope": {tenantry.JoinScopes([]tenantry.Scope{tenantry.LocationsRead, tenantry.TagsRead, tenantry.OAuthRead, tenantry.OAuthWrite})},
	}.Encode()
}

func greeting() *template.Template {
	return template.Must(template.New("greeting").Parse(`
Tenantry is listening on {{.BaseURL}}  (reference: {{.BaseURL}}/docs)

Sub-accounts of the demo agency:
{{range .Names}}  {{.}}
{{end}}
Copy this into a shell:

export BASE='{{.BaseURL}}' COMPANY='{{.CompanyID}}'
export AGENCY_TOKEN='{{.AgencyToken}}'
{{with .First}}export LOCATION='{{.}}'
export LOCATION_TOKEN='{{$.Token .}}'

and call the API with the agency's token, or with that of the first sub-account:
{{else}}
and call the API with the agency's token:
{{end}}
curl -s "$BASE/locations/search?limit=3" -H 'Version: 2021-07-28' -H "Authorization: Bearer $AGENCY_TOKEN"
{{if .First}}curl -s "$BASE/locations/$LOCATION/tags" -H 'Version: 2021-07-28' -H "Authorization: Bearer $LOCATION_TOKEN"
{{end}}
To install the demo app, sign in as {{.ConsoleEmail}} with the password {{.ConsolePassword}} at

{{.AuthorizeURL}}

The browser ends up at {{.RedirectURI}}?code=…, where nothing has to listen. Take the code:

export CLIENT_ID='{{.ClientID}}' CLIENT_SECRET='{{.ClientSecret}}'
export REDIRECT_URI='{{.RedirectURI}}' CODE='…'

curl -s "$BASE/oauth/token" -d grant_type=authorization_code -d "code=$CODE" -d "client_id=$CLIENT_ID" \
  -d "client_secret=$CLIENT_SECRET" --data-urlencode "redirect_uri=$REDIRECT_URI"

The tokens are good for 24 hours; a restart prints new ones, --json those of every sub-account.
Press Ctrl-C to stop.
`))
}
