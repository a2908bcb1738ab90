package db

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// gramSize is how many characters an index of texts looks at together; it knows nothing
	// of a shorter text.
	gramSize = 3
	// maxGrams are looked up on SQLite; each costs as much as it is frequent, and the first few leave little.
	maxGrams = 4
	// fewRows are compared sooner than a whole server's index of texts is asked for them.
	fewRows = 2000
)

// Contains is the condition that a column contains the text of a placeholder, byte
// for byte. Unlike a pattern of LIKE it has no magic characters, and a crafted text
// costs no more than its length for each character of the column.
func Contains(column, placeholder string) string {
	return `instr(` + column + `, ` + placeholder + `) > 0`
}

// TextIndex is an index of the texts of a tenant's table, which narrows a search with
// [Contains] to rows that may match. It never leaves out one that does.
type TextIndex struct {
	Table  string // whose rows are searched, under the name Alias in the query
	Alias  string
	Column string // of the texts
	SQLite string // the table with the trigrams
	View   string // on PostgreSQL, of the table's location_id, id and texts
}

// Narrow gives the condition with which the index serves a search for text, and the
// argument that the condition's placeholder must have; "" when it serves nothing: the
// text is shorter than three characters, or so few rows are the tenant's that reading them
// is cheaper. tenant is the placeholder of the tenant's id.
func (d *DB) Narrow(ctx context.Context, q Q, x TextIndex, tenant, loc, text string) (condition func(placeholder string) string, arg string, err error) {
	if utf8.RuneCountInString(text) < gramSize {
		return nil, "", nil
	}
	if d.Engine() == Postgres { // which knows itself which way is cheaper, once it has seen the text
		_, err = q.Exec(ctx, `SET LOCAL plan_cache_mode = force_custom_plan`)
		return func(placeholder string) string {
			return x.Alias + `.id IN (SELECT id FROM ` + x.View + ` WHERE location_id = ` + tenant + ` AND ` + x.Column + ` LIKE ` + placeholder + ` OFFSET 0)`
		}, Pattern(text), err
	}
	rows, err := One(ctx, q, func(r Row) (n int, err error) { return n, r.Scan(&n) },
		`SELECT count(*) FROM (SELECT 1 FROM `+x.Table+` WHERE location_id = $1 LIMIT $2)`, loc, fewRows)
	if err != nil || rows < fewRows {
		return nil, "", err
	}
	return func(placeholder string) string {
		// The sign keeps the order of the list, which rowids would lose.
		return `+` + x.Alias + `.rowid IN (SELECT rowid FROM ` + x.SQLite + ` WHERE ` + x.SQLite + ` MATCH ` + placeholder + `)`
	}, match(loc, text), nil
}

// Pattern is the pattern of LIKE for what contains text.
func Pattern(text string) string {
	return `%` + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + `%`
}

// match asks for rows with some of the text's trigrams, from its start to its end, and the
// one that their tenant is told by.
func match(loc, text string) string {
	id, runes := []rune(loc), []rune(text)
	var terms []string
	add := func(gram []rune) {
		term := `"` + strings.ReplaceAll(string(gram), `"`, `""`) + `"`
		if !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	if len(id) >= gramSize {
		add(id[len(id)-gramSize:])
	}
	last := len(runes) - gramSize
	for i := range maxGrams {
		start := last * i / (maxGrams - 1)
		add(runes[start : start+gramSize])
	}
	return strings.Join(terms, ` AND `)
}
