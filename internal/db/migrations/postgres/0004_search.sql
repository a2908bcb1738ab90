-- +goose Up
-- Both come with PostgreSQL (postgresql-contrib) and are trusted: who may create in the
-- database may create them.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE EXTENSION IF NOT EXISTS btree_gin;
EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = 'searches need the extensions pg_trgm and btree_gin, of the package postgresql-contrib; '
        'a superuser can add them: CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin; (' || SQLERRM || ')';
END $$;
-- +goose StatementEnd

CREATE INDEX tasks_by_text ON tasks USING gin (location_id, search_text gin_trgm_ops);
CREATE INDEX locations_by_name ON locations USING gin (company_id, name_key gin_trgm_ops) WHERE deleted_at IS NULL;

-- The texts of tasks for searches. Where a policy guards the table, the server compares no
-- text of a row before the policy has let it pass, so no index of texts could serve. Here the
-- same is a condition among others: one tenant's rows, of the transaction's setting.
CREATE VIEW task_texts AS SELECT location_id, id, search_text FROM tasks
    WHERE NOT row_security_active('tasks') OR location_id = nullif(current_setting('tenantry.location_id', true), '');

DROP INDEX locations_by_id;
CREATE INDEX locations_by_id ON locations (company_id, location_id, name_key) WHERE deleted_at IS NULL;
