package tenantry

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// CheckChallenge refuses a PKCE challenge that is not one of method S256 (RFC 7636,
// section 4.2): "plain", which an absent method means, protects nothing. No challenge at all
// is fine. Errors: Invalid.
func CheckChallenge(challenge, method string) error {
	if challenge == "" && method == "" {
		return nil
	}
	if method != "S256" {
		return InvalidInput("code_challenge_method must be S256")
	}
	if !isChallenge(challenge) {
		return InvalidInput("code_challenge must be a SHA-256 in unpadded base64url")
	}
	return nil
}

func isChallenge(text string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(sum) == sha256.Size
}

// VerifierMatches tells whether the verifier is the one of the challenge. Without a
// challenge only no verifier matches: one that comes nevertheless shows that somebody took
// the challenge out of the authorize link (RFC 9700, section 4.8.2).
func VerifierMatches(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	if len(verifier) < 43 || len(verifier) > 128 || !consistsOf(verifier, base62+"-._~") {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(want), []byte(challenge)) == 1
}
