package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*/*.sql
var migrationFiles embed.FS

// Version is the number of a migration, as in the name of its file; 0 is an
// empty database.
type Version int64

// versionTable records the migrations that were applied, one row each.
const versionTable = "schema_versions"

// embedded gives the migrations of an engine that are compiled in.
func embedded(engine EngineName) (fs.FS, error) {
	return fs.Sub(migrationFiles, "migrations/"+string(engine))
}

// Migrate brings the schema to [DB.LatestVersion], each migration in one
// transaction, and tells where it started and where it arrived; after a failure
// that is the last migration that is complete. A database that is up to date is left alone, but
// for what [Part] needs on PostgreSQL: a role, which a restored database may lack. Nothing
// may write meanwhile; of several programs that migrate one PostgreSQL database, one does and
// the others wait, and none can through a pooler. [ErrNewerSchema] when the database is ahead of this program.
func (d *DB) Migrate(ctx context.Context) (from, to Version, err error) {
	d.migrating.Lock()
	defer d.migrating.Unlock()
	if from, err = d.SchemaVersion(ctx); err != nil {
		return 0, 0, err
	}
	latest, err := d.LatestVersion()
	if err != nil {
		return from, from, err
	}
	if from > latest {
		return from, from, fmt.Errorf("%w: its schema is version %d, this program knows versions up to %d; run the newer program, or restore a backup made before it",
			ErrNewerSchema, from, latest)
	}
	if from == latest {
		return from, from, d.engine.raiseFence(ctx)
	}
	failure := d.engine.migrate(ctx, d.migrations)
	if to, err = d.SchemaVersion(context.WithoutCancel(ctx)); failure != nil {
		return from, to, failure
	}
	if err == nil {
		err = d.engine.raiseFence(ctx)
	}
	if err == nil && from > 0 {
		err = d.Check(ctx) // migrations run without the engine watching references
	}
	d.log.InfoContext(ctx, "database migrated", "from", from, "to", to)
	return from, to, err
}

// migrateUp runs what is pending on pool.
func migrateUp(ctx context.Context, dialect goose.Dialect, pool *sql.DB, migrations fs.FS, opts ...goose.ProviderOption) error {
	opts = append(opts, goose.WithDisableGlobalRegistry(true), goose.WithTableName(versionTable))
	provider, err := goose.NewProvider(dialect, pool, migrations, opts...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

// SchemaVersion tells the last migration that the database has had, 0 before the first;
// [ErrCopyIncomplete] when it is not to be worked with.
func (d *DB) SchemaVersion(ctx context.Context) (Version, error) {
	if err := d.refuseIncomplete(ctx); err != nil {
		return 0, err
	}
	if has, err := d.engine.hasTable(ctx, versionTable); err != nil || !has {
		return 0, err
	}
	return One(ctx, d.Across("any role may be missing still").Read(), func(r Row) (v Version, err error) { return v, r.Scan(&v) },
		"SELECT coalesce(max(version_id), 0) FROM "+versionTable)
}

// LatestVersion tells the last migration that this program has.
func (d *DB) LatestVersion() (Version, error) {
	names, err := fs.Glob(d.migrations, "*.sql")
	if err != nil {
		return 0, err
	}
	var latest Version
	for _, name := range names {
		number, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		latest = max(latest, Version(number))
	}
	return latest, nil
}
