package store

import (
	"context"
	"time"

	"github.com/tenantry/tenantry"
)

// codeMemory is how long a code is kept after it expired, so that a replay is recognised
// while an access token that its use gave can be alive.
const codeMemory = tenantry.AccessTTL

// clockSlack is how far the clocks of servers on one database may be apart.
const clockSlack = 5 * time.Minute

// SweepExpired removes what has expired and nobody asks for any more: sessions, codes,
// grants, revocations, counters of limits; of each at most limit rows, in one short transaction. done tells that
// there is no more for now.
func (s *Store) SweepExpired(ctx context.Context, limit int) (done bool, err error) {
	err = s.across(ctx, housekeeping, func(ctx context.Context, t *tx) error {
		done = true
		for _, sweep := range []struct {
			table, key, column string
			age                time.Duration
		}{
			{"sessions", "hash", "expires_at", 0},
			{"codes", "hash", "expires_at", codeMemory},
			{"grants", "id", "expires_at", 0},
			{"revocations", "key", "until", 0},
			{"quota_uses", "key", "expires_at", clockSlack},
			{"tries", "key", "expires_at", clockSlack},
		} {
			n, err := t.Exec(ctx, `DELETE FROM `+sweep.table+` WHERE `+sweep.key+` IN (SELECT `+sweep.key+` FROM `+sweep.table+
				` WHERE `+sweep.column+` <= $1 ORDER BY `+sweep.column+` LIMIT $2) AND `+sweep.column+` <= $1`, t.now.Add(-sweep.age).UnixMilli(), limit)
			if err != nil {
				return err
			}
			done = done && n < int64(limit)
		}
		return nil
	})
	return done, err
}
