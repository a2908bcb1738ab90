package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// whole reads for a copy, which is of all tenants.
func (d *DB) whole() Q { return d.Across("a copy is of all").Read() }

// hold of SQLite needs no lock: the folder has one, and it is this process's.
func (e *sqliteEngine) hold(ctx context.Context, _ []string, fn func(context.Context, Q) error) error {
	tx, err := e.reader.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return mapError("BEGIN", err)
	}
	s := &snapshot{pool: e.reader, tx: tx}
	defer s.end(ctx)
	return fn(ctx, s)
}

func (e *sqliteEngine) load(ctx context.Context, fn func(context.Context, Q) error) error {
	return e.writer.do(ctx, func(ctx context.Context, tx *Tx) error { return fn(ctx, tx) })
}

const (
	// copierName is what this program calls its connections to a server while it copies.
	copierName = "tenantry copy"
	// beginHold writes nothing either, but only who may write can lock out those who do.
	beginHold = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE"
	// A transaction that copies may take as long as it needs. These take no snapshot.
	noStatementLimit = "SET LOCAL statement_timeout = 0"
	noIdleLimit      = "SET LOCAL idle_in_transaction_session_timeout = 0"
)

// asCopier tells the server that a copy is connected and no server of this program.
func asCopier(databaseURL string) string {
	u, err := url.Parse(databaseURL)
	if err != nil || !IsPostgres(databaseURL) || u.Query().Has(poolerParameter) {
		return databaseURL
	}
	query := u.Query()
	query.Set("application_name", copierName)
	u.RawQuery = query.Encode()
	return u.String()
}

// hold locks the tables before it takes its snapshot, so that what it sees stays as it is.
func (e *postgresEngine) hold(ctx context.Context, tables []string, fn func(context.Context, Q) error) error {
	t := &postgresTx{engine: e, begin: beginHold, fence: unfenced, raised: unfenced}
	defer t.end()
	// The transactions of others have some time to end, and the server to call off its own upkeep of a
	// table, which takes it deadlock_timeout.
	statements := []string{noStatementLimit, noIdleLimit, "SET LOCAL lock_timeout = " + millis(e.tune.holdLimit)}
	if len(tables) > 0 {
		list := make([]string, len(tables))
		for i, name := range tables {
			list[i] = quoted(name)
		}
		statements = append(statements, "LOCK TABLE "+strings.Join(list, ", ")+" IN SHARE MODE")
	}
	for _, s := range statements {
		if _, err := t.Exec(ctx, s); err != nil {
			return fmt.Errorf("lock out writers: %w", err)
		}
	}
	servers, err := One(ctx, t, scanCount, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1", serverName)
	if err != nil {
		return err
	}
	if servers > 0 {
		return errors.New("a tenantry server is connected to the database: stop it first")
	}
	return fn(ctx, t)
}

func (e *postgresEngine) load(ctx context.Context, fn func(context.Context, Q) error) error {
	t := &postgresTx{engine: e, begin: beginWrite, fence: unfenced, raised: unfenced}
	defer t.end()
	if _, err := t.Exec(ctx, noStatementLimit); err != nil {
		return err
	}
	if err := fn(ctx, t); err != nil {
		return err
	}
	t.closeRows()
	return t.commit(ctx)
}
