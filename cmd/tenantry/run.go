package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
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
	Backup  backupCmd  `cmd:"" help:"Write a backup; the server may run meanwhile."`
	Restore restoreCmd `cmd:"" help:"Restore a backup into a new folder."`
	Copy    copyCmd    `cmd:"" help:"Copy a database into another, of the other engine too."`
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
	parser := newParser(ctx, io, kong.DefaultEnvars("TENANTRY"), kong.Exit(func(code int) { panic(exit(code)) }))
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
	if v, ok := verbOf(parsed); ok {
		code, err := manage(ctx, args, parsed, v, io)
		if err != nil {
			return exitCode(err, io)
		}
		return code
	}
	return exitCode(parsed.Run(), io)
}

func newParser(ctx context.Context, io console, more ...kong.Option) *kong.Kong {
	options := append([]kong.Option{
		kong.Name("tenantry"), kong.Description(description), kong.Writers(io.out, io.err),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100, NoExpandSubcommands: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(io),
	}, more...)
	parser, err := kong.New(&cli{}, options...)
	if err != nil {
		panic(err) // the struct above is wrong
	}
	return parser
}

// verbOf gives the verb if it is one that manages.
func verbOf(parsed *kong.Context) (managed, bool) {
	return reflect.TypeAssert[managed](parsed.Selected().Target.Addr())
}

// exitCode tells a person what went wrong, and the process how to end.
func exitCode(err error, io console) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return exitDone
	}
	_, _ = fmt.Fprintf(io.err, "tenantry: %s\n", message(err))
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
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
		text += "; stop it first"
	}
	return text
}
