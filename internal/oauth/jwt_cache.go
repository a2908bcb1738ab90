package oauth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// tokenHash is what a token is remembered by: the token itself is not kept.
type tokenHash = [sha256.Size]byte

// callerCache holds the callers of verified tokens in two generations of at most
// half the size each. When the young one is full it becomes the old one, and what
// the old one held is forgotten; a use brings an entry back to the young one. So an
// entry that is in use stays, at the cost of a map.
type callerCache struct {
	half int

	mu         sync.RWMutex
	young, old map[tokenHash]verified
}

func newCallerCache(size int) *callerCache {
	return &callerCache{half: max(1, size/2), young: map[tokenHash]verified{}}
}

// find looks an entry up. An expired one is found too, but not kept for longer.
func (c *callerCache) find(key tokenHash, now time.Time) (verified, bool) {
	c.mu.RLock()
	k, ok := c.young[key]
	aged := false
	if !ok {
		k, ok = c.old[key]
		aged = ok
	}
	c.mu.RUnlock()
	if aged && now.Before(k.exp) {
		c.add(key, k)
	}
	return k, ok
}

func (c *callerCache) add(key tokenHash, k verified) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.young[key]; !ok && len(c.young) >= c.half {
		c.old, c.young = c.young, make(map[tokenHash]verified, c.half)
	}
	c.young[key] = k
}
