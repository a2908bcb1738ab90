package oauth

import (
	"bytes"
	"encoding/json"

	"github.com/go-jose/go-jose/v4"
)

// JWKS is the public JWK set (RFC 7517) of the verifying keys, each with kid, use
// and alg: the body of /.well-known/jwks.json.
func (ks *KeySet) JWKS() []byte { return bytes.Clone(ks.jwks) }

func marshalJWKS(keys []Key) ([]byte, error) {
	var set jose.JSONWebKeySet
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.Public(), KeyID: k.ID, Use: "sig", Algorithm: k.Algorithm()})
	}
	return json.Marshal(set)
}
