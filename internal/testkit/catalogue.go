package testkit

import (
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
)

// Column is a column of a table.
type Column struct {
	Name     string
	IsNumber bool
	Needed   bool // it may not be null and has no default
}

// Tables lists the tables of a database by name, without indexes that SQLite takes for tables.
func Tables(t testing.TB, d *db.DB) []string {
	t.Helper()
	query := `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`
	if d.Engine() == db.Postgres {
		query = `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname COLLATE "C"`
	}
	return Texts(t, d, query)
}

// Columns lists the columns of a table in their order.
func Columns(t testing.TB, d *db.DB, table string) []Column {
	t.Helper()
	query := `SELECT name, type <> 'TEXT', "notnull" AND dflt_value IS NULL FROM pragma_table_info($1) ORDER BY cid`
	if d.Engine() == db.Postgres {
		query = `SELECT attname::text, atttypid <> 'text'::regtype, attnotnull AND NOT atthasdef FROM pg_attribute
			WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`
	}
	columns, err := db.All(t.Context(), d.Across("tests look at everything").Read(), func(r db.Row) (c Column, err error) {
		return c, r.Scan(&c.Name, &c.IsNumber, &c.Needed)
	}, query, table)
	must(t, err)
	return columns
}

// TablesWith lists the tables that have a column of this name.
func TablesWith(t testing.TB, d *db.DB, column string) (tables []string) {
	t.Helper()
	for _, table := range Tables(t, d) {
		if slices.ContainsFunc(Columns(t, d, table), func(c Column) bool { return c.Name == column }) {
			tables = append(tables, table)
		}
	}
	return tables
}

// Rows gives the named columns of every row of a table as text, sorted.
func Rows(t testing.TB, d *db.DB, table string, columns ...string) []string {
	t.Helper()
	quote := `quote`
	if d.Engine() == db.Postgres {
		quote = `quote_nullable`
	}
	row := quote + `("` + strings.Join(columns, `") || ',' || `+quote+`("`) + `")`
	return Texts(t, d, `SELECT `+row+` AS text FROM "`+table+`" ORDER BY text`)
}

// Texts runs a query of one text column.
func Texts(t testing.TB, d *db.DB, query string, args ...any) []string {
	t.Helper()
	list, err := db.All(t.Context(), d.Across("tests look at everything").Read(), func(r db.Row) (s string, err error) { return s, r.Scan(&s) }, query, args...)
	must(t, err)
	return list
}
