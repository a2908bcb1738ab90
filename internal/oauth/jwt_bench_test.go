package oauth

import (
	"fmt"
	"testing"

	"github.com/tenantry/tenantry"
)

func benchSets(b *testing.B) map[string]*KeySet {
	b.Helper()
	return map[string]*KeySet{"EdDSA": keySet(b, seedKey(b, 1, testNow())), "RS256": keySet(b, rsaKey(b))}
}

func BenchmarkSign(b *testing.B) {
	for alg, ks := range benchSets(b) {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sign(b, ks, locationGrant(), testNow())
			}
		})
	}
}

func BenchmarkVerifierMiss(b *testing.B) {
	for alg, ks := range benchSets(b) {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			token := sign(b, ks, locationGrant(), testNow())
			v := NewVerifier(ks, testIssuer, 10, testNow)
			for b.Loop() {
				v.Replace(ks)
				if _, _, err := v.Verify(token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifierHit(b *testing.B) {
	ks := keySet(b, seedKey(b, 1, testNow()))
	v := NewVerifier(ks, testIssuer, 4096, testNow)
	tokens := make([]string, 1000)
	for n := range tokens {
		g := locationGrant()
		g.TokenID = tenantry.TokenID(fmt.Sprintf("token-%d", n))
		g.Scopes = tenantry.Scopes()
		tokens[n] = sign(b, ks, g, testNow())
		if _, _, err := v.Verify(tokens[n]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for n := 0; pb.Next(); n++ {
			if _, _, err := v.Verify(tokens[n%len(tokens)]); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkVerifierGarbage(b *testing.B) {
	v := NewVerifier(keySet(b, seedKey(b, 1, testNow())), testIssuer, 10, testNow)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := v.Verify("garbage"); err == nil {
			b.Fatal("accepted")
		}
	}
}
