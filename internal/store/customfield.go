package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const customFieldColumns = `id, location_id, document_type, model, name, field_key, data_type, placeholder, description, position,
	parent_id, options, text_box_options, accepted_format, is_multiple_file, max_files, created_at, updated_at`

func scanCustomField(r db.Row) (f tenantry.CustomField, err error) {
	var created, updated int64
	var options, boxes, formats string
	err = r.Scan(&f.ID, &f.LocationID, &f.DocumentType, &f.Model, &f.Name, &f.Key, &f.DataType, &f.Placeholder, &f.Description,
		&f.Position, &f.ParentID, &options, &boxes, &formats, &f.IsMultipleFile, &f.MaxFiles, &created, &updated)
	if err != nil {
		return f, err
	}
	f.CreatedAt, f.UpdatedAt = at(created), at(updated)
	return f, errors.Join(decode(options, &f.Options), decode(boxes, &f.TextBoxes), decode(formats, &f.AcceptedFormat))
}

// CustomFields lists the custom fields of a model, of both for an empty one, without
// the folders: all of them, in order of position, creation and id.
func (s *Store) CustomFields(ctx context.Context, loc tenantry.LocationID, m tenantry.FieldModel) ([]tenantry.CustomField, error) {
	where, args := customFieldsWhere(loc, tenantry.CustomFieldFilter{DocumentType: tenantry.FieldDocument, Model: m})
	return db.All(ctx, s.db.Within(loc).Read(), scanCustomField,
		`SELECT `+customFieldColumns+` FROM custom_fields WHERE `+where+` ORDER BY position, created_at, id`, args...)
}

// SearchCustomFields gives a page of the custom fields or folders that the filter selects.
func (s *Store) SearchCustomFields(ctx context.Context, loc tenantry.LocationID, f tenantry.CustomFieldFilter) (tenantry.Page[tenantry.CustomField], error) {
	where, args := customFieldsWhere(loc, f)
	return page(ctx, s.db.Within(loc), scanCustomField, `SELECT count(*) FROM custom_fields WHERE `+where,
		`SELECT `+customFieldColumns+` FROM custom_fields WHERE `+where+` ORDER BY position, created_at, id`, args, f.Limit, f.Skip)
}

func customFieldsWhere(loc tenantry.LocationID, f tenantry.CustomFieldFilter) (where string, args []any) {
	where, args = `location_id = $1 AND document_type = $2`, []any{loc, f.DocumentType}
	if f.Model != "" {
		args = append(args, f.Model)
		where += fmt.Sprintf(` AND model = $%d`, len(args))
	}
	if f.Query != "" {
		args = append(args, tenantry.Fold(f.Query))
		where += ` AND ` + db.Contains(`search_text`, fmt.Sprintf(`$%d`, len(args)))
	}
	return where, args
}

// CustomField reads one custom field or folder. id may be the key of a field instead, such
// as contact.colour: the dot tells the two apart. Errors: NotFound.
func (s *Store) CustomField(ctx context.Context, loc tenantry.LocationID, id tenantry.CustomFieldID) (tenantry.CustomField, error) {
	if !strings.Contains(string(id), ".") {
		return customFieldOf(ctx, s.db.Within(loc).Lookup(), loc, id)
	}
	f, err := db.One(ctx, s.db.Within(loc).Lookup(), scanCustomField, `SELECT `+customFieldColumns+` FROM custom_fields
		WHERE location_id = $1 AND field_key = $2 AND document_type = 'field'`, loc, id)
	return foundCustomField(f, err, id)
}

func customFieldOf(ctx context.Context, q db.Q, loc tenantry.LocationID, id tenantry.CustomFieldID) (tenantry.CustomField, error) {
	f, err := db.One(ctx, q, scanCustomField,
		`SELECT `+customFieldColumns+` FROM custom_fields WHERE location_id = $1 AND id = $2`, loc, id)
	return foundCustomField(f, err, id)
}

func foundCustomField(f tenantry.CustomField, err error, id tenantry.CustomFieldID) (tenantry.CustomField, error) {
	return found(f, err, "Custom field", string(id))
}

// CreateCustomField adds a custom field or folder; the draft has no problems, see
// [tenantry.CustomFieldDraft]. Errors: Invalid for a parent that is no fitting folder,
// Conflict, Refused when there are too many, NoAccess.
func (s *Store) CreateCustomField(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, d tenantry.CustomFieldDraft) (f tenantry.CustomField, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		f = d.Field(tenantry.CustomFieldID(t.newID()), loc, t.now)
		problems, err := parentProblems(ctx, t, f)
		if err != nil {
			return err
		}
		if err := tenantry.InvalidProperties(problems); err != nil {
			return err
		}
		if err := f.CheckStandard(); err != nil {
			return err
		}
		if !f.IsFolder() {
			if f.Key, err = freeFieldKey(ctx, t, f); err != nil {
				return err
			}
		}
		if err := t.room(ctx, `custom_fields WHERE`, "custom fields and folders", tenantry.MaxCustomFields); err != nil {
			return err
		}
		if err := insertCustomField(ctx, t, f); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.CustomFieldCreated, by: by, resource: string(f.ID), after: f, payload: customFieldPayload(f)})
	})
	return f, err
}

// NewCustomFieldProblems lists what [Store.CreateCustomField] would refuse as Invalid.
func (s *Store) NewCustomFieldProblems(ctx context.Context, loc tenantry.LocationID, d tenantry.CustomFieldDraft) ([]tenantry.Problem, error) {
	return parentProblems(ctx, s.db.Within(loc).Read(), d.Field("", loc, time.Time{}))
}

// CustomFieldProblems lists what [Store.UpdateCustomField] would refuse as Invalid.
// Errors: NotFound.
func (s *Store) CustomFieldProblems(ctx context.Context, loc tenantry.LocationID, id tenantry.CustomFieldID, p tenantry.CustomFieldPatch) ([]tenantry.Problem, error) {
	before, err := customFieldOf(ctx, s.db.Within(loc).Lookup(), loc, id)
	if err != nil {
		return nil, err
	}
	return patchProblems(ctx, s.db.Within(loc).Read(), before, p)
}

// parentProblems checks that the field's folder is one of its location and model.
func parentProblems(ctx context.Context, q db.Q, f tenantry.CustomField) ([]tenantry.Problem, error) {
	if f.ParentID == "" {
		return nil, nil
	}
	parent, err := customFieldOf(ctx, q, f.LocationID, f.ParentID)
	switch {
	case tenantry.KindOf(err) == tenantry.NotFound, err == nil && (!parent.IsFolder() || parent.Model != f.Model):
		return []tenantry.Problem{tenantry.ParentProblem()}, nil
	default:
		return nil, err
	}
}

// freeFieldKey gives the key for a new field: the one it asks for, else the first of
// the fallbacks that is free.
func freeFieldKey(ctx context.Context, q db.Q, f tenantry.CustomField) (string, error) {
	keys := []string{f.Key}
	if f.Key == "" {
		keys = tenantry.FallbackFieldKeys(f.Model, f.ID)
	}
	var taken error
	for _, key := range keys {
		existing, err := db.One(ctx, q, func(r db.Row) (id tenantry.CustomFieldID, err error) { return id, r.Scan(&id) },
			`SELECT id FROM custom_fields WHERE location_id = $1 AND field_key = $2 AND document_type = 'field'`, f.LocationID, key)
		if errors.Is(err, db.ErrNoRows) {
			return key, nil
		}
		if err != nil {
			return "", err
		}
		taken = tenantry.FieldKeyTaken(key, existing)
	}
	return "", taken
}

func insertCustomField(ctx context.Context, t *tx, f tenantry.CustomField) error {
	_, err := t.Exec(ctx, `INSERT INTO custom_fields (location_id, id, document_type, model, name, field_key, data_type, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`,
		f.LocationID, f.ID, f.DocumentType, f.Model, f.Name, f.Key, f.DataType, f.CreatedAt.UnixMilli())
	if err != nil {
		return err
	}
	return storeCustomField(ctx, t, f)
}

// storeCustomField writes every column that an update may change.
func storeCustomField(ctx context.Context, t *tx, f tenantry.CustomField) error {
	options, boxes, err := encodeBoth(f.Options, f.TextBoxes)
	if err != nil {
		return err
	}
	formats, err := encode(f.AcceptedFormat)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `UPDATE custom_fields SET name = $3, placeholder = $4, description = $5, position = $6, parent_id = $7,
		options = $8, text_box_options = $9, accepted_format = $10, is_multiple_file = $11, max_files = $12, search_text = $13,
		updated_at = $14 WHERE location_id = $1 AND id = $2`,
		f.LocationID, f.ID, f.Name, f.Placeholder, f.Description, f.Position, f.ParentID, options, boxes, formats,
		boolean(f.IsMultipleFile), f.MaxFiles, tenantry.Fold(f.Name), f.UpdatedAt.UnixMilli())
	return err
}

// UpdateCustomField changes what the patch names; the key stays. A patch that changes
// nothing leaves the row and the outbox as they are. Errors: NotFound, Invalid for what
// does not fit the stored data type, model or folders, Conflict for a standard field's
// name, NoAccess.
func (s *Store) UpdateCustomField(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.CustomFieldID, p tenantry.CustomFieldPatch) (f tenantry.CustomField, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := customFieldOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		if f, err = patched(ctx, t, before, p); err != nil {
			return err
		}
		if f.Same(before) {
			return nil
		}
		f.UpdatedAt = t.now
		if err := storeCustomField(ctx, t, f); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.CustomFieldUpdated, by: by, resource: string(id), before: before, after: f, payload: customFieldPayload(f)})
	})
	return f, err
}

// patched applies the patch to the stored field and holds the result against the rules.
func patched(ctx context.Context, q db.Q, before tenantry.CustomField, p tenantry.CustomFieldPatch) (tenantry.CustomField, error) {
	f := p.Apply(before)
	problems, err := patchProblems(ctx, q, before, p)
	if err != nil {
		return f, err
	}
	if err := tenantry.InvalidProperties(problems); err != nil {
		return f, err
	}
	// A field keeps a name that was free when it took it.
	if f.Name != before.Name {
		return f, f.CheckStandard()
	}
	return f, nil
}

// patchProblems lists what of the patch does not fit the stored field, its folder included.
func patchProblems(ctx context.Context, q db.Q, before tenantry.CustomField, p tenantry.CustomFieldPatch) ([]tenantry.Problem, error) {
	f, problems := p.Apply(before), p.Problems(before)
	if f.IsFolder() || f.ParentID == before.ParentID {
		return problems, nil
	}
	more, err := parentProblems(ctx, q, f)
	return append(problems, more...), err
}

// DeleteCustomField removes a custom field and frees its key; the files that were uploaded
// to it, or to a contact for it, go with it, their bytes a while later. The fields of a folder
// that is removed stay, in no folder: each is an update of its own, before the
// folder's event. Errors: NotFound, NoAccess.
func (s *Store) DeleteCustomField(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.CustomFieldID) error {
	return s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := customFieldOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		if before.IsFolder() {
			if err := emptyFolder(ctx, t, by, before); err != nil {
				return err
			}
		}
		if before.DataType == tenantry.FileUploadField {
			if _, err := t.Exec(ctx, `DELETE FROM files WHERE location_id = $1 AND (owner_id = $2 OR field_id = $2)`, loc, id); err != nil {
				return err
			}
		}
		if _, err := t.Exec(ctx, `DELETE FROM custom_fields WHERE location_id = $1 AND id = $2`, loc, id); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.CustomFieldDeleted, by: by, resource: string(id), before: before, payload: customFieldPayload(before)})
	})
}

// emptyFolder takes the fields out of a folder.
func emptyFolder(ctx context.Context, t *tx, by tenantry.Actor, folder tenantry.CustomField) error {
	children, err := db.All(ctx, t, scanCustomField, `SELECT `+customFieldColumns+` FROM custom_fields
		WHERE location_id = $1 AND document_type = 'field' AND parent_id = $2 ORDER BY position, created_at, id`,
		folder.LocationID, folder.ID)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `UPDATE custom_fields SET parent_id = '', updated_at = $3
		WHERE location_id = $1 AND document_type = 'field' AND parent_id = $2`, folder.LocationID, folder.ID, t.now.UnixMilli())
	if err != nil {
		return err
	}
	for _, before := range children {
		after := before
		after.ParentID, after.UpdatedAt = "", t.now
		err := t.record(ctx, change{
			event: tenantry.CustomFieldUpdated, by: by, resource: string(before.ID), before: before, after: after,
			payload: customFieldPayload(after),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func customFieldPayload(f tenantry.CustomField) any {
	return struct {
		LocationID   tenantry.LocationID    `json:"locationId"`
		ID           tenantry.CustomFieldID `json:"id"`
		DocumentType tenantry.DocumentType  `json:"documentType"`
		Model        tenantry.FieldModel    `json:"model"`
		Name         string                 `json:"name"`
		FieldKey     string                 `json:"fieldKey,omitempty"` // of a field
		DataType     tenantry.DataType      `json:"dataType,omitempty"` // of a field
		ParentID     tenantry.CustomFieldID `json:"parentId"`
	}{f.LocationID, f.ID, f.DocumentType, f.Model, f.Name, f.Key, f.DataType, f.ParentID}
}
