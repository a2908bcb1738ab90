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
}

// Help is printed below the flags.
func (migrateCmd) Help() string {
	return `Examples:
  tenantry migrate --data /var/lib/tenantry`
}

// Run migrates and says from which version to which.
func (c *migrateCmd) Run(ctx context.Context, io console) error {
	d, err := db.Open(ctx, c.dbURL(), db.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	from, to, err := d.Migrate(ctx)
	if err = errors.Join(err, d.Close()); err != nil {
		return err
	}
	if from == to {
		_, err = fmt.Fprintf(io.out, "The database is at version %d already.\n", to)
		return err
	}
	_, err = fmt.Fprintf(io.out, "Migrated the database from version %d to %d.\n", from, to)
	return err
}
