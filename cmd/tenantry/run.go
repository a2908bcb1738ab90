package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is every verb and flag; kong reads it and prints the help from it.
type cli struct {
	Dev     devCmd     `cmd:"" help:"Run a server with a seeded demo agency, for development and CI."`
	Serve   serveCmd   `cmd:"" help:"Run a production server."`
	Migrate migrateCmd `cmd:"" help:"Bring a database to this version."`
	Token   tokenCmd   `cmd:"" help:"Manage private integration tokens."`
	App     appCmd     `cmd:"" help:"Manage OAuth apps."`
	User    userCmd    `cmd:"" help:"Manage users, who install apps."`
	Keys    keysCmd    `cmd:"" help:"Manage the keys that sign access tokens."`
	Seed    seedCmd    `cmd:"" help:"Fill a database with demo sub-accounts."`
	Version versionCmd `cmd:"" help:"Say what runs."`
	Doctor  doctorCmd  `cmd:"" help:"Say whether an installation is healthy."`
}

const description = `Tenantry is a self-hosted server for the Sub-Accounts API.

Examples:
  tenantry dev                              a seeded server on http://127.0.0.1:8080
  tenantry dev --json --addr 127.0.0.1:0    the same for scripts: one JSON line on standard output
  tenantry serve --data /var/lib/tenantry   a production server on SQLite
  tenantry token create --location ID --scopes locations.readonly --data DIR
  tenantry app create --company ID --name "My app" --redirect-uri https://app.example.com/cb --data DIR`

// console is what a verb reads and where it prints.
type console struct {
	in  io.Reader
	out io.Writer // results, and nothing else
	err io.Writer // progress and messages
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	io := console{in: stdin, out: stdout, err: stderr}
	type exit int
	defer func() {
		switch v := recover().(type) {
		case nil:
		case exit: // kong has printed the help
			code = int(v)
		default:
			panic(v)
		}
	}()
	parser, err := kong.New(&cli{}, kong.Name("tenantry"), kong.Description(description), kong.DefaultEnvars("TENANTRY"),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100, NoExpandSubcommands: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(io))
	if err != nil {
		panic(err) // the struct above is wrong
	}
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case args[0] == "help":
		args = append(slices.Clone(args[1:]), "--help")
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "tenantry: %v\nRun \"tenantry --help\" for the verbs and flags.\n", err)
		return exitUsage
	}
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintf(stderr, "tenantry: %s\n", message(err))
		if _, ok := errors.AsType[usageError](err); ok {
			return exitUsage
		}
		return exitFailed
	}
	return exitDone
}

// usageError is a wrong use that only the verb can see.
type usageError string

// Error is the text.
func (e usageError) Error() string { return string(e) }

// message is what a person is told of err: no error codes, and what to do where it is known.
func message(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*tenantry.Error](err); ok {
		text = strings.Replace(text, e.Code+": ", "", 1)
	}
	if errors.Is(err, db.ErrFolderInUse) {
		text += "; stop the server first"
	}
	return text
}
