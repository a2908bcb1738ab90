package main

import (
	"context"
	"fmt"

	"github.com/tenantry/tenantry"
)

type appUninstallCmd struct {
	manageFlags
	Client   clientID `arg:"" help:"Client id of the app."`
	Company  string   `help:"Take the app from this agency and all its sub-accounts." placeholder:"ID" xor:"where" required:""`
	Location string   `help:"Take the app from this sub-account only." placeholder:"ID" xor:"where" required:""`
}

// Help is printed below the flags.
func (appUninstallCmd) Help() string {
	return `The tokens that the app has there end. It can be installed again.

Examples:
  tenantry app uninstall CLIENT_ID --location ID --data DIR
  tenantry app uninstall CLIENT_ID --company ID --data DIR`
}

// Run says what was done.
func (c *appUninstallCmd) Run(ctx context.Context, io console) error {
	err := c.use(ctx, func(in *instance) error {
		a, err := in.store.AppByClient(ctx, string(c.Client))
		switch {
		case err != nil:
			return err
		case c.Location != "":
			return in.store.Uninstall(ctx, tenantry.LocationID(c.Location), tenantry.System(), a.ID)
		}
		return in.store.UninstallCompany(ctx, tenantry.CompanyID(c.Company), tenantry.System(), a.ID)
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Uninstalled app %s from %s.\n", c.Client, c.Company+c.Location)
	return err
}
