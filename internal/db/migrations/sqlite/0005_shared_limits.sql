-- +goose Up
-- What the servers on one database count together. A SQLite database has one server, which counts in
-- its memory and keeps daily_uses: the tables are here for PostgreSQL, with which the schema is shared.

CREATE TABLE quota_uses (
    key           TEXT PRIMARY KEY, -- which quota, the spender and the resource that it acts for
    interval_at   INTEGER NOT NULL,
    interval_used INTEGER NOT NULL,
    daily_at      INTEGER NOT NULL,
    daily_used    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL -- when it is worth nothing
) STRICT, WITHOUT ROWID;
CREATE INDEX quota_uses_by_expiry ON quota_uses (expires_at);

CREATE TABLE tries (
    key        TEXT PRIMARY KEY, -- what is tried at, from where
    opened_at  INTEGER NOT NULL,
    used       INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tries_by_expiry ON tries (expires_at);
