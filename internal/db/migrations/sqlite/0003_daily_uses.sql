-- +goose Up
-- What of its daily quota a caller has spent, for servers that start anew; written now and then.
CREATE TABLE daily_uses (
    key       TEXT PRIMARY KEY, -- the spender and the resource that it acts for
    opened_at INTEGER NOT NULL, -- the first request of the window of 24 hours
    used      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX daily_uses_by_age ON daily_uses (opened_at);
