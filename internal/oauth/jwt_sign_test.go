package oauth

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
)

// Clients decode the token, so its members are part of the wire.
func TestSignWritesTheClaimsOfTheWire(t *testing.T) {
	key := seedKey(t, 1, testNow())
	ks := keySet(t, key)
	location := map[string]any{
		"authClass": "Location", "authClassId": "location1", "primaryAuthClassId": "location1",
		"source": "INTEGRATION", "sourceId": "65f0a1b2c3d4e5f6a7b8c9d0-lt1x2y3z", "channel": "OAUTH",
		"oauthMeta": map[string]any{
			"scopes": []any{"locations.readonly", "locations/tags.write"}, "client": "65f0a1b2c3d4e5f6a7b8c9d0",
		},
		"companyId": "company1", "locationId": "location1", "userId": "user1",
		"iss": testIssuer, "aud": "tenantry", "jti": "token1",
		"iat": float64(testNow().Unix()), "exp": float64(testNow().Unix() + 86400),
	}
	company := map[string]any{}
	if err := json.Unmarshal([]byte(with(t, location, map[string]any{
		"authClass": "Company", "authClassId": "company1", "primaryAuthClassId": "company1",
		"source": "DASHBOARD", "channel": "APP", "locationId": nil, "userId": nil,
		"oauthMeta": map[string]any{"scopes": []any{}, "client": "65f0a1b2c3d4e5f6a7b8c9d0"},
		"exp":       float64(testNow().Unix() + 60),
	})), &company); err != nil {
		t.Fatal(err)
	}
	g := companyGrant()
	g.Scopes, g.UserID, g.Source, g.Channel, g.TTL = nil, "", "DASHBOARD", "APP", time.Minute

	for _, tt := range []struct {
		name  string
		grant Grant
		want  map[string]any
	}{{"location", locationGrant(), location}, {"company", g, company}} {
		token := sign(t, ks, tt.grant, testNow())
		if diff := cmp.Diff(tt.want, part(t, token, 1)); diff != "" {
			t.Errorf("%s: claims (-want +got):\n%s", tt.name, diff)
		}
		header := map[string]any{"alg": "EdDSA", "kid": key.ID, "typ": "JWT"}
		if diff := cmp.Diff(header, part(t, token, 0)); diff != "" {
			t.Errorf("%s: header (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestSignRefusesWhatVerifyWould(t *testing.T) {
	tests := []struct {
		name   string
		issuer string
		change func(*Grant)
		want   string
	}{
		{"no issuer", "", func(*Grant) {}, "no issuer"},
		{"no token id", testIssuer, func(g *Grant) { g.TokenID = "" }, "no token id"},
		{"no app", testIssuer, func(g *Grant) { g.AppID = "" }, "an app without"},
		{"no client", testIssuer, func(g *Grant) { g.ClientID = "" }, "an app without"},
		{"no company", testIssuer, func(g *Grant) { g.CompanyID = "" }, "no company"},
		{"no class", testIssuer, func(g *Grant) { g.Class = "" }, "unknown class"},
		{"other class", testIssuer, func(g *Grant) { g.Class = "Agency" }, "unknown class"},
		{"location without one", testIssuer, func(g *Grant) { g.LocationID = "" }, "without a location"},
		{"company with a location", testIssuer, func(g *Grant) { g.Class = tenantry.Agency }, "with a location"},
		{"too long a life", testIssuer, func(g *Grant) { g.TTL = AccessTokenTTL + time.Second }, "lifetime"},
		{"too short a life", testIssuer, func(g *Grant) { g.TTL = time.Second - 1 }, "lifetime"},
		{"negative life", testIssuer, func(g *Grant) { g.TTL = -time.Hour }, "lifetime"},
		{"too long a token", testIssuer, func(g *Grant) { g.Scopes = []tenantry.Scope{tenantry.Scope(strings.Repeat("x", MaxTokenBytes))} }, "bytes"},
	}
	ks := keySet(t, seedKey(t, 1, testNow()))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := locationGrant()
			tt.change(&g)
			token, err := ks.Sign(g, tt.issuer, testNow())
			if err == nil || !strings.Contains(err.Error(), tt.want) || token != "" {
				t.Errorf("Sign = %q, %v; want an error that says %q", token, err, tt.want)
			}
		})
	}
}

// A token that the server issues on its own, as dev does, names no app.
func TestSignWithoutAnApp(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	g, want := locationGrant(), locationCaller()
	g.AppID, g.ClientID, want.AppID = "", "", ""
	caller, _, err := ks.Verify(sign(t, ks, g, testNow()), testIssuer, testNow())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, caller); diff != "" {
		t.Errorf("caller (-want +got):\n%s", diff)
	}
}

// Whatever grant is signed, Verify gives back its caller, for as long as it lives.
func TestSignThenVerifyIsTheGrant(t *testing.T) {
	ed, rs := seedKey(t, 1, testNow()), rsaKey(t)
	sets := []*KeySet{keySet(t, ed, rs), keySet(t, rs, ed)}
	id := rapid.StringMatching(`[0-9A-Za-z]{1,24}`)
	maybe := rapid.StringMatching(`([0-9A-Za-z]{20})?`)
	rapid.Check(t, func(rt *rapid.T) {
		g := Grant{
			Class: rapid.SampledFrom([]tenantry.AuthClass{tenantry.Agency, tenantry.SubAccount}).Draw(rt, "class"),
			// Ids are opaque: whatever text they are, they come back.
			CompanyID: tenantry.CompanyID(rapid.StringN(1, 20, 60).Draw(rt, "company")),
			UserID:    tenantry.UserID(maybe.Draw(rt, "user")),
			AppID:     tenantry.AppID(id.Draw(rt, "app")), ClientID: id.Draw(rt, "client"),
			TokenID: tenantry.TokenID(id.Draw(rt, "token")),
			Scopes:  rapid.SliceOfDistinct(rapid.SampledFrom(tenantry.Scopes()), rapid.ID).Draw(rt, "scopes"),
			TTL:     time.Duration(rapid.Int64Range(0, 86400).Draw(rt, "ttl")) * time.Second,
		}
		if g.Class == tenantry.SubAccount {
			g.LocationID = tenantry.LocationID(id.Draw(rt, "location"))
		}
		now := testNow().Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(rt, "after")))
		issuer := id.Draw(rt, "issuer")
		signer := rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(rt, "set") // RSA is slow

		token, err := sets[signer].Sign(g, issuer, now)
		if err != nil {
			rt.Fatal(err)
		}
		got, exp, err := sets[1-signer].Verify(token, issuer, now) // the other one knows the key too
		if err != nil {
			rt.Fatal(err)
		}
		want := tenantry.Caller{
			Class: g.Class, CompanyID: g.CompanyID, LocationID: g.LocationID, Scopes: g.Scopes,
			AppID: g.AppID, UserID: g.UserID, TokenID: g.TokenID,
		}
		if len(want.Scopes) == 0 {
			want.Scopes = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("caller (-want +got):\n%s", diff)
		}
		ttl := g.TTL
		if ttl == 0 {
			ttl = AccessTokenTTL
		}
		if wantExp := now.Truncate(time.Second).Add(ttl); !exp.Equal(wantExp) {
			rt.Errorf("exp = %v, want %v", exp, wantExp)
		}
	})
}
