package store

import (
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const customValueColumns = `id, location_id, name, field_key, value, created_at, updated_at`

func scanCustomValue(r db.Row) (v tenantry.CustomValue, err error) {
	var created, updated int64
	err = r.Scan(&v.ID, &v.LocationID, &v.Name, &v.FieldKey, &v.Value, &created, &updated)
	v.CreatedAt, v.UpdatedAt = at(created), at(updated)
	return v, err
}

// CustomValues lists the custom values of a location, oldest first.
func (s *Store) CustomValues(ctx context.Context, loc tenantry.LocationID) ([]tenantry.CustomValue, error) {
	return db.All(ctx, s.db.Within(loc).Read(), scanCustomValue, customValuesOf, loc)
}

// customValuesOf relies on ids that sort in the order of their making.
const customValuesOf = `SELECT ` + customValueColumns + ` FROM custom_values WHERE location_id = $1 ORDER BY id`

// CustomValue reads one custom value. Errors: NotFound.
func (s *Store) CustomValue(ctx context.Context, loc tenantry.LocationID, id tenantry.CustomValueID) (tenantry.CustomValue, error) {
	return customValueOf(ctx, s.db.Within(loc).Lookup(), loc, id)
}

func customValueOf(ctx context.Context, q db.Q, loc tenantry.LocationID, id tenantry.CustomValueID) (tenantry.CustomValue, error) {
	v, err := db.One(ctx, q, scanCustomValue,
		`SELECT `+customValueColumns+` FROM custom_values WHERE location_id = $1 AND id = $2`, loc, id)
	return found(v, err, "Custom value", string(id))
}

// customValueWith finds the custom value that has the text in a column that is unique
// in the location; its id is "" when none has.
func customValueWith(ctx context.Context, t *tx, column, text string) (tenantry.CustomValue, error) {
	v, err := db.One(ctx, t, scanCustomValue,
		`SELECT `+customValueColumns+` FROM custom_values WHERE location_id = $1 AND `+column+` = $2`, t.loc, text)
	if errors.Is(err, db.ErrNoRows) {
		return tenantry.CustomValue{}, nil
	}
	return v, err
}

// freeName refuses a name that another custom value than id has, in any case.
func freeName(ctx context.Context, t *tx, name string, id tenantry.CustomValueID) error {
	existing, err := customValueWith(ctx, t, "name_key", tenantry.Fold(name))
	if err == nil && existing.ID != "" && existing.ID != id {
		return tenantry.CustomValueTaken(name, existing.ID)
	}
	return err
}

// freeKey gives the first of the keys that no custom value has.
func freeKey(ctx context.Context, t *tx, keys []string) (string, error) {
	var taken error
	for _, key := range keys {
		existing, err := customValueWith(ctx, t, "field_key", key)
		if err != nil || existing.ID == "" {
			return key, err
		}
		taken = tenantry.CustomValueKeyTaken(key, existing)
	}
	return "", taken
}

// CreateCustomValue adds a custom value; name is in its stored form. Its key follows
// from the name. Errors: Conflict when the name or its key is taken, Refused when there are too many, NoAccess.
func (s *Store) CreateCustomValue(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, name, value string) (v tenantry.CustomValue, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		if err := freeName(ctx, t, name, ""); err != nil {
			return err
		}
		if err := t.room(ctx, `custom_values WHERE`, "custom values", tenantry.MaxCustomValues); err != nil {
			return err
		}
		id := tenantry.CustomValueID(t.newID())
		key, err := freeKey(ctx, t, tenantry.CustomValueKeys(name, id))
		if err != nil {
			return err
		}
		v = tenantry.CustomValue{ID: id, LocationID: loc, Name: name, FieldKey: key, Value: value, CreatedAt: t.now, UpdatedAt: t.now}
		_, err = t.Exec(ctx, `INSERT INTO custom_values (location_id, id, name, name_key, field_key, value, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`, loc, v.ID, v.Name, tenantry.Fold(v.Name), v.FieldKey, v.Value, t.now.UnixMilli())
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.CustomValueCreated, by: by, resource: string(v.ID), after: v, payload: customValuePayload(v)})
	})
	return v, err
}

// UpdateCustomValue replaces name and value; the key stays. Errors: NotFound, Conflict, NoAccess.
func (s *Store) UpdateCustomValue(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.CustomValueID, name, value string) (v tenantry.CustomValue, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := customValueOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		v = before
		v.Name, v.Value = name, value
		if v.Same(before) {
			return nil
		}
		if err := freeName(ctx, t, name, id); err != nil {
			return err
		}
		v.UpdatedAt = t.now
		_, err = t.Exec(ctx, `UPDATE custom_values SET name = $3, name_key = $4, value = $5, updated_at = $6 WHERE location_id = $1 AND id = $2`,
			loc, id, name, tenantry.Fold(name), value, t.now.UnixMilli())
		if err != nil {
			return err
		}
		return t.record(ctx, change{
			event: tenantry.CustomValueUpdated, by: by, resource: string(id), before: before, after: v, payload: customValuePayload(v),
		})
	})
	return v, err
}

// DeleteCustomValue removes a custom value and frees its key. Errors: NotFound, NoAccess.
func (s *Store) DeleteCustomValue(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, id tenantry.CustomValueID) error {
	return s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := customValueOf(ctx, t, loc, id)
		if err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `DELETE FROM custom_values WHERE location_id = $1 AND id = $2`, loc, id); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.CustomValueDeleted, by: by, resource: string(id), before: before, payload: customValuePayload(before)})
	})
}

func customValuePayload(v tenantry.CustomValue) any {
	return struct {
		LocationID tenantry.LocationID    `json:"locationId"`
		ID         tenantry.CustomValueID `json:"id"`
		Name       string                 `json:"name"`
		FieldKey   string                 `json:"fieldKey"`
		Value      string                 `json:"value"`
	}{v.LocationID, v.ID, v.Name, v.FieldKey, v.Value}
}
