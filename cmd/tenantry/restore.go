package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/tenantry/tenantry/internal/db"
)

type restoreCmd struct {
	File string `arg:"" help:"Backup to restore." type:"existingfile"`
	Data string `help:"Folder to restore into; it must not hold a database or files yet." default:"tenantry-data" type:"path"`
	DB   string `name:"db" help:"PostgreSQL database: says how its own tools restore it." placeholder:"URL"`
}

// Help is printed below the flags.
func (restoreCmd) Help() string {
	return `The backup is checked whole before anything of it is put in place. The sealing key is not
in it: put your copy into the folder as secret.key before you start the server.

A dump of a PostgreSQL database is restored by pg_restore: with its --db, this prints the commands.

Examples:
  tenantry restore /backups/tenantry-2026-03-02.tar.gz --data /var/lib/tenantry`
}

// Run unpacks the backup beside its place and moves it there once it is found to be good.
func (c *restoreCmd) Run(ctx context.Context, std console) (err error) {
	if db.IsPostgres(c.DB) {
		return c.ownTools()
	}
	if c.DB != "" && c.DB != (dataFlags{Data: c.Data}).dbURL() {
		return usageError("--db: a backup is restored into a folder, which --data names; its database is tenantry.db there")
	}
	for _, name := range []string{archivedDB, archivedFiles} {
		if _, err := os.Lstat(filepath.Join(c.Data, name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s holds %s already: restore into another folder, or move it away", c.Data, name)
		}
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	work, err := os.MkdirTemp(c.Data, ".restore-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	files, err := c.unpack(ctx, std, work)
	if err == nil {
		err = checkRestored(ctx, work)
	}
	if err != nil {
		return fmt.Errorf("%s is damaged or no backup of this program: %w; nothing was restored", c.File, err)
	}
	if err := c.place(work); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "Restored the database and %s into %s.\n", plural(files, "uploaded file"), c.Data)
	if key := (dataFlags{Data: c.Data}).keyFile(); err == nil && !isThere(key) {
		_, err = fmt.Fprintf(std.out, "Put your copy of the sealing key at %s before you start the server.\n", key)
	}
	return err
}

// ownTools says how a dump of a PostgreSQL database is restored.
func (c *restoreCmd) ownTools() error {
	return fmt.Errorf(`PostgreSQL is restored by its own tools, into a new database of the same owner:
  pg_restore --exit-on-error --no-owner --dbname=%s %s
  tar -C %s -xzf %s
The password is read from PGPASSWORD or ~/.pgpass. Then put secret.key into %s, and look with "tenantry doctor"`,
		shell(db.ToolURL(c.DB)), shell(c.File), shell(c.Data), shell(c.File+"-files.tar.gz"), c.Data)
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (c *restoreCmd) unpack(ctx context.Context, std console, work string) (files int, err error) {
	f, err := os.Open(c.File)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(work)
	if err != nil {
		return 0, err
	}
	bar := newByteProgress(std, info.Size())
	defer bar.end()
	files, err = unpack(io.TeeReader(untilDone{ctx, f}, counter(bar.add)), root)
	return files, errors.Join(err, root.Close())
}

// untilDone is a reader that ends with a context.
type untilDone struct {
	ctx context.Context //nolint:containedctx // that of one verb
	r   io.Reader
}

// Read reads, or says why no more.
func (u untilDone) Read(data []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(data)
}

// checkRestored looks whether this program can work with the database.
func checkRestored(ctx context.Context, work string) error {
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(work, archivedDB), db.Options{MustExist: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	have, err := d.SchemaVersion(ctx)
	latest, err2 := d.LatestVersion()
	switch {
	case err != nil || err2 != nil:
		err = errors.Join(err, err2)
	case have == 0:
		err = errors.New("its database is empty")
	case have > latest:
		err = fmt.Errorf("its database is at version %d, this program knows versions up to %d", have, latest)
	default:
		err = d.Check(ctx)
	}
	return errors.Join(err, d.Close())
}

// place moves what was unpacked into the folder, the database last: a server starts on a
// whole one or on none.
func (c *restoreCmd) place(work string) error {
	for _, name := range []string{archivedFiles, archivedDB} {
		err := os.Rename(filepath.Join(work, name), filepath.Join(c.Data, name))
		if err != nil && (name == archivedDB || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	dir, err := os.Open(c.Data)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
