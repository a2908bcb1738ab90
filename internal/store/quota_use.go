package store

import (
	"context"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const loadQuota = `SELECT CAST(unixepoch('subsec') * 1000 AS BIGINT),
	coalesce(q.interval_at, 0), coalesce(q.interval_used, 0), coalesce(q.daily_at, 0), coalesce(q.daily_used, 0)
	FROM (SELECT 1) one LEFT JOIN quota_uses q ON q.key = $1`

// LoadQuota gives what the servers on this database have spent together of a key's quota, the
// zero value for nothing, and the time of the database: whatever the clocks of the servers
// say, the windows of shared quotas go by that.
func (s *Store) LoadQuota(ctx context.Context, key string) (use tenantry.QuotaUse, now time.Time, err error) {
	var clock, interval, daily int64
	_, err = db.One(ctx, s.db.Lookup(), func(r db.Row) (struct{}, error) {
		return struct{}{}, r.Scan(&clock, &interval, &use.IntervalUsed, &daily, &use.DailyUsed)
	}, loadQuota, key)
	use.IntervalAt, use.DailyAt = opened(interval), opened(daily)
	return use, at(clock), err
}

// SwapQuota keeps next in the place of old, as LoadQuota gave it, for life. isSwapped is false
// when another server has changed it since. The commit does not wait for the disk.
func (s *Store) SwapQuota(ctx context.Context, key string, old, next tenantry.QuotaUse, life time.Duration) (isSwapped bool, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.Lazy(ctx); err != nil {
			return err
		}
		expires := t.now.Add(life).Truncate(time.Hour).Add(time.Hour).UnixMilli()
		args := []any{key, openedAt(next.IntervalAt), next.IntervalUsed, openedAt(next.DailyAt), next.DailyUsed, expires}
		query := `INSERT INTO quota_uses (key, interval_at, interval_used, daily_at, daily_used, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key) DO NOTHING`
		if old != (tenantry.QuotaUse{}) {
			query = `UPDATE quota_uses SET interval_at = $2, interval_used = $3, daily_at = $4, daily_used = $5, expires_at = $6
				WHERE key = $1 AND interval_at = $7 AND interval_used = $8 AND daily_at = $9 AND daily_used = $10`
			args = append(args, openedAt(old.IntervalAt), old.IntervalUsed, openedAt(old.DailyAt), old.DailyUsed)
		}
		n, err := t.Exec(ctx, query, args...)
		isSwapped = n == 1
		return err
	})
	return isSwapped, err
}

// opened reads the time at which a window was opened, 0 for one that is not open.
func opened(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return at(ms)
}

func openedAt(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Try counts one try at what key names, of which there may be limit in a window, and gives how
// long to wait, 0 for a try that may be made. The windows are fixed and go by the clocks of the
// servers: as far as these are apart, a window may end early.
func (s *Store) Try(ctx context.Context, key string, limit int, window time.Duration) (wait time.Duration, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		now := t.now.UnixMilli()
		type try struct {
			opened int64
			used   int
		}
		tried, err := db.One(ctx, t, func(r db.Row) (v try, err error) { return v, r.Scan(&v.opened, &v.used) }, `INSERT INTO tries (key, opened_at, used, expires_at) VALUES ($1, $2, 1, $3)
			ON CONFLICT (key) DO UPDATE SET
				used = CASE WHEN tries.opened_at <= $4 THEN 1 ELSE tries.used + 1 END,
				opened_at = CASE WHEN tries.opened_at <= $4 THEN $2 WHEN tries.opened_at > $2 THEN $2 ELSE tries.opened_at END,
				expires_at = $3
			RETURNING opened_at, used`, key, now, t.now.Add(window).UnixMilli(), t.now.Add(-window).UnixMilli())
		if wait = 0; err == nil && tried.used > limit {
			wait = max(time.Millisecond, at(tried.opened).Add(window).Sub(t.now))
		}
		return err
	})
	return wait, err
}

// Untry takes a try back that does not count.
func (s *Store) Untry(ctx context.Context, key string) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.Exec(ctx, `UPDATE tries SET used = used - 1 WHERE key = $1 AND used > 0`, key)
		return err
	})
}

// IsShared tells whether other servers may work on the same database.
func (s *Store) IsShared() bool { return s.db.Engine() != db.SQLite }
