package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const templateColumns = `id, location_id, origin_id, type, name, subject, body, html, attachments, url_attachments, created_at, updated_at`

func scanTemplate(r db.Row) (m tenantry.Template, err error) {
	var created, updated int64
	var attachments, urls string
	err = r.Scan(&m.ID, &m.LocationID, &m.OriginID, &m.Type, &m.Name, &m.Subject, &m.Body, &m.HTML, &attachments, &urls, &created, &updated)
	if err != nil {
		return m, err
	}
	m.CreatedAt, m.UpdatedAt = at(created), at(updated)
	return m, errors.Join(decode(attachments, &m.Attachments), decode(urls, &m.URLAttachments))
}

// Templates gives a page of the templates of a location that the filter selects, oldest first.
func (s *Store) Templates(ctx context.Context, loc tenantry.LocationID, f tenantry.TemplateFilter) (tenantry.Page[tenantry.Template], error) {
	where, args := `location_id = $1 AND deleted_at IS NULL`, []any{loc}
	if f.Deleted {
		where = `location_id = $1 AND deleted_at IS NOT NULL`
	}
	if f.OriginID != "" && f.OriginID != string(loc) {
		args = append(args, f.OriginID)
		where += fmt.Sprintf(` AND origin_id = $%d`, len(args))
	}
	if f.Type != "" {
		args = append(args, f.Type)
		where += fmt.Sprintf(` AND type = $%d`, len(args))
	}
	return page(ctx, s.db.Within(loc), scanTemplate, `SELECT count(*) FROM templates WHERE `+where,
		`SELECT `+templateColumns+` FROM templates WHERE `+where+` ORDER BY created_at, id`, args, f.Limit, f.Skip)
}

// templateOf reads one template that is not deleted.
func templateOf(ctx context.Context, q db.Q, loc tenantry.LocationID, id tenantry.TemplateID) (tenantry.Template, error) {
	m, err := db.One(ctx, q, scanTemplate,
		`SELECT `+templateColumns+` FROM templates WHERE location_id = $1 AND id = $2 AND deleted_at IS NULL`, loc, id)
	return found(m, err, "Template", string(id))
}

// CreateTemplate adds a template; one without an origin is the location's own.
// Errors: Invalid when its content does not fit its type, NoAccess.
func (s *Store) CreateTemplate(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, p tenantry.TemplatePatch) (m tenantry.Template, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		m = p.Apply(tenantry.Template{
			ID: tenantry.TemplateID(t.newID()), LocationID: loc, OriginID: string(loc), CreatedAt: t.now, UpdatedAt: t.now,
		})
		if err := tenantry.InvalidProperties(m.Problems()); err != nil {
			return err
		}
		attachments, urls, err := encodeBoth(m.Attachments, m.URLAttachments)
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `INSERT INTO templates (location_id, id, origin_id, type, name, subject, body, html, attachments,
			url_attachments, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
			loc, m.ID, m.OriginID, m.Type, m.Name, m.Subject, m.Body, m.HTML, attachments, urls, t.now.UnixMilli())
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.TemplateCreated, by: by, resource: string(m.ID), after: m, payload: templatePayload(m)})
	})
	return m, err
}

// UpdateTemplate changes what the patch names. Errors: NotFound, for a deleted template
// too, Invalid when the content would not fit the type, NoAccess.
func (s *Store) UpdateTemplate(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.TemplateID, p tenantry.TemplatePatch) (m tenantry.Template, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := templateOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		m = p.Apply(before)
		if err := tenantry.InvalidProperties(m.Problems()); err != nil || m.Same(before) {
			return err
		}
		m.UpdatedAt = t.now
		attachments, urls, err := encodeBoth(m.Attachments, m.URLAttachments)
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `UPDATE templates SET origin_id = $3, type = $4, name = $5, subject = $6, body = $7, html = $8,
			attachments = $9, url_attachments = $10, updated_at = $11 WHERE location_id = $1 AND id = $2`,
			loc, id, m.OriginID, m.Type, m.Name, m.Subject, m.Body, m.HTML, attachments, urls, t.now.UnixMilli())
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.TemplateUpdated, by: by, resource: string(id), before: before, after: m, payload: templatePayload(m)})
	})
	return m, err
}

// TemplateProblems lists what [Store.UpdateTemplate] would refuse as Invalid. Errors:
// NotFound.
func (s *Store) TemplateProblems(ctx context.Context, loc tenantry.LocationID, id tenantry.TemplateID, p tenantry.TemplatePatch) ([]tenantry.Problem, error) {
	before, err := templateOf(ctx, s.db.Within(loc).Lookup(), loc, id)
	return p.Apply(before).Problems(), err
}

// DeleteTemplate marks a template as deleted: it stays in the list of the deleted
// (contract, decision 33). Errors: NotFound, for one that is deleted already too, NoAccess.
func (s *Store) DeleteTemplate(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.TemplateID) error {
	return s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := templateOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		_, err = t.Exec(ctx, `UPDATE templates SET deleted_at = $3 WHERE location_id = $1 AND id = $2`, loc, id, t.now.UnixMilli())
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.TemplateDeleted, by: by, resource: string(id), before: before, payload: templatePayload(before)})
	})
}

func templatePayload(m tenantry.Template) any {
	return struct {
		LocationID tenantry.LocationID   `json:"locationId"`
		ID         tenantry.TemplateID   `json:"id"`
		Name       string                `json:"name"`
		Type       tenantry.TemplateType `json:"templateType"` // "type" is the event's
		OriginID   string                `json:"originId"`
	}{m.LocationID, m.ID, m.Name, m.Type, m.OriginID}
}
