package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a private integration token and print it; it is shown this once."`
	List   tokenListCmd   `cmd:"" help:"List private integration tokens."`
	Rotate tokenRotateCmd `cmd:"" help:"Replace a token and print the new one; it is shown this once."`
	Delete tokenDeleteCmd `cmd:"" help:"Delete a token; it is refused from then on."`
}

type tokenCreateCmd struct {
	manageFlags
	Company    string    `help:"Make a token of this agency." xor:"owner" placeholder:"ID"`
	Location   string    `help:"Make a token of this sub-account." xor:"owner" placeholder:"ID"`
	NewCompany name      `help:"Make an agency of this name, and an installation if there is none, and a token of the agency; its id goes to standard error." xor:"owner" placeholder:"NAME"`
	Scopes     scopeList `help:"Scopes, separated by commas; all by default." placeholder:"SCOPE,..."`
	Name       name      `help:"Name to tell the token by." default:"created on the command line"`
}

// Help is printed below the flags.
func (tokenCreateCmd) Help() string {
	return `Say whose token it is: --company, --location or --new-company.

Examples:
  tenantry token create --company ID --scopes locations.readonly,locations.write --data DIR
  tenantry token create --location ID --data DIR
  tenantry token create --new-company "My agency" --data DIR

The scopes are:
  ` + strings.Join(textsOf(tenantry.PrivateScopes()), "\n  ")
}

// Run prints the token and nothing else.
func (c *tokenCreateCmd) Run(ctx context.Context, io console) error {
	if c.Company == "" && c.Location == "" && c.NewCompany == "" {
		return usageError("say whose token it is: --company ID, --location ID or --new-company NAME")
	}
	scopes := []tenantry.Scope(c.Scopes)
	if len(scopes) == 0 {
		scopes = tenantry.PrivateScopes()
	}
	var token string
	err := c.useAs(ctx, opening{mustExist: c.NewCompany == ""}, func(in *instance) (err error) {
		token, err = c.create(ctx, io, in, scopes)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, token)
	return err
}

func (c *tokenCreateCmd) create(ctx context.Context, io console, in *instance, scopes []tenantry.Scope) (string, error) {
	caller := tenantry.Caller{Class: tenantry.Agency, CompanyID: tenantry.CompanyID(c.Company), Scopes: scopes}
	if c.Location != "" {
		caller.Class, caller.LocationID = tenantry.SubAccount, tenantry.LocationID(c.Location)
	}
	if c.NewCompany != "" {
		company, err := in.store.CreateCompany(ctx, string(c.NewCompany), "")
		if err != nil {
			return "", err
		}
		caller.CompanyID = company
		if _, err := fmt.Fprintf(io.err, "Made agency %s.\n", company); err != nil {
			return "", err
		}
	}
	token := oauth.NewPrivateToken()
	_, err := in.store.CreateToken(ctx, tenantry.System(), oauth.HashToken(token), string(c.Name), caller, time.Time{})
	if tenantry.KindOf(err) == tenantry.NoAccess {
		err = fmt.Errorf("there is no sub-account %s", c.Location)
	}
	return token, err
}

func textsOf[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = string(v)
	}
	return texts
}
