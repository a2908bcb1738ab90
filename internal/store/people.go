package store

import (
	"context"
	"slices"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// checkPeople refuses ids of people whom the tenant does not have; they look the same
// as ids that nobody has. Ids must not repeat; the texts are what the refusal says.
func (t *tx) checkPeople(ctx context.Context, contacts []tenantry.ContactID, contactText string, users []tenantry.UserID, userText string) error {
	var messages []string
	known, err := knows(ctx, t, contacts,
		`SELECT count(*) FROM contacts WHERE location_id = $1 AND id IN (`+db.In(len(contacts), 2)+`)`, t.loc)
	if err != nil {
		return err
	}
	if !known {
		messages = append(messages, contactText)
	}
	known, err = knows(ctx, t, users,
		`SELECT count(*) FROM users WHERE company_id = $1 AND id IN (`+db.In(len(users), 2)+`)`, t.company)
	if err != nil {
		return err
	}
	if !known {
		messages = append(messages, userText)
	}
	if len(messages) > 0 {
		return tenantry.InvalidInput(messages...)
	}
	return nil
}

// knows tells whether the tenant has all of the ids, by a query that counts those
// that it has.
func knows[T ~string](ctx context.Context, t *tx, ids []T, query string, tenant any) (bool, error) {
	if len(ids) == 0 {
		return true, nil
	}
	args := []any{tenant}
	for _, id := range ids {
		args = append(args, id)
	}
	n, err := db.One(ctx, t, func(r db.Row) (n int, err error) { return n, r.Scan(&n) }, query, args...)
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
