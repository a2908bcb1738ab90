package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	binary string
	report string
	rounds int
	turn   time.Duration
	only   *regexp.Regexp
	fresh  int
	scale  string
	db     string
	peer   string

	reference, url string
	size           int
}

// all tells whether every row is asked for.
func (o options) all() bool { return o.only.String() == "" }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.binary, "binary", "bin/tenantry", "the server")
	flags.StringVar(&o.report, "report", "", "Markdown file to write the tables to, between their markers")
	flags.IntVar(&o.rounds, "rounds", 7, "turns that each server and its reference take")
	flags.DurationVar(&o.turn, "turn", 700*time.Millisecond, "length of a turn")
	only := flags.String("only", "", "a regular expression of the rows to measure")
	flags.IntVar(&o.fresh, "fresh", 100_000, "tokens to make for requests with new ones")
	flags.StringVar(&o.db, "db", sqlite, "the engine: sqlite, or postgres for a throw-away server that flushes each commit")
	flags.StringVar(&o.scale, "scale", "", "numbers of sub-accounts to compare instead, such as 1000,100000")
	flags.StringVar(&o.peer, "peer", "", "a PocketBase program to compare with instead")
	flags.StringVar(&o.reference, "reference", "", "serve a reference (the program starts itself so)")
	flags.StringVar(&o.url, "url", "", "database of the reference")
	flags.IntVar(&o.size, "size", 0, "bytes of the reference's answer")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return err
	}
	if o.db != sqlite && o.db != postgres {
		return fmt.Errorf("-db is %s or %s", sqlite, postgres)
	}
	switch {
	case o.reference != "":
		return serveReference(ctx, out, o)
	case o.peer != "":
		return comparePeer(ctx, o, out, progress)
	case o.scale != "":
		return scale(ctx, o, out, progress)
	}
	return compare(ctx, o, out, progress)
}
