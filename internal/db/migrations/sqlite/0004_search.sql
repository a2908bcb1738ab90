-- +goose Up
-- Which tasks have a sequence of three characters in their texts, by the rowid of the task,
-- which VACUUM keeps because the table has indexes; a test looks. The end of its location's id
-- is before each text, as one more such sequence. It holds no text: what it gives is compared in full.
CREATE VIRTUAL TABLE task_search USING fts5(text, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1');
INSERT INTO task_search (rowid, text) SELECT rowid, substr(location_id, -3) || char(57344) || search_text FROM tasks;
CREATE TRIGGER task_search_insert AFTER INSERT ON tasks BEGIN INSERT INTO task_search (rowid, text) VALUES (NEW.rowid, substr(NEW.location_id, -3) || char(57344) || NEW.search_text); END;
CREATE TRIGGER task_search_delete AFTER DELETE ON tasks BEGIN INSERT INTO task_search (task_search, rowid, text) VALUES ('delete', OLD.rowid, substr(OLD.location_id, -3) || char(57344) || OLD.search_text); END;
CREATE TRIGGER task_search_update AFTER UPDATE OF location_id, search_text ON tasks BEGIN INSERT INTO task_search (task_search, rowid, text) VALUES ('delete', OLD.rowid, substr(OLD.location_id, -3) || char(57344) || OLD.search_text); INSERT INTO task_search (rowid, text) VALUES (NEW.rowid, substr(NEW.location_id, -3) || char(57344) || NEW.search_text); END;

-- A search by name reads the names here, without a look at the rows that do not match.
DROP INDEX locations_by_id;
CREATE INDEX locations_by_id ON locations (company_id, location_id, name_key, deleted_at) WHERE deleted_at IS NULL;
