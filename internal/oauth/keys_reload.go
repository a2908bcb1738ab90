package oauth

import (
	"context"
	"maps"
	"slices"
	"time"
)

// signingDelay is how long a key that another process has made only verifies: every running
// node has learned of it before any of them signs with it, so that none refuses another's
// tokens. A server that starts signs with the newest key at once.
const signingDelay = RevocationBound

// reloadKeys takes over the keys that are kept, in case another process has rotated them.
func (a *Authenticator) reloadKeys(ctx context.Context) error {
	now := a.now()
	kept, err := loadKeys(ctx, a.store, now)
	if err != nil {
		return err
	}
	current, set := a.verifier.Keys().Keys(), kept
	a.learn(kept, now)
	if current[0].ID != kept.Keys()[0].ID {
		if set, err = kept.settled(a.learned, now); err != nil {
			return err
		}
	}
	sameID := func(x, y Key) bool { return x.ID == y.ID }
	if !slices.EqualFunc(set.Keys(), current, sameID) {
		a.verifier.Replace(set)
	}
	return nil
}

// learn notes when this process first saw the keys that it did not start with. The time at which
// another process says that it made them is by another clock.
func (a *Authenticator) learn(kept *KeySet, now time.Time) {
	maps.DeleteFunc(a.learned, func(id string, _ time.Time) bool { return !kept.has(id) })
	for _, k := range kept.Keys() {
		if _, known := a.learned[k.ID]; !known && !a.verifier.Keys().has(k.ID) {
			a.learned[k.ID] = now
		}
	}
}

func (ks *KeySet) has(id string) bool {
	_, ok := ks.byID[id]
	return ok
}

// settled gives the set in which the newest key signs that every node knows of, the oldest
// one when there is none: one that this process has known for long enough.
func (ks *KeySet) settled(learned map[string]time.Time, now time.Time) (*KeySet, error) {
	keys := ks.Keys()
	i := slices.IndexFunc(keys, func(k Key) bool {
		at, isNew := learned[k.ID]
		// Abs: where the clock was set back, a key from the future must not wait for it.
		return !isNew || now.Sub(at).Abs() >= signingDelay
	})
	if i < 0 {
		i = len(keys) - 1
	}
	signing := keys[i]
	return NewKeySet(signing, slices.Delete(keys, i, i+1)...)
}
