package store

import (
	"context"
	"errors"
	"slices"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// Permissions lists what a location may use, in the order of
// [tenantry.PermissionNames]. Errors: NoAccess.
func (s *Store) Permissions(ctx context.Context, loc tenantry.LocationID) ([]string, error) {
	return permissionsOf(ctx, s.db.Within(loc).Lookup(), loc)
}

func permissionsOf(ctx context.Context, q db.Q, loc tenantry.LocationID) ([]string, error) {
	text, err := db.One(ctx, q, func(r db.Row) (text string, err error) { return text, r.Scan(&text) },
		`SELECT permissions FROM locations WHERE location_id = $1 AND deleted_at IS NULL`, loc)
	if errors.Is(err, db.ErrNoRows) {
		return nil, tenantry.NoAccessError()
	}
	if err != nil {
		return nil, err
	}
	if text == everything {
		return tenantry.PermissionNames(), nil
	}
	var names []string
	return names, decode(text, &names)
}

// everything is what is stored for a location that may use all there is, as a new one.
const everything = "*"

func encodePermissions(names []string) (string, error) {
	if len(names) == len(tenantry.PermissionNames()) {
		return everything, nil
	}
	return encode(names)
}

// UpdatePermissions replaces what a location may use. Errors: NoAccess.
func (s *Store) UpdatePermissions(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, names []string) (after []string, err error) {
	after = []string{}
	for _, name := range tenantry.PermissionNames() {
		if slices.Contains(names, name) {
			after = append(after, name)
		}
	}
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := permissionsOf(ctx, t, loc)
		if err != nil || slices.Equal(before, after) {
			return err
		}
		text, err := encodePermissions(after)
		if err != nil {
			return err
		}
		err = t.writeLocation(ctx, `UPDATE locations SET permissions = $2, updated_at = $3 WHERE location_id = $1`, loc, text, t.now.UnixMilli())
		if err != nil {
			return err
		}
		return t.record(ctx, change{
			event: tenantry.PermissionsUpdated, by: by, resource: string(loc), before: before, after: after,
			payload: struct {
				LocationID  tenantry.LocationID `json:"locationId"`
				ID          tenantry.LocationID `json:"id"`
				Permissions []string            `json:"permissions"`
			}{loc, loc, after},
		})
	})
	return after, err
}
