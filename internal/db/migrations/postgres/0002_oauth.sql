-- +goose Up
-- Apps, users who sign in, grants and installs. Secrets, codes and tokens are kept as
-- the hex of their SHA-256 only. What is looked up before its tenant is known (apps, users,
-- sessions, codes, grants, revocations) is a reference table; the rest is keyed by location.

CREATE TABLE apps (
    id                TEXT COLLATE "C" PRIMARY KEY, -- 24 hex digits
    suffix            TEXT COLLATE "C" NOT NULL, -- the client id is id-suffix
    name              TEXT COLLATE "C" NOT NULL,
    company_id        TEXT COLLATE "C" NOT NULL REFERENCES companies (id),
    redirect_uris     TEXT COLLATE "C" NOT NULL, -- JSON list
    scopes            TEXT COLLATE "C" NOT NULL,
    target            TEXT COLLATE "C" NOT NULL, -- Company, Location
    distribution      TEXT COLLATE "C" NOT NULL, -- public, private
    version_id        TEXT COLLATE "C" NOT NULL,
    install_to_future BIGINT NOT NULL DEFAULT 0,
    created_at        BIGINT NOT NULL,
    deleted_at        BIGINT -- set at once by a delete; the installs go in steps
);
CREATE INDEX apps_by_company ON apps (company_id, id);

CREATE TABLE app_secrets (
    app_id     TEXT COLLATE "C" NOT NULL REFERENCES apps (id),
    id         TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (app_id, id)
);

ALTER TABLE users ADD COLUMN email_key TEXT COLLATE "C" NOT NULL DEFAULT ''; -- folded, to sign in with
ALTER TABLE users ADD COLUMN password_hash TEXT COLLATE "C" NOT NULL DEFAULT ''; -- argon2id; '' signs nobody in
ALTER TABLE users ADD COLUMN type TEXT COLLATE "C" NOT NULL DEFAULT 'agency'; -- agency, account
ALTER TABLE users ADD COLUMN role TEXT COLLATE "C" NOT NULL DEFAULT 'user'; -- admin, user
ALTER TABLE users ADD COLUMN phone TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN extension TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN permissions TEXT COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN scopes TEXT COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
-- Of users who share an address from before it had to be unique, the first signs in with it.
UPDATE users SET updated_at = created_at;
UPDATE users SET email_key = lower(email) WHERE email <> ''
    AND id = (SELECT min(u.id) FROM users u WHERE lower(u.email) = lower(users.email));
CREATE UNIQUE INDEX users_by_email ON users (email_key) WHERE email_key <> '';

CREATE TABLE user_locations (
    location_id TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    PRIMARY KEY (location_id, user_id)
);
CREATE INDEX user_locations_by_user ON user_locations (user_id, location_id);

CREATE TABLE sessions (
    hash       TEXT COLLATE "C" PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL, -- of its last use, to the minute
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

ALTER TABLE locations ADD COLUMN active BIGINT NOT NULL DEFAULT 1; -- 0: paused
ALTER TABLE locations ADD COLUMN name_key TEXT COLLATE "C" NOT NULL DEFAULT ''; -- folded, for the search by name
UPDATE locations SET name_key = lower(name);
CREATE INDEX locations_by_id ON locations (company_id, location_id) WHERE deleted_at IS NULL;

-- What a user approved, until the app takes it up; a used one stays for a day, so that a
-- replay is recognised.
CREATE TABLE codes (
    hash              TEXT COLLATE "C" PRIMARY KEY,
    app_id            TEXT COLLATE "C" NOT NULL REFERENCES apps (id),
    redirect_uri      TEXT COLLATE "C" NOT NULL,
    challenge         TEXT COLLATE "C" NOT NULL, -- PKCE S256, '' without
    class             TEXT COLLATE "C" NOT NULL,
    company_id        TEXT COLLATE "C" NOT NULL REFERENCES companies (id),
    location_ids      TEXT COLLATE "C" NOT NULL, -- JSON list
    user_id           TEXT COLLATE "C" NOT NULL,
    scopes            TEXT COLLATE "C" NOT NULL,
    is_bulk           BIGINT NOT NULL,
    approve_all       BIGINT NOT NULL,
    install_to_future BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    used_at           BIGINT,
    grant_id          TEXT COLLATE "C" NOT NULL DEFAULT '' -- what a use gave
);
CREATE INDEX codes_by_expiry ON codes (expires_at);
CREATE INDEX codes_by_app ON codes (app_id);

-- A grant is a family of refresh tokens: of these it knows the one that is good and the one
-- before it. All earlier ones name the grant themselves.
CREATE TABLE grants (
    id                TEXT COLLATE "C" PRIMARY KEY,
    hash              TEXT COLLATE "C" NOT NULL, -- of the good refresh token
    previous_hash     TEXT COLLATE "C" NOT NULL DEFAULT '',
    sealed            BYTEA, -- the good refresh token, for who still has the previous one
    generation        BIGINT NOT NULL, -- 1 at first; names the access token with the grant's id
    app_id            TEXT COLLATE "C" NOT NULL REFERENCES apps (id),
    class             TEXT COLLATE "C" NOT NULL,
    company_id        TEXT COLLATE "C" NOT NULL REFERENCES companies (id),
    location_id       TEXT COLLATE "C" NOT NULL DEFAULT '',
    user_id           TEXT COLLATE "C" NOT NULL DEFAULT '',
    parent_id         TEXT COLLATE "C" NOT NULL DEFAULT '', -- the grant of the agency token that this was exchanged for, or that token where it has none
    scopes            TEXT COLLATE "C" NOT NULL,
    is_bulk           BIGINT NOT NULL DEFAULT 0,
    approve_all       BIGINT NOT NULL DEFAULT 0,
    install_to_future BIGINT NOT NULL DEFAULT 0,
    created_at        BIGINT NOT NULL,
    rotated_at        BIGINT NOT NULL, -- when the good token was issued
    expires_at        BIGINT NOT NULL, -- of the good token
    revoked_at        BIGINT -- no token is good any more; kept while an access token can be
);
CREATE INDEX grants_by_location ON grants (location_id, app_id, id);
CREATE INDEX grants_by_company ON grants (company_id, app_id, location_id);
CREATE INDEX grants_by_app ON grants (app_id, id);
CREATE INDEX grants_by_parent ON grants (parent_id) WHERE parent_id <> '';
-- However many were exchanged, ended ones are not walked to find those that are good.
CREATE INDEX grants_exchanged ON grants (location_id, app_id, id) WHERE parent_id <> '' AND revoked_at IS NULL;
CREATE INDEX grants_by_expiry ON grants (expires_at);

-- Access tokens that are refused before they expire.
CREATE TABLE revocations (
    key        TEXT COLLATE "C" PRIMARY KEY, -- token:ID, grant:ID or app:ID
    until      BIGINT NOT NULL, -- from then on they are expired anyway
    created_at BIGINT NOT NULL
);
CREATE INDEX revocations_in_order ON revocations (created_at, key);
CREATE INDEX revocations_by_end ON revocations (until);

CREATE TABLE installs (
    location_id TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    app_id      TEXT COLLATE "C" NOT NULL REFERENCES apps (id),
    company_id  TEXT COLLATE "C" NOT NULL,
    version_id  TEXT COLLATE "C" NOT NULL,
    user_id     TEXT COLLATE "C" NOT NULL DEFAULT '', -- who installed it; '' when it came by itself
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (location_id, app_id)
);
-- Where an app is installed is asked across the locations of a company.
CREATE INDEX installs_by_app ON installs (app_id, company_id, location_id);

CREATE TABLE company_installs (
    company_id        TEXT COLLATE "C" NOT NULL REFERENCES companies (id),
    app_id            TEXT COLLATE "C" NOT NULL REFERENCES apps (id),
    version_id        TEXT COLLATE "C" NOT NULL,
    user_id           TEXT COLLATE "C" NOT NULL DEFAULT '',
    install_to_future BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    PRIMARY KEY (company_id, app_id)
);
CREATE INDEX company_installs_by_app ON company_installs (app_id, company_id);

ALTER TABLE tokens ADD COLUMN previous_hash TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN previous_until BIGINT NOT NULL DEFAULT 0; -- until then the rotated one is good too
ALTER TABLE tokens ADD COLUMN expires_at BIGINT; -- null: never
ALTER TABLE tokens ADD COLUMN last_used_at BIGINT; -- null: never
CREATE UNIQUE INDEX tokens_by_previous ON tokens (previous_hash) WHERE previous_hash <> '';
CREATE INDEX tokens_by_owner ON tokens (company_id, location_id, id);
