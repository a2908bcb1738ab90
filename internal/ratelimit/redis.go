package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/tenantry/tenantry"
)

// Redis is a [Table] on a server of the Redis protocol. The time is that server's.
type Redis struct {
	client *redis.Client
	swap   *redis.Script
}

// swapScript keeps a value while the one before is still there; a missing one is ”.
const swapScript = `if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

// redisPrefix tells the keys from those of other programs on the server.
const redisPrefix = "tenantry:limit:"

// NewRedis makes a table of redis://[USER:PASSWORD@]HOST:PORT/DB, or rediss:// for TLS. It
// connects when it is first used.
func NewRedis(url string) (*Redis, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		// The reason may quote the URL, with its password.
		return nil, errors.New("the address of a Redis server is redis://[USER:PASSWORD@]HOST:PORT/DB, rediss:// for TLS")
	}
	o.ContextTimeoutEnabled = true // a request waits as long as its caller says
	o.DisableIdentity = true       // servers before Redis 7.2 do not know it
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &Redis{client: redis.NewClient(o), swap: redis.NewScript(swapScript)}, nil
}

// Close ends the connections.
func (r *Redis) Close() error { return r.client.Close() }

// LoadQuota implements [Table].
func (r *Redis) LoadQuota(ctx context.Context, key string) (use tenantry.QuotaUse, now time.Time, err error) {
	var value *redis.StringCmd
	var clock *redis.TimeCmd
	_, err = r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		value, clock = p.Get(ctx, redisPrefix+key), p.Time(ctx)
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return use, now, err
	}
	use, err = parseUse(value.Val())
	return use, clock.Val(), errors.Join(err, clock.Err())
}

// SwapQuota implements [Table].
func (r *Redis) SwapQuota(ctx context.Context, key string, old, next tenantry.QuotaUse, life time.Duration) (bool, error) {
	n, err := r.swap.Run(ctx, r.client, []string{redisPrefix + key}, formatUse(old), formatUse(next), max(1, life.Milliseconds())).Int()
	return n == 1, err
}

// formatUse writes four numbers, "" for nothing.
func formatUse(u tenantry.QuotaUse) string {
	if u == (tenantry.QuotaUse{}) {
		return ""
	}
	return fmt.Sprint(millis(u.IntervalAt), u.IntervalUsed, millis(u.DailyAt), u.DailyUsed)
}

func parseUse(text string) (u tenantry.QuotaUse, err error) {
	if text == "" {
		return u, nil
	}
	fields := strings.Fields(text)
	if len(fields) != 4 {
		return u, errors.New("the value of a rate limit's key is none of this program's")
	}
	var n [4]int64
	for i, f := range fields {
		if n[i], err = strconv.ParseInt(f, 10, 64); err != nil {
			return u, fmt.Errorf("the value of a rate limit's key: %w", err)
		}
	}
	return tenantry.QuotaUse{IntervalAt: fromMillis(n[0]), IntervalUsed: int(n[1]), DailyAt: fromMillis(n[2]), DailyUsed: int(n[3])}, nil
}

// millis is 0 for a window that is not open.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
