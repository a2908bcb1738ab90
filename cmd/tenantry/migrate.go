package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tenantry/tenantry/internal/db"
)

type migrateCmd struct {
	dataFlags

	Citus  bool `help:"Then spread the tables over the machines of a Citus cluster."`
	DryRun bool `help:"With --citus: change nothing, print the statements."`
}

// Help is printed below the flags.
func (migrateCmd) Help() string {
	return `Examples:
  tenantry migrate --data /var/lib/tenantry
  tenantry migrate --db postgres://tenantry@coordinator.internal/tenantry --citus --dry-run`
}

// Run migrates and says from which version to which.
func (c *migrateCmd) Run(ctx context.Context, io console) error {
	if c.DryRun && !c.Citus {
		return usageError("--dry-run goes with --citus")
	}
	d, err := db.Open(ctx, c.dbURL(), db.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if c.Citus {
		return errors.Join(c.distribute(ctx, io, d), d.Close())
	}
	return errors.Join(c.migrate(ctx, io, d), d.Close())
}

func (c *migrateCmd) migrate(ctx context.Context, io console, d *db.DB) error {
	from, to, err := d.Migrate(ctx)
	if err != nil {
		return err
	}
	if from == to {
		_, err = fmt.Fprintf(io.out, "The database is at version %d already.\n", to)
		return err
	}
	_, err = fmt.Fprintf(io.out, "Migrated the database from version %d to %d.\n", from, to)
	return err
}

// distribute migrates and then spreads the tables over a Citus cluster.
func (c *migrateCmd) distribute(ctx context.Context, io console, d *db.DB) error {
	if !c.DryRun {
		if err := c.migrate(ctx, io, d); err != nil {
			return err
		}
	} else if err := refuseOlder(ctx, d); err != nil {
		return err
	}
	statements, err := d.DistributeStatements(ctx)
	if err != nil {
		return err
	}
	if c.DryRun {
		for _, s := range statements {
			if _, err := fmt.Fprintln(io.out, s+";"); err != nil {
				return err
			}
		}
		return nil
	}
	if err := d.Distribute(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Spread the database with %d statements. Serve it with fence=off in the URL.\n", len(statements))
	return err
}
