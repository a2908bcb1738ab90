package tenantry_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

// The example of RFC 7636, appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func TestChallenges(t *testing.T) {
	tests := []struct {
		challenge, method string
		want              []string
	}{
		{"", "", nil},
		{challenge, "S256", nil},
		{challenge, "", []string{"code_challenge_method must be S256"}}, // absent means plain
		{challenge, "plain", []string{"code_challenge_method must be S256"}},
		{challenge, "s256", []string{"code_challenge_method must be S256"}},
		{"", "S256", []string{"code_challenge must be a SHA-256 in unpadded base64url"}},
		{challenge + "=", "S256", []string{"code_challenge must be a SHA-256 in unpadded base64url"}},
		{challenge[:42], "S256", []string{"code_challenge must be a SHA-256 in unpadded base64url"}},
		{strings.ReplaceAll(challenge, "-", "+"), "S256", []string{"code_challenge must be a SHA-256 in unpadded base64url"}},
		{challenge[:42] + "N", "S256", []string{"code_challenge must be a SHA-256 in unpadded base64url"}}, // stray bits
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, messages(t, tenantry.CheckChallenge(tt.challenge, tt.method))); diff != "" {
			t.Errorf("%q %q (-want +got):\n%s", tt.challenge, tt.method, diff)
		}
	}
}

// TestVerifiers (requirement 11): a challenge needs its verifier, and a verifier needs a challenge.
func TestVerifiers(t *testing.T) {
	tests := []struct {
		challenge, verifier string
		want                bool
	}{
		{challenge, verifier, true},
		{"", "", true},
		{challenge, "", false},
		{"", verifier, false},
		{challenge, challenge, false}, // plain
		{verifier, verifier, false},
		{challenge, verifier + "x", false},
		{challenge, verifier[:42], false},
		{challenge, strings.Repeat("a", 129), false},
		{challenge, "ä" + verifier[2:], false},
	}
	for _, tt := range tests {
		if got := tenantry.VerifierMatches(tt.challenge, tt.verifier); got != tt.want {
			t.Errorf("VerifierMatches(%q, %q) = %v", tt.challenge, tt.verifier, got)
		}
	}
}

func TestConsentCheck(t *testing.T) {
	app := goodApp()
	agencyApp := goodApp()
	agencyApp.Target = tenantry.Agency
	private := goodApp()
	private.CompanyID, private.Distribution = "other", tenantry.PrivateApp
	admin := tenantry.User{ID: "u", CompanyID: "c", Type: tenantry.AgencyUser, Role: tenantry.AdminRole}
	staff := tenantry.User{ID: "u", CompanyID: "c", Type: tenantry.AgencyUser, Role: tenantry.UserOnly, LocationIDs: []tenantry.LocationID{"a", "b"}}
	one := func(change func(*tenantry.Consent)) tenantry.Consent {
		c := tenantry.Consent{
			RedirectURI: "https://app.test/cb", CompanyID: "c", Class: tenantry.SubAccount, LocationIDs: []tenantry.LocationID{"a"},
			Scopes: []tenantry.Scope{tenantry.TagsRead}, Challenge: challenge,
		}
		change(&c)
		return c
	}
	many := func(change func(*tenantry.Consent)) tenantry.Consent {
		return one(func(c *tenantry.Consent) {
			c.Class, c.Bulk, c.LocationIDs = tenantry.Agency, true, []tenantry.LocationID{"a", "b"}
			change(c)
		})
	}
	as := func(*tenantry.Consent) {}
	all := func(c *tenantry.Consent) { c.LocationIDs, c.ApproveAll, c.InstallToFuture = nil, true, true }
	tests := []struct {
		name    string
		app     tenantry.App
		user    tenantry.User
		consent tenantry.Consent
		want    []string
	}{
		{"one location", app, admin, one(as), nil},
		{"staff, own location", app, staff, one(as), nil},
		{"several", app, admin, many(as), nil},
		{"all and future", app, admin, many(all), nil},
		{"agency app", agencyApp, admin, many(func(c *tenantry.Consent) { c.LocationIDs, c.Bulk = nil, false }), nil},
		{"staff, other location", app, staff, one(func(c *tenantry.Consent) { c.LocationIDs[0] = "x" }),
			[]string{"the user may not install apps on location x"}},
		{"staff, agency", app, staff, many(as), []string{"the user may not install apps on the agency"}},
		{"another company", app, admin, one(func(c *tenantry.Consent) { c.CompanyID = "d" }), []string{"the user is not of this agency"}},
		{"private app", private, admin, one(as), []string{"the app is private to another agency"}},
		{"redirect", app, admin, one(func(c *tenantry.Consent) { c.RedirectURI += "/" }), []string{"redirect_uri is not one of the app's"}},
		{"scope", app, admin, one(func(c *tenantry.Consent) { c.Scopes = []tenantry.Scope{tenantry.TagsWrite} }),
			[]string{"the app may not ask for scope locations/tags.write"}},
		{"no scope", app, admin, one(func(c *tenantry.Consent) { c.Scopes = nil }), []string{"scope should not be empty"}},
		{"challenge", app, admin, one(func(c *tenantry.Consent) { c.Challenge = "x" }),
			[]string{"code_challenge must be a SHA-256 in unpadded base64url"}},
		{"none chosen", app, admin, many(func(c *tenantry.Consent) { c.LocationIDs = nil }), []string{"choose at least one location"}},
		{"two for one", app, admin, one(func(c *tenantry.Consent) { c.LocationIDs = append(c.LocationIDs, "b") }),
			[]string{"choose exactly one location"}},
		{"one for all", app, admin, one(func(c *tenantry.Consent) { c.ApproveAll = true }), []string{"a location's token is for that location only"}},
		{"twice", app, admin, many(func(c *tenantry.Consent) { c.LocationIDs[1] = "a" }), []string{"a location is chosen twice"}},
		{"all and some", app, admin, many(func(c *tenantry.Consent) { c.ApproveAll = true }), []string{"choose locations or all of them"}},
		{"future without all", app, admin, many(func(c *tenantry.Consent) { c.InstallToFuture = true }),
			[]string{"future locations come with all locations only"}},
		{"agency app on a location", agencyApp, admin, one(as), []string{"the app is installed on agencies"}},
		{"no class", app, admin, one(func(c *tenantry.Consent) { c.Class = "" }),
			[]string{"class must be one of the following values: Company, Location"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, messages(t, tt.consent.Check(tt.app, tt.user))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestWhoMayInstall(t *testing.T) {
	own := []tenantry.LocationID{"own"}
	tests := []struct {
		user                tenantry.User
		company, own, other bool
	}{
		{tenantry.User{Type: tenantry.AgencyUser, Role: tenantry.AdminRole, LocationIDs: own}, true, true, true},
		{tenantry.User{Type: tenantry.AgencyUser, Role: tenantry.UserOnly, LocationIDs: own}, false, true, false},
		{tenantry.User{Type: tenantry.AccountUser, Role: tenantry.AdminRole, LocationIDs: own}, false, true, false},
		{tenantry.User{Type: tenantry.AccountUser, Role: tenantry.UserOnly, LocationIDs: own}, false, false, false},
	}
	for _, tt := range tests {
		u := tt.user
		if u.MayInstallOnCompany() != tt.company || u.MayInstallOn("own") != tt.own || u.MayInstallOn("other") != tt.other {
			t.Errorf("%s %s: company %v, own %v, other %v", u.Type, u.Role, u.MayInstallOnCompany(), u.MayInstallOn("own"), u.MayInstallOn("other"))
		}
	}
}

func TestExchangeFitsTheConsent(t *testing.T) {
	c := tenantry.Consent{RedirectURI: "https://app.test/cb", Challenge: challenge}
	for _, x := range []tenantry.CodeExchange{{Verifier: verifier}, {Verifier: verifier, RedirectURI: c.RedirectURI}} {
		if err := x.Check(c); err != nil {
			t.Errorf("%+v: %v", x, err)
		}
	}
	for want, x := range map[string]tenantry.CodeExchange{
		"redirect_uri":  {Verifier: verifier, RedirectURI: c.RedirectURI + "/"},
		"code_verifier": {RedirectURI: c.RedirectURI},
	} {
		if err := x.Check(c); tenantry.KindOf(err) != tenantry.Refused || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want one that names %s", x, err, want)
		}
	}
}

func TestGrantedClass(t *testing.T) {
	tests := []struct {
		granted, asked tenantry.AuthClass
		locations      []tenantry.LocationID
		want           tenantry.AuthClass
		location       tenantry.LocationID
	}{
		{tenantry.SubAccount, "", []tenantry.LocationID{"a"}, tenantry.SubAccount, "a"},
		{tenantry.SubAccount, tenantry.Agency, []tenantry.LocationID{"a"}, tenantry.SubAccount, "a"},
		{tenantry.Agency, "", []tenantry.LocationID{"a"}, tenantry.Agency, ""},
		{tenantry.Agency, tenantry.SubAccount, []tenantry.LocationID{"a"}, tenantry.SubAccount, "a"},
		{tenantry.Agency, tenantry.SubAccount, []tenantry.LocationID{"a", "b"}, tenantry.Agency, ""},
		{tenantry.Agency, tenantry.SubAccount, nil, tenantry.Agency, ""},
	}
	for _, tt := range tests {
		class, loc := tenantry.CodeExchange{Class: tt.asked}.Granted(tenantry.Consent{Class: tt.granted, LocationIDs: tt.locations})
		if class != tt.want || loc != tt.location {
			t.Errorf("%+v gives %s %s", tt, class, loc)
		}
	}
}

func TestRevocationKeys(t *testing.T) {
	id := tenantry.AccessTokenID("grant", 7)
	if id.Grant() != "grant" || tenantry.TokenID("plain").Grant() != "" {
		t.Errorf("grant of %s is %s", id, id.Grant())
	}
	c := tenantry.Caller{AppID: "app", TokenID: id}
	want := []string{tenantry.RevokedToken(id), tenantry.RevokedApp("app"), tenantry.RevokedGrant("grant")}
	if diff := cmp.Diff(want, c.RevocationKeys()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if keys := (tenantry.Caller{TokenID: "pit"}).RevocationKeys(); keys != nil {
		t.Errorf("a private token has %v", keys)
	}
}

func TestScopesSayWhatTheyPermit(t *testing.T) {
	said := map[string]tenantry.Scope{}
	for _, s := range tenantry.Scopes() {
		text := s.Description()
		if other, taken := said[text]; text == "" || taken {
			t.Errorf("%s says %q, as %s", s, text, other)
		}
		said[text] = s
	}
	if tenantry.Scope("x").Description() != "" {
		t.Error("an unknown scope says something")
	}
	private := tenantry.PrivateScopes()
	if slices.Contains(private, tenantry.OAuthRead) || slices.Contains(private, tenantry.OAuthWrite) || len(private) != len(tenantry.Scopes())-2 {
		t.Errorf("private tokens can have %v", private)
	}
	if got := tenantry.JoinScopes([]tenantry.Scope{tenantry.TagsRead, tenantry.OAuthWrite}); got != "locations/tags.readonly oauth.write" {
		t.Error(got)
	}
}

func TestPostalAddress(t *testing.T) {
	l := tenantry.Location{Address: "47 W 13th St", City: "New York", State: "NY", PostalCode: "10011", Country: "US"}
	if got := l.PostalAddress(); got != "47 W 13th St, New York, NY 10011, US" {
		t.Error(got)
	}
	if got := (tenantry.Location{City: "Bergen", PostalCode: "5003"}).PostalAddress(); got != "Bergen, 5003" {
		t.Error(got)
	}
	if got := (tenantry.Location{}).PostalAddress(); got != "" {
		t.Error(got)
	}
}
