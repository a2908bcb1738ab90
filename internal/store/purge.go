package store

import (
	"context"
	"errors"
	"strings"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// purgeable are the tables with rows of a location and the columns that tell a
// location's rows apart. Tokens go first; what refers to rows of another table goes before
// these, so that no row takes others with it. Events and the audit trail are not among them:
// they outlive the location.
func purgeable() [][2]string {
	return [][2]string{
		{"tokens", "id"},
		{"grants", "id"},
		{"installs", "app_id"},
		{"user_locations", "user_id"},
		{"recurring_tasks", "id"}, // before what there may be much of: those that are due are looked at again and again
		{"contact_tags", "contact_id, tag_id"},
		{"tasks", "id"},
		{"contacts", "id"},
		{"tags", "id"},
		{"custom_fields", "id"},
		{"custom_values", "id"},
		{"templates", "id"},
		{"files", "id"},
	}
}

// DeletedLocations lists the locations that were deleted and not dropped yet, at most
// limit from the one after `after` on.
func (s *Store) DeletedLocations(ctx context.Context, after Work, limit int) ([]Work, error) {
	return db.All(ctx, s.db.Across(housekeeping).Read(), scanWork, deletedLocations, after.Since.UnixMilli(), after.LocationID, limit)
}

const deletedLocations = `SELECT deleted_at, location_id FROM locations
	WHERE deleted_at IS NOT NULL AND (deleted_at, location_id) > ($1, $2) ORDER BY deleted_at, location_id LIMIT $3`

// PurgeLocation removes at most limit rows of a deleted location, in one short
// transaction. done tells that none are left but the location's own, which
// [Store.DropLocation] removes once the files are gone too. Errors: NotFound when
// the location is live or dropped.
func (s *Store) PurgeLocation(ctx context.Context, loc tenantry.LocationID, limit int) (done bool, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		t.within(loc)
		if err := t.deletedLocation(ctx, loc); err != nil {
			return err
		}
		done = false
		left := int64(limit)
		for _, table := range purgeable() {
			n, err := t.purge(ctx, table[0], table[1], loc, left)
			if err != nil {
				return err
			}
			if left -= n; left <= 0 {
				return nil // the next call looks on from here
			}
		}
		done = true
		return nil
	})
	return done, err
}

// purge removes at most limit rows of the location from a table.
func (t *tx) purge(ctx context.Context, table, key string, loc tenantry.LocationID, limit int64) (int64, error) {
	tuple := key
	if strings.Contains(key, ",") {
		tuple = "(" + key + ")"
	}
	return t.Exec(ctx, `DELETE FROM `+table+` WHERE location_id = $1 AND `+tuple+` IN
		(SELECT `+key+` FROM `+table+` WHERE location_id = $1 ORDER BY `+key+` LIMIT $2)`, loc, limit)
}

// deletedLocation refuses a location that is live or not there. Other servers that purge it wait.
func (t *tx) deletedLocation(ctx context.Context, loc tenantry.LocationID) error {
	_, err := db.One(ctx, t, scanLocationID,
		`SELECT location_id FROM locations WHERE location_id = $1 AND deleted_at IS NOT NULL`+t.ForUpdate(), loc)
	if errors.Is(err, db.ErrNoRows) {
		return tenantry.NotFoundError("Deleted location", string(loc))
	}
	return err
}

// DropLocation removes the row of a purged location. Errors: NotFound when the
// location is live or dropped already.
func (s *Store) DropLocation(ctx context.Context, loc tenantry.LocationID) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		t.within(loc)
		if err := t.deletedLocation(ctx, loc); err != nil {
			return err
		}
		return t.writeLocation(ctx, `DELETE FROM locations WHERE location_id = $1`, loc)
	})
}
