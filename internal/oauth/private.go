package oauth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const privatePrefix = "pit-"

// NewPrivateToken makes a private integration token: "pit-" and a UUID of version 4
// with 122 bits of crypto/rand (contract, section 2.6). It is shown once; what is kept
// is [HashToken] of it.
func NewPrivateToken() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails
	return privateToken(random)
}

func privateToken(random [16]byte) string { return privatePrefix + uuid(random) }

// IsPrivateToken tells whether a credential is meant as a private integration token,
// by its prefix; no access token has it. Whether it exists is for the store to say.
func IsPrivateToken(token string) bool { return strings.HasPrefix(token, privatePrefix) }

// HashToken is what is kept of an opaque token, and what it is found by: its SHA-256 in
// hex. It needs no salt, because nobody can guess a token of 122 random bits.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
