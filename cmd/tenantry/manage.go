package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// manageFlags are those of the verbs that manage an installation. A server that has it open
// runs them in its own process, see [forward]; else they open the data themselves.
type manageFlags struct {
	dataFlags

	running *instance // of the server that runs the verb
}

// managed is a verb with [manageFlags].
type managed interface {
	Run(ctx context.Context, io console) error
	// socket is where a server that has the installation open listens.
	socket() string
	// attach makes the verb work on what the server has open.
	attach(in *instance)
}

// reader is a verb that may read something, in the process that it was started in.
type reader interface {
	input(io console) (string, error)
}

// manage runs a managing verb where the data is.
func manage(ctx context.Context, args []string, parsed *kong.Context, v managed, io console) (code int, err error) {
	if isSocket(v.socket()) {
		o := order{Args: spelled(args, parsed)}
		if r, ok := v.(reader); ok {
			if o.Input, err = r.input(io); err != nil {
				return 0, err
			}
			io.in = strings.NewReader(o.Input) // in case nobody listens
		}
		if code, done, err := forward(ctx, v.socket(), o, io); done {
			return code, err
		}
	}
	return exitDone, v.Run(ctx, io)
}

func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Type() == os.ModeSocket
}

// spelled adds to the arguments what the verb's flags take from variables of this process.
func spelled(args []string, parsed *kong.Context) []string {
	all := slices.Clone(args)
	for _, f := range parsed.Flags() {
		given := slices.ContainsFunc(parsed.Path, func(p *kong.Path) bool { return p.Flag == f })
		for _, name := range f.Envs {
			if value, ok := os.LookupEnv(name); ok && !given {
				all, given = append(all, "--"+f.Name+"="+value), true
			}
		}
	}
	return all
}

func (f *manageFlags) socket() string { return f.dataFlags.socket() }

func (f *manageFlags) attach(in *instance) { f.running = in }

// socket is the control socket of the installation.
func (f dataFlags) socket() string { return filepath.Join(f.Data, "control.sock") }

// use opens an installation that is there for the time that fn takes. What fn did is
// kept for sure when use returns without an error: only then a secret may be shown.
func (f *manageFlags) use(ctx context.Context, fn func(*instance) error) error {
	return f.useAs(ctx, opening{mustExist: true}, fn)
}

func (f *manageFlags) useAs(ctx context.Context, how opening, fn func(*instance) error) error {
	if f.running != nil {
		return fn(f.running)
	}
	in, err := f.open(ctx, slog.New(slog.DiscardHandler), how)
	if err != nil {
		return err
	}
	return errors.Join(fn(in), in.close())
}
