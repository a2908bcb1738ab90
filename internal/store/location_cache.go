package store

import (
	"sync"

	"github.com/tenantry/tenantry"
)

// locationCacheSize bounds the cache: about 8 MB when it is full.
const locationCacheSize = 8192

// locationCache keeps rows of live locations, which nearly every request needs, for as long
// as they are the truth. It is for one process on one database: whoever else writes to it
// would not be seen. Where others do its size is 0: it keeps nothing, so everybody asks the database.
//
// It never gives an older row than the database would. A write announces the location before
// its first statement and takes that back after its transaction has ended; in between there is
// no row to find and none is kept, so everybody asks the database. What was read before such
// an event and comes to be kept after it is thrown away.
type locationCache struct {
	size int // rows at most; 0 turns it off

	mu       sync.RWMutex
	rows     map[tenantry.LocationID]*tenantry.Location // never changed once they are in here
	changing map[tenantry.LocationID]int                // transactions that write to it
	epoch    uint64                                     // counts the events
}

func newLocationCache(size int) *locationCache {
	return &locationCache{size: size, rows: map[tenantry.LocationID]*tenantry.Location{}, changing: map[tenantry.LocationID]int{}}
}

// find gives a row, nil when it has none, and the epoch to keep one by.
func (c *locationCache) find(id tenantry.LocationID) (*tenantry.Location, uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.rows[id], c.epoch
}

// keep takes a row that was read after find gave the epoch.
func (c *locationCache) keep(l *tenantry.Location, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size == 0 || c.epoch != epoch || c.changing[l.ID] > 0 {
		return
	}
	for id := range c.rows { // whichever comes first makes room
		if len(c.rows) < c.size {
			break
		}
		delete(c.rows, id)
	}
	c.rows[l.ID] = l
}

// begin announces a write, once for each end.
func (c *locationCache) begin(id tenantry.LocationID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changing[id]++
	delete(c.rows, id)
	c.epoch++
}

// end says that the transaction of announced writes has ended.
func (c *locationCache) end(ids []tenantry.LocationID) {
	if len(ids) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if c.changing[id]--; c.changing[id] == 0 {
			delete(c.changing, id)
		}
	}
	c.epoch++
}

// quiet gives the epoch; ok is false while a location is written to, and when the cache is off.
func (c *locationCache) quiet() (epoch uint64, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.epoch, c.size > 0 && len(c.changing) == 0
}
