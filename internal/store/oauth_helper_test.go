package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// client is an app of agency A with an admin who consents to it.
type client struct {
	*testkit.Env
	app   tenantry.App
	admin tenantry.User
	codes int
}

const callback = "https://app.test/cb"

func newClient(t *testing.T, e *testkit.Env, change ...func(*tenantry.App)) *client {
	t.Helper()
	a := tenantry.App{
		Name: "App", CompanyID: e.CompanyA, RedirectURIs: []string{callback}, Scopes: tenantry.Scopes(),
		Target: tenantry.SubAccount, Distribution: tenantry.PublicApp,
	}
	for _, c := range change {
		c(&a)
	}
	app := ok[tenantry.App](t)(e.Store.CreateApp(t.Context(), tenantry.System(), a, hashOf("secret")))
	return &client{Env: e, app: app, admin: newAdmin(t, e, e.CompanyA)}
}

func newAdmin(t *testing.T, e *testkit.Env, company tenantry.CompanyID) tenantry.User {
	t.Helper()
	return ok[tenantry.User](t)(e.Store.CreateUser(t.Context(), tenantry.System(), tenantry.User{
		CompanyID: company, Type: tenantry.AgencyUser, Role: tenantry.AdminRole,
	}))
}

// one is a consent to a single location, some to several or all as an agency.
func (c *client) one(loc tenantry.LocationID) tenantry.Consent {
	return tenantry.Consent{
		AppID: c.app.ID, RedirectURI: callback, UserID: c.admin.ID, CompanyID: c.CompanyA, Class: tenantry.SubAccount,
		LocationIDs: []tenantry.LocationID{loc}, Scopes: []tenantry.Scope{tenantry.TagsRead, tenantry.OAuthWrite},
	}
}

func (c *client) some(locs ...tenantry.LocationID) tenantry.Consent {
	consent := c.one("")
	consent.Class, consent.Bulk, consent.LocationIDs = tenantry.Agency, true, locs
	return consent
}

func (c *client) all(future bool) tenantry.Consent {
	consent := c.some()
	consent.ApproveAll, consent.InstallToFuture = true, future
	return consent
}

// code keeps a consent and gives the hash of its code.
func (c *client) code(t *testing.T, consent tenantry.Consent) string {
	t.Helper()
	c.codes++
	hash := hashOf(string(c.app.ID) + string(rune('a'+c.codes)))
	if err := c.Store.CreateCode(t.Context(), hash, consent); err != nil {
		t.Fatal(err)
	}
	return hash
}

func (c *client) exchange(t *testing.T, hash string) (tenantry.Issued, error) {
	t.Helper()
	return c.Store.ExchangeCode(t.Context(), hash, tenantry.CodeExchange{AppID: c.app.ID, RedirectURI: callback})
}

// grant goes from a consent to the first pair of tokens.
func (c *client) grant(t *testing.T, consent tenantry.Consent) tenantry.Issued {
	t.Helper()
	return ok[tenantry.Issued](t)(c.exchange(t, c.code(t, consent)))
}

func (c *client) refresh(t *testing.T, token string) (tenantry.Issued, error) {
	t.Helper()
	return c.Store.RefreshGrant(t.Context(), c.app.ID, token)
}

// caller is who comes with the access token of the pair.
func caller(i tenantry.Issued) tenantry.Caller {
	return tenantry.Caller{
		Class: i.Class, CompanyID: i.CompanyID, LocationID: i.LocationID, Scopes: i.Scopes, AppID: i.AppID, UserID: i.UserID, TokenID: i.TokenID,
	}
}

// isRevoked tells whether a node that starts now refuses the access token of the pair.
func isRevoked(t *testing.T, e *testkit.Env, i tenantry.Issued) bool {
	t.Helper()
	page, _, _, err := e.Store.RevocationsSince(t.Context(), cursorStart())
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(page, func(v tenantry.Revocation) bool { return slices.Contains(caller(i).RevocationKeys(), v.Key) })
}

// wantCode checks the kind and code of a refusal.
func wantCode(t *testing.T, err error, kind tenantry.Kind, code string) {
	t.Helper()
	e, is := errors.AsType[*tenantry.Error](err)
	if !is || e.Kind != kind || e.Code != code {
		t.Errorf("error is %v, want kind %v with code %s", err, kind, code)
	}
}

// events lists the types of a tenant's events, and gives the last body of a type.
func events(t *testing.T, e *testkit.Env, loc tenantry.LocationID, only ...tenantry.EventType) (types []tenantry.EventType, last map[string]any) {
	t.Helper()
	for _, event := range ok[[]tenantry.Event](t)(e.Store.Events(t.Context(), loc)) {
		if slices.Contains(only, event.Type) {
			types, last = append(types, event.Type), nil
			if err := json.Unmarshal([]byte(event.Payload), &last); err != nil {
				t.Fatal(err)
			}
		}
	}
	return types, last
}
