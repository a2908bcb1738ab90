package main

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"
)

// referenceConns is as many connections as the server takes: more of them share a flush.
const referenceConns = 16

// openPool opens a database and makes the table of the references.
func openPool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = referenceConns
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	_, err = pool.Exec(ctx, `CREATE TABLE bodies (id TEXT COLLATE "C" PRIMARY KEY, body TEXT NOT NULL)`)
	return pool, err
}

// postgresPointRead is [sqlitePointRead] of PostgreSQL; its driver prepares the statement once
// a connection.
func postgresPointRead(ctx context.Context, url string, body []byte) (func(id string) ([]byte, error), error) {
	pool, err := openPool(ctx, url)
	if err != nil {
		return nil, err
	}
	for i := range referenceRows {
		if _, err := pool.Exec(ctx, `INSERT INTO bodies VALUES ($1, $2)`, strconv.Itoa(i), string(body)); err != nil {
			return nil, err
		}
	}
	return func(id string) (found []byte, err error) {
		return found, pool.QueryRow(ctx, `SELECT body FROM bodies WHERE id = $1`, id).Scan(&found)
	}, nil
}

// postgresInserts gives a function that inserts one row in a transaction of its own and returns
// after the commit, which the server flushes together with those of others.
func postgresInserts(ctx context.Context, url string) (func(body string) error, error) {
	pool, err := openPool(ctx, url)
	if err != nil {
		return nil, err
	}
	var ids atomic.Int64
	return func(body string) error {
		_, err := pool.Exec(ctx, `INSERT INTO bodies VALUES ($1, $2)`, fmt.Sprintf("%020d", ids.Add(1)), body)
		return err
	}, nil
}
