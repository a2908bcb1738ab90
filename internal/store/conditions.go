package store

import (
	"context"
	"strconv"
	"strings"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// conditions builds the WHERE of a search: its parts, all of which must hold, and
// the arguments of the whole statement.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) add(part string) { c.parts = append(c.parts, part) }

// arg notes an argument and gives its placeholder.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *conditions) where() string {
	if len(c.parts) == 0 {
		return ""
	}
	return ` WHERE ` + strings.Join(c.parts, ` AND `)
}

// inArgs notes a list of arguments and gives the inside of its IN (…).
func inArgs[T any](c *conditions, values []T) string {
	from := len(c.args) + 1
	for _, v := range values {
		c.args = append(c.args, v)
	}
	return db.In(len(values), from)
}

// boolean is a truth value as a column keeps it, the same on each engine.
func boolean(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// narrow lets an index of texts serve a search for a query, which a condition with
// [db.Contains] decides on. The location is the statement's first argument.
func (s *Store) narrow(ctx context.Context, q db.Q, w *conditions, x db.TextIndex, loc tenantry.LocationID, query string) error {
	condition, arg, err := s.db.Narrow(ctx, q, x, `$1`, string(loc), tenantry.Fold(query))
	if condition != nil {
		w.add(condition(w.arg(arg)))
	}
	return err
}

// named are the locations whose name has the query in it. On PostgreSQL an index serves
// the pattern; SQLite compares the names in the index that it reads.
func (s *Store) named(w *conditions, column, query string) {
	text := tenantry.Fold(query)
	if s.db.Engine() == db.Postgres {
		w.add(column + ` LIKE ` + w.arg(db.Pattern(text)))
	}
	w.add(db.Contains(column, w.arg(text)))
}
