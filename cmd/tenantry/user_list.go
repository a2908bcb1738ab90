package main

import (
	"context"
	"strings"

	"github.com/tenantry/tenantry"
)

type userListCmd struct {
	manageFlags
	jsonFlag
	Company string `help:"Only the users of this agency." placeholder:"ID"`
}

// Help is printed below the flags.
func (userListCmd) Help() string {
	return `Examples:
  tenantry user list --data DIR
  tenantry user list --company ID --json --data DIR`
}

// Run prints a line a user.
func (c *userListCmd) Run(ctx context.Context, std console) error {
	views := []userView{}
	err := c.use(ctx, func(in *instance) error {
		f := tenantry.UserFilter{CompanyID: tenantry.CompanyID(c.Company), Limit: listPage}
		users, err := every(func(last *tenantry.User) ([]tenantry.User, error) {
			if last != nil {
				f.After = last.ID
			}
			page, err := in.store.Users(ctx, f)
			return page.Items, err
		})
		for _, u := range users {
			views = append(views, viewUser(u))
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return std.printJSON(views)
	}
	rows := [][]string{{"ID", "NAME", "E-MAIL", "AGENCY", "TYPE", "ROLE", "SUB-ACCOUNTS"}}
	for _, v := range views {
		rows = append(rows, []string{
			string(v.ID), strings.TrimSpace(v.FirstName + " " + v.LastName), v.Email, string(v.CompanyID), string(v.Type), string(v.Role),
			strings.Join(textsOf(v.LocationIDs), " "),
		})
	}
	return std.printTable(rows)
}

// viewUser is a user as the verbs print it, without a password.
func viewUser(u tenantry.User) userView {
	return userView{
		ID: u.ID, CompanyID: u.CompanyID, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Type: u.Type, Role: u.Role,
		LocationIDs: append([]tenantry.LocationID{}, u.LocationIDs...),
	}
}
