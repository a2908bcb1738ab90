package main

import (
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/tenantry/tenantry/client"
)

func TestPrivateTokensFromTheCommandLine(t *testing.T) {
	dir, company, loc := agency(t)
	first := strings.TrimSpace(must(t, "token", "create", "--location", string(loc), "--name", "CRM", "--scopes", "locations.readonly", "--data", dir))
	must(t, "token", "create", "--company", string(company), "--data", dir)
	listed := decoded[[]tokenView](t, "token", "list", "--location", string(loc), "--data", dir)
	if len(listed) != 1 || listed[0].Name != "CRM" || listed[0].LocationID != loc || listed[0].CompanyID != company || len(listed[0].Scopes) != 1 ||
		!listed[0].LastUsedAt.IsZero() || !listed[0].ExpiresAt.IsZero() {
		t.Fatalf("%+v", listed)
	}
	if all := decoded[[]tokenView](t, "token", "list", "--company", string(company), "--data", dir); len(all) != 2 {
		t.Errorf("%d tokens of the agency", len(all))
	}
	if out := must(t, "token", "list", "--data", dir); !strings.Contains(out, "CRM") || !strings.Contains(out, "never") || strings.Contains(out, first) {
		t.Errorf("the list shows a token, or too little: %s", out)
	}
	id := string(listed[0].ID)
	second := strings.TrimSpace(must(t, "token", "rotate", id, "--overlap", "1h", "--data", dir))
	good := func(token, url string) bool {
		_, err := client.New(url, token).Location(t.Context(), string(loc))
		return err == nil
	}
	p, url := serve(t, dir)
	if !good(first, url) || !good(second, url) {
		t.Error("in the overlap both tokens are good")
	}
	p.stop()
	listed = decoded[[]tokenView](t, "token", "list", "--location", string(loc), "--data", dir)
	if listed[0].LastUsedAt.IsZero() || time.Until(listed[0].PreviousUntil) > time.Hour || time.Until(listed[0].PreviousUntil) < 55*time.Minute {
		t.Errorf("last use and end of the overlap: %+v", listed[0])
	}
	third := strings.TrimSpace(must(t, "token", "rotate", id, "--overlap", "0s", "--data", dir))
	p, url = serve(t, dir)
	if good(first, url) || good(second, url) || !good(third, url) {
		t.Error("without an overlap only the new token is good")
	}
	p.stop()
	must(t, "token", "delete", id, "--data", dir)
	_, url = serve(t, dir)
	if good(third, url) {
		t.Error("a deleted token is good")
	}
	refused(t, exitFailed, "token", "list", "--data", dir) // the server has the data
}

func TestTokensThatAreNotThere(t *testing.T) {
	dir, _, _ := agency(t)
	for _, verb := range []string{"rotate", "delete"} {
		if said := refused(t, exitFailed, "token", verb, "nothing", "--data", dir); !strings.Contains(said, "Token with id nothing not found") {
			t.Error(said)
		}
	}
}

// keyOf is the id of the key that signed an access token.
func keyOf(t *testing.T, token string) string {
	t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.EdDSA, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Headers[0].KeyID
}

// No token is refused because of a rotation, until one asks for that.
func TestKeysRotate(t *testing.T) {
	dir := t.TempDir()
	works := func(url, token string) bool {
		_, err := client.New(url, token).SearchLocations(t.Context(), client.LocationSearch{Limit: 1})
		return err == nil
	}
	var tokens []string
	for i, algorithm := range []string{"EdDSA", "RS256", "EdDSA"} {
		p, f := dev(t, "--data", dir, "--locations", "1")
		tokens = append(tokens, f.AgencyToken)
		for _, token := range tokens {
			if !works(f.BaseURL, token) {
				t.Errorf("rotation %d: an older token is refused", i)
			}
		}
		p.stop()
		out := must(t, "keys", "rotate", "--algorithm", algorithm, "--data", dir)
		if !strings.Contains(out, "("+algorithm+") signs") {
			t.Error(out)
		}
	}
	if keyOf(t, tokens[0]) == keyOf(t, tokens[1]) || keyOf(t, tokens[1]) == keyOf(t, tokens[2]) {
		t.Error("a rotation left the key in place")
	}
	if out := must(t, "keys", "rotate", "--end-older", "--data", dir); !strings.Contains(out, "older keys that verify: 0.") {
		t.Error(out)
	}
	_, f := dev(t, "--data", dir)
	for _, token := range tokens {
		if works(f.BaseURL, token) {
			t.Error("a token of an ended key is good")
		}
	}
	if !works(f.BaseURL, f.AgencyToken) {
		t.Error("a token of the new key is refused")
	}
}
