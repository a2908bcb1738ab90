package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

// tokenView is a private integration token as it is listed; it is not the token.
type tokenView struct {
	ID            tenantry.TokenID    `json:"id"`
	Name          string              `json:"name"`
	CompanyID     tenantry.CompanyID  `json:"companyId"`
	LocationID    tenantry.LocationID `json:"locationId,omitempty"`
	Scopes        []tenantry.Scope    `json:"scopes"`
	CreatedAt     time.Time           `json:"createdAt"`
	ExpiresAt     time.Time           `json:"expiresAt,omitzero"`
	LastUsedAt    time.Time           `json:"lastUsedAt,omitzero"`
	PreviousUntil time.Time           `json:"previousUntil,omitzero"`
}

type tokenListCmd struct {
	manageFlags
	jsonFlag
	Company  string `help:"Only the tokens of this agency and its sub-accounts." placeholder:"ID"`
	Location string `help:"Only the tokens of this sub-account." placeholder:"ID"`
}

// Help is printed below the flags.
func (tokenListCmd) Help() string {
	return `Examples:
  tenantry token list --data DIR
  tenantry token list --location ID --json --data DIR`
}

// Run prints a line a token.
func (c *tokenListCmd) Run(ctx context.Context, io console) error {
	f := tenantry.PrivateTokenFilter{
		CompanyID: tenantry.CompanyID(c.Company), LocationID: tenantry.LocationID(c.Location), Limit: listPage,
	}
	views := []tokenView{}
	err := c.use(ctx, func(in *instance) error {
		tokens, err := every(func(last *tenantry.PrivateToken) ([]tenantry.PrivateToken, error) {
			if last != nil {
				f.After = last.ID
			}
			page, err := in.store.PrivateTokens(ctx, f)
			return page.Items, err
		})
		for _, t := range tokens {
			views = append(views, tokenView(t))
		}
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return io.printJSON(views)
	}
	rows := [][]string{{"ID", "NAME", "AGENCY", "SUB-ACCOUNT", "CREATED", "EXPIRES", "LAST USED"}}
	for _, v := range views {
		rows = append(rows, []string{
			string(v.ID), v.Name, string(v.CompanyID), string(v.LocationID), day(v.CreatedAt, ""), day(v.ExpiresAt, "never"),
			day(v.LastUsedAt, "never"),
		})
	}
	return io.printTable(rows)
}

type tokenRotateCmd struct {
	manageFlags
	ID      string        `arg:"" help:"Id of the token; tenantry token list shows it."`
	Overlap time.Duration `help:"How long the old token stays good: 0s to 168h." default:"24h"`
}

// Help is printed below the flags.
func (tokenRotateCmd) Help() string {
	return `The token keeps its id, name and scopes. Rotate with --overlap 0s if it leaked.

Examples:
  tenantry token rotate ID --data DIR
  tenantry token rotate ID --overlap 0s --data DIR`
}

// Run prints the token and nothing else.
func (c *tokenRotateCmd) Run(ctx context.Context, io console) error {
	if c.Overlap < 0 || c.Overlap > tenantry.MaxRotationOverlap {
		return usageError("--overlap wants 0s to 168h")
	}
	token := oauth.NewPrivateToken()
	err := c.use(ctx, func(in *instance) error {
		var until time.Time
		if c.Overlap > 0 {
			until = time.Now().Add(c.Overlap)
		}
		_, err := in.store.RotateToken(ctx, tenantry.System(), tenantry.TokenID(c.ID), oauth.HashToken(token), until)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(io.out, token)
	return err
}

type tokenDeleteCmd struct {
	manageFlags
	ID string `arg:"" help:"Id of the token; tenantry token list shows it."`
}

// Help is printed below the flags.
func (tokenDeleteCmd) Help() string {
	return `Examples:
  tenantry token delete ID --data DIR`
}

// Run says what was deleted.
func (c *tokenDeleteCmd) Run(ctx context.Context, io console) error {
	err := c.use(ctx, func(in *instance) error {
		return in.store.DeleteToken(ctx, tenantry.System(), tenantry.TokenID(c.ID))
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Deleted token %s.\n", c.ID)
	return err
}
