package oauth

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// RSABits is the modulus size of the keys that [NewRSAKey] makes, and the least
// that [ParseKey] takes.
const RSABits = 2048

// Key is a private key that signs access tokens. The algorithm follows from the
// key: EdDSA of an Ed25519 key, RS256 of an RSA key.
type Key struct {
	// ID is the kid of the tokens that the key signs: its RFC 7638 thumbprint,
	// so the same key has the same id wherever it is read.
	ID string
	// CreatedAt is when the key was made. It says how long the key that signed
	// before it is still needed, see [KeySet.Rotate].
	CreatedAt time.Time

	// A function, because of one package fmt prints the address under every verb: no
	// log line or panic that prints a Key or a KeySet shows the secret.
	private   func() crypto.Signer
	algorithm jose.SignatureAlgorithm
}

// NewKey makes an Ed25519 key from crypto/rand.
func NewKey(now time.Time) (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, err
	}
	return newKey(private, now)
}

// NewRSAKey makes an RSA key of [RSABits] from crypto/rand, for verifiers that do not know EdDSA.
func NewRSAKey(now time.Time) (Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, RSABits)
	if err != nil {
		return Key{}, err
	}
	return newKey(private, now)
}

// ParseKey reads a key that [Key.MarshalPKCS8] wrote; createdAt is kept beside it.
func ParseKey(der []byte, createdAt time.Time) (Key, error) {
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return Key{}, fmt.Errorf("the signing key is not readable PKCS #8: %w", err)
	}
	return newKey(private, createdAt)
}

func newKey(private any, createdAt time.Time) (Key, error) {
	var signer crypto.Signer
	var algorithm jose.SignatureAlgorithm
	switch p := private.(type) {
	case ed25519.PrivateKey:
		signer, algorithm = p, jose.EdDSA
	case *rsa.PrivateKey:
		if bits := p.N.BitLen(); bits < RSABits {
			return Key{}, fmt.Errorf("the RSA signing key has %d bits, it needs %d", bits, RSABits)
		}
		signer, algorithm = p, jose.RS256
	default:
		return Key{}, fmt.Errorf("a signing key is Ed25519 or RSA, not %T", private)
	}
	if createdAt.IsZero() {
		return Key{}, errors.New("the signing key has no creation time")
	}
	sum, err := (&jose.JSONWebKey{Key: signer.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return Key{}, err
	}
	return Key{
		ID: base64.RawURLEncoding.EncodeToString(sum), CreatedAt: createdAt.UTC(),
		private: func() crypto.Signer { return signer }, algorithm: algorithm,
	}, nil
}

// MarshalPKCS8 encodes the private key as PKCS #8 (DER). The bytes are the secret
// itself: they are sealed before they are kept.
func (k Key) MarshalPKCS8() ([]byte, error) {
	if k.private == nil {
		return nil, errEmptyKey
	}
	return x509.MarshalPKCS8PrivateKey(k.private())
}

// Algorithm is the alg of the tokens that the key signs: EdDSA or RS256, empty for the zero Key.
func (k Key) Algorithm() string { return string(k.algorithm) }

// Public is the key that verifies: an ed25519.PublicKey or an *rsa.PublicKey, nil for the zero Key.
func (k Key) Public() crypto.PublicKey {
	if k.private == nil {
		return nil
	}
	return k.private().Public()
}

var errEmptyKey = errors.New("the signing key is empty")
