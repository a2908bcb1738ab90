-- +goose Up
-- Times are integer milliseconds of UTC. Every tenant table is keyed by
-- (location_id, id) and every index of it that makes rows unique starts with
-- location_id, so a tenant's rows lie together and can be distributed by it.
-- Texts are compared byte by byte, as SQLite does, whatever the database's collation is.

-- SQLite's name for where a text is in another, 0 when it is not.
CREATE FUNCTION instr(whole text, part text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT strpos($1, $2)';

CREATE TABLE settings (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE signing_keys (
    id         TEXT COLLATE "C" PRIMARY KEY,
    sealed     BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE companies (
    id             TEXT COLLATE "C" PRIMARY KEY,
    name           TEXT COLLATE "C" NOT NULL,
    email          TEXT COLLATE "C" NOT NULL DEFAULT '',
    location_count BIGINT NOT NULL DEFAULT 0,
    created_at     BIGINT NOT NULL
);

CREATE TABLE users (
    id            TEXT COLLATE "C" PRIMARY KEY,
    company_id    TEXT COLLATE "C" NOT NULL REFERENCES companies (id),
    first_name    TEXT COLLATE "C" NOT NULL DEFAULT '',
    last_name     TEXT COLLATE "C" NOT NULL DEFAULT '',
    email         TEXT COLLATE "C" NOT NULL DEFAULT '',
    profile_photo TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at    BIGINT NOT NULL
);
CREATE INDEX users_by_company ON users (company_id, id);

-- Private integration tokens; location_id is '' for those of an agency.
CREATE TABLE tokens (
    id          TEXT COLLATE "C" PRIMARY KEY,
    hash        TEXT COLLATE "C" NOT NULL UNIQUE,
    name        TEXT COLLATE "C" NOT NULL DEFAULT '',
    company_id  TEXT COLLATE "C" NOT NULL REFERENCES companies (id),
    location_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    scopes      TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX tokens_by_location ON tokens (location_id);

CREATE TABLE locations (
    location_id  TEXT COLLATE "C" PRIMARY KEY,
    company_id   TEXT COLLATE "C" NOT NULL REFERENCES companies (id),
    name         TEXT COLLATE "C" NOT NULL,
    phone        TEXT COLLATE "C" NOT NULL DEFAULT '',
    email        TEXT COLLATE "C" NOT NULL DEFAULT '',
    email_key    TEXT COLLATE "C" NOT NULL DEFAULT '', -- folded, for the e-mail search
    first_name   TEXT COLLATE "C" NOT NULL DEFAULT '',
    last_name    TEXT COLLATE "C" NOT NULL DEFAULT '',
    address      TEXT COLLATE "C" NOT NULL DEFAULT '',
    city         TEXT COLLATE "C" NOT NULL DEFAULT '',
    state        TEXT COLLATE "C" NOT NULL DEFAULT '',
    country      TEXT COLLATE "C" NOT NULL DEFAULT '',
    postal_code  TEXT COLLATE "C" NOT NULL DEFAULT '',
    website      TEXT COLLATE "C" NOT NULL DEFAULT '',
    timezone     TEXT COLLATE "C" NOT NULL DEFAULT '',
    settings     TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    social       TEXT COLLATE "C" NOT NULL DEFAULT '{}',
    permissions  TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    snapshot_id  TEXT COLLATE "C" NOT NULL DEFAULT '',
    twilio       BYTEA, -- sealed
    mailgun      BYTEA, -- sealed
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    deleted_at   BIGINT -- set at once by a delete; the rows go in the background
);
CREATE INDEX locations_by_company ON locations (company_id, created_at, location_id) WHERE deleted_at IS NULL;
CREATE INDEX locations_by_email ON locations (company_id, email_key, created_at, location_id) WHERE deleted_at IS NULL;
CREATE INDEX locations_deleted ON locations (deleted_at, location_id) WHERE deleted_at IS NOT NULL;

CREATE TABLE contacts (
    location_id TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    id          TEXT COLLATE "C" NOT NULL,
    first_name  TEXT COLLATE "C" NOT NULL DEFAULT '',
    last_name   TEXT COLLATE "C" NOT NULL DEFAULT '',
    email       TEXT COLLATE "C" NOT NULL DEFAULT '',
    phone       TEXT COLLATE "C" NOT NULL DEFAULT '',
    business_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (location_id, id)
);

CREATE TABLE tags (
    location_id TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    id          TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (location_id, id)
);
CREATE UNIQUE INDEX tags_by_name ON tags (location_id, name);

CREATE TABLE contact_tags (
    location_id TEXT COLLATE "C" NOT NULL,
    contact_id  TEXT COLLATE "C" NOT NULL,
    tag_id      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (location_id, contact_id, tag_id),
    FOREIGN KEY (location_id, contact_id) REFERENCES contacts (location_id, id) ON DELETE CASCADE,
    FOREIGN KEY (location_id, tag_id) REFERENCES tags (location_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_tags_by_tag ON contact_tags (location_id, tag_id);

-- Fields and the folders that hold them; a folder has no key and no data type.
CREATE TABLE custom_fields (
    location_id       TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    id                TEXT COLLATE "C" NOT NULL,
    document_type     TEXT COLLATE "C" NOT NULL, -- field, folder
    model             TEXT COLLATE "C" NOT NULL, -- contact, opportunity
    name              TEXT COLLATE "C" NOT NULL,
    field_key         TEXT COLLATE "C" NOT NULL DEFAULT '',
    data_type         TEXT COLLATE "C" NOT NULL DEFAULT '',
    placeholder       TEXT COLLATE "C" NOT NULL DEFAULT '',
    description       TEXT COLLATE "C" NOT NULL DEFAULT '',
    position          DOUBLE PRECISION NOT NULL DEFAULT 0, -- any number, as published
    parent_id         TEXT COLLATE "C" NOT NULL DEFAULT '',
    options           TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    text_box_options  TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    accepted_format   TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    is_multiple_file  BIGINT NOT NULL DEFAULT 0,
    max_files         BIGINT NOT NULL DEFAULT 0,
    search_text       TEXT COLLATE "C" NOT NULL DEFAULT '', -- folded name, for the field search
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    PRIMARY KEY (location_id, id)
);
CREATE UNIQUE INDEX custom_fields_by_key ON custom_fields (location_id, field_key) WHERE document_type = 'field';
CREATE INDEX custom_fields_in_order ON custom_fields (location_id, document_type, position, created_at, id);

CREATE TABLE custom_values (
    location_id TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    id          TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    name_key    TEXT COLLATE "C" NOT NULL, -- name in lower case
    field_key   TEXT COLLATE "C" NOT NULL,
    value       TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (location_id, id)
);
CREATE UNIQUE INDEX custom_values_by_name ON custom_values (location_id, name_key);
CREATE UNIQUE INDEX custom_values_by_key ON custom_values (location_id, field_key);

CREATE TABLE templates (
    location_id     TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    id              TEXT COLLATE "C" NOT NULL,
    origin_id       TEXT COLLATE "C" NOT NULL,
    type            TEXT COLLATE "C" NOT NULL, -- sms, email, whatsapp
    name            TEXT COLLATE "C" NOT NULL,
    subject         TEXT COLLATE "C" NOT NULL DEFAULT '',
    body            TEXT COLLATE "C" NOT NULL DEFAULT '',
    html            TEXT COLLATE "C" NOT NULL DEFAULT '',
    attachments     TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    url_attachments TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    deleted_at      BIGINT,
    PRIMARY KEY (location_id, id)
);
CREATE INDEX templates_in_order ON templates (location_id, created_at, id);

CREATE TABLE recurring_tasks (
    location_id        TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    id                 TEXT COLLATE "C" NOT NULL,
    title              TEXT COLLATE "C" NOT NULL,
    description        TEXT COLLATE "C" NOT NULL DEFAULT '',
    contact_ids        TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    owners             TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    rule               TEXT COLLATE "C" NOT NULL, -- the recurrence rule as JSON
    total_occurrence   BIGINT NOT NULL DEFAULT 0,
    next_occurrence_at BIGINT, -- the first that was not decided on, null once the series has ended
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    deleted_at         BIGINT,
    PRIMARY KEY (location_id, id)
);
CREATE INDEX recurring_tasks_live ON recurring_tasks (location_id, id) WHERE deleted_at IS NULL;
-- The loop looks for due work across locations, then works on one at a time.
CREATE INDEX recurring_tasks_due ON recurring_tasks (next_occurrence_at, location_id)
    WHERE deleted_at IS NULL AND next_occurrence_at IS NOT NULL;
CREATE INDEX recurring_tasks_due_in_location ON recurring_tasks (location_id, next_occurrence_at, id)
    WHERE deleted_at IS NULL AND next_occurrence_at IS NOT NULL;

CREATE TABLE tasks (
    location_id   TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    id            TEXT COLLATE "C" NOT NULL,
    title         TEXT COLLATE "C" NOT NULL,
    body          TEXT COLLATE "C" NOT NULL DEFAULT '',
    contact_id    TEXT COLLATE "C" NOT NULL DEFAULT '',
    assigned_to   TEXT COLLATE "C" NOT NULL DEFAULT '',
    due_at        BIGINT NOT NULL,
    completed     BIGINT NOT NULL DEFAULT 0,
    recurring_id  TEXT COLLATE "C", -- null for a task made by hand
    occurrence_at BIGINT,
    search_text   TEXT COLLATE "C" NOT NULL DEFAULT '', -- folded title and body, for the task search
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (location_id, id)
);
CREATE INDEX tasks_in_order ON tasks (location_id, created_at, id);
CREATE INDEX tasks_by_due ON tasks (location_id, due_at, id);
CREATE INDEX tasks_by_contact ON tasks (location_id, contact_id, created_at, id);
CREATE INDEX tasks_by_assignee ON tasks (location_id, assigned_to, created_at, id);
-- An occurrence makes at most one task a contact, however often it is tried; the last
-- task of a contact is the index's last for it.
CREATE UNIQUE INDEX tasks_by_occurrence ON tasks (location_id, recurring_id, contact_id, occurrence_at)
    WHERE recurring_id IS NOT NULL;

CREATE TABLE files (
    location_id TEXT COLLATE "C" NOT NULL REFERENCES locations (location_id),
    id          TEXT COLLATE "C" NOT NULL,
    owner_id    TEXT COLLATE "C" NOT NULL, -- the contact or custom field that the upload named
    field_id    TEXT COLLATE "C" NOT NULL DEFAULT '',
    name        TEXT COLLATE "C" NOT NULL,
    mime        TEXT COLLATE "C" NOT NULL,
    size        BIGINT NOT NULL,
    sha256      TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (location_id, id)
);
CREATE INDEX files_by_owner ON files (location_id, owner_id, created_at, id);

-- The outbox: one event for each state change, written in its transaction.
CREATE TABLE events (
    location_id TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    company_id  TEXT COLLATE "C" NOT NULL,
    type        TEXT COLLATE "C" NOT NULL,
    payload     TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (location_id, id)
);

-- Who changed what, written in the transaction of the change and kept after a delete.
CREATE TABLE audit (
    location_id TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    company_id  TEXT COLLATE "C" NOT NULL,
    token_id    TEXT COLLATE "C" NOT NULL,
    app_id      TEXT COLLATE "C" NOT NULL,
    user_id     TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL, -- an event type
    resource_id TEXT COLLATE "C" NOT NULL,
    before      TEXT COLLATE "C" NOT NULL, -- JSON, 'null' for a create
    after       TEXT COLLATE "C" NOT NULL, -- JSON, 'null' for a delete
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (location_id, id)
);
