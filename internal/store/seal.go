package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// KeySize is the size of the sealing key in bytes (AES-256).
const KeySize = 32

// sealer keeps secrets that must be readable again: AES-256-GCM with a random
// nonce in front. What a secret is for is authenticated with it, so a sealed value
// moved to another row does not open.
type sealer struct {
	key  []byte
	aead cipher.AEAD
}

func newSealer(key []byte) (*sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("the sealing key has %d bytes, it needs %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &sealer{key: bytes.Clone(key), aead: aead}, nil
}

// mac is an HMAC-SHA256 of the text, which nobody without the server's key can make. Each purpose has a key of its own.
func (s *sealer) mac(purpose, text string) []byte {
	key := hmac.New(sha256.New, s.key)
	key.Write([]byte(purpose))
	sum := hmac.New(sha256.New, key.Sum(nil))
	sum.Write([]byte(text))
	return sum.Sum(nil)
}

// Mark is a text that only this server can make of another: it proves later that the server
// once said it. Marks of one purpose are no marks of another.
func (s *Store) Mark(purpose, text string) string {
	return hex.EncodeToString(s.seal.mac("mark "+purpose, text))
}

// with gives a sealer that needs a secret from outside as well: who has this server's
// key and database, but not the secret, opens nothing.
func (s *sealer) with(secret string) (*sealer, error) { return newSealer(s.mac("sealed with", secret)) }

func (s *sealer) seal(purpose string, plain []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // crypto/rand.Read never fails
	return s.aead.Seal(nonce, nonce, plain, []byte(purpose))
}

func (s *sealer) open(purpose string, sealed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("a sealed value is too short")
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("a sealed value (%s) does not open with this key: %w", purpose, err)
	}
	return plain, nil
}

func (s *sealer) sealJSON(purpose string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return s.seal(purpose, plain), nil
}
