-- +goose Up
-- What the servers on one database count together.

-- SQLite's name for the time of the database, in seconds: the one clock that shared windows go by.
CREATE FUNCTION unixepoch(unit text) RETURNS double precision LANGUAGE sql VOLATILE
    AS 'SELECT extract(epoch FROM clock_timestamp())::double precision';

-- What of its quota a caller has spent, with what servers have taken of it and not given out yet. Windows
-- that are not open are 0. Room in the pages lets a row change in its place.
CREATE TABLE quota_uses (
    key           TEXT COLLATE "C" PRIMARY KEY, -- which quota, the spender and the resource that it acts for
    interval_at   BIGINT NOT NULL,
    interval_used BIGINT NOT NULL,
    daily_at      BIGINT NOT NULL,
    daily_used    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL -- when it is worth nothing; later than that by up to an hour, so that it seldom changes
) WITH (fillfactor = 50);
CREATE INDEX quota_uses_by_expiry ON quota_uses (expires_at);
INSERT INTO quota_uses SELECT 'api|' || key, 0, 0, opened_at, used, opened_at + 90000000 FROM daily_uses;

-- Tries at passwords and secrets in a window. A crash of the database may forget them.
CREATE UNLOGGED TABLE tries (
    key        TEXT COLLATE "C" PRIMARY KEY, -- what is tried at, from where
    opened_at  BIGINT NOT NULL,
    used       BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX tries_by_expiry ON tries (expires_at);
