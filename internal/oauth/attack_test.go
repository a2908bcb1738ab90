package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

const (
	codeUnknown    = "Authorization code not found"
	refreshUnknown = "Invalid grant: refresh token is invalid"
)

// TestU82CodesAreBoundToTheirRedirectURI byte for byte, and good once.
func TestU82CodesAreBoundToTheirRedirectURI(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		code := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA})
		for _, uri := range []string{
			testkit.Callback + "/", "https://app.test/cb?x=1", "https://app.test/CB", "https://APP.test/cb", "http://app.test/cb",
			"https://app.test:443/cb", "https://app.test/cb#", "https://app.test/%63b", "https://app.test/x/../cb", "https://evil.test/cb",
			"https://app.test@evil.test/cb", " " + testkit.Callback, testkit.Callback + "%00", "app.test/cb",
		} {
			a := w.exchange(t, w.app, code, "redirect_uri", uri)
			fails(t, uri, a, 400, "Invalid grant: `redirect_uri` is not the one that the code was asked for with")
			if a.Text("error") != "invalid_grant" {
				t.Errorf("%s", a.Raw)
			}
		}
		first := w.exchange(t, w.app, code)
		if first.Status != 200 {
			t.Fatalf("%d %s", first.Status, first.Raw)
		}
		w.works(t, first.Text("access_token"), w.LocA, 200)
		again := w.exchange(t, w.app, code)
		fails(t, "replay", again, 401, codeUnknown)
		if again.Text("error") != "UnAuthorized!" || again.Text("error_description") != codeUnknown || again.Text("code") != "invalid_grant" {
			t.Errorf("%s", again.Raw)
		}
		// The second use ends all that the first gave, at once.
		w.works(t, first.Text("access_token"), w.LocA, 401)
		fails(t, "the first use's refresh token", w.refresh(t, w.app, first.Text("refresh_token")), 400, refreshUnknown)
	})
}

// TestCodesOfOthers: a code is good for the client that it was made for only, whoever is asked
// first: an unknown code is refused before an unknown client, a known one is not told of.
func TestCodesOfOthers(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		thief := w.App(t, w.CompanyB)
		code := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA})
		fails(t, "injected", w.exchange(t, thief, code), 401, codeUnknown)
		wrong := w.app
		wrong.Secret = "wrong"
		fails(t, "without the secret", w.exchange(t, wrong, code), 401, "Invalid client: client is invalid")
		fails(t, "unknown code, unknown client", w.exchange(t, wrong, "no such code"), 401, codeUnknown)
		fails(t, "unknown code", w.exchange(t, w.app, "no such code"), 401, codeUnknown)
		fails(t, "the code's hash", w.exchange(t, w.app, hash(code)), 401, codeUnknown)
		if a := w.exchange(t, w.app, code); a.Status != 200 {
			t.Errorf("the attempts used the code up: %d %s", a.Status, a.Raw)
		}
	})
}

// TestCodesExpire after ten minutes (requirement 9), the second of the end included.
func TestCodesExpire(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		first := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA})
		second := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocB})
		w.Clock.Advance(tenantry.CodeTTL - time.Second)
		if a := w.exchange(t, w.app, first); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
		w.Clock.Advance(time.Second)
		fails(t, "expired", w.exchange(t, w.app, second), 401, codeUnknown)
	})
}

// TestCodeRace (requirement 9): of 20 uses at once one succeeds; the others are replays, so
// what it gave ends.
func TestCodeRace(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		code := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA})
		answers := atOnce(20, func() testkit.Answer { return w.exchange(t, w.app, code) })
		var won []testkit.Answer
		for _, a := range answers {
			if a.Status == 200 {
				won = append(won, a)
				continue
			}
			fails(t, "loser", a, 401, codeUnknown)
		}
		if len(won) != 1 {
			t.Fatalf("%d uses of one code succeeded", len(won))
		}
		fails(t, "the winner's refresh token", w.refresh(t, w.app, won[0].Text("refresh_token")), 400, refreshUnknown)
	})
}

// atOnce runs fn n times in parallel.
func atOnce(n int, fn func() testkit.Answer) []testkit.Answer {
	answers := make([]testkit.Answer, n)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = fn() })
	}
	wg.Wait()
	return answers
}

// TestX12PKCE (requirement 11): S256, without a downgrade in either direction.
func TestX12PKCE(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		verifier := strings.Repeat("abc-_.~XYZ09", 5)
		sum := sha256.Sum256([]byte(verifier))
		challenge := base64.RawURLEncoding.EncodeToString(sum[:])
		code := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA}, func(c *tenantry.Consent) { c.Challenge = challenge })
		plain := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA})
		const refused = "Invalid grant: `code_verifier` does not match the code challenge"
		for name, v := range map[string]string{
			"none": "", "undefined": "undefined", "the challenge itself": challenge, "another": strings.Repeat("x", 43), "too short": verifier[:42],
			"longer": verifier + "a", "in capital letters": strings.ToUpper(verifier), "padded": verifier + " ",
		} {
			fails(t, name, w.exchange(t, w.app, code, "code_verifier", v), 400, refused)
		}
		fails(t, "a verifier without a challenge", w.exchange(t, w.app, plain, "code_verifier", verifier), 400, refused)
		if a := w.exchange(t, w.app, code, "code_verifier", verifier); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
		if a := w.exchange(t, w.app, plain); a.Status != 200 {
			t.Errorf("%d %s", a.Status, a.Raw)
		}
	})
}

// TestRefreshRace (requirement 13): 100 refreshes of one token at once give one pair.
func TestRefreshRace(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		token := w.agency.Text("refresh_token")
		pairs := map[[2]string]int{}
		for _, a := range atOnce(100, func() testkit.Answer { return w.refresh(t, w.app, token) }) {
			if a.Status != 200 {
				t.Fatalf("%d %s", a.Status, a.Raw)
			}
			pairs[[2]string{a.Text("access_token"), a.Text("refresh_token")}]++
		}
		if len(pairs) != 1 {
			t.Fatalf("%d pairs", len(pairs))
		}
		for pair := range pairs {
			if a := w.refresh(t, w.app, pair[1]); a.Status != 200 {
				t.Errorf("the pair is not good: %d %s", a.Status, a.Raw)
			}
		}
	})
}

// TestRefreshReplay (requirement 12): R1 after R2 was used is refused, and ends the family.
func TestRefreshReplay(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		r1 := w.agency.Text("refresh_token")
		r2 := w.refresh(t, w.app, r1).Text("refresh_token")
		third := w.refresh(t, w.app, r2)
		fails(t, "R1", w.refresh(t, w.app, r1), 400, refreshUnknown)
		fails(t, "R2, in its grace", w.refresh(t, w.app, r2), 400, refreshUnknown)
		fails(t, "R3", w.refresh(t, w.app, third.Text("refresh_token")), 400, refreshUnknown)
		if a := w.locationToken(t, third.Text("access_token"), w.CompanyA, w.LocA); a.Status != 200 {
			t.Errorf("an access token ended with the family (contract, decision 34): %d %s", a.Status, a.Raw)
		}
	})
}

// TestRefreshTokensOfOthers: another client can neither use a refresh token nor end its family, and
// a text that was never issued ends nothing.
func TestRefreshTokensOfOthers(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		thief, token := w.App(t, w.CompanyB), w.agency.Text("refresh_token")
		fails(t, "another client", w.refresh(t, thief, token), 400, refreshUnknown)
		for name, text := range map[string]string{
			"an access token": w.agencyToken(), "changed at its end": token[:len(token)-1] + "!", "cut off": token[:len(token)-2], "longer": token + "A",
			"the grant's id only": token[:20], "changed inside": token[:20] + "AAAA" + token[24:], "spaces around": " " + token, "NUL": token + "\x00",
		} {
			fails(t, name, w.refresh(t, w.app, text), 400, refreshUnknown)
		}
		fails(t, "as a code", w.exchange(t, w.app, token), 401, codeUnknown)
		if a := w.refresh(t, w.app, token); a.Status != 200 {
			t.Errorf("an attempt ended the family: %d %s", a.Status, a.Raw)
		}
	})
}

// TestRefreshTokensExpire after a year without use.
func TestRefreshTokensExpire(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		w.Clock.Advance(tenantry.RefreshTTL - time.Second)
		next := w.refresh(t, w.app, w.agency.Text("refresh_token"))
		if next.Status != 200 {
			t.Fatalf("%d %s", next.Status, next.Raw)
		}
		w.Clock.Advance(tenantry.RefreshTTL)
		fails(t, "expired", w.refresh(t, w.app, next.Text("refresh_token")), 400, refreshUnknown)
	})
}

// TestTokensOfOtherAppsAndCompanies: an agency's token reaches no other agency's location, and no
// other app's installs; a location's token reaches that location only.
func TestTokensOfOtherAppsAndCompanies(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		other := w.App(t, w.CompanyB)
		theirs := w.exchange(t, other, w.Code(t, other, tenantry.Agency, w.CompanyB, []tenantry.LocationID{w.LocX}))
		both := w.exchange(t, w.app, w.Code(t, w.app, tenantry.Agency, w.CompanyB, []tenantry.LocationID{w.LocX}))
		const noAccess = "The token does not have access to this location."
		fails(t, "another company's location", w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocX), 403, noAccess)
		fails(t, "another company", w.locationToken(t, w.agencyToken(), w.CompanyB, w.LocX), 403, noAccess)
		fails(t, "the same app's token of another company", w.locationToken(t, both.Text("access_token"), w.CompanyA, w.LocA), 403, noAccess)
		fails(t, "another app, which is not installed", w.locationToken(t, theirs.Text("access_token"), w.CompanyB, "nowhere"), 403, noAccess)
		lone := w.exchange(t, other, w.Code(t, other, tenantry.Agency, w.CompanyA, []tenantry.LocationID{w.LocA}))
		fails(t, "where only another app is installed", w.locationToken(t, lone.Text("access_token"), w.CompanyA, w.LocB), 400, "The app is not installed on this location")

		list := "/oauth/installedLocations?companyId={companyA}&appId="
		w.Send(t, testkit.Scenario{Method: "GET", Path: list + string(w.app.ID), Token: lone.Text("access_token"), Status: 400,
			Want: `{"message":"App with id ` + string(w.app.ID) + ` not found","code":"not_found"}`})
		w.Send(t, testkit.Scenario{Method: "GET", Path: list + string(other.ID), Token: theirs.Text("access_token"), Status: 403})

		location := w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA)
		w.works(t, location.Text("access_token"), w.LocA, 200)
		w.works(t, location.Text("access_token"), w.LocB, 403)
		fails(t, "a location's token as an agency's", w.locationToken(t, location.Text("access_token"), w.CompanyA, w.LocB), 403, "Forbidden resource")
		w.works(t, w.agencyToken(), w.LocA, 401)
		fails(t, "a location's refresh token, another client", w.refresh(t, other, location.Text("refresh_token")), 400, refreshUnknown)
	})
}

// TestSecretsStayOutOfTheLog (requirement 46): whatever the token endpoint is sent or gives.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		code := w.Code(t, w.app, tenantry.SubAccount, w.CompanyA, []tenantry.LocationID{w.LocA})
		w.exchange(t, w.app, code, "code_verifier", "verifier-canary")
		pair := w.exchange(t, w.app, code)
		again := w.refresh(t, w.app, pair.Text("refresh_token"))
		for _, path := range []string{"/oauth/introspect", "/oauth/revoke"} {
			w.post(t, path, as(w.app, "token", again.Text("refresh_token")))
		}
		w.Do(t, testkit.Scenario{Method: "POST", Path: "/oauth/token?" + url.Values{"client_secret": {w.app.Secret}}.Encode(), Version: "-"})
		log := w.Log.String()
		for name, secret := range map[string]string{
			"client secret": w.app.Secret, "code": code, "verifier": "verifier-canary", "access token": pair.Text("access_token"),
			"refresh token": pair.Text("refresh_token"), "next refresh token": again.Text("refresh_token"), "agency's": w.agency.Text("refresh_token"),
			"the hash of the secret": hash(w.app.Secret), "the hash of the code": hash(code),
		} {
			if secret == "" || strings.Contains(log, secret) {
				t.Errorf("the log tells the %s", name)
			}
		}
		if !strings.Contains(log, `"operation":"get-access-token"`) || !strings.Contains(log, string(w.app.ID)) {
			t.Errorf("the log says nothing about who got tokens: %s", log)
		}
	})
}
