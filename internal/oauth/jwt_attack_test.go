package oauth

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/tenantry/tenantry"
)

// attackSet is a key set of both algorithms, and a key of the attacker's own.
type attackSet struct {
	ks           *KeySet
	ed, rs, evil Key
	token        string // a good one, signed by ed
	claims       string // of token
}

func newAttackSet(t testing.TB) attackSet {
	t.Helper()
	a := attackSet{ed: seedKey(t, 1, testNow()), rs: rsaKey(t), evil: seedKey(t, 66, testNow())}
	a.ks = keySet(t, a.ed, a.rs)
	a.token = sign(t, a.ks, locationGrant(), testNow())
	a.claims = with(t, part(t, a.token, 1), nil)
	if _, _, err := a.ks.Verify(a.token, testIssuer, testNow()); err != nil {
		t.Fatalf("the token that the attacks start from is refused: %v", err)
	}
	return a
}

// header is that of a token of k, changed.
func (a attackSet) header(t testing.TB, k Key, change map[string]any) string {
	t.Helper()
	return with(t, map[string]any{"alg": k.Algorithm(), "kid": k.ID, "typ": "JWT"}, change)
}

func unsigned([]byte) []byte { return nil }

func hs256(key []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

func rs256(t testing.TB, k Key) func([]byte) []byte {
	t.Helper()
	return func(input []byte) []byte {
		sum := sha256.Sum256(input)
		sig, err := k.private().Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
}

func TestVerifyRefusesAlgorithmAttacks(t *testing.T) {
	a := newAttackSet(t)
	evilRSA := rsaKey(t)
	attacks := map[string]string{
		"EdDSA by another key":          forge(a.header(t, a.ed, nil), a.claims, by(t, a.evil)),
		"RS256 by another key":          forge(a.header(t, a.rs, nil), a.claims, rs256(t, evilRSA)),
		"RS256 with the Ed25519 kid":    forge(a.header(t, a.ed, map[string]any{"alg": "RS256"}), a.claims, rs256(t, evilRSA)),
		"true RS256, Ed25519 kid":       forge(a.header(t, a.ed, map[string]any{"alg": "RS256"}), a.claims, rs256(t, a.rs)),
		"EdDSA with the RSA kid":        forge(a.header(t, a.rs, map[string]any{"alg": "EdDSA"}), a.claims, by(t, a.evil)),
		"true EdDSA, RSA kid":           forge(a.header(t, a.rs, map[string]any{"alg": "EdDSA"}), a.claims, by(t, a.ed)),
		"true EdDSA, RSA kid and alg":   forge(a.header(t, a.rs, nil), a.claims, by(t, a.ed)),
		"PS256 named for RS256":         forge(a.header(t, a.rs, map[string]any{"alg": "PS256"}), a.claims, rs256(t, a.rs)),
		"RS512 named for RS256":         forge(a.header(t, a.rs, map[string]any{"alg": "RS512"}), a.claims, rs256(t, a.rs)),
		"Ed25519 named for EdDSA":       forge(a.header(t, a.ed, map[string]any{"alg": "Ed25519"}), a.claims, by(t, a.ed)),
		"alg in another case":           forge(a.header(t, a.ed, map[string]any{"alg": "eddsa"}), a.claims, by(t, a.ed)),
		"no alg":                        forge(a.header(t, a.ed, map[string]any{"alg": nil}), a.claims, by(t, a.ed)),
		"an empty alg":                  forge(a.header(t, a.ed, map[string]any{"alg": ""}), a.claims, by(t, a.ed)),
		"alg null":                      forge(`{"alg":null,"kid":"`+a.ed.ID+`","typ":"JWT"}`, a.claims, by(t, a.ed)),
		"alg list":                      forge(a.header(t, a.ed, map[string]any{"alg": []string{"EdDSA"}}), a.claims, by(t, a.ed)),
		"HS256 signed by nothing":       forge(a.header(t, a.ed, map[string]any{"alg": "HS256"}), a.claims, unsigned),
		"a signature of zeros":          forge(a.header(t, a.ed, nil), a.claims, func([]byte) []byte { return make([]byte, ed25519.SignatureSize) }),
		"an RSA signature of zeros":     forge(a.header(t, a.rs, nil), a.claims, func([]byte) []byte { return make([]byte, RSABits/8) }),
		"a signature of another length": forge(a.header(t, a.ed, nil), a.claims, func(in []byte) []byte { return append(by(t, a.ed)(in), 0) }),
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE"} {
		header := a.header(t, a.ed, map[string]any{"alg": alg})
		attacks[alg+" unsigned"] = forge(header, a.claims, unsigned)
		attacks[alg+" truly signed"] = forge(header, a.claims, by(t, a.ed))
		attacks[alg+" without kid"] = forge(`{"alg":"`+alg+`"}`, a.claims, unsigned)
	}
	for name, secret := range publicBytes(t, a) {
		for kid, k := range map[string]Key{"Ed25519": a.ed, "RSA": a.rs} {
			for _, alg := range []string{"HS256", "HS384", k.Algorithm()} {
				attacks[alg+" keyed with the "+name+", kid "+kid] = forge(a.header(t, k, map[string]any{"alg": alg}), a.claims, hs256(secret))
			}
		}
	}
	refuseAll(t, a, attacks)
}

// publicBytes are the encodings of public keys that a library could take for the
// secret of an HMAC.
func publicBytes(t testing.TB, a attackSet) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"JWK set": a.ks.JWKS(), "empty secret": {}, "issuer": []byte(testIssuer)}
	for name, k := range map[string]Key{"Ed25519": a.ed, "RSA": a.rs} {
		der, err := x509.MarshalPKIXPublicKey(k.Public())
		if err != nil {
			t.Fatal(err)
		}
		all[name+" DER"] = der
		all[name+" PEM"] = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		jwk, err := json.Marshal(jose.JSONWebKey{Key: k.Public(), KeyID: k.ID})
		if err != nil {
			t.Fatal(err)
		}
		all[name+" JWK"] = jwk
		switch public := k.Public().(type) {
		case ed25519.PublicKey:
			all[name+" bytes"] = public
		case *rsa.PublicKey:
			all[name+" modulus"] = public.N.Bytes()
		}
	}
	return all
}

func TestVerifyRefusesHeadersThatBringAKey(t *testing.T) {
	a := newAttackSet(t)
	jwk := func(k Key) map[string]any {
		raw, err := json.Marshal(jose.JSONWebKey{Key: k.Public(), KeyID: k.ID, Algorithm: "EdDSA", Use: "sig"})
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatal(err)
		}
		return members
	}
	members := map[string]map[string]any{
		"jwk":                   {"jwk": jwk(a.evil)},
		"jwk without kid":       {"jwk": jwk(a.evil), "kid": nil},
		"jwk of the true key":   {"jwk": jwk(a.ed)},
		"jwk text":              {"jwk": "x"},
		"jku":                   {"jku": "https://evil.example/jwks.json"},
		"jku of our own":        {"jku": "https://api.example.com/.well-known/jwks.json"},
		"x5u":                   {"x5u": "https://evil.example/cert.pem"},
		"x5c":                   {"x5c": []string{"MIIB"}},
		"x5t":                   {"x5t": "AAAA"},
		"crit unknown":          {"crit": []string{"exp"}, "exp": 1},
		"crit b64":              {"crit": []string{"b64"}, "b64": true},
		"crit b64 false":        {"crit": []string{"b64"}, "b64": false},
		"crit empty":            {"crit": []string{}},
		"b64 alone":             {"b64": false},
		"cty":                   {"cty": "JWT"},
		"zip":                   {"zip": "DEF"},
		"nonce":                 {"nonce": "x"},
		"unknown member":        {"x": "y"},
		"empty member name":     {"": ""},
		"ALG too":               {"ALG": "none"},
		"KID too":               {"KID": "x"},
		"no kid":                {"kid": nil},
		"empty kid":             {"kid": ""},
		"unknown kid":           {"kid": a.evil.ID},
		"kid in another case":   {"kid": strings.ToLower(a.ed.ID)},
		"kid with a blank":      {"kid": a.ed.ID + " "},
		"kid a path":            {"kid": "../../dev/null"},
		"kid a query":           {"kid": "' OR 1=1 --"},
		"kid with NUL":          {"kid": a.ed.ID + "\x00"},
		"kid number":            {"kid": 1},
		"kid list":              {"kid": []string{a.ed.ID}},
		"no typ":                {"typ": nil},
		"another typ":           {"typ": "at+jwt"},
		"typ in another case":   {"typ": "jwt"},
		"kid only in other set": {"kid": seedKey(t, 9, testNow()).ID},
	}
	attacks := map[string]string{}
	for name, change := range members {
		attacks[name+", signed by the attacker"] = forge(a.header(t, a.ed, change), a.claims, by(t, a.evil))
		attacks[name+", signed by the true key"] = forge(a.header(t, a.ed, change), a.claims, by(t, a.ed))
	}
	id := a.ed.ID
	for name, header := range map[string]string{
		"alg twice, none last": `{"alg":"EdDSA","kid":"` + id + `","typ":"JWT","alg":"none"}`,
		"alg twice, none else": `{"alg":"none","kid":"` + id + `","typ":"JWT","alg":"EdDSA"}`,
		"kid twice":            `{"alg":"EdDSA","kid":"` + a.evil.ID + `","typ":"JWT","kid":"` + id + `"}`,
		"a list":               `[]`,
		"null":                 `null`,
		"an empty object":      `{}`,
		"a text":               `"EdDSA"`,
		"cut off":              `{"alg":"EdDSA","kid":"` + id + `","typ":"JWT"`,
		"and more":             `{"alg":"EdDSA","kid":"` + id + `","typ":"JWT"}{}`,
		"no JSON":              `alg=EdDSA`,
		"not UTF-8":            "{\"alg\":\"EdDSA\xff\",\"kid\":\"" + id + "\",\"typ\":\"JWT\"}",
	} {
		attacks["header "+name] = forge(header, a.claims, by(t, a.ed))
	}
	refuseAll(t, a, attacks)
}

func TestVerifyRefusesOtherTexts(t *testing.T) {
	a := newAttackSet(t)
	parts := strings.Split(a.token, ".")
	header, payload, sig := parts[0], parts[1], parts[2]
	company := strings.Split(sign(t, a.ks, companyGrant(), testNow()), ".")
	// Only two bits of the last character of 64 bytes count: the next one is the same signature.
	spare := sig[:len(sig)-1] + string(sig[len(sig)-1]+1)
	one, err1 := base64.RawURLEncoding.DecodeString(sig)
	two, err2 := base64.RawURLEncoding.DecodeString(spare)
	if err1 != nil || err2 != nil || !bytes.Equal(one, two) {
		t.Fatalf("%s and %s are not two texts of one signature", sig, spare)
	}
	attacks := map[string]string{
		"empty":                     "",
		"garbage":                   "garbage",
		"a private token":           NewPrivateToken(),
		"dots":                      "..",
		"many dots":                 strings.Repeat(".", 4000),
		"binary":                    "\x00\xff\xfe.\x80.\x81",
		"no signature":              header + "." + payload,
		"an empty signature":        header + "." + payload + ".",
		"an empty header":           "." + payload + "." + sig,
		"an empty payload":          header + ".." + sig,
		"a fourth part":             a.token + ".x",
		"five parts":                a.token + ".." + sig,
		"payload of another token":  header + "." + company[1] + "." + sig,
		"signature of another":      header + "." + payload + "." + company[2],
		"signature cut off":         a.token[:len(a.token)-1],
		"signature longer":          a.token + "A",
		"signature twice":           a.token + sig,
		"padded":                    a.token + "==",
		"padded inside":             header + "=." + payload + "." + sig,
		"spare bits set":            header + "." + payload + "." + spare,
		"other alphabet":            header + "." + payload + "." + strings.Repeat("+/", 43),
		"blank before":              " " + a.token,
		"blank after":               a.token + " ",
		"line break after":          a.token + "\n",
		"line break inside":         header + "." + payload + "." + sig[:10] + "\r\n" + sig[10:],
		"line break in the payload": header + "." + payload[:10] + "\n" + payload[10:] + "." + sig,
		"scheme left in":            "Bearer " + a.token,
		"twice":                     a.token + "," + a.token,
		"JSON serialization":        `{"protected":"` + header + `","payload":"` + payload + `","signature":"` + sig + `"}`,
		"detached":                  header + ".." + sig,
		"too long":                  a.token + strings.Repeat("A", MaxTokenBytes),
		"far too long":              strings.Repeat("A", 1<<20),
	}
	refuseAll(t, a, attacks)
}

// Every change of any one character must be noticed.
func TestVerifyRefusesEveryFlippedCharacter(t *testing.T) {
	a := newAttackSet(t)
	for i := range a.token {
		for _, c := range []byte{'A', 'b', '-', '.'} {
			if a.token[i] == c {
				continue
			}
			changed := []byte(a.token)
			changed[i] = c
			if _, _, err := a.ks.Verify(string(changed), testIssuer, testNow()); err == nil {
				t.Errorf("accepted with %q for %q at %d", c, a.token[i], i)
			}
		}
	}
}

// A token as long as allowed is read, a longer one is not, even if truly signed.
func TestVerifyBoundsTheLength(t *testing.T) {
	a := newAttackSet(t)
	padded := func(n int) string {
		return forge(a.header(t, a.ed, nil), a.claims+strings.Repeat(" ", n), by(t, a.ed))
	}
	n := 0 // the most blanks that fit
	for len(padded(n+1)) <= MaxTokenBytes {
		n += max(1, (MaxTokenBytes-len(padded(n)))/2)
	}
	if _, _, err := a.ks.Verify(padded(n), testIssuer, testNow()); err != nil {
		t.Errorf("a token of %d bytes: %v", len(padded(n)), err)
	}
	_, _, err := a.ks.Verify(padded(n+1), testIssuer, testNow())
	wantInvalid(t, err)
	if long := len(padded(n + 1)); long > MaxTokenBytes+2 {
		t.Errorf("the refused token has %d bytes, so the limit could be lower than %d", long, MaxTokenBytes)
	}
}

// refuseAll verifies each attack with a bare key set and with a verifier that has
// the good token in mind.
func refuseAll(t *testing.T, a attackSet, attacks map[string]string) {
	t.Helper()
	v := NewVerifier(a.ks, testIssuer, 100, testNow)
	if _, _, err := v.Verify(a.token); err != nil {
		t.Fatal(err)
	}
	for name, token := range attacks {
		t.Run(name, func(t *testing.T) {
			if token == a.token {
				t.Fatal("the attack is the good token")
			}
			caller, _, err := a.ks.Verify(token, testIssuer, testNow())
			wantInvalid(t, err)
			if len(token) > 20 && strings.Contains(err.Error(), token[:20]) {
				t.Errorf("the error holds the token: %v", err)
			}
			if caller.Class != "" || caller.Can([]tenantry.Scope{tenantry.LocationsRead}) {
				t.Errorf("a refusal tells of a caller: %+v", caller)
			}
			_, _, err = v.Verify(token)
			wantInvalid(t, err)
		})
	}
}
