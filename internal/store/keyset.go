package store

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// keyset is a list that is read page by page, in the order of a key.
type keyset struct {
	conditions        // what selects the rows
	columns    string // of a row
	from       string // tables
	key        string // column
	after      any    // the key of the last row of the page before
	limit      int
}

// pageOf reads how many rows a list has and a page of them, from one state of the database.
func pageOf[T any](ctx context.Context, s *Store, scan func(db.Row) (T, error), k keyset) (page tenantry.Page[T], err error) {
	count, countArgs := `SELECT count(*) FROM `+k.from+k.where(), k.args
	k.add(k.key + ` > ` + k.arg(k.after))
	rows := `SELECT ` + k.columns + ` FROM ` + k.from + k.where() + ` ORDER BY ` + k.key + ` LIMIT ` + k.arg(k.limit)
	err = s.db.Across(agencyWide).Snapshot(ctx, func(ctx context.Context, q db.Q) error {
		if page.Total, err = db.One(ctx, q, scanInt, count, countArgs...); err != nil {
			return err
		}
		page.Items, err = db.All(ctx, q, scan, rows, k.args...)
		return err
	})
	return page, err
}
