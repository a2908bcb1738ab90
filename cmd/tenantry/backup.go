package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/tenantry/tenantry/internal/db"
)

type backupCmd struct {
	dataFlags
	File string `arg:"" help:"File to write; it must not exist yet." type:"path"`
}

// Help is printed below the flags.
func (backupCmd) Help() string {
	return `The server may run meanwhile. The backup has one state of the database, and the uploaded
files; it does not have the sealing key: keep a copy of that in another place. Nor does
it have files that are kept in a bucket.

A PostgreSQL database is backed up by pg_dump: for one, this prints the commands.

Examples:
  tenantry backup /backups/tenantry-$(date +%F).tar.gz --data /var/lib/tenantry`
}

// Run writes the backup beside its place and moves it there when it is complete.
func (c *backupCmd) Run(ctx context.Context, io console) (err error) {
	if db.IsPostgres(c.dbURL()) {
		return c.ownTools()
	}
	if _, err := os.Lstat(c.File); err == nil {
		return fmt.Errorf("%s exists already", c.File)
	}
	work, err := os.MkdirTemp(filepath.Dir(c.File), ".backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	whole := filepath.Join(work, "backup.tar.gz")
	files, err := c.write(ctx, io, whole)
	if err == nil {
		err = os.Rename(whole, c.File)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.out, "Backed up the database and %s to %s.\nThe sealing key %s is not in it: keep a copy of it apart.\n",
		plural(files, "uploaded file"), c.File, c.keyFile())
	if b := c.Files.bucket; b != nil && err == nil {
		_, err = fmt.Fprintf(io.out, "The files in the bucket %s are not in it either: back it up with its own means.\n", b)
	}
	return err
}

// write writes the backup to a file.
func (c *backupCmd) write(ctx context.Context, io console, file string) (files int, err error) {
	copied := filepath.Join(filepath.Dir(file), archivedDB)
	if err := db.Backup(ctx, c.dbURL(), copied); err != nil {
		return 0, err
	}
	var names []string
	var bytes int64
	if c.Files.bucket == nil {
		var err error
		if names, bytes, err = uploads(c.filesDir()); err != nil {
			return 0, err
		}
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // in a folder that was just made
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Sync(), out.Close()) }()
	info, err := os.Stat(copied)
	if err != nil {
		return 0, err
	}
	bar := newByteProgress(io, bytes+info.Size())
	defer bar.end()
	p := newPacker(out, bar.add)
	if err := packFile(p, archivedDB, copied); err != nil {
		return 0, err
	}
	for _, name := range names {
		err := packFile(p, path.Join(archivedFiles, name), filepath.Join(c.filesDir(), filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted meanwhile
		case err != nil || ctx.Err() != nil:
			return files, errors.Join(err, ctx.Err())
		default:
			files++
		}
	}
	return files, p.close(time.Now())
}

// ownTools says how a PostgreSQL database is backed up.
func (c *backupCmd) ownTools() error {
	return fmt.Errorf(`PostgreSQL is backed up by its own tools, the files after it:
  pg_dump --format=custom --file=%s %s
  tar -C %s -czf %s %s
The password is read from PGPASSWORD or ~/.pgpass. To lose less than a dump does, keep a standby or archive the log: docs/postgres.md.
The sealing key %s is in neither: keep a copy of it apart`,
		shell(c.File), shell(db.ToolURL(c.dbURL())), shell(filepath.Dir(c.filesDir())), shell(c.File+"-files.tar.gz"), shell(filepath.Base(c.filesDir())), c.keyFile())
}

// shell quotes a word of a command that a person is told, where it needs that.
func shell(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func packFile(p *packer, name, file string) error {
	f, err := os.Open(file) //nolint:gosec // in the operator's folder
	if err != nil {
		return err
	}
	return errors.Join(p.add(name, f), f.Close())
}

// uploads lists the uploaded files by their paths in the folder, without what is on its way.
func uploads(folder string) (names []string, bytes int64, err error) {
	err = fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted meanwhile, or there are none at all
			return nil
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if err == nil {
			names, bytes = append(names, name), bytes+info.Size()
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return names, bytes, err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
