package oauth

import (
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
)

func TestJWKSHasThePublicMembersOnly(t *testing.T) {
	ed, rs := seedKey(t, 1, testNow()), rsaKey(t)
	var got struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(keySet(t, ed, rs).JWKS(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Keys) != 2 || len(got.Keys[1]["n"]) != 342 { // 256 bytes
		t.Fatalf("JWKS has %v, want an Ed25519 and an RSA key", got.Keys)
	}
	want := []map[string]string{
		{
			"kty": "OKP", "crv": "Ed25519", "kid": ed.ID, "use": "sig", "alg": "EdDSA",
			"x": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w", // of the seed of 32 ones
		},
		{"kty": "RSA", "kid": rs.ID, "use": "sig", "alg": "RS256", "e": "AQAB", "n": got.Keys[1]["n"]},
	}
	if diff := cmp.Diff(want, got.Keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// A resource server that knows nothing but the JWK set can verify a token.
func TestJWKSIsEnoughToVerify(t *testing.T) {
	for _, k := range []Key{seedKey(t, 1, testNow()), rsaKey(t)} {
		ks := keySet(t, k, seedKey(t, 7, testNow()))
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(ks.JWKS(), &set); err != nil {
			t.Fatal(err)
		}
		parsed, err := jwt.ParseSigned(sign(t, ks, locationGrant(), testNow()), []jose.SignatureAlgorithm{jose.EdDSA, jose.RS256})
		if err != nil {
			t.Fatal(err)
		}
		var c jwt.Claims
		if err := parsed.Claims(&set, &c); err != nil {
			t.Fatalf("%s: %v", k.Algorithm(), err)
		}
		if err := c.Validate(jwt.Expected{Issuer: testIssuer, AnyAudience: jwt.Audience{Audience}, ID: "token1", Time: testNow()}); err != nil {
			t.Errorf("%s: %v", k.Algorithm(), err)
		}
	}
}

func TestJWKSIsACopy(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	body := ks.JWKS()
	clear(body)
	if !json.Valid(ks.JWKS()) {
		t.Error("changing the body changed the set")
	}
}
