package tenantry_test

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tenantry/tenantry"
)

// FuzzRedirectURI: what may be registered leads a browser to one host over a safe way, and is allowed to
// the very byte.
func FuzzRedirectURI(f *testing.F) {
	for _, seed := range []string{
		"https://app.test/cb", "http://localhost:3000/cb?x=1", "http://[::1]/", "https://app.test\\@evil.test/", "https://app.test@evil.test/", "https://app.test/a/../b", "https:app.test",
		"https://app.test/%2e%2E/", "https://app.test#f", "https://*.test/", "https://app.test:", "//evil.test", "javascript:alert(1)", "http://127.0.0.1.evil.test/", "http://localhost.evil.test/",
		"https://ex\u0430mple.test/", "https:///cb", "https://app.test/\r\nLocation: x", "http://[::1%25lo]/", "http://0177.0.0.1/", "https://:443/",
	} {
		f.Add(seed, seed+"/")
	}
	f.Fuzz(func(t *testing.T, uri, other string) {
		if tenantry.CheckRedirectURI(uri) != nil {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || len(uri) > tenantry.MaxRedirectURI {
			t.Fatalf("%q may be registered: %+v, %v", uri, u, err)
		}
		addr, err := netip.ParseAddr(u.Hostname())
		if loopback := u.Hostname() == "localhost" || err == nil && addr.IsLoopback(); u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
			t.Fatalf("%q may be registered", uri)
		}
		for _, r := range uri {
			if r <= ' ' || r > '~' || r == '\\' {
				t.Fatalf("%q may be registered", uri)
			}
		}
		if slices.Contains(strings.Split(u.Path, "/"), "..") {
			t.Fatalf("%q may be registered", uri)
		}
		a := tenantry.App{RedirectURIs: []string{uri}}
		if !a.AllowsRedirect(uri) || a.AllowsRedirect(other) != (uri == other) {
			t.Fatalf("%q is registered, %q is allowed: %v", uri, other, a.AllowsRedirect(other))
		}
	})
}

// FuzzScopes: only known scopes come out, each once, and written they are read as the same.
func FuzzScopes(f *testing.F) {
	for _, seed := range []string{"", "locations.readonly", "locations.readonly locations.readonly", "locations.Readonly", "locations.readonly,locations.write", "oauth.write\x00", "*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scopes, err := tenantry.ParseScopes(strings.Fields(text))
		if err != nil {
			if tenantry.KindOf(err) != tenantry.Invalid || scopes != nil {
				t.Fatalf("%q: %v, %v", text, scopes, err)
			}
			return
		}
		again, err := tenantry.ParseScopes(strings.Fields(tenantry.JoinScopes(scopes)))
		if err != nil || !slices.Equal(again, scopes) {
			t.Fatalf("%q is read as %v, and that as %v, %v", text, scopes, again, err)
		}
		for i, s := range scopes {
			if !slices.Contains(tenantry.Scopes(), s) || slices.Contains(scopes[:i], s) || !strings.Contains(text, string(s)) {
				t.Fatalf("%q is read as %v", text, scopes)
			}
		}
	})
}

// FuzzClientID: a client id that is taken apart is put together to the same.
func FuzzClientID(f *testing.F) {
	for _, seed := range []string{"", "-", "65f1a2b3c4d5e6f7a8b9c0d1-abcd1234", "65F1A2B3C4D5E6F7A8B9C0D1-abcd1234", "65f1a2b3c4d5e6f7a8b9c0d1-abcd1234-", "65f1a2b3c4d5e6f7a8b9c0d1--bcd1234"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, suffix, ok := tenantry.ParseClientID(text)
		if ok && string(tenantry.App{ID: id, Suffix: suffix}.ClientID()) != text || !ok && (id != "" || suffix != "") {
			t.Fatalf("%q is %q and %q, %v", text, id, suffix, ok)
		}
	})
}

// FuzzVerifier: a PKCE verifier is good for the challenge that was made of it only.
func FuzzVerifier(f *testing.F) {
	for _, seed := range []string{"", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "x", strings.Repeat("a", 129)} {
		f.Add(seed, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, verifier, challenge string) {
		if tenantry.VerifierMatches(challenge, verifier) && (challenge == verifier) != (challenge == "") {
			t.Fatalf("%q matches %q", verifier, challenge)
		}
		if tenantry.VerifierMatches(challenge, verifier) && challenge != "" && tenantry.CheckChallenge(challenge, "S256") != nil {
			t.Fatalf("%q matches %q, which is no challenge", verifier, challenge)
		}
	})
}

// FuzzSlug: a key is lower-case letters and digits with single underscores between them, and is its own key.
func FuzzSlug(f *testing.F) {
	for _, seed := range []string{"", "First Name", "__a--b__", "ÀÉ ß", "İstanbul", "日本語", "\xff", "a\x00b", "\u0345", "ﬁ Ⅷ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		key := tenantry.Slug(name)
		for part := range strings.SplitSeq(key, "_") {
			if part == "" && key != "" || strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				t.Fatalf("Slug(%q) = %q", name, key)
			}
		}
		if again := tenantry.Slug(key); again != key || !utf8.ValidString(key) {
			t.Fatalf("Slug(%q) = %q, and its own is %q", name, key, again)
		}
	})
}

// FuzzZone: only a zone's exact name is a zone.
func FuzzZone(f *testing.F) {
	for _, seed := range []string{"", "UTC", "Local", "America/Chicago", "US/Central", "../../etc/passwd", "America", "america/chicago", "UTC\x00", "America/Chicago "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		zone, err := tenantry.LoadZone(name)
		if err == nil && (zone.String() != name || strings.ContainsAny(name, ". \n") || name == "" || name == "Local") {
			t.Fatalf("%q is the zone %v", name, zone)
		}
	})
}

// FuzzCompactJSON: what is signed is compact, says what was encoded, and escapes nothing that
// JavaScript would not.
func FuzzCompactJSON(f *testing.F) {
	for _, seed := range []string{"", `\u2028`, "\u2028", `\\u2028`, "\\\u2029\\", "<&>", "\x00\x1f\x7f", "\ufffd", "🚀", `"`, "a\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		data, err := tenantry.CompactJSON(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if err := json.Unmarshal(data, &back); err != nil || back["text"] != strings.ToValidUTF8(text, "\ufffd") && utf8.ValidString(text) {
			t.Fatalf("%q is written %s: %v", text, data, err)
		}
		for _, bad := range []string{`\u003c`, `\u003e`, `\u0026`, "\n"} {
			if strings.Contains(strings.ReplaceAll(string(data), `\\`, ""), bad) {
				t.Fatalf("%q is written %s", text, data)
			}
		}
		if utf8.ValidString(text) && strings.Count(string(data), "\u2028")+strings.Count(string(data), "\u2029") != strings.Count(text, "\u2028")+strings.Count(text, "\u2029") {
			t.Fatalf("%q is written %s", text, data)
		}
	})
}

// FuzzIDSource: whatever way the clock goes, ids have 20 characters and sort in the order of their making.
func FuzzIDSource(f *testing.F) {
	f.Add(int64(0), int64(0))
	f.Add(int64(1_700_000_000_000), int64(-1))
	f.Add(int64(1_700_000_000_000), int64(1))
	f.Add(int64(218_340_105_584_895), int64(0))
	f.Fuzz(func(t *testing.T, start, step int64) {
		var ids tenantry.IDSource
		last := ""
		for i := range int64(8) {
			// Eight digits of base62 are enough for the next 6,000 years.
			ms := (uint64(start) + uint64(step)*uint64(i)) % 218_340_105_584_896 //nolint:gosec // any overflow will do
			id := ids.Next(time.UnixMilli(int64(ms)))                            //nolint:gosec // it is below 2^48
			if len(id) != 20 || id <= last && ms < 218_340_105_584_000 {
				t.Fatalf("%q comes after %q", id, last)
			}
			last = id
		}
	})
}
