package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

type seedCmd struct {
	dataFlags
	Locations int `help:"Sub-accounts to make." default:"12"`
	Contacts  int `help:"Contacts in each of them; each has open, overdue and completed tasks." default:"8"`
}

// Help is printed below the flags.
func (seedCmd) Help() string {
	return `The data is flushed to the disk now and then and at the end: what an interruption leaves
of a seed is incomplete, so seed a folder of its own and throw it away in that case.

Examples:
  tenantry seed --data ./demo --locations 1000
  tenantry seed --data ./demo --locations 100000 --contacts 0`
}

// Run makes a new agency and prints its id.
func (c *seedCmd) Run(ctx context.Context, std console) error {
	if c.Locations < 1 || c.Contacts < 0 {
		return usageError("--locations wants at least 1, --contacts at least 0")
	}
	log := newLogger(std, "auto", slog.LevelInfo)
	in, err := c.open(ctx, log, opening{durability: db.Deferred})
	if err != nil {
		return err
	}
	p := newProgress(std, c.Locations)
	company, err := newSeeder(in.store, time.Now()).agency(ctx, c.Locations, c.Contacts, func() { p.add(1) })
	p.end()
	if err = errors.Join(err, in.close()); err != nil {
		return incomplete(company, err)
	}
	_, err = fmt.Fprintf(std.out, "Seeded agency %s with %d sub-accounts.\n", company, c.Locations)
	return err
}

// incomplete says what an error of a seed, an interruption too, leaves behind.
func incomplete(company tenantry.CompanyID, err error) error {
	why := message(err)
	if errors.Is(err, context.Canceled) {
		why = "interrupted"
	}
	if company == "" {
		return fmt.Errorf("%s; nothing was seeded", why)
	}
	return fmt.Errorf("%s; agency %s is incomplete", why, company)
}
