package db

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// copyTable is a table that is copied.
type copyTable struct {
	name    string
	columns []copyColumn
	key     []int // of the primary key: indexes of columns, in its order
	passing bool  // it holds what a crash may empty, so it is not copied
}

type copyColumn struct {
	name string
	kind string // text, bigint, double precision or bytea
}

// names lists the tables' names.
func names(tables []copyTable) []string {
	list := make([]string, len(tables))
	for i, t := range tables {
		list[i] = t.name
	}
	return list
}

// quoted makes a name of the catalogue part of a statement.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// copyCatalogue asks an engine for the columns of its tables: table, column, type, place in the primary
// key, whether the table is emptied by a crash. What the engine computes by itself, indexes for full
// text and generated columns, is not in it.
func copyCatalogue(e EngineName) string {
	if e == SQLite {
		return `SELECT l.name, c.name, CASE upper(c.type) WHEN 'TEXT' THEN 'text' WHEN 'INTEGER' THEN 'bigint'
				WHEN 'REAL' THEN 'double precision' WHEN 'BLOB' THEN 'bytea' ELSE c.type END, c.pk, 0
			FROM pragma_table_list l, pragma_table_info(l.name) c
			WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite%' AND l.name NOT IN ('` + versionTable + `', '` + copyTableName + `')
			ORDER BY l.name, c.cid`
	}
	// A column that counts by itself would begin again at one.
	return `SELECT r.relname::text, a.attname::text, CASE WHEN a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval(%'
			THEN 'sequence' ELSE format_type(a.atttypid, a.atttypmod) END, coalesce(array_position(k.conkey, a.attnum), 0), r.relpersistence = 'u'
		FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
		LEFT JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype = 'p'
		WHERE r.relkind IN ('r', 'p') AND r.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
			AND r.relname NOT IN ('` + versionTable + `', '` + copyTableName + `')
		ORDER BY r.relname, a.attnum`
}

// copyReferences asks an engine which table refers to which other.
func copyReferences(e EngineName) string {
	if e == SQLite {
		return `SELECT DISTINCT m.name, f."table" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND m.name <> f."table"`
	}
	return `SELECT DISTINCT t.relname::text, p.relname::text FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
		WHERE k.contype = 'f' AND t.oid <> p.oid AND t.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`
}

// tablesOf reads the catalogue.
func tablesOf(ctx context.Context, d *DB) (map[string]copyTable, error) {
	type line struct {
		table, column, kind string
		place               int
		passing             bool
	}
	lines, err := All(ctx, d.whole(), func(r Row) (l line, err error) {
		return l, r.Scan(&l.table, &l.column, &l.kind, &l.place, &l.passing)
	}, copyCatalogue(d.Engine()))
	if err != nil {
		return nil, err
	}
	tables := map[string]copyTable{}
	places := map[string]map[int]int{} // of a table's key: the columns
	for _, l := range lines {
		t := tables[l.table]
		t.name, t.passing = l.table, l.passing
		if l.place > 0 {
			if places[l.table] == nil {
				places[l.table] = map[int]int{}
			}
			places[l.table][l.place] = len(t.columns)
		}
		t.columns = append(t.columns, copyColumn{name: l.column, kind: l.kind})
		tables[l.table] = t
	}
	for name, t := range tables {
		for _, place := range slices.Sorted(maps.Keys(places[name])) {
			t.key = append(t.key, places[name][place])
		}
		tables[name] = t
	}
	return tables, nil
}

// planCopy lists the tables to copy, each after those that it refers to. It fails for one that cannot
// be copied: nothing is left out silently.
func planCopy(ctx context.Context, from, to *DB) ([]copyTable, error) {
	sources, err := tablesOf(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	targets, err := tablesOf(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	for name, t := range targets {
		if _, has := sources[name]; !has && !t.passing {
			return nil, fmt.Errorf("the source has no table %s", name)
		}
	}
	plan := map[string]copyTable{}
	for name, t := range sources {
		target, has := targets[name]
		if t.passing || (has && target.passing) {
			continue
		}
		if err := copyable(t, target); err != nil {
			return nil, err
		}
		plan[name] = t
	}
	return inOrder(ctx, to, plan)
}

// copyable refuses a table that is not the same on both sides, or that has what the other engine has not.
func copyable(t, target copyTable) error {
	byName := func(a, b copyColumn) int { return strings.Compare(a.name, b.name) }
	if !slices.Equal(slices.SortedFunc(slices.Values(t.columns), byName), slices.SortedFunc(slices.Values(target.columns), byName)) {
		return fmt.Errorf("table %s has other columns in the target: %v and %v", t.name, t.columns, target.columns)
	}
	if len(t.key) == 0 {
		return fmt.Errorf("table %s has no primary key", t.name)
	}
	for i, c := range t.columns {
		known := c.kind == "text" || c.kind == "bigint"
		if !slices.Contains(t.key, i) {
			known = known || c.kind == "bytea" || c.kind == "double precision"
		}
		if !known {
			return fmt.Errorf("column %s.%s cannot be copied: it is of type %s", t.name, c.name, c.kind)
		}
	}
	return nil
}

// inOrder puts each table behind those that it refers to.
func inOrder(ctx context.Context, to *DB, plan map[string]copyTable) ([]copyTable, error) {
	type reference struct{ from, to string }
	references, err := All(ctx, to.whole(), func(r Row) (f reference, err error) { return f, r.Scan(&f.from, &f.to) }, copyReferences(to.Engine()))
	if err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	var ordered []copyTable
	for left := slices.Sorted(maps.Keys(plan)); len(left) > 0; {
		next := slices.IndexFunc(left, func(name string) bool {
			return !slices.ContainsFunc(references, func(f reference) bool { return f.from == name && slices.Contains(left, f.to) })
		})
		if next < 0 {
			return nil, fmt.Errorf("tables refer to each other in a circle: %q", left)
		}
		ordered = append(ordered, plan[left[next]])
		left = slices.Delete(left, next, next+1)
	}
	return ordered, nil
}
