package oauth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKeysRoundTripThroughPKCS8(t *testing.T) {
	ed, err := NewKey(testNow())
	if err != nil {
		t.Fatal(err)
	}
	for alg, k := range map[string]Key{"EdDSA": ed, "RS256": rsaKey(t)} {
		t.Run(alg, func(t *testing.T) {
			der, err := k.MarshalPKCS8()
			if err != nil {
				t.Fatal(err)
			}
			back, err := ParseKey(der, k.CreatedAt)
			if err != nil {
				t.Fatal(err)
			}
			if back.ID != k.ID || !back.CreatedAt.Equal(testNow()) || back.Algorithm() != alg || k.Algorithm() != alg {
				t.Errorf("read %s %s of %v, wrote %s %s of %v", back.ID, back.Algorithm(), back.CreatedAt, k.ID, k.Algorithm(), k.CreatedAt)
			}
			// One signs, the other verifies.
			token := sign(t, keySet(t, back), locationGrant(), testNow())
			if _, _, err := keySet(t, k).Verify(token, testIssuer, testNow()); err != nil {
				t.Error(err)
			}
		})
	}
}

// The id is the RFC 7638 thumbprint; the key and the text are those of RFC 8037, appendix A.
func TestKeyIDIsTheThumbprint(t *testing.T) {
	seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	if err != nil {
		t.Fatal(err)
	}
	k, err := newKey(ed25519.NewKeyFromSeed(seed), testNow())
	if err != nil {
		t.Fatal(err)
	}
	if want := "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; k.ID != want {
		t.Errorf("ID = %s, want %s", k.ID, want)
	}
}

func TestNewKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		k, err := NewKey(testNow())
		if err != nil {
			t.Fatal(err)
		}
		if seen[k.ID] {
			t.Fatalf("the key %s was made twice", k.ID)
		}
		seen[k.ID] = true
	}
}

func TestParseKeyRefuses(t *testing.T) {
	pkcs8 := func(private any, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	good := pkcs8(ed25519.NewKeyFromSeed(make([]byte, 32)), nil)
	public, err := x509.MarshalPKIXPublicKey(ed25519.NewKeyFromSeed(make([]byte, 32)).Public())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		der       []byte
		createdAt time.Time
		want      string
	}{
		{"nothing", nil, testNow(), "PKCS #8"},
		{"garbage", []byte("garbage"), testNow(), "PKCS #8"},
		{"cut off", good[:len(good)-1], testNow(), "PKCS #8"},
		{"a public key", public, testNow(), "PKCS #8"},
		{"a curve we do not sign with", pkcs8(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), testNow(), "Ed25519 or RSA"},
		{"a short RSA key", pkcs8(rsa.GenerateKey(rand.Reader, 1024)), testNow(), "1024 bits"},
		{"no creation time", good, time.Time{}, "creation time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseKey(tt.der, tt.createdAt); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that says %q", err, tt.want)
			}
		})
	}
}

// A key set in a log line or a panic must not give the key away.
func TestPrintingShowsNoSecret(t *testing.T) {
	ed, rs := seedKey(t, 0xab, testNow()), rsaKey(t)
	private, ok := rs.private().(*rsa.PrivateKey)
	if !ok {
		t.Fatal("no RSA key")
	}
	secrets := []string{
		"abab", "171 171", "0xab, 0xab", "\xab\xab", // the seed, which is 32 times 0xab or 171
		private.D.String(), private.D.Text(16), private.Primes[0].String(), private.Primes[0].Text(16),
	}
	ks := keySet(t, ed, rs)
	values := []any{ed, &ed, []Key{ed, rs}, map[string]Key{"": rs}, ks, *ks, keySet(t, rs, ed), NewVerifier(ks, testIssuer, 10, testNow)}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, value := range values {
			text := fmt.Sprintf(format, value)
			for _, secret := range secrets {
				if strings.Contains(strings.ToLower(text), secret) {
					t.Errorf("%s of %T shows the key: %s", format, value, text)
				}
			}
		}
	}
}

func TestZeroKey(t *testing.T) {
	var k Key
	if _, err := k.MarshalPKCS8(); err == nil {
		t.Error("the zero key was marshalled")
	}
	if k.Algorithm() != "" || k.Public() != nil {
		t.Errorf("the zero key has the algorithm %q and the public key %v", k.Algorithm(), k.Public())
	}
	good := seedKey(t, 1, testNow())
	if _, err := NewKeySet(k); err == nil {
		t.Error("a set that signs with the zero key")
	}
	if _, err := NewKeySet(good, k); err == nil {
		t.Error("a set that verifies with the zero key")
	}
	if _, err := keySet(t, good).Rotate(k); err == nil {
		t.Error("a rotation to the zero key")
	}
	if _, err := NewKeySet(good, seedKey(t, 2, testNow()), good); err == nil {
		t.Error("a set with a key twice")
	}
}

func TestRotationOverlaps(t *testing.T) {
	at := testNow()
	first := seedKey(t, 1, at)
	ks := keySet(t, first)
	token := sign(t, ks, locationGrant(), at.Add(9*time.Hour)) // the last moment of its key

	second := seedKey(t, 2, at.Add(9*time.Hour))
	rotated, err := ks.Rotate(second)
	if err != nil {
		t.Fatal(err)
	}
	fresh := sign(t, rotated, locationGrant(), at.Add(9*time.Hour))
	if kid := part(t, fresh, 0)["kid"]; kid != second.ID {
		t.Errorf("signed by %v, want the new key %s", kid, second.ID)
	}
	end := at.Add(33*time.Hour - time.Second)
	for name, old := range map[string]string{"old": token, "new": fresh} {
		if _, _, err := rotated.Verify(old, testIssuer, end); err != nil {
			t.Errorf("the token of the %s key: %v", name, err)
		}
	}
	if _, _, err := ks.Verify(fresh, testIssuer, end); err == nil {
		t.Error("the set before the rotation knows the new key: it is not immutable")
	}
}

func TestRotateDropsKeysWhoseTokensAreDead(t *testing.T) {
	at := testNow()
	ids := map[string]string{}
	key := func(n byte, after time.Duration) Key {
		k := seedKey(t, n, at.Add(after))
		ids[k.ID] = fmt.Sprint(n)
		return k
	}
	tests := []struct {
		name string
		next time.Duration
		want []string
	}{
		{"in a hurry, three times a day", 2 * time.Hour, []string{"4", "3", "2", "1"}},
		{"before the overlap ends", time.Hour + RotationOverlap - 1, []string{"4", "3", "2", "1"}},
		{"when the overlap of 1 ends", time.Hour + RotationOverlap, []string{"4", "3", "2"}},
		{"when the overlap of 2 ends", time.Hour + time.Minute + RotationOverlap, []string{"4", "3"}},
		{"years later", 20000 * time.Hour, []string{"4", "3"}},
		{"with a clock set back", -time.Hour, []string{"4", "3", "2", "1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ks := keySet(t, key(3, time.Hour+time.Minute), key(2, time.Hour), key(1, 0))
			rotated, err := ks.Rotate(key(4, tt.next))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, k := range rotated.Keys() {
				got = append(got, ids[k.ID])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeysIsACopy(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()), seedKey(t, 2, testNow()))
	keys := ks.Keys()
	slices.Reverse(keys)
	if ks.Keys()[0].ID != seedKey(t, 1, testNow()).ID {
		t.Error("changing the list changed the set")
	}
}
