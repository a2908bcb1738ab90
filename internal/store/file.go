package store

import (
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// File reads the row of an uploaded file. Errors: NotFound, when the location is
// deleted too.
func (s *Store) File(ctx context.Context, loc tenantry.LocationID, owner string, id tenantry.FileID) (tenantry.File, error) {
	f, err := db.One(ctx, s.db.Within(loc).Read(), func(r db.Row) (f tenantry.File, err error) {
		var created int64
		err = r.Scan(&f.ID, &f.LocationID, &f.OwnerID, &f.FieldID, &f.Name, &f.MIME, &f.Size, &f.SHA256, &created)
		f.CreatedAt = at(created)
		return f, err
	}, `SELECT f.id, f.location_id, f.owner_id, f.field_id, f.name, f.mime, f.size, f.sha256, f.created_at FROM files f
		JOIN locations l ON l.location_id = f.location_id AND l.deleted_at IS NULL
		WHERE f.location_id = $1 AND f.id = $2 AND f.owner_id = $3`, loc, id, owner)
	return found(f, err, "File", string(id))
}

// AddFiles adds the rows of one upload, all or none; their bytes must be kept already,
// so that no row is ever without. The location, owner and time of each are set here.
// Errors: NotFound when the owner is neither a contact nor a custom field of the
// location, NoAccess.
func (s *Store) AddFiles(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, owner string, files []tenantry.File) error {
	return s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		if err := ownsFiles(ctx, t, loc, owner); err != nil {
			return err
		}
		for i := range files {
			f := &files[i]
			f.LocationID, f.OwnerID, f.CreatedAt = loc, owner, t.now
			_, err := t.Exec(ctx, `INSERT INTO files (location_id, id, owner_id, field_id, name, mime, size, sha256, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
				loc, f.ID, owner, f.FieldID, f.Name, f.MIME, f.Size, f.SHA256, t.now.UnixMilli())
			if err != nil {
				return err
			}
		}
		return t.record(ctx, change{event: tenantry.FilesUploaded, by: by, resource: owner, after: files, payload: filesPayload(loc, owner, files)})
	})
}

// KnownFiles tells which of the files of a location have a row, that of a deleted
// location too until it is purged.
func (s *Store) KnownFiles(ctx context.Context, loc tenantry.LocationID, ids []tenantry.FileID) ([]tenantry.FileID, error) {
	var q conditions
	q.add(`location_id = ` + q.arg(loc) + ` AND id IN (` + inArgs(&q, ids) + `)`)
	return db.All(ctx, s.db.Within(loc).Read(), func(r db.Row) (id tenantry.FileID, err error) { return id, r.Scan(&id) },
		`SELECT id FROM files`+q.where(), q.args...)
}

// KnowsLocation tells whether this database has ever had the location: its events outlive it.
func (s *Store) KnowsLocation(ctx context.Context, loc tenantry.LocationID) (bool, error) {
	return db.One(ctx, s.db.Within(loc).Read(), func(r db.Row) (is bool, err error) { return is, r.Scan(&is) },
		`SELECT EXISTS (SELECT 1 FROM locations WHERE location_id = $1) OR EXISTS (SELECT 1 FROM events WHERE location_id = $1)`, loc)
}

// ownsFiles refuses an id that is neither a contact nor a custom field of the location.
func ownsFiles(ctx context.Context, q db.Q, loc tenantry.LocationID, id string) error {
	_, err := db.One(ctx, q, func(r db.Row) (found string, err error) { return found, r.Scan(&found) },
		`SELECT id FROM contacts WHERE location_id = $1 AND id = $2
			UNION ALL SELECT id FROM custom_fields WHERE location_id = $1 AND id = $2`, loc, id)
	if errors.Is(err, db.ErrNoRows) {
		return tenantry.OwnerNotFound(id)
	}
	return err
}

func filesPayload(loc tenantry.LocationID, owner string, files []tenantry.File) any {
	type file struct {
		ID      tenantry.FileID        `json:"id"`
		FieldID tenantry.CustomFieldID `json:"fieldId"`
		Name    string                 `json:"name"`
		MIME    string                 `json:"mimetype"`
		Size    int64                  `json:"size"`
	}
	list := make([]file, len(files))
	for i, f := range files {
		list[i] = file{f.ID, f.FieldID, f.Name, f.MIME, f.Size}
	}
	return struct {
		LocationID tenantry.LocationID `json:"locationId"`
		ID         string              `json:"id"`
		Files      []file              `json:"files"`
	}{loc, owner, list}
}
