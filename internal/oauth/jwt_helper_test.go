package oauth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

const testIssuer = "0Aa1Bb2Cc3Dd4Ee5Ff6G"

func testNow() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// seedKey is the Ed25519 key of a seed of n's: the same in every run.
func seedKey(t testing.TB, n byte, createdAt time.Time) Key {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = n
	}
	k, err := newKey(ed25519.NewKeyFromSeed(seed), createdAt)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func keySet(t testing.TB, signing Key, older ...Key) *KeySet {
	t.Helper()
	ks, err := NewKeySet(signing, older...)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

func rsaKey(t testing.TB) Key {
	t.Helper()
	k, err := NewRSAKey(testNow())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func locationGrant() Grant {
	return Grant{
		Class: tenantry.SubAccount, CompanyID: "company1", LocationID: "location1", UserID: "user1",
		AppID: "65f0a1b2c3d4e5f6a7b8c9d0", ClientID: "65f0a1b2c3d4e5f6a7b8c9d0-lt1x2y3z",
		Scopes: []tenantry.Scope{tenantry.LocationsRead, tenantry.TagsWrite}, TokenID: "token1",
	}
}

func locationCaller() tenantry.Caller {
	return tenantry.Caller{
		Class: tenantry.SubAccount, CompanyID: "company1", LocationID: "location1", UserID: "user1",
		AppID: "65f0a1b2c3d4e5f6a7b8c9d0", TokenID: "token1",
		Scopes: []tenantry.Scope{tenantry.LocationsRead, tenantry.TagsWrite},
	}
}

func companyGrant() Grant {
	g := locationGrant()
	g.Class, g.LocationID = tenantry.Agency, ""
	return g
}

func sign(t testing.TB, ks *KeySet, g Grant, now time.Time) string {
	t.Helper()
	token, err := ks.Sign(g, testIssuer, now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// forge builds a token from texts, with whatever signature.
func forge(header, payload string, sig func(input []byte) []byte) string {
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	return input + "." + b64(sig([]byte(input)))
}

// by signs with the Ed25519 key of k.
func by(t testing.TB, k Key) func([]byte) []byte {
	t.Helper()
	private, ok := k.private().(ed25519.PrivateKey)
	if !ok {
		t.Fatalf("%s is no Ed25519 key", k.ID)
	}
	return func(input []byte) []byte { return ed25519.Sign(private, input) }
}

// part decodes a part of a token: 0 the header, 1 the claims.
func part(t testing.TB, token string, n int) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[n])
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// with is the JSON of members, some of them replaced; a nil value removes one.
func with(t testing.TB, members, change map[string]any) string {
	t.Helper()
	out := maps.Clone(members)
	maps.Copy(out, change)
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// refusal is what a caller is told.
type refusal struct {
	Kind     tenantry.Kind
	Code     string
	Messages []string
}

func wantRefusal(t testing.TB, err error, code, message string) {
	t.Helper()
	e, ok := errors.AsType[*tenantry.Error](err)
	if !ok {
		t.Fatalf("error %v (%T), want a *tenantry.Error with code %s", err, err, code)
	}
	want := refusal{tenantry.Unauthenticated, code, []string{message}}
	if diff := cmp.Diff(want, refusal{e.Kind, e.Code, e.Messages}); diff != "" {
		t.Errorf("refusal (-want +got):\n%s\ncause: %v", diff, e.Unwrap())
	}
}

func wantInvalid(t testing.TB, err error) {
	t.Helper()
	wantRefusal(t, err, "token_invalid", "Invalid JWT")
}

func wantExpired(t testing.TB, err error) {
	t.Helper()
	wantRefusal(t, err, "token_expired", "Invalid token: access token has expired")
}
