package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// Users lists users with where they are assigned.
func (s *Store) Users(ctx context.Context, f tenantry.UserFilter) (page tenantry.Page[tenantry.User], err error) {
	k := keyset{columns: userColumns, from: `users u`, key: `u.id`, after: f.After, limit: f.Limit}
	if f.CompanyID != "" {
		k.add(`u.company_id = ` + k.arg(f.CompanyID))
	}
	if page, err = pageOf(ctx, s, scanUser, k); err != nil {
		return page, err
	}
	return page, fillLocations(ctx, s.db.Across(agencyWide).Read(), page.Items)
}

// assignment is a location that a user is assigned to.
type assignment struct {
	user tenantry.UserID
	loc  tenantry.LocationID
}

// fillLocations fills in where users, in the order of their ids, are assigned, as
// withLocations does for one.
func fillLocations(ctx context.Context, q db.Q, users []tenantry.User) error {
	var c conditions
	ids := make([]tenantry.UserID, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	c.add(`a.user_id IN (` + inArgs(&c, ids) + `) AND l.deleted_at IS NULL`)
	list, err := db.All(ctx, q, func(r db.Row) (a assignment, err error) { return a, r.Scan(&a.user, &a.loc) },
		`SELECT a.user_id, a.location_id FROM user_locations a JOIN locations l ON l.location_id = a.location_id`+
			c.where()+` ORDER BY a.user_id, a.location_id`, c.args...)
	for i := range users {
		for len(list) > 0 && list[0].user == users[i].ID {
			users[i].LocationIDs, list = append(users[i].LocationIDs, list[0].loc), list[1:]
		}
	}
	return err
}
