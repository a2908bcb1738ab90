package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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

// publishedKeys are the ids of the keys that a server verifies with.
func publishedKeys(t *testing.T, url string) (ids []string) {
	t.Helper()
	resp, err := http.Get(url + "/.well-known/jwks.json") //nolint:gosec // our own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Keys {
		ids = append(ids, k.KeyID)
	}
	return ids
}

// No token is refused because of a rotation, until one asks for that.
func TestKeysRotate(t *testing.T) {
	dir := t.TempDir()
	works := func(url, token string) bool {
		_, err := client.New(url, token).SearchLocations(t.Context(), client.LocationSearch{Limit: 1})
		return err == nil
	}
	rotate := func(args ...string) (id, algorithm string) {
		t.Helper()
		out := must(t, append([]string{"keys", "rotate", "--data", dir}, args...)...)
		if _, err := fmt.Sscanf(out, "Key %s %s signs", &id, &algorithm); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return id, algorithm
	}
	var tokens, made []string
	for i, algorithm := range []string{"EdDSA", "RS256"} {
		p, f := dev(t, "--data", dir, "--locations", "1")
		tokens = append(tokens, f.AgencyToken)
		for _, token := range tokens {
			if !works(f.BaseURL, token) {
				t.Errorf("rotation %d: an older token is refused", i)
			}
		}
		if i == 0 {
			made = append(made, keyOf(t, f.AgencyToken))
		}
		published := publishedKeys(t, f.BaseURL)
		for _, id := range made {
			if len(published) != len(made) || !slices.Contains(published, id) {
				t.Errorf("rotation %d: published are %v, made %v", i, published, made)
			}
		}
		p.stop()
		id, of := rotate("--algorithm", algorithm)
		if of != "("+algorithm+")" {
			t.Errorf("asked for %s, got %s", algorithm, of)
		}
		made = append(made, id)
	}
	last, _ := rotate("--end-older")
	_, f := dev(t, "--data", dir)
	for _, token := range tokens {
		if works(f.BaseURL, token) {
			t.Error("a token of an ended key is good")
		}
	}
	if !works(f.BaseURL, f.AgencyToken) || keyOf(t, f.AgencyToken) != last || !slices.Equal(publishedKeys(t, f.BaseURL), []string{last}) {
		t.Errorf("signed with %s, want %s; published are %v", keyOf(t, f.AgencyToken), last, publishedKeys(t, f.BaseURL))
	}
}
