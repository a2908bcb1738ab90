package db

import (
	"testing"
	"testing/fstest"

	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

const firstPostgresMigration = `-- +goose Up
CREATE TABLE notes (
    tenant TEXT NOT NULL,
    id     BIGINT NOT NULL,
    text   TEXT NOT NULL CHECK (text <> 'forbidden'),
    done   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX notes_by_text ON notes (tenant, lower(text));
CREATE TABLE remarks (
    tenant  TEXT NOT NULL,
    note_id BIGINT NOT NULL,
    slug    TEXT NOT NULL UNIQUE,
    FOREIGN KEY (tenant, note_id) REFERENCES notes (tenant, id)
);
`

func postgresMigrations() fstest.MapFS {
	return fstest.MapFS{"0001_init.sql": {Data: []byte(firstPostgresMigration)}}
}

// newPostgres gives a migrated database, reached through a proxy that the test can break.
func newPostgres(t *testing.T, change ...func(*tuning)) (*DB, *pgtest.Proxy) {
	t.Helper()
	server := pgtest.Start(t)
	p := pgtest.NewProxy(t, server)
	d := openPostgresAt(t, p.URL(server.Empty(t)), change...)
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, p
}

func openPostgresAt(t *testing.T, url string, change ...func(*tuning)) *DB {
	t.Helper()
	tune := defaultTuning()
	for _, f := range change {
		f(&tune)
	}
	d, err := open(t.Context(), url, Options{}, postgresMigrations(), tune)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDB(t, d) })
	return d
}
