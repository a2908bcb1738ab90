package ratelimit

import (
	"sync"
	"time"
)

// sweep is how many old keys each request looks at. Two for the one that it may
// add means that forgotten keys go at least as fast as new ones come.
const sweep = 2

// Memory keeps the counters of one process. It is safe for concurrent use.
//
// A key costs memory until its windows have passed, which is 24 hours after the
// first request of its day (or one Window where there is no daily limit). Each
// request looks at the next two keys and drops those, so at a steady rate at
// most about twice the keys of one window are held. Keys must stand for callers
// that are authenticated: who can invent keys can fill a window with them.
//
// There is one lock: a decision holds it for a fraction of a microsecond
// (BenchmarkMemory), and sharding it gained less than two runs differ by.
type Memory struct {
	limits Limits
	now    func() time.Time

	mu      sync.Mutex
	index   map[string]int // place in entries
	entries []entry        // a slice, so that the cursor goes round at no cost
	cursor  int
}

type entry struct {
	key   string
	state State
	dirty bool // its daily count has not been saved
}

// NewMemory makes empty counters for l that read the time from now. It should
// give times with a monotonic reading, as [time.Now] does: setting the wall
// clock then has no effect at all.
func NewMemory(l Limits, now func() time.Time) *Memory {
	return &Memory{limits: l, now: now, index: map[string]int{}}
}

// Take decides about one request of key, now, and counts it when it is allowed.
func (m *Memory) Take(key string) Decision {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now() // under the lock, so that time never runs backwards between two decisions
	m.sweep(now)
	d, state := Decide(m.limits, m.state(key), now)
	m.keep(key, state, d.Allowed)
	return d
}

func (m *Memory) state(key string) State {
	if i, ok := m.index[key]; ok {
		return m.entries[i].state
	}
	return State{}
}

func (m *Memory) keep(key string, state State, dirty bool) {
	if i, ok := m.index[key]; ok {
		m.entries[i].state = state
		m.entries[i].dirty = m.entries[i].dirty || dirty
		return
	}
	if state.idle() {
		return
	}
	m.index[key] = len(m.entries)
	m.entries = append(m.entries, entry{key, state, dirty})
}

// sweep drops the idle ones among the next entries. It writes back what it finds
// of the others: a window from the future, which a clock set back leaves, would
// otherwise outlive its key.
func (m *Memory) sweep(now time.Time) {
	for range min(sweep, len(m.entries)) {
		if m.cursor >= len(m.entries) {
			m.cursor = 0
		}
		e := &m.entries[m.cursor]
		if e.state = e.state.at(m.limits, now); e.state.idle() {
			m.drop(m.cursor)
			continue
		}
		m.cursor++
	}
}

// drop removes the entry at i; the last one takes its place.
func (m *Memory) drop(i int) {
	last := len(m.entries) - 1
	delete(m.index, m.entries[i].key)
	if i != last {
		m.entries[i] = m.entries[last]
		m.index[m.entries[i].key] = i
	}
	m.entries[last] = entry{}
	m.entries = m.entries[:last]
}
