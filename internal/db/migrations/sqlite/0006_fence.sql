-- +goose Up
-- Nothing: SQLite has no row-level security. On PostgreSQL this version fences tenants off.
SELECT 1;
