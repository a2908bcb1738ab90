-- +goose Up
-- What of its daily quota a caller has spent, for servers that start anew; written now and then.
CREATE TABLE daily_uses (
    key       TEXT COLLATE "C" PRIMARY KEY, -- the spender and the resource that it acts for
    opened_at BIGINT NOT NULL, -- the first request of the window of 24 hours
    used      BIGINT NOT NULL
);
CREATE INDEX daily_uses_by_age ON daily_uses (opened_at);
