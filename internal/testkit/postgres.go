package testkit

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// OpenPostgres opens a migrated PostgreSQL database without rows that no other test uses meanwhile.
func OpenPostgres(t testing.TB) *db.DB {
	t.Helper()
	return open(t, PostgresURL(t), nil)
}

// PostgresURL names such a database, for tests that open it themselves.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server := pgtest.Start(t)
	name, err := databases().take(server)
	must(t, err)
	t.Cleanup(func() {
		giveBack := databases().giveBack
		if t.Failed() { // who knows what is left in it
			giveBack = databases().drop
		}
		if err := giveBack(server, name); err != nil {
			t.Error(err)
		}
	})
	return server.URL(name)
}

// databases are those of this process.
var databases = sync.OnceValue(func() *postgresPool { return new(postgresPool) }) //nolint:gochecknoglobals // made once a process

// postgresPool lends databases. Emptying one takes a tenth of the time that a copy takes.
type postgresPool struct {
	mu   sync.Mutex
	free []string
	made int
}

// postgresTemplate is the name of the migrated database that the others are copies of.
const postgresTemplate = "template"

func (p *postgresPool) take(server *pgtest.Server) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx := context.Background() // the databases outlive the test that asks first
	if n := len(p.free); n > 0 {
		name := p.free[n-1]
		p.free = p.free[:n-1]
		return name, nil
	}
	if p.made == 0 {
		if err := server.Create(ctx, postgresTemplate, ""); err != nil {
			return "", err
		}
		if err := migrate(server.URL(postgresTemplate)); err != nil {
			return "", err
		}
	}
	p.made++
	name := fmt.Sprintf("test%d", p.made)
	return name, server.Create(ctx, name, postgresTemplate)
}

// empty deletes every row but the record of the migrations, and the triggers that tests
// made. As a replica does it the server checks no references meanwhile.
const empty = `DO $$
DECLARE name text;
BEGIN
	SET LOCAL session_replication_role = replica;
	FOR name IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_versions'
	LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
	FOR name IN SELECT oid::regprocedure FROM pg_proc WHERE prorettype = 'trigger'::regtype AND pronamespace = 'public'::regnamespace
	LOOP EXECUTE 'DROP FUNCTION ' || name || ' CASCADE'; END LOOP;
END $$`

func (p *postgresPool) drop(server *pgtest.Server, name string) error {
	return server.Drop(context.Background(), name)
}

func (p *postgresPool) giveBack(server *pgtest.Server, name string) error {
	if err := pgtest.Exec(context.Background(), server.URL(name), empty); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, name)
	return nil
}
