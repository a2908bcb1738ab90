package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migrationWait is how many seconds a program waits for another that migrates.
const migrationWait = 600

// migrate runs what is pending on connections without time limits, under a lock of the
// whole database: of several programs one migrates and the others find nothing to do.
func (e *postgresEngine) migrate(ctx context.Context, migrations fs.FS) error {
	config, err := e.patient()
	if err != nil {
		return err
	}
	pool := stdlib.OpenDB(*config)
	defer func() { _ = pool.Close() }() // every migration is committed by now
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, migrationWait))
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	return migrateUp(ctx, goose.DialectPostgres, pool, migrations, goose.WithSessionLocker(locker))
}

// patient is for connections without time limits.
func (e *postgresEngine) patient() (*pgx.ConnConfig, error) {
	config := e.pool.Config().ConnConfig
	if pooled(config) {
		return nil, errors.New("migrate database: this needs a connection of its own; migrate with the URL of the server itself, not of its pooler")
	}
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	return config, nil
}
