package oauth

import (
	"regexp"
	"testing"
)

func TestNewPrivateTokenIsAUUIDOfVersion4(t *testing.T) {
	form := regexp.MustCompile(`^pit-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		token := NewPrivateToken()
		if !form.MatchString(token) || len(token) != 40 || !IsPrivateToken(token) {
			t.Fatalf("%q is not pit- and a UUID of version 4", token)
		}
		if seen[token] {
			t.Fatalf("%q was made twice", token)
		}
		seen[token] = true
	}
}

func TestPrivateTokenKeepsEveryRandomBit(t *testing.T) {
	zeros, ones := [16]byte{}, [16]byte{}
	for i := range ones {
		ones[i] = 0xff
	}
	if got, want := privateToken(zeros), "pit-00000000-0000-4000-8000-000000000000"; got != want {
		t.Errorf("of zeros = %s, want %s", got, want)
	}
	if got, want := privateToken(ones), "pit-ffffffff-ffff-4fff-bfff-ffffffffffff"; got != want {
		t.Errorf("of ones = %s, want %s", got, want)
	}
}

func TestIsPrivateToken(t *testing.T) {
	jwt := sign(t, keySet(t, seedKey(t, 1, testNow())), locationGrant(), testNow())
	for token, want := range map[string]bool{
		"pit-unknown": true, "pit-": true, "": false, "pit": false, "PIT-x": false, " pit-x": false, jwt: false,
	} {
		if got := IsPrivateToken(token); got != want {
			t.Errorf("IsPrivateToken(%q) = %v", token, got)
		}
	}
}

func TestHashToken(t *testing.T) {
	// The first test vector of FIPS 180.
	if got, want := HashToken("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; got != want {
		t.Errorf("HashToken = %s, want %s", got, want)
	}
	if HashToken("abc") == HashToken("abc ") {
		t.Error("two tokens have one hash")
	}
}
