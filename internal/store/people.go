package store

import (
	"context"
	"slices"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// people are ids that an input names, and what to say where the tenant does not have
// one of them.
type people struct {
	contacts    []tenantry.ContactID
	contactText string
	users       []tenantry.UserID
	userText    string
}

// check refuses ids of people whom the tenant does not have; they look the same
// whether they are another tenant's or nobody's.
func (p people) check(ctx context.Context, q db.Q, loc tenantry.LocationID, company tenantry.CompanyID) error {
	contacts, users := uniq(p.contacts), uniq(p.users)
	var messages []string
	known, err := knows(ctx, q, contacts,
		`SELECT count(*) FROM contacts WHERE location_id = $1 AND id IN (`+db.In(len(contacts), 2)+`)`, loc)
	if err != nil {
		return err
	}
	if !known {
		messages = append(messages, p.contactText)
	}
	known, err = knows(ctx, q, users,
		`SELECT count(*) FROM users WHERE company_id = $1 AND id IN (`+db.In(len(users), 2)+`)`, company)
	if err != nil {
		return err
	}
	if !known {
		messages = append(messages, p.userText)
	}
	if len(messages) > 0 {
		return tenantry.InvalidInput(messages...)
	}
	return nil
}

// knows tells whether the tenant has all of the ids, by a query that counts those
// that it has.
func knows[T ~string](ctx context.Context, q db.Q, ids []T, query string, tenant any) (bool, error) {
	if len(ids) == 0 {
		return true, nil
	}
	args := []any{tenant}
	for _, id := range ids {
		args = append(args, id)
	}
	n, err := db.One(ctx, q, func(r db.Row) (n int, err error) { return n, r.Scan(&n) }, query, args...)
	return n == len(ids), err
}

// uniq drops empty ids and repeats, keeping the order.
func uniq[T ~string](ids []T) []T {
	out := make([]T, 0, len(ids))
	for _, id := range ids {
		if id != "" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
