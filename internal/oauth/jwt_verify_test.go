package oauth

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

func TestVerifyAtTheBoundaryOfExpiry(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	issuedAt := testNow().Add(700 * time.Millisecond)
	token := sign(t, ks, locationGrant(), issuedAt)
	tests := []struct {
		name  string
		now   time.Time
		valid bool
	}{
		{"at once", issuedAt, true},
		{"for all of expires_in", issuedAt.Add(ExpiresIn * time.Second), true},
		{"a second before exp", testNow().Add(86399 * time.Second), true},
		{"a nanosecond before exp", testNow().Add(86400*time.Second - 1), true},
		{"at exp", testNow().Add(86400 * time.Second), false},
		{"a second after exp", testNow().Add(86401 * time.Second), false},
		{"a year after exp", testNow().AddDate(1, 0, 0), false},
		{"in another zone, before exp", testNow().Add(86399 * time.Second).In(time.FixedZone("", 13*3600)), true},
		{"in another zone, at exp", testNow().Add(86400 * time.Second).In(time.FixedZone("", -11*3600)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			caller, exp, err := ks.Verify(token, testIssuer, tt.now)
			if !tt.valid {
				wantExpired(t, err)
				if diff := cmp.Diff(tenantry.Caller{}, caller); diff != "" {
					t.Errorf("a refusal tells of a caller:\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(locationCaller(), caller); diff != "" {
				t.Errorf("caller (-want +got):\n%s", diff)
			}
			if want := testNow().Add(AccessTokenTTL); !exp.Equal(want) || exp.Location() != time.UTC {
				t.Errorf("exp = %v, want %v", exp, want)
			}
		})
	}
}

func TestVerifyBoundsTheSkewOfTheIssuersClock(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	for ahead, valid := range map[time.Duration]bool{
		59 * time.Second: true, MaxClockSkew: true, 61 * time.Second: false, time.Hour: false,
	} {
		_, _, err := ks.Verify(sign(t, ks, locationGrant(), testNow().Add(ahead)), testIssuer, testNow())
		if valid {
			if err != nil {
				t.Errorf("issued %v ahead: %v", ahead, err)
			}
			continue
		}
		wantInvalid(t, err)
	}
}

func TestVerifyKeepsKnownScopesOnce(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	g := locationGrant()
	g.Scopes = []tenantry.Scope{"oauth.future", tenantry.TagsRead, "Locations.readonly", tenantry.TagsRead, "", tenantry.TasksRead}
	caller, _, err := ks.Verify(sign(t, ks, g, testNow()), testIssuer, testNow())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]tenantry.Scope{tenantry.TagsRead, tenantry.TasksRead}, caller.Scopes); diff != "" {
		t.Errorf("scopes (-want +got):\n%s", diff)
	}
}

// Each row is a payload that the true key has signed, and that is yet not a token of ours.
func TestVerifyRefusesSignedClaims(t *testing.T) {
	key := seedKey(t, 1, testNow())
	ks := keySet(t, key)
	good := part(t, sign(t, ks, locationGrant(), testNow()), 1)
	goodText := with(t, good, nil)
	iat, exp := testNow().Unix(), testNow().Unix()+86400
	change := func(members map[string]any) string { return with(t, good, members) }
	tests := map[string]string{
		"no iss":                  change(map[string]any{"iss": nil}),
		"empty iss":               change(map[string]any{"iss": ""}),
		"another iss":             change(map[string]any{"iss": "https://api.example.com"}),
		"iss in another case":     change(map[string]any{"iss": strings.ToLower(testIssuer)}),
		"no aud":                  change(map[string]any{"aud": nil}),
		"another aud":             change(map[string]any{"aud": "other"}),
		"aud list":                change(map[string]any{"aud": []string{"tenantry"}}),
		"aud list with another":   change(map[string]any{"aud": []string{"other", "tenantry"}}),
		"no iat":                  change(map[string]any{"iat": nil}),
		"iat 61 s ahead":          change(map[string]any{"iat": iat + 61}),
		"iat text":                change(map[string]any{"iat": "1"}),
		"iat before 1970":         change(map[string]any{"iat": -1, "exp": 1}),
		"no exp":                  change(map[string]any{"exp": nil}),
		"exp null":                strings.Replace(goodText, `"exp":`, `"exp":null,"e":`, 1),
		"exp text":                change(map[string]any{"exp": "9999999999"}),
		"exp fraction":            change(map[string]any{"exp": float64(exp) + 0.5}),
		"exp with an exponent":    strings.Replace(goodText, `"exp":`, `"exp":1e300,"e":`, 1),
		"exp too large":           strings.Replace(goodText, `"exp":`, `"exp":99999999999999999999,"e":`, 1),
		"exp at the largest int":  change(map[string]any{"exp": int64(1<<63 - 1)}),
		"exp negative":            change(map[string]any{"exp": int64(-1 << 63)}),
		"exp at iat":              change(map[string]any{"exp": iat}),
		"exp before iat":          change(map[string]any{"exp": iat - 1}),
		"longer life than a day":  change(map[string]any{"exp": exp + 1}),
		"both at the far end":     change(map[string]any{"iat": int64(1<<63 - 2), "exp": int64(1<<63 - 1)}),
		"exp twice":               strings.Replace(goodText, `"exp":`, `"exp":1,"exp":`, 1),
		"exp in another case":     strings.Replace(goodText, `"exp":`, `"EXP":`, 1),
		"no jti":                  change(map[string]any{"jti": nil}),
		"no sourceId":             change(map[string]any{"sourceId": nil}),
		"no oauthMeta":            change(map[string]any{"oauthMeta": nil}),
		"oauthMeta text":          change(map[string]any{"oauthMeta": "x"}),
		"no client":               change(map[string]any{"oauthMeta": map[string]any{"scopes": []string{"locations.readonly"}}}),
		"scopes text":             change(map[string]any{"oauthMeta": map[string]any{"scopes": "locations.readonly", "client": "a"}}),
		"scopes numbers":          change(map[string]any{"oauthMeta": map[string]any{"scopes": []int{1}, "client": "a"}}),
		"no class":                change(map[string]any{"authClass": nil}),
		"another class":           change(map[string]any{"authClass": "Agency"}),
		"class in another case":   change(map[string]any{"authClass": "company"}),
		"class changed only":      change(map[string]any{"authClass": "Company"}),
		"class and id changed":    change(map[string]any{"authClass": "Company", "authClassId": "company1"}),
		"company with a location": change(map[string]any{"authClass": "Company", "authClassId": "location1"}),
		"another authClassId":     change(map[string]any{"authClassId": "location2"}),
		"another location":        change(map[string]any{"locationId": "location2"}),
		"no authClassId":          change(map[string]any{"authClassId": nil}),
		"no location":             change(map[string]any{"locationId": nil}),
		"no location nor class":   change(map[string]any{"locationId": nil, "authClassId": ""}),
		"no company":              change(map[string]any{"companyId": nil}),
		"location twice":          strings.Replace(goodText, `"locationId":`, `"locationId":"location2","locationId":`, 1),
		"location number":         change(map[string]any{"locationId": 1}),
		"claims list":             "[" + goodText + "]",
		"claims null":             "null",
		"claims text":             `"x"`,
		"claims empty":            "{}",
		"claims and more":         goodText + goodText,
		"claims cut off":          goodText[:len(goodText)-1],
		"claims no JSON":          "garbage",
	}
	header := with(t, part(t, sign(t, ks, locationGrant(), testNow()), 0), nil)
	if _, _, err := ks.Verify(forge(header, goodText, by(t, key)), testIssuer, testNow()); err != nil {
		t.Fatalf("the unchanged claims are refused, so the rows prove nothing: %v", err)
	}
	for name, payload := range tests {
		t.Run(name, func(t *testing.T) {
			if payload == goodText {
				t.Fatal("the row changes nothing")
			}
			_, _, err := ks.Verify(forge(header, payload, by(t, key)), testIssuer, testNow())
			wantInvalid(t, err)
		})
	}
}

// A forged or foreign token is never said to be expired: nothing in it is believed.
func TestVerifyCallsOnlyItsOwnTokensExpired(t *testing.T) {
	ks := keySet(t, seedKey(t, 1, testNow()))
	later := testNow().AddDate(0, 1, 0)
	token := sign(t, ks, locationGrant(), testNow())
	_, _, err := ks.Verify(token, testIssuer, later)
	wantExpired(t, err)
	_, _, err = ks.Verify(token, "another issuer", later)
	wantInvalid(t, err)
	_, _, err = keySet(t, seedKey(t, 2, testNow())).Verify(token, testIssuer, later)
	wantInvalid(t, err)
}

func TestVerifyRefusesAnEmptyIssuer(t *testing.T) {
	key := seedKey(t, 1, testNow())
	ks := keySet(t, key)
	token := sign(t, ks, locationGrant(), testNow())
	payload := with(t, part(t, token, 1), map[string]any{"iss": ""})
	_, _, err := ks.Verify(forge(with(t, part(t, token, 0), nil), payload, by(t, key)), "", testNow())
	wantInvalid(t, err)
}
