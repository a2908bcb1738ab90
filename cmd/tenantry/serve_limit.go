package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/tenantry/tenantry/internal/httpd"
	"github.com/tenantry/tenantry/internal/ratelimit"
	"github.com/tenantry/tenantry/internal/store"
)

// limitFlags change the published quotas, 0 lifts one.
type limitFlags struct {
	BurstLimit  uint   `help:"Requests in 10 seconds of an app for one sub-account or agency; 0: no such limit." default:"100" placeholder:"N"`
	DailyLimit  uint   `help:"Requests in 24 hours of an app for one sub-account or agency; 0: no such limit." default:"200000" placeholder:"N"`
	TokenLimit  uint   `help:"Token requests in a minute of an app for one install; 0: no such limit." default:"5" placeholder:"N"`
	LimitsStore string `help:"Where several servers count requests together: redis://HOST:PORT/DB; the database by default, which for SQLite has one server." placeholder:"URL"`
}

// quotas gives the quota of the API and that of the token endpoint.
func (f limitFlags) quotas() (api, token ratelimit.Limits) {
	api, token = ratelimit.Defaults(), ratelimit.TokenDefaults()
	api.Burst, api.Daily, token.Burst = int(f.BurstLimit), int(f.DailyLimit), int(f.TokenLimit)
	return api, token
}

// table opens the server that --limits-store names, nil for none.
func (f limitFlags) table() (*ratelimit.Redis, error) {
	if f.LimitsStore == "" {
		return nil, nil //nolint:nilnil // none is no failure
	}
	table, err := ratelimit.NewRedis(f.LimitsStore)
	if err != nil {
		return nil, usageError("--limits-store: " + err.Error())
	}
	return table, nil
}

// counters are what the limits of a server count with.
type counters struct {
	api, token httpd.Limiter
	shared     []*ratelimit.Shared
	// run goes on until its context ends, which must not be before the last request.
	run func(ctx context.Context)
}

// newCounters makes the counters: shared where other servers may work on the same data, else in
// the memory of this process, as an earlier run has left them. redis is nil for the database.
func newCounters(ctx context.Context, s *store.Store, redis *ratelimit.Redis, api, token ratelimit.Limits, log *slog.Logger) (counters, error) {
	if redis == nil && !s.IsShared() {
		used := ratelimit.NewMemory(api, time.Now)
		uses, err := s.DailyUses(ctx)
		used.Load(uses)
		run := func(ctx context.Context) { used.Run(ctx, s.SaveDailyUses, log) }
		return counters{api: used, token: ratelimit.NewMemory(token, time.Now), run: run}, err
	}
	table := ratelimit.Table(s)
	if redis != nil {
		table = redis
	}
	one, two := ratelimit.NewShared(api, "api", table, time.Now, log), ratelimit.NewShared(token, "token", table, time.Now, log)
	return counters{api: one, token: two, shared: []*ratelimit.Shared{one, two}, run: func(ctx context.Context) {
		ratelimit.RunAll(ctx, one, two)
	}}, nil
}
