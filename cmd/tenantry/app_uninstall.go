package main

import (
	"context"
	"fmt"

	"github.com/tenantry/tenantry"
)

type appUninstallCmd struct {
	manageFlags
	Client   clientID `arg:"" help:"Client id of the app."`
	Company  string   `help:"Uninstall the app from this agency and all its sub-accounts." xor:"owner" placeholder:"ID"`
	Location string   `help:"Uninstall the app from this sub-account." xor:"owner" placeholder:"ID"`
}

// Help is printed below the flags.
func (appUninstallCmd) Help() string {
	return `The tokens that the app has there end. Where it works for a whole agency it keeps the
agency's, until it is uninstalled from the agency. An interrupted uninstall goes on when it
is asked for again.

Examples:
  tenantry app uninstall CLIENT_ID --location ID --data DIR
  tenantry app uninstall CLIENT_ID --company ID --data DIR`
}

// Run says from where the app was uninstalled.
func (c *appUninstallCmd) Run(ctx context.Context, io console) error {
	if c.Company == "" && c.Location == "" {
		return usageError("say from where: --company ID or --location ID")
	}
	err := c.use(ctx, func(in *instance) error {
		app, err := in.store.AppByClient(ctx, string(c.Client))
		if err != nil {
			return err
		}
		if c.Company != "" {
			err = in.store.UninstallCompany(ctx, tenantry.CompanyID(c.Company), tenantry.System(), app.ID)
		} else {
			err = in.store.Uninstall(ctx, tenantry.LocationID(c.Location), tenantry.System(), app.ID)
		}
		switch tenantry.KindOf(err) {
		case tenantry.NotFound:
			return fmt.Errorf("app %s is not installed on %s%s", c.Client, c.Company, c.Location)
		case tenantry.NoAccess:
			return fmt.Errorf("there is no sub-account %s", c.Location)
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Uninstalled app %s from %s%s.\n", c.Client, c.Company, c.Location)
	return err
}
