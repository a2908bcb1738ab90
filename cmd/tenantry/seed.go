package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/tenantry/tenantry/internal/db"
)

type seedCmd struct {
	dataFlags
	Locations int `help:"Sub-accounts to make." default:"12" placeholder:"N"`
	Contacts  int `help:"Contacts in each of them; each has open, overdue and completed tasks." default:"8" placeholder:"N"`
}

// Help is printed below the flags.
func (seedCmd) Help() string {
	return `Examples:
  tenantry seed --data ./demo --locations 1000
  tenantry seed --data ./demo --locations 100000 --contacts 0`
}

// Run makes a new agency and prints its id.
func (c *seedCmd) Run(ctx context.Context, io console) error {
	if c.Locations < 1 || c.Contacts < 0 {
		return usageError("--locations wants at least 1, --contacts at least 0")
	}
	log := newLogger(io, "auto")
	in, err := c.open(ctx, log, db.Full, true)
	if err != nil {
		return err
	}
	f, isFile := io.err.(*os.File)
	bar := progressbar.NewOptions(c.Locations,
		progressbar.OptionSetWriter(io.err), progressbar.OptionSetDescription("sub-accounts"),
		progressbar.OptionSetVisibility(isFile && term.IsTerminal(int(f.Fd()))), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond))
	company, err := newSeeder(in.store, time.Now()).agency(ctx, c.Locations, c.Contacts, func() { _ = bar.Add(1) })
	if err = errors.Join(err, bar.Finish(), in.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Seeded agency %s with %d sub-accounts.\n", company, c.Locations)
	return err
}
