package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// The engines.
const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

// place is where a server keeps its data.
type place struct {
	folder string
	url    string // of the database
}

// args are the flags that name it.
func (p place) args() []string { return []string{"--data", p.folder, "--db", p.url} }

// site is a folder for places, with a database server where the engine is one.
type site struct {
	folder string
	server *pgtest.Server // nil for SQLite
}

// newSite makes an empty one, which the caller closes.
func newSite(engine string) (*site, error) {
	folder, err := os.MkdirTemp("", "tenantry-bench-") // the system's folder for such things
	if err != nil {
		return nil, err
	}
	s := &site{folder: folder}
	if engine == postgres {
		if s.server, err = pgtest.StartDurable(); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// place makes a place with an empty database.
func (s *site) place(ctx context.Context, name string) (place, error) {
	p := place{folder: filepath.Join(s.folder, name)}
	if err := os.Mkdir(p.folder, 0o700); err != nil {
		return p, err
	}
	if s.server == nil {
		p.url = "sqlite:" + filepath.Join(p.folder, "tenantry.db")
		return p, nil
	}
	p.url = s.server.URL(name)
	return p, s.server.Create(ctx, name, "")
}

// close takes all of it away.
func (s *site) close() error {
	err := os.RemoveAll(s.folder)
	if s.server != nil {
		err = errors.Join(err, s.server.Close())
	}
	return err
}
