package db

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

func (e *sqliteEngine) check(ctx context.Context) error {
	text := func(r Row) (s string, err error) { return s, r.Scan(&s) }
	patient := patientPool{e.reader}
	found, err := All(ctx, patient, text, "PRAGMA quick_check(10)")
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("database is damaged: %s", strings.Join(found, "; "))
	}
	found, err = All(ctx, patient, danglingText, danglingRows)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("database has rows that refer to missing ones: %s", strings.Join(found, "; "))
	}
	return nil
}

const danglingRows = `SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2`

func danglingText(r Row) (string, error) {
	var table, parent string
	var rows int64
	if err := r.Scan(&table, &parent, &rows); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d of %s to %s", rows, table, parent), nil
}

func (e *sqliteEngine) hasTable(ctx context.Context, name string) (bool, error) {
	return One(ctx, e.reader, func(r Row) (has bool, err error) { return has, r.Scan(&has) },
		"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1", name)
}

// migrate runs what is pending on a connection of its own.
func (e *sqliteEngine) migrate(ctx context.Context, migrations fs.FS) error {
	pool, err := e.pool(migrating, 1)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }() // the writer's connection is open still, so there is nothing left to flush
	return migrateUp(ctx, goose.DialectSQLite3, pool, migrations)
}
