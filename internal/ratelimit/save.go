package ratelimit

import (
	"context"
	"log/slog"
	"time"

	"github.com/tenantry/tenantry"
)

const (
	// saveEvery is what a crash can cost: callers get back what they spent since the last save.
	saveEvery = time.Minute
	// saveTimeout bounds the last save, when the server stops.
	saveTimeout = 5 * time.Second
)

// Load takes up daily counts that [Memory.Run] has saved. Short windows begin anew.
func (m *Memory) Load(uses []tenantry.DailyUse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for _, u := range uses {
		state := State{Daily: Span{OpenedAt: u.OpenedAt, Used: u.Used}}
		m.keep(u.Key, state.at(m.limits, now), false)
	}
}

// Run gives save the daily counts that have changed, once a minute and when ctx has ended, which must
// not be before the last request. So no request waits for a write, and a restart gives no quota
// back. Counts that could not be saved are given again.
func (m *Memory) Run(ctx context.Context, save func(context.Context, []tenantry.DailyUse) error, log *slog.Logger) {
	ticks := time.NewTicker(saveEvery)
	defer ticks.Stop()
	for ended := false; !ended; {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			ended = true
		}
		if err := m.save(ctx, save); err != nil {
			log.Error("cannot save the daily quotas", "error", err)
		}
	}
}

func (m *Memory) save(ctx context.Context, save func(context.Context, []tenantry.DailyUse) error) error {
	uses := m.changed()
	if len(uses) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	err := save(ctx, uses)
	if err != nil {
		m.unsaved(uses)
	}
	return err
}

// changed gives the daily counts that were not given before.
func (m *Memory) changed() []tenantry.DailyUse {
	m.mu.Lock()
	defer m.mu.Unlock()
	var uses []tenantry.DailyUse
	for i := range m.entries {
		e := &m.entries[i]
		if e.dirty && e.state.Daily.open() {
			uses = append(uses, tenantry.DailyUse{Key: e.key, OpenedAt: e.state.Daily.OpenedAt, Used: e.state.Daily.Used})
		}
		e.dirty = false
	}
	return uses
}

func (m *Memory) unsaved(uses []tenantry.DailyUse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range uses {
		if i, ok := m.index[u.Key]; ok {
			m.entries[i].dirty = true
		}
	}
}
