package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// copyTableName is a table of the target of a copy: how far it is. While it is there the copy is not
// complete.
const copyTableName = "copy_state"

// copySource is the row of it that names the source; the others are tables'.
const copySource = "source"

var (
	// ErrCopyIncomplete is a database that [Copy] has not copied to its end.
	ErrCopyIncomplete = errors.New(`database is an incomplete copy: run "tenantry copy" again with the same source to go on, or empty it`)
	// ErrCopyDiffers is a copy whose rows are not those of its source.
	ErrCopyDiffers = errors.New("the copy differs from its source: empty the target and copy again")
	// ErrNotEmpty is a database that cannot be the target of a copy.
	ErrNotEmpty = errors.New("target is not empty")
)

// refuseIncomplete gives [ErrCopyIncomplete] to all but the copy itself.
func (d *DB) refuseIncomplete(ctx context.Context) error {
	if d.copying {
		return nil
	}
	has, err := d.engine.hasTable(ctx, copyTableName)
	if err == nil && has {
		err = ErrCopyIncomplete
	}
	return err
}

// source tells the source of this copy from others: by the id that tokens name as their issuer, or the
// first agency where no token was made yet.
func (c *copier) source(ctx context.Context) (string, error) {
	return One(ctx, c.from.whole(), scanString,
		"SELECT coalesce((SELECT value FROM settings WHERE name = 'instance_id'), (SELECT min(id) FROM companies), '')")
}

func scanString(r Row) (s string, err error) { return s, r.Scan(&s) }

// claim makes the target this copy's, or finds that it is.
func (c *copier) claim(ctx context.Context, source string) error {
	begun, err := c.to.engine.hasTable(ctx, copyTableName)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	if begun {
		of, err := One(ctx, c.to.whole(), scanString, "SELECT value FROM "+copyTableName+" WHERE name = $1", copySource)
		if err == nil && of != source {
			err = fmt.Errorf("%w: it is an incomplete copy of another source", ErrNotEmpty)
		}
		return err
	}
	if err := c.refuseFull(ctx); err != nil {
		return err
	}
	return c.to.engine.load(ctx, func(ctx context.Context, q Q) error {
		if _, err := q.Exec(ctx, "CREATE TABLE "+copyTableName+" (name TEXT PRIMARY KEY, value TEXT NOT NULL)"); err != nil {
			return err
		}
		_, err := q.Exec(ctx, "INSERT INTO "+copyTableName+" (name, value) VALUES ($1, $2)", copySource, source)
		return err
	})
}

// refuseFull refuses a target that has a row.
func (c *copier) refuseFull(ctx context.Context) error {
	tables, err := tablesOf(ctx, c.to)
	if err != nil {
		return err
	}
	all := make([]copyTable, 0, len(tables))
	for _, t := range tables {
		all = append(all, t)
	}
	return c.to.engine.hold(ctx, names(all), func(ctx context.Context, q Q) error {
		for _, name := range slices.Sorted(slices.Values(names(all))) {
			rows, err := One(ctx, q, scanCount, "SELECT count(*) FROM (SELECT 1 AS one FROM "+quoted(name)+" LIMIT 1) AS first_row")
			if err == nil && rows > 0 {
				err = fmt.Errorf("%w: its table %s has rows", ErrNotEmpty, name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// copyState is how far a table is; the zero value is before its first row.
type copyState struct {
	Rows int64    // copied so far
	Key  []string // of the last of them, as [copyTable.keyOf] writes it
	text string   // as the target has it, "" before the first batch
}

func (c *copier) stateOf(ctx context.Context, t copyTable) (s copyState, err error) {
	s.text, err = One(ctx, c.to.whole(), scanString, "SELECT value FROM "+copyTableName+" WHERE name = $1", "table "+t.name)
	if errors.Is(err, ErrNoRows) {
		return copyState{}, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(s.text), &s)
	}
	return s, err
}

// advance writes the state after next, in the transaction of the rows. Another copy at the same time is
// noticed by the state that it left.
func (s copyState) advance(ctx context.Context, q Q, t copyTable, next copyState) (copyState, error) {
	text, err := json.Marshal(next)
	if err != nil {
		return next, err
	}
	next.text = string(text)
	query, args := "INSERT INTO "+copyTableName+" (name, value) VALUES ($1, $2)", []any{"table " + t.name, next.text}
	if s.text != "" {
		query, args = "UPDATE "+copyTableName+" SET value = $2 WHERE name = $1 AND value = $3", append(args, s.text)
	}
	rows, err := q.Exec(ctx, query, args...)
	if err == nil && rows != 1 {
		err = errors.New("another copy writes to the target")
	}
	return next, err
}

// keyOf writes the key of a row for the state.
func (t copyTable) keyOf(row []any) ([]string, error) {
	key := make([]string, len(t.key))
	for i, column := range t.key {
		switch v := row[column].(type) {
		case string:
			key[i] = v
		case int64:
			key[i] = strconv.FormatInt(v, 10)
		default:
			return nil, fmt.Errorf("a key of type %T", v)
		}
	}
	return key, nil
}

// keyArgs reads what keyOf has written.
func (t copyTable) keyArgs(key []string) ([]any, error) {
	args := make([]any, len(key))
	for i, text := range key {
		args[i] = text
		if t.columns[t.key[i]].kind == "bigint" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, err
			}
			args[i] = n
		}
	}
	return args, nil
}
