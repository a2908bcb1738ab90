package store

import (
	"context"
	"slices"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const contactColumns = `id, location_id, first_name, last_name, email, phone, business_id, created_at, updated_at`

func scanContact(r db.Row) (c tenantry.Contact, err error) {
	var created, updated int64
	err = r.Scan(&c.ID, &c.LocationID, &c.FirstName, &c.LastName, &c.Email, &c.Phone, &c.BusinessID, &created, &updated)
	c.CreatedAt, c.UpdatedAt = at(created), at(updated)
	return c, err
}

// Contact reads one contact with the names of its tags, sorted. Errors: NotFound.
func (s *Store) Contact(ctx context.Context, loc tenantry.LocationID, id tenantry.ContactID) (tenantry.Contact, error) {
	c, err := db.One(ctx, s.db.Within(loc).Lookup(), scanContact,
		`SELECT `+contactColumns+` FROM contacts WHERE location_id = $1 AND id = $2`, loc, id)
	if c, err = found(c, err, "Contact", string(id)); err != nil {
		return c, err
	}
	c.Tags, err = db.All(ctx, s.db.Within(loc).Read(), func(r db.Row) (name string, err error) { return name, r.Scan(&name) },
		`SELECT t.name FROM contact_tags ct JOIN tags t ON t.location_id = ct.location_id AND t.id = ct.tag_id
			WHERE ct.location_id = $1 AND ct.contact_id = $2 ORDER BY t.name`, loc, id)
	return c, err
}

// CreateContact adds a contact; its id and times are made here. Tags are names in
// their stored form; those that the location does not have are created with it.
// Errors: Refused when that makes too many tags, NoAccess.
func (s *Store) CreateContact(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, c tenantry.Contact) (tenantry.Contact, error) {
	err := s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		c.ID, c.LocationID, c.CreatedAt, c.UpdatedAt = tenantry.ContactID(t.newID()), loc, t.now, t.now
		c.Tags = append([]string{}, slices.Compact(slices.Sorted(slices.Values(c.Tags)))...)
		_, err := t.Exec(ctx, `INSERT INTO contacts (location_id, id, first_name, last_name, email, phone, business_id, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`, loc, c.ID, c.FirstName, c.LastName, c.Email, c.Phone, c.BusinessID, t.now.UnixMilli())
		if err != nil {
			return err
		}
		for _, name := range c.Tags {
			if err := wear(ctx, t, by, c.ID, name); err != nil {
				return err
			}
		}
		return t.record(ctx, change{event: tenantry.ContactCreated, by: by, resource: string(c.ID), after: c, payload: contactPayload(c)})
	})
	return c, err
}

// wear gives a contact a tag, which is created when the location does not have it.
func wear(ctx context.Context, t *tx, by tenantry.Actor, contact tenantry.ContactID, name string) error {
	id, err := tagNamed(ctx, t, t.loc, name)
	if err != nil {
		return err
	}
	if id == "" {
		tag, err := insertTag(ctx, t, by, name)
		if err != nil {
			return err
		}
		id = tag.ID
	}
	_, err = t.Exec(ctx, `INSERT INTO contact_tags (location_id, contact_id, tag_id) VALUES ($1, $2, $3)`, t.loc, contact, id)
	return err
}

func contactPayload(c tenantry.Contact) any {
	return struct {
		LocationID tenantry.LocationID `json:"locationId"`
		ID         tenantry.ContactID  `json:"id"`
		FirstName  string              `json:"firstName"`
		LastName   string              `json:"lastName"`
		Email      string              `json:"email"`
		Phone      string              `json:"phone"`
		BusinessID string              `json:"businessId"`
		Tags       []string            `json:"tags"`
		DateAdded  string              `json:"dateAdded"`
	}{c.LocationID, c.ID, c.FirstName, c.LastName, c.Email, c.Phone, c.BusinessID, c.Tags, tenantry.Stamp(c.CreatedAt)}
}
