-- +goose Up
-- Times are integer milliseconds of UTC. Every tenant table is keyed by
-- (location_id, id) and every index of it that makes rows unique starts with
-- location_id, so a tenant's rows lie together and can be distributed by it.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    id         TEXT PRIMARY KEY,
    sealed     BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE companies (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    email          TEXT NOT NULL DEFAULT '',
    location_count INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    company_id    TEXT NOT NULL REFERENCES companies (id),
    first_name    TEXT NOT NULL DEFAULT '',
    last_name     TEXT NOT NULL DEFAULT '',
    email         TEXT NOT NULL DEFAULT '',
    profile_photo TEXT NOT NULL DEFAULT '',
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX users_by_company ON users (company_id, id);

-- Private integration tokens; location_id is '' for those of an agency.
CREATE TABLE tokens (
    id          TEXT PRIMARY KEY,
    hash        TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL DEFAULT '',
    company_id  TEXT NOT NULL REFERENCES companies (id),
    location_id TEXT NOT NULL DEFAULT '',
    scopes      TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_location ON tokens (location_id);

CREATE TABLE locations (
    location_id  TEXT PRIMARY KEY,
    company_id   TEXT NOT NULL REFERENCES companies (id),
    name         TEXT NOT NULL,
    phone        TEXT NOT NULL DEFAULT '',
    email        TEXT NOT NULL DEFAULT '',
    email_key    TEXT NOT NULL DEFAULT '', -- folded, for the e-mail search
    first_name   TEXT NOT NULL DEFAULT '',
    last_name    TEXT NOT NULL DEFAULT '',
    address      TEXT NOT NULL DEFAULT '',
    city         TEXT NOT NULL DEFAULT '',
    state        TEXT NOT NULL DEFAULT '',
    country      TEXT NOT NULL DEFAULT '',
    postal_code  TEXT NOT NULL DEFAULT '',
    website      TEXT NOT NULL DEFAULT '',
    timezone     TEXT NOT NULL DEFAULT '',
    settings     TEXT NOT NULL DEFAULT '{}',
    social       TEXT NOT NULL DEFAULT '{}',
    permissions  TEXT NOT NULL DEFAULT '[]',
    snapshot_id  TEXT NOT NULL DEFAULT '',
    twilio       BLOB, -- sealed
    mailgun      BLOB, -- sealed
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    deleted_at   INTEGER -- set at once by a delete; the rows go in the background
) STRICT, WITHOUT ROWID;
-- deleted_at is in them so that a page of ids needs no look at the table.
CREATE INDEX locations_by_company ON locations (company_id, created_at, location_id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX locations_by_email ON locations (company_id, email_key, created_at, location_id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX locations_deleted ON locations (deleted_at, location_id) WHERE deleted_at IS NOT NULL;

CREATE TABLE contacts (
    location_id TEXT NOT NULL REFERENCES locations (location_id),
    id          TEXT NOT NULL,
    first_name  TEXT NOT NULL DEFAULT '',
    last_name   TEXT NOT NULL DEFAULT '',
    email       TEXT NOT NULL DEFAULT '',
    phone       TEXT NOT NULL DEFAULT '',
    business_id TEXT NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (location_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    location_id TEXT NOT NULL REFERENCES locations (location_id),
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (location_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tags_by_name ON tags (location_id, name);

CREATE TABLE contact_tags (
    location_id TEXT NOT NULL,
    contact_id  TEXT NOT NULL,
    tag_id      TEXT NOT NULL,
    PRIMARY KEY (location_id, contact_id, tag_id),
    FOREIGN KEY (location_id, contact_id) REFERENCES contacts (location_id, id) ON DELETE CASCADE,
    FOREIGN KEY (location_id, tag_id) REFERENCES tags (location_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_tags_by_tag ON contact_tags (location_id, tag_id);

-- Fields and the folders that hold them; a folder has no key and no data type.
CREATE TABLE custom_fields (
    location_id       TEXT NOT NULL REFERENCES locations (location_id),
    id                TEXT NOT NULL,
    document_type     TEXT NOT NULL, -- field, folder
    model             TEXT NOT NULL, -- contact, opportunity
    name              TEXT NOT NULL,
    field_key         TEXT NOT NULL DEFAULT '',
    data_type         TEXT NOT NULL DEFAULT '',
    placeholder       TEXT NOT NULL DEFAULT '',
    description       TEXT NOT NULL DEFAULT '',
    position          REAL NOT NULL DEFAULT 0, -- any number, as published
    parent_id         TEXT NOT NULL DEFAULT '',
    options           TEXT NOT NULL DEFAULT '[]',
    text_box_options  TEXT NOT NULL DEFAULT '[]',
    accepted_format   TEXT NOT NULL DEFAULT '[]',
    is_multiple_file  INTEGER NOT NULL DEFAULT 0,
    max_files         INTEGER NOT NULL DEFAULT 0,
    search_text       TEXT NOT NULL DEFAULT '', -- folded name, for the field search
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    PRIMARY KEY (location_id, id)
) STRICT;
CREATE UNIQUE INDEX custom_fields_by_key ON custom_fields (location_id, field_key) WHERE document_type = 'field';
CREATE INDEX custom_fields_in_order ON custom_fields (location_id, document_type, position, created_at, id);

CREATE TABLE custom_values (
    location_id TEXT NOT NULL REFERENCES locations (location_id),
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL, -- name in lower case
    field_key   TEXT NOT NULL,
    value       TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (location_id, id)
) STRICT;
CREATE UNIQUE INDEX custom_values_by_name ON custom_values (location_id, name_key);
CREATE UNIQUE INDEX custom_values_by_key ON custom_values (location_id, field_key);

CREATE TABLE templates (
    location_id     TEXT NOT NULL REFERENCES locations (location_id),
    id              TEXT NOT NULL,
    origin_id       TEXT NOT NULL,
    type            TEXT NOT NULL, -- sms, email, whatsapp
    name            TEXT NOT NULL,
    subject         TEXT NOT NULL DEFAULT '',
    body            TEXT NOT NULL DEFAULT '',
    html            TEXT NOT NULL DEFAULT '',
    attachments     TEXT NOT NULL DEFAULT '[]',
    url_attachments TEXT NOT NULL DEFAULT '[]',
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER,
    PRIMARY KEY (location_id, id)
) STRICT;
CREATE INDEX templates_in_order ON templates (location_id, created_at, id);

CREATE TABLE recurring_tasks (
    location_id        TEXT NOT NULL REFERENCES locations (location_id),
    id                 TEXT NOT NULL,
    title              TEXT NOT NULL,
    description        TEXT NOT NULL DEFAULT '',
    contact_ids        TEXT NOT NULL DEFAULT '[]',
    owners             TEXT NOT NULL DEFAULT '[]',
    rule               TEXT NOT NULL, -- the recurrence rule as JSON
    total_occurrence   INTEGER NOT NULL DEFAULT 0,
    next_occurrence_at INTEGER, -- the first that was not decided on, null once the series has ended
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    deleted_at         INTEGER,
    PRIMARY KEY (location_id, id)
) STRICT;
CREATE INDEX recurring_tasks_live ON recurring_tasks (location_id, id) WHERE deleted_at IS NULL;
-- The loop looks for due work across locations, then works on one at a time.
CREATE INDEX recurring_tasks_due ON recurring_tasks (next_occurrence_at, location_id)
    WHERE deleted_at IS NULL AND next_occurrence_at IS NOT NULL;
CREATE INDEX recurring_tasks_due_in_location ON recurring_tasks (location_id, next_occurrence_at, id)
    WHERE deleted_at IS NULL AND next_occurrence_at IS NOT NULL;

CREATE TABLE tasks (
    location_id   TEXT NOT NULL REFERENCES locations (location_id),
    id            TEXT NOT NULL,
    title         TEXT NOT NULL,
    body          TEXT NOT NULL DEFAULT '',
    contact_id    TEXT NOT NULL DEFAULT '',
    assigned_to   TEXT NOT NULL DEFAULT '',
    due_at        INTEGER NOT NULL,
    completed     INTEGER NOT NULL DEFAULT 0,
    recurring_id  TEXT, -- null for a task made by hand
    occurrence_at INTEGER,
    search_text   TEXT NOT NULL DEFAULT '', -- folded title and body, for the task search
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (location_id, id)
) STRICT;
CREATE INDEX tasks_in_order ON tasks (location_id, created_at, id);
CREATE INDEX tasks_by_due ON tasks (location_id, due_at, id);
CREATE INDEX tasks_by_contact ON tasks (location_id, contact_id, created_at, id);
CREATE INDEX tasks_by_assignee ON tasks (location_id, assigned_to, created_at, id);
-- An occurrence makes at most one task a contact, however often it is tried; the last
-- task of a contact is the index's last for it.
CREATE UNIQUE INDEX tasks_by_occurrence ON tasks (location_id, recurring_id, contact_id, occurrence_at)
    WHERE recurring_id IS NOT NULL;

CREATE TABLE files (
    location_id TEXT NOT NULL REFERENCES locations (location_id),
    id          TEXT NOT NULL,
    owner_id    TEXT NOT NULL, -- the contact or custom field that the upload named
    field_id    TEXT NOT NULL DEFAULT '',
    name        TEXT NOT NULL,
    mime        TEXT NOT NULL,
    size        INTEGER NOT NULL,
    sha256      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (location_id, id)
) STRICT;
CREATE INDEX files_by_owner ON files (location_id, owner_id, created_at, id);

-- The outbox: one event for each state change, written in its transaction.
CREATE TABLE events (
    location_id TEXT NOT NULL,
    id          TEXT NOT NULL,
    company_id  TEXT NOT NULL,
    type        TEXT NOT NULL,
    payload     TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (location_id, id)
) STRICT;

-- Who changed what, written in the transaction of the change and kept after a delete.
CREATE TABLE audit (
    location_id TEXT NOT NULL,
    id          TEXT NOT NULL,
    company_id  TEXT NOT NULL,
    token_id    TEXT NOT NULL,
    app_id      TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    action      TEXT NOT NULL, -- an event type
    resource_id TEXT NOT NULL,
    before      TEXT NOT NULL, -- JSON, 'null' for a create
    after       TEXT NOT NULL, -- JSON, 'null' for a delete
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (location_id, id)
) STRICT;
