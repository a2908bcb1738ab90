package db

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// citusRules lists what in a schema Citus could not distribute by location_id: a line for each
// key that spans machines, each reference to a table that is not on the same machine and what
// it does not support.
const citusRules = `WITH tables AS (
		SELECT c.oid, c.oid::regclass::text AS name, (SELECT attnum FROM pg_attribute WHERE attrelid = c.oid AND attname = 'location_id') AS tenant
		FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'schema_versions'
	), placed AS (
		SELECT t.*, CASE WHEN name = ANY ($1) THEN 'distributed' WHEN name = ANY ($2) THEN 'reference' ELSE 'local' END AS kind FROM tables t
	)
	SELECT t.name || ': the unique index ' || i.indexrelid::regclass || ' is without location_id' FROM placed t JOIN pg_index i ON i.indrelid = t.oid
		WHERE t.kind = 'distributed' AND i.indisunique AND NOT t.tenant = ANY (i.indkey)
	UNION ALL SELECT t.name || ': has no primary key' FROM placed t
		WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary)
	UNION ALL SELECT f.name || ': refers to ' || t.name || ' without location_id on both sides' FROM pg_constraint k JOIN placed f ON f.oid = k.conrelid JOIN placed t ON t.oid = k.confrelid
		WHERE k.contype = 'f' AND f.kind = 'distributed' AND t.kind = 'distributed'
			AND NOT EXISTS (SELECT FROM generate_subscripts(k.conkey, 1) n WHERE k.conkey[n] = f.tenant AND k.confkey[n] = t.tenant)
	UNION ALL SELECT f.name || ': is ' || f.kind || ' and refers to ' || t.name || ', which is ' || t.kind FROM pg_constraint k JOIN placed f ON f.oid = k.conrelid JOIN placed t ON t.oid = k.confrelid
		WHERE k.contype = 'f' AND (t.kind = 'distributed' AND f.kind <> 'distributed' OR t.kind = 'local' AND f.kind <> 'local')
	UNION ALL SELECT t.name || ': has the trigger ' || tgname FROM placed t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE t.kind = 'distributed' AND NOT tgisinternal
	UNION ALL SELECT t.name || ': has the exclusion constraint ' || conname FROM placed t JOIN pg_constraint k ON k.conrelid = t.oid WHERE t.kind = 'distributed' AND contype = 'x'
	UNION ALL SELECT t.name || ': makes numbers of its own' FROM placed t JOIN pg_attribute a ON a.attrelid = t.oid LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
		WHERE t.kind = 'distributed' AND (a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%')
	ORDER BY 1`

func brokenRules(t *testing.T, d *DB) (Layout, []string) {
	t.Helper()
	l, err := d.Layout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	broken, err := All(t.Context(), d.Across("a test").Read(), scanText, citusRules, l.Distributed, l.Reference)
	if err != nil {
		t.Fatal(err)
	}
	return l, broken
}

// TestSchemaCanBeDistributed: what Citus demands of tables that lie on several machines holds
// for ours, and is looked for well enough to be missed.
func TestSchemaCanBeDistributed(t *testing.T) {
	server := pgtest.Start(t)
	name := server.Empty(t)
	d := openURL(t, server.URL(name))
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, broken := brokenRules(t, d)
	if len(broken) > 0 {
		t.Errorf("rules are broken:\n%s", strings.Join(broken, "\n"))
	}
	if diff := cmp.Diff([]string{"companies", "apps", "users"}, l.Reference); diff != "" {
		t.Errorf("on every machine (-want +got):\n%s", diff)
	}
	if len(l.Distributed) < 13 || l.Distributed[0] != "locations" {
		t.Errorf("distributed are %v", l.Distributed)
	}
	withPlace, err := All(t.Context(), d.Across("a test").Read(), scanText, `SELECT attrelid::regclass::text FROM pg_attribute
		WHERE attname = 'location_id' AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r') AND NOT attrelid::regclass::text = ANY ($1) ORDER BY 1`, l.Distributed)
	// Looked up by a hash before their tenant is known.
	if diff := cmp.Diff([]string{"grants", "tokens"}, withPlace); err != nil || diff != "" {
		t.Errorf("%v, not distributed but with a location (-want +got):\n%s", err, diff)
	}
	err = pgtest.Exec(t.Context(), server.URL(name), `
		CREATE TABLE bad_keys (location_id TEXT, id BIGINT GENERATED ALWAYS AS IDENTITY, name TEXT UNIQUE, setting TEXT REFERENCES settings (name), PRIMARY KEY (location_id, id));
		CREATE TABLE bad_references (location_id TEXT, id TEXT, other TEXT REFERENCES locations (location_id), PRIMARY KEY (location_id, id),
			EXCLUDE USING btree (location_id WITH =));
		CREATE TABLE bad_local (id TEXT REFERENCES locations (location_id));
		CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER bad AFTER INSERT ON tags FOR EACH ROW EXECUTE FUNCTION nothing();`)
	if err != nil {
		t.Fatal(err)
	}
	_, broken = brokenRules(t, d)
	want := []string{
		"bad_keys: makes numbers of its own", "bad_keys: the unique index bad_keys_name_key is without location_id",
		"bad_local: has no primary key", "bad_local: is local and refers to locations, which is distributed",
		"bad_references: has the exclusion constraint bad_references_location_id_excl",
		"bad_references: refers to locations without location_id on both sides", "tags: has the trigger bad",
	}
	if diff := cmp.Diff(want, broken); diff != "" {
		t.Errorf("rules of a bad schema (-want +got):\n%s", diff)
	}
}

// recorder stands in for Citus, which these tests have not: its functions note how they were
// called, and refuse what refers to a table that was not placed.
const recorder = `CREATE SCHEMA recorder;
CREATE TABLE recorder.pg_dist_partition (logicalrelid regclass, partmethod char, repmodel char, call int GENERATED ALWAYS AS IDENTITY);
CREATE FUNCTION recorder.placed(name regclass, method char, model char) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		IF EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = name AND confrelid NOT IN (SELECT logicalrelid FROM recorder.pg_dist_partition)) THEN
			RAISE EXCEPTION '% refers to what is not placed', name;
		END IF;
		INSERT INTO recorder.pg_dist_partition VALUES (name, method, model);
	END $$;
CREATE FUNCTION recorder.create_reference_table(name regclass) RETURNS void LANGUAGE sql AS $$ SELECT recorder.placed(name, 'n', 't') $$;
CREATE FUNCTION recorder.create_distributed_table(name regclass, by_column text, colocate_with text DEFAULT 'default') RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		IF by_column <> 'location_id' OR colocate_with <> (CASE WHEN name = 'locations'::regclass THEN 'default' ELSE 'locations' END) THEN
			RAISE EXCEPTION '% by % with %', name, by_column, colocate_with;
		END IF;
		PERFORM recorder.placed(name, 'h', 's');
	END $$;
CREATE FUNCTION recorder.create_distributed_function(name regprocedure) RETURNS void LANGUAGE sql AS 'SELECT NULL';`

// TestDistribute: the statements are Citus's, in an order that it takes, and those that were
// run are not run again.
func TestDistribute(t *testing.T) {
	server := pgtest.Start(t)
	name := server.Empty(t)
	plain := openURL(t, server.URL(name))
	if _, _, err := plain.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := plain.Distribute(t.Context()); err == nil || !strings.Contains(err.Error(), "CREATE EXTENSION citus") {
		t.Errorf("without the extension: %v", err)
	}
	if err := pgtest.Exec(t.Context(), server.URL(name), recorder); err != nil {
		t.Fatal(err)
	}
	d := openURL(t, server.URL(name)+"&search_path=public,recorder")
	statements, err := d.DistributeStatements(t.Context())
	if err != nil || len(statements) < 17 {
		t.Fatalf("%v %q", err, statements)
	}
	for _, want := range []string{
		`SELECT create_reference_table('companies')`, `SELECT create_distributed_table('locations', 'location_id')`,
		`SELECT create_distributed_table('contact_tags', 'location_id', colocate_with => 'locations')`,
	} {
		if !strings.Contains(strings.Join(statements, ";"), want) {
			t.Errorf("%s is not among %q", want, statements)
		}
	}
	if err := d.Distribute(t.Context()); err != nil {
		t.Fatal(err)
	}
	l, _ := brokenRules(t, d)
	placed, err := All(t.Context(), d.Across("a test").Read(), scanText, `SELECT logicalrelid::text FROM pg_dist_partition ORDER BY call`)
	if diff := cmp.Diff(append(l.Reference, l.Distributed...), placed); err != nil || diff != "" {
		t.Errorf("%v, placed (-want +got):\n%s", err, diff)
	}
	again, err := d.DistributeStatements(t.Context())
	if err != nil || strings.Contains(strings.Join(again, ";"), "_table") {
		t.Errorf("again: %v %q", err, again)
	}
	if _, err := newDB(t).DistributeStatements(t.Context()); err == nil || !strings.Contains(err.Error(), "PostgreSQL") {
		t.Errorf("on SQLite: %v", err)
	}
}
