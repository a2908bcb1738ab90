package db

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Backup writes the state that a SQLite database has now to the file dest, which must not exist,
// and flushes it. Others may read and write meanwhile, in other processes too. Errors:
// [ErrNoDatabase]; those of ctx; what the disk has to say.
func Backup(ctx context.Context, url, dest string) error {
	if IsPostgres(url) {
		return errors.New("this backs up SQLite only; PostgreSQL has tools of its own, such as pg_dump and pg_basebackup")
	}
	path, err := sqlitePath(url)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%w: %w", ErrNoDatabase, err)
	}
	f, err := os.OpenFile(dest, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // the engine writes the file through its own handle
	e := &sqliteEngine{path: path, durability: Full}
	pool, err := e.pool(copying, 1)
	if err != nil {
		return err
	}
	const query = "VACUUM INTO $1"
	_, err = pool.ExecContext(ctx, query, dest)
	return errors.Join(mapError(query, err), pool.Close(), f.Sync())
}
