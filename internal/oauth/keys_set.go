package oauth

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// RotationOverlap is how long a key verifies after another one took over: the
// lifetime of the tokens it signed, and an hour for replicas that learn of the
// change late.
const RotationOverlap = AccessTokenTTL + time.Hour

// KeySet is the key that signs and the older ones whose tokens are still alive.
// It does not change, and is safe for concurrent use.
type KeySet struct {
	keys   []Key // newest first; the first one signs
	byID   map[string]Key
	signer jose.Signer
	jwks   []byte
}

// NewKeySet makes the set in which signing signs and all of the keys verify; older
// ones are given newest first. It refuses an empty key and one that is there twice.
func NewKeySet(signing Key, older ...Key) (*KeySet, error) {
	ks := &KeySet{keys: append([]Key{signing}, older...), byID: map[string]Key{}}
	for _, k := range ks.keys {
		if k.private == nil {
			return nil, errEmptyKey
		}
		if _, ok := ks.byID[k.ID]; ok {
			return nil, fmt.Errorf("the signing key %s is there twice", k.ID)
		}
		ks.byID[k.ID] = k
	}
	var err error
	if ks.signer, err = newSigner(signing); err != nil {
		return nil, err
	}
	if ks.jwks, err = marshalJWKS(ks.keys); err != nil {
		return nil, err
	}
	return ks, nil
}

func newSigner(k Key) (jose.Signer, error) {
	key := jose.SigningKey{
		Algorithm: k.algorithm,
		Key:       jose.JSONWebKey{Key: k.private(), KeyID: k.ID},
	}
	return jose.NewSigner(key, (&jose.SignerOptions{}).WithType(tokenType))
}

// Rotate gives the set in which next signs. A key stays until [RotationOverlap] has
// passed between the creation of its successor and that of next, so no live token
// loses its key however often keys are rotated.
func (ks *KeySet) Rotate(next Key) (*KeySet, error) {
	older := []Key{}
	successorAt := next.CreatedAt
	for _, k := range ks.keys {
		if next.CreatedAt.Sub(successorAt) < RotationOverlap {
			older = append(older, k)
		}
		successorAt = k.CreatedAt
	}
	return NewKeySet(next, older...)
}

// Keys lists the keys, the signing one first, then from new to old.
func (ks *KeySet) Keys() []Key { return slices.Clone(ks.keys) }
