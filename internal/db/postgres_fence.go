package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// unfenced is what the server does without being told: its owner sees all.
var unfenced = fence{across: true} //nolint:gochecknoglobals // never changed

// appRole names the role that a tenant's statements have: not that of the owner of the
// tables, whom no policy holds. Roles are the server's, not the database's, so it is one for
// each owner: nobody gets at the databases of another.
const appRole = "left(current_user::text, 59) || '_app'"

// tenantSetting is what the policies of the tables compare, see the migrations.
const tenantSetting = "tenantry.location_id"

// What moves a transaction to a part. All of it ends with the transaction, so that it holds
// behind a pooler too. An outsider's statement could undo it: it is a fence against mistakes.
const (
	roleAndTenant = "set_config('role', $1, true), set_config('" + tenantSetting + "', $2, true)"
	// readOnly begins the implicit transaction that a query shares with it.
	readOnly = "SELECT set_config('transaction_read_only', 'on', true)"
)

// beginRead is what runs before a query outside of a transaction.
func (e *postgresEngine) beginRead(part fence) []statement {
	if part.across || e.app == "" {
		return []statement{{query: readOnly}}
	}
	return []statement{{readOnly + ", " + roleAndTenant, []any{e.app, string(part.tenant)}}}
}

// move is what runs before a statement of a transaction that was in another part before.
func (e *postgresEngine) move(part fence) []statement {
	switch {
	case e.app == "":
		return nil
	case part.across:
		return []statement{{"SELECT " + roleAndTenant, []any{"none", ""}}}
	}
	return []statement{{"SELECT " + roleAndTenant, []any{e.app, string(part.tenant)}}}
}

// fenceScript makes the role and gives it the tables, where that is not so already. Of
// programs that do this together one does, also where they do it in several databases.
const fenceScript = `DO $$
DECLARE
	app text := ` + appRole + `;
	name regclass;
	rights text;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('tenantry fence', 0));
	IF to_regrole(quote_ident(app)) IS NULL THEN
		BEGIN
			EXECUTE format('CREATE ROLE %I NOLOGIN', app);
		EXCEPTION
			WHEN duplicate_object OR unique_violation THEN NULL;
			WHEN insufficient_privilege THEN
				RAISE EXCEPTION 'the role % is missing and % may make none', app, current_user
					USING HINT = format('Have an administrator run: CREATE ROLE %1$I NOLOGIN; GRANT %1$I TO %2$I', app, current_user);
		END;
	END IF;
	BEGIN
		PERFORM set_config('role', app, true), set_config('role', 'none', true);
	EXCEPTION WHEN insufficient_privilege THEN
		BEGIN
			EXECUTE format('GRANT %I TO CURRENT_USER', app);
		EXCEPTION WHEN insufficient_privilege THEN
			RAISE EXCEPTION '% is no member of the role %', current_user, app
				USING HINT = format('Have an administrator run: GRANT %I TO %I', app, current_user);
		END;
	END;
	IF NOT has_schema_privilege(app, current_schema(), 'USAGE') THEN
		EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), app);
	END IF;
	-- Not what an extension brought, nor the record of migrations. A view is only read: what is
	-- written through it is written as its owner, whom no policy holds.
	FOR name, rights IN
		SELECT c.oid::regclass, CASE c.relkind WHEN 'v' THEN 'SELECT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END FROM pg_class c
		WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace = current_schema()::regnamespace AND c.relname <> '` + versionTable + `'
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
			AND NOT has_table_privilege(app, c.oid, CASE c.relkind WHEN 'v' THEN 'SELECT' ELSE 'INSERT' END)
	LOOP
		EXECUTE format('GRANT %s ON %s TO %I', rights, name, app);
	END LOOP;
END $$`

func (e *postgresEngine) raiseFence(ctx context.Context) error {
	if e.app == "" {
		return nil
	}
	if _, err := e.pool.Exec(ctx, fenceScript); err != nil {
		return fmt.Errorf("fence tenants off: %w", withHint(err))
	}
	return nil
}

// raiseFence has nothing to do: SQLite has no roles.
func (e *sqliteEngine) raiseFence(context.Context) error { return nil }

// withHint adds what the server would have somebody do.
func withHint(err error) error {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok && failure.Hint != "" {
		return fmt.Errorf("%w. %s", err, failure.Hint)
	}
	return err
}
