-- +goose Up
-- The second fence: of each table of tenants, those with a location_id, a role that is not
-- its owner reaches the rows of one tenant, the one that the transaction has set, and none
-- when it has set none. A table that is added later is fenced off by its own migration:
--     ALTER TABLE t ENABLE ROW LEVEL SECURITY;
--     CREATE POLICY tenant ON t USING (location_id = nullif(current_setting('tenantry.location_id', true), ''));
-- A setting that was local to a transaction is empty in the next, and '' is the location of
-- what an agency has.

-- +goose StatementBegin
DO $$
DECLARE
    tenants regclass;
BEGIN
    FOR tenants IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'location_id'
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenants);
        EXECUTE format('CREATE POLICY tenant ON %s USING (location_id = nullif(current_setting(%L, true), %L))',
            tenants, 'tenantry.location_id', '');
    END LOOP;
END $$;
-- +goose StatementEnd
