// Command tenantry serves the Sub-Accounts API. `tenantry dev` is a seeded
// server for a laptop or a CI job, `tenantry serve` one for production.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
