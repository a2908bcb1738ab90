package oauth

import (
	"context"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
)

// Rotation says how the signing key is replaced.
type Rotation struct {
	// RSA asks for a key that signs RS256 instead of EdDSA.
	RSA bool
	// EndOlder drops every older key at once, and with it the access tokens that it signed:
	// for a key that leaked.
	EndOlder bool
}

// RotateKeys makes a signing key and keeps it; servers that start from then on sign with
// it. Older keys stay as [KeySet.Rotate] says, so that no live token is refused, unless the
// rotation ends them. It gives the keys that are left.
func RotateKeys(ctx context.Context, s *store.Store, by tenantry.Actor, r Rotation, now time.Time) (*KeySet, error) {
	kept, err := keptKeys(ctx, s)
	if err != nil {
		return nil, err
	}
	now = now.UTC().Truncate(time.Millisecond)
	if len(kept) > 0 && !now.After(kept[0].CreatedAt) {
		now = kept[0].CreatedAt.Add(time.Millisecond) // the newest key signs, whatever the clock was set to
	}
	next, err := r.newKey(now)
	if err != nil {
		return nil, err
	}
	set, err := r.apply(kept, next)
	if err != nil {
		return nil, err
	}
	form, err := keptForm(next)
	if err != nil {
		return nil, err
	}
	return set, s.RotateSigningKeys(ctx, by, form, retired(kept, set))
}

func (r Rotation) newKey(now time.Time) (Key, error) {
	if r.RSA {
		return NewRSAKey(now)
	}
	return NewKey(now)
}

// apply gives the keys after the rotation.
func (r Rotation) apply(kept []Key, next Key) (*KeySet, error) {
	if len(kept) == 0 || r.EndOlder {
		return NewKeySet(next)
	}
	before, err := NewKeySet(kept[0], kept[1:]...)
	if err != nil {
		return nil, err
	}
	return before.Rotate(next)
}

// retired lists the ids of the keys that the set has no longer.
func retired(kept []Key, set *KeySet) (ids []string) {
	for _, k := range kept {
		if _, ok := set.byID[k.ID]; !ok {
			ids = append(ids, k.ID)
		}
	}
	return ids
}
