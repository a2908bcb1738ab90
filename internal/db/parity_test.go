package db

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// catalogue asks an engine for what the other must have too, a line each: columns with type,
// default and place in the primary key, indexes, references. Indexes of texts have nothing in common.
func catalogue() map[EngineName][]string {
	return map[EngineName][]string{
		SQLite: {
			`SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'BLOB' THEN 'bytea'
				WHEN 'REAL' THEN 'double precision' ELSE lower(c.type) END || CASE WHEN c."notnull" OR c.pk > 0 THEN ' needed' ELSE '' END ||
				' default ' || coalesce(c.dflt_value, 'none') || ' key ' || c.pk
				FROM (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table') m, pragma_table_info(m.name) c WHERE m.name NOT LIKE 'sqlite%' AND m.name <> 'schema_versions'`,
			`SELECT m.name || CASE l.origin WHEN 'c' THEN ' ' || l.name ELSE '' END || ' unique ' || l."unique" || ' partial ' || l.partial || ' on ' ||
				(SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno))
				FROM (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table') m, pragma_index_list(m.name) l WHERE m.name <> 'schema_versions' AND l.origin <> 'pk'`,
			`SELECT m.name || ' (' || group_concat(f."from", ',' ORDER BY f.seq) || ') to ' || f."table" || ' (' || group_concat(f."to", ',' ORDER BY f.seq) || ') ' || lower(f.on_delete)
				FROM (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table') m, pragma_foreign_key_list(m.name) f GROUP BY m.name, f.id`,
		},
		Postgres: {
			`SELECT r.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' needed' ELSE '' END ||
				' default ' || coalesce(replace(pg_get_expr(d.adbin, d.adrelid), '::text', ''), 'none') || ' key ' || coalesce(array_position(k.conkey, a.attnum), 0)
				FROM pg_class r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
				LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
				LEFT JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype = 'p'
				WHERE r.relkind = 'r' AND r.relnamespace = 'public'::regnamespace AND r.relname <> 'schema_versions'`,
			`SELECT t.relname || CASE WHEN k.oid IS NULL THEN ' ' || r.relname ELSE '' END || ' unique ' || i.indisunique::int || ' partial ' || (i.indpred IS NOT NULL)::int || ' on ' ||
				(SELECT string_agg(a.attname, ',' ORDER BY u.n) FROM unnest(i.indkey) WITH ORDINALITY u (att, n) JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.att)
				FROM pg_index i JOIN pg_class r ON r.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid AND t.relnamespace = 'public'::regnamespace
				LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'u'
				WHERE NOT i.indisprimary AND t.relname <> 'schema_versions' AND r.relam = (SELECT oid FROM pg_am WHERE amname = 'btree')`,
			`SELECT t.relname || ' (' || (SELECT string_agg(a.attname, ',' ORDER BY u.n) FROM unnest(k.conkey) WITH ORDINALITY u (att, n)
					JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.att) || ') to ' || p.relname || ' (' ||
				(SELECT string_agg(a.attname, ',' ORDER BY u.n) FROM unnest(k.confkey) WITH ORDINALITY u (att, n)
					JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.att) || ') ' || CASE k.confdeltype WHEN 'a' THEN 'no action' WHEN 'c' THEN 'cascade' END
				FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid WHERE k.contype = 'f'`,
		},
	}
}

// TestEnginesHaveOneSchema: what is written twice, the tables, says the same twice.
func TestEnginesHaveOneSchema(t *testing.T) {
	lists := map[EngineName][][]string{}
	server := pgtest.Start(t)
	for _, url := range []string{"sqlite:" + filepath.Join(t.TempDir(), "t.db"), server.URL(server.Empty(t))} {
		d, err := Open(t.Context(), url, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer closeDB(t, d)
		if _, _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		files, err := fs.Glob(d.migrations, "*.sql")
		if err != nil {
			t.Fatal(err)
		}
		lists[d.Engine()] = [][]string{files}
		for _, query := range catalogue()[d.Engine()] {
			list, err := All(t.Context(), d.Read(), scanText, query)
			if err != nil || len(list) < 10 {
				t.Fatalf("%s: %d lines, %v", d.Engine(), len(list), err)
			}
			for i, line := range list {
				// SQLite needs it in an index to answer from that alone; PostgreSQL knows it from the index's condition.
				list[i] = strings.TrimSuffix(line, ",deleted_at")
			}
			slices.Sort(list)
			lists[d.Engine()] = append(lists[d.Engine()], list)
		}
		if d.Engine() == Postgres {
			wrong, err := All(t.Context(), d.Read(), scanText, `SELECT attrelid::regclass::text || '.' || attname FROM pg_attribute JOIN pg_class r ON r.oid = attrelid
				WHERE r.relkind = 'r' AND r.relnamespace = 'public'::regnamespace AND r.relname <> 'schema_versions' AND attnum > 0
					AND atttypid = 'text'::regtype AND attcollation <> '"C"'::regcollation`)
			if err != nil || len(wrong) > 0 {
				t.Errorf("not compared byte by byte, as SQLite does: %q %v", wrong, err)
			}
		}
	}
	if diff := cmp.Diff(lists[SQLite], lists[Postgres]); diff != "" {
		t.Errorf("-SQLite +PostgreSQL:\n%s", diff)
	}
}
