package db

import (
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// owned makes an empty database of a new user who is no superuser.
func owned(t *testing.T, server *pgtest.Server, rights string) (user, databaseURL string, admin func(string)) {
	t.Helper()
	name := server.Empty(t)
	user = "u" + strings.ToLower(rand.Text())
	admin = func(statements string) {
		t.Helper()
		if err := pgtest.Exec(t.Context(), server.URL(name), statements); err != nil {
			t.Fatal(err)
		}
	}
	admin(`CREATE ROLE ` + user + ` LOGIN ` + rights + `; ALTER DATABASE "` + name + `" OWNER TO ` + user)
	u, err := url.Parse(server.URL(name))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(user)
	return user, u.String(), admin
}

func openURL(t *testing.T, databaseURL string) *DB {
	t.Helper()
	d, err := Open(t.Context(), databaseURL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDB(t, d) })
	return d
}

// whoami tells the role of a statement and the tenant that is set.
func whoami(t *testing.T, q Q) string {
	t.Helper()
	who, err := One(t.Context(), q, scanText, `SELECT current_user || ':' || coalesce(current_setting('tenantry.location_id', true), '')`)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// TestRoleOfTenants: the role is made for who may make roles. Statements have it and their
// tenant, in every kind of transaction, and the next one on the connection has nothing of it.
func TestRoleOfTenants(t *testing.T) {
	user, databaseURL, _ := owned(t, pgtest.Start(t), "CREATEROLE")
	for _, parameters := range []string{"&pool_max_conns=1", "&pool_max_conns=1&pooler=transaction"} {
		d := openURL(t, databaseURL+parameters)
		if !strings.Contains(parameters, "pooler") {
			if _, _, err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		app := user + "_app:"
		var got []string
		note := func(q Q) { got = append(got, whoami(t, q)) }
		for range 2 {
			note(d.Within("l1").Read())
			note(d.Across("a test").Read())
			note(d.Lookup())
		}
		snapshot := func(_ context.Context, q Q) error { note(q); note(q); return nil }
		err1 := d.Within("l2").Snapshot(t.Context(), snapshot)
		err2 := d.Write(t.Context(), func(_ context.Context, tx *Tx) error {
			note(tx)
			tx.Within("l3")
			note(tx)
			note(tx)
			tx.Across("a test")
			note(tx)
			tx.Within("l4")
			note(tx)
			return nil
		})
		note(d.Across("a test").Read())
		want := []string{
			app + "l1", user + ":", app, app + "l1", user + ":", app,
			app + "l2", app + "l2",
			app, app + "l3", app + "l3", user + ":", app + "l4",
			user + ":",
		}
		if diff := cmp.Diff(want, got); err1 != nil || err2 != nil || diff != "" {
			t.Errorf("%s: %v %v (-want +got):\n%s", parameters, err1, err2, diff)
		}
	}
	d := openURL(t, databaseURL+"&fence=off")
	if got := whoami(t, d.Within("l1").Read()); got != user+":" {
		t.Errorf("without a fence: %s", got)
	}
	if _, err := Open(t.Context(), databaseURL+"&fence=low", Options{}); err == nil || !strings.Contains(err.Error(), `fence must be "off"`) {
		t.Errorf("another fence: %v", err)
	}
}

// TestRoleByAnAdministrator: who may make no role is told what an administrator has to do.
// What a restored database lacks, the next migration adds.
func TestRoleByAnAdministrator(t *testing.T) {
	user, databaseURL, admin := owned(t, pgtest.Start(t), "NOCREATEROLE")
	app := user + "_app"
	d := openURL(t, databaseURL)
	refused := func(advice string) {
		t.Helper()
		if _, _, err := d.Migrate(t.Context()); err == nil || !strings.HasSuffix(err.Error(), advice) {
			t.Errorf("without it: %v", err)
		}
	}
	refused("CREATE ROLE " + app + " NOLOGIN; GRANT " + app + " TO " + user)
	admin("CREATE ROLE " + app + " NOLOGIN")
	refused("GRANT " + app + " TO " + user)
	admin("GRANT " + app + " TO " + user)
	for _, harm := range []string{`SELECT`, `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ` + app, `REVOKE ALL ON tags FROM ` + app} {
		admin(harm)
		if _, _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := All(t.Context(), d.Within("l1").Read(), scanText, `SELECT name FROM tags`); err != nil {
			t.Errorf("after %q: %v", harm, err)
		}
	}
	admin(`SET ROLE ` + user + `; CREATE VIEW names AS SELECT name FROM tags`)
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := All(t.Context(), d.Read(), scanText, `SELECT name FROM names`); err != nil {
		t.Errorf("a view: %v", err)
	}
	for what, statement := range map[string]string{"reads the migrations": `SELECT version_id FROM schema_versions`, "writes to a view": `DELETE FROM names`} {
		err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			_, err := tx.Exec(ctx, statement)
			return err
		})
		if tenantry.KindOf(err) != tenantry.Internal || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("a tenant's role %s: %v", what, err)
		}
	}
}

// TestEveryTenantTableIsFenced: a migration that adds a table of tenants adds its fence.
func TestEveryTenantTableIsFenced(t *testing.T) {
	server := pgtest.Start(t)
	d := openURL(t, server.URL(server.Empty(t)))
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	const condition = `(location_id = NULLIF(current_setting('tenantry.location_id'::text, true), ''::text))`
	list := func(query string) []string {
		t.Helper()
		names, err := All(t.Context(), d.Across("a test").Read(), scanText, query)
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	tenants := list(`SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = 'location_id' AND attrelid IN
		(SELECT oid FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace) ORDER BY 1`)
	fenced := list(`SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity ORDER BY 1`)
	policies := list(`SELECT tablename || ' ' || permissive || ' ' || cmd || ' ' || roles::text || ' ' || qual || ' ' || coalesce(with_check, 'the same') FROM pg_policies ORDER BY 1`)
	want := make([]string, len(tenants))
	for i, table := range tenants {
		want[i] = table + " PERMISSIVE ALL {public} " + condition + " the same"
	}
	slices.Sort(want)
	slices.Sort(policies)
	if diff := cmp.Diff(tenants, fenced); diff != "" || len(tenants) < 15 {
		t.Errorf("%d tables of tenants, those with row-level security (-want +got):\n%s", len(tenants), diff)
	}
	if diff := cmp.Diff(want, policies); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
}
