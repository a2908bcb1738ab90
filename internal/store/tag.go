package store

import (
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const tagColumns = `id, location_id, name, created_at`

func scanTag(r db.Row) (t tenantry.Tag, err error) {
	var created int64
	err = r.Scan(&t.ID, &t.LocationID, &t.Name, &created)
	t.CreatedAt = at(created)
	return t, err
}

// Tags lists the tags of a location in the order of their names.
func (s *Store) Tags(ctx context.Context, loc tenantry.LocationID) ([]tenantry.Tag, error) {
	return db.All(ctx, s.db.Within(loc).Read(), scanTag,
		`SELECT `+tagColumns+` FROM tags WHERE location_id = $1 ORDER BY name`, loc)
}

// Tag reads one tag. Errors: NotFound.
func (s *Store) Tag(ctx context.Context, loc tenantry.LocationID, id tenantry.TagID) (tenantry.Tag, error) {
	return tagOf(ctx, s.db.Within(loc).Lookup(), loc, id)
}

func tagOf(ctx context.Context, q db.Q, loc tenantry.LocationID, id tenantry.TagID) (tenantry.Tag, error) {
	t, err := db.One(ctx, q, scanTag, `SELECT `+tagColumns+` FROM tags WHERE location_id = $1 AND id = $2`, loc, id)
	return found(t, err, "Tag", string(id))
}

// tagNamed tells which tag has the name, "" when none has.
func tagNamed(ctx context.Context, q db.Q, loc tenantry.LocationID, name string) (tenantry.TagID, error) {
	id, err := db.One(ctx, q, func(r db.Row) (id tenantry.TagID, err error) { return id, r.Scan(&id) },
		`SELECT id FROM tags WHERE location_id = $1 AND name = $2`, loc, name)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// CreateTag adds a tag; name is in its stored form. Errors: Conflict, Refused when there are too many, NoAccess.
func (s *Store) CreateTag(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, name string) (tag tenantry.Tag, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		existing, err := tagNamed(ctx, t, loc, name)
		if err != nil {
			return err
		}
		if existing != "" {
			return tenantry.TagTaken(existing)
		}
		tag, err = insertTag(ctx, t, by, name)
		return err
	})
	return tag, err
}

// insertTag adds a tag whose name is free, and records it.
func insertTag(ctx context.Context, t *tx, by tenantry.Actor, name string) (tenantry.Tag, error) {
	if err := t.room(ctx, `tags WHERE`, "tags", tenantry.MaxTags); err != nil {
		return tenantry.Tag{}, err
	}
	tag := tenantry.Tag{ID: tenantry.TagID(t.newID()), LocationID: t.loc, Name: name, CreatedAt: t.now}
	_, err := t.Exec(ctx, `INSERT INTO tags (location_id, id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)`,
		t.loc, tag.ID, tag.Name, t.now.UnixMilli())
	if err != nil {
		return tag, err
	}
	return tag, t.record(ctx, change{event: tenantry.TagCreated, by: by, resource: string(tag.ID), after: tag, payload: tagPayload(tag)})
}

// UpdateTag renames a tag; the contacts that wear it follow, since they refer to its
// id. Errors: NotFound, Conflict, NoAccess.
func (s *Store) UpdateTag(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.TagID, name string) (tag tenantry.Tag, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := tagOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		tag = before
		if tag.Name = name; tag == before {
			return nil
		}
		existing, err := tagNamed(ctx, t, loc, name)
		if err != nil {
			return err
		}
		if existing != "" {
			return tenantry.TagTaken(existing)
		}
		_, err = t.Exec(ctx, `UPDATE tags SET name = $3, updated_at = $4 WHERE location_id = $1 AND id = $2`,
			loc, id, name, t.now.UnixMilli())
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.TagUpdated, by: by, resource: string(id), before: before, after: tag, payload: tagPayload(tag)})
	})
	return tag, err
}

// DeleteTag removes a tag, from the contacts that wear it too. Errors: NotFound, NoAccess.
func (s *Store) DeleteTag(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.TagID) error {
	return s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := tagOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		// The wearers' rows go by the foreign key.
		if _, err := t.Exec(ctx, `DELETE FROM tags WHERE location_id = $1 AND id = $2`, loc, id); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.TagDeleted, by: by, resource: string(id), before: before, payload: tagPayload(before)})
	})
}

func tagPayload(t tenantry.Tag) any {
	return struct {
		LocationID tenantry.LocationID `json:"locationId"`
		ID         tenantry.TagID      `json:"id"`
		Name       string              `json:"name"`
	}{t.LocationID, t.ID, t.Name}
}
