package oauth

import (
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
)

// Whatever text comes, Verify answers, and accepts nothing but what was signed: the
// keys are the same in every run, so the seeds are good tokens for the fuzzer too.
func FuzzVerify(f *testing.F) {
	key := seedKey(f, 1, testNow())
	ks := keySet(f, key, seedKey(f, 2, testNow()))
	v := NewVerifier(ks, testIssuer, 16, testNow)
	issued := map[string]bool{}
	for _, g := range []Grant{locationGrant(), companyGrant()} {
		token := sign(f, ks, g, testNow())
		issued[token] = true
		parts := strings.Split(token, ".")
		for _, seed := range []string{
			token,
			token[:len(token)-1],
			parts[0] + "." + parts[1],
			parts[0] + ".." + parts[2],
			"." + parts[1] + ".",
			token + "\n",
			`{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`,
			forge(`{"alg":"none"}`, "{}", unsigned),
			forge(`{"alg":"EdDSA","kid":"`+key.ID+`","typ":"JWT"}`, `{"exp":1e400}`, by(f, key)),
			forge(`{"alg":"EdDSA","kid":"`+key.ID+`","typ":"JWT"}`, strings.Repeat("[", 2000), by(f, key)),
			forge(strings.Repeat(`{"a":`, 1000), "", unsigned),
		} {
			f.Add(seed)
		}
	}
	for _, seed := range []string{"", ".", "..", "...", "e30.e30.", "bnVsbA.bnVsbA.bnVsbA", "pit-x", "\x00\xff", strings.Repeat("A", MaxTokenBytes+1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		for range 2 { // the second time perhaps from memory
			caller, _, err := v.Verify(token)
			if accepted := err == nil; accepted != issued[token] {
				t.Fatalf("accepted = %v, issued = %v: %v", accepted, issued[token], err)
			}
			if err == nil {
				continue
			}
			if tenantry.KindOf(err) != tenantry.Unauthenticated || caller.Class != "" {
				t.Fatalf("refused with %v and the caller %+v", err, caller)
			}
		}
	})
}

func FuzzBearerToken(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer ", "Bearer x", "bearer  x", "Basic x", "Bearer x y", "Bearer x=", "Bearer \xff", "Bearer\tx"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		token, err := BearerToken(header)
		if err != nil {
			if tenantry.KindOf(err) != tenantry.Unauthenticated || token != "" {
				t.Fatalf("refused with %v and the token %q", err, token)
			}
			return
		}
		if token == "" || strings.ContainsAny(token, " ,\t\r\n\x00") || len(token) > MaxTokenBytes {
			t.Fatalf("BearerToken(%q) = %q", header, token)
		}
		if again, err := BearerToken("Bearer " + token); err != nil || again != token {
			t.Fatalf("the token %q is read back as %q, %v", token, again, err)
		}
	})
}
