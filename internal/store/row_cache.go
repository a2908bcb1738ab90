package store

import "sync"

// Sizes of the caches: about 8 MB, 4 MB and 1 MB when they are full.
const (
	locationCacheSize = 8192
	appCacheSize      = 1024
	familyCacheSize   = 8192
)

// rowCache keeps rows that many requests need, for as long as they are the truth. It is for one
// process on one database: whoever else writes to it would not be seen. Where others do its
// size is 0: it keeps nothing, so everybody asks the database.
//
// It never gives an older row than the database would. A write announces the row before its
// first statement and takes that back after its transaction has ended; in between there is no
// row to find and none is kept, so everybody asks the database. What was read before such an
// event and comes to be kept after it is thrown away.
type rowCache[K comparable, V any] struct {
	size int // rows at most; 0 turns it off

	mu       sync.RWMutex
	rows     map[K]*V  // never changed once they are in here
	changing map[K]int // transactions that write to it
	epoch    uint64    // counts the events
}

func newRowCache[K comparable, V any](size int) *rowCache[K, V] {
	return &rowCache[K, V]{size: size, rows: map[K]*V{}, changing: map[K]int{}}
}

// find gives a row, nil when it has none, and the epoch to keep one by.
func (c *rowCache[K, V]) find(key K) (*V, uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.rows[key], c.epoch
}

// keep takes a row that was read after find gave the epoch.
func (c *rowCache[K, V]) keep(key K, row *V, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size == 0 || c.epoch != epoch || c.changing[key] > 0 {
		return
	}
	for k := range c.rows { // whichever comes first makes room
		if len(c.rows) < c.size {
			break
		}
		delete(c.rows, k)
	}
	c.rows[key] = row
}

// change announces a write of t, until its transaction has ended.
func (c *rowCache[K, V]) change(t *tx, key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changing[key]++
	delete(c.rows, key)
	c.epoch++
	t.ended = append(t.ended, func() { c.changed(key) })
}

func (c *rowCache[K, V]) changed(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changing[key]--; c.changing[key] == 0 {
		delete(c.changing, key)
	}
	c.epoch++
}

// quiet gives the epoch; ok is false while a row is written to, and when the cache is off.
func (c *rowCache[K, V]) quiet() (epoch uint64, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.epoch, c.size > 0 && len(c.changing) == 0
}
