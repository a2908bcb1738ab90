package store

import (
	"context"
	"slices"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// usesAtOnce is how many counts one transaction writes: a few milliseconds of the writer's time.
const usesAtOnce = 500

// SaveDailyUses keeps what callers have spent of their daily quotas, and forgets windows that have ended.
// It is no change of a tenant's data and has no event.
func (s *Store) SaveDailyUses(ctx context.Context, uses []tenantry.DailyUse) error {
	for part := range slices.Chunk(uses, usesAtOnce) {
		if err := s.write(ctx, func(ctx context.Context, t *tx) error { return t.saveDailyUses(ctx, part) }); err != nil {
			return err
		}
	}
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.Exec(ctx, `DELETE FROM daily_uses WHERE opened_at <= $1`, t.now.Add(-tenantry.DailyWindow).UnixMilli())
		return err
	})
}

func (t *tx) saveDailyUses(ctx context.Context, uses []tenantry.DailyUse) error {
	for _, u := range uses {
		_, err := t.Exec(ctx, `INSERT INTO daily_uses (key, opened_at, used) VALUES ($1, $2, $3)
			ON CONFLICT (key) DO UPDATE SET opened_at = excluded.opened_at, used = excluded.used`, u.Key, u.OpenedAt.UnixMilli(), u.Used)
		if err != nil {
			return err
		}
	}
	return nil
}

// DailyUses gives what [Store.SaveDailyUses] has kept of windows that have not ended.
func (s *Store) DailyUses(ctx context.Context) ([]tenantry.DailyUse, error) {
	return db.All(ctx, s.db.Read(), func(r db.Row) (u tenantry.DailyUse, err error) {
		var opened int64
		err = r.Scan(&u.Key, &opened, &u.Used)
		u.OpenedAt = at(opened)
		return u, err
	}, `SELECT key, opened_at, used FROM daily_uses WHERE opened_at > $1 ORDER BY key`, s.clock().Add(-tenantry.DailyWindow).UnixMilli())
}
