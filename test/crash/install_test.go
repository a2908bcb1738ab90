package crash_test

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/client"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/store"
)

const callback = "https://app.test/cb"

// installation is a folder of data with an agency, an app that is installed on all that the
// agency has and will have, and a home for each client.
type installation struct {
	dir     string
	dbURL   string // of the database
	company string
	token   string // the agency's private one

	clientID, clientSecret string
	code                   string // for the agency, good once
	access                 string // the agency's access token, from the code

	homes []home

	url    string  // that the clients use
	server *server // that runs now, where there is one
}

// home is a location that stays, with a contact.
type home struct{ location, token, contact string }

// install makes an installation with n homes, with its database at dbURL.
func install(t *testing.T, dir, dbURL string, n int) *installation {
	t.Helper()
	in := &installation{dir: dir, dbURL: dbURL}
	create := exec.CommandContext(t.Context(), binary, "token", "create", "--new-company", "Crash", "--data", dir, "--db", dbURL) //nolint:gosec // our own program
	var said strings.Builder
	create.Stderr = &said
	out, err := create.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	in.token = strings.TrimSpace(string(out))
	in.company = strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(said.String(), "Made agency ")), ".")
	in.open(t, func(s *store.Store) {
		in.makeApp(t, s)
		for range n {
			in.homes = append(in.homes, in.makeHome(t, s))
		}
	})
	return in
}

// open uses the data while no server does.
func (in *installation) open(t *testing.T, use func(*store.Store)) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(in.dir, "secret.key"))
	must(t, err)
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	must(t, err)
	d, err := db.Open(t.Context(), in.dbURL, db.Options{})
	must(t, err)
	defer func() { must(t, d.Close()) }()
	s, err := store.New(d, key, time.Now)
	must(t, err)
	use(s)
}

func (in *installation) makeApp(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, by := t.Context(), tenantry.System()
	in.clientSecret = oauth.NewClientSecret()
	app, err := s.CreateApp(ctx, by, tenantry.App{
		Name: "App", CompanyID: tenantry.CompanyID(in.company), RedirectURIs: []string{callback}, Scopes: tenantry.Scopes(),
		Target: tenantry.SubAccount, Distribution: tenantry.PublicApp, InstallToFutureLocations: true,
	}, oauth.HashToken(in.clientSecret))
	must(t, err)
	in.clientID = string(app.ClientID())
	admin, err := s.CreateUser(ctx, by, tenantry.User{CompanyID: app.CompanyID, Type: tenantry.AgencyUser, Role: tenantry.AdminRole})
	must(t, err)
	in.code = rand.Text() + rand.Text()
	must(t, s.CreateCode(ctx, oauth.HashToken(in.code), tenantry.Consent{
		AppID: app.ID, RedirectURI: callback, UserID: admin.ID, CompanyID: app.CompanyID, Class: tenantry.Agency,
		Scopes: app.Scopes, Bulk: true, ApproveAll: true, InstallToFuture: true,
	}))
}

func (in *installation) makeHome(t *testing.T, s *store.Store) (h home) {
	t.Helper()
	ctx, by, name := t.Context(), tenantry.System(), "home"
	l, err := s.CreateLocation(ctx, tenantry.CompanyID(in.company), by, tenantry.LocationPatch{Name: &name, City: &name})
	must(t, err)
	c, err := s.CreateContact(ctx, l.ID, by, tenantry.Contact{FirstName: name, LastName: name})
	must(t, err)
	h = home{location: string(l.ID), token: oauth.NewPrivateToken(), contact: string(c.ID)}
	_, err = s.CreateToken(ctx, by, oauth.HashToken(h.token), "home", tenantry.Caller{
		Class: tenantry.SubAccount, LocationID: l.ID, Scopes: tenantry.PrivateScopes(),
	}, time.Time{})
	must(t, err)
	return h
}

// tokens is an answer of the token endpoint.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// credentials is a form with the app's.
func (in *installation) credentials(members ...string) url.Values {
	form := url.Values{"client_id": {in.clientID}, "client_secret": {in.clientSecret}}
	for i := 0; i < len(members); i += 2 {
		form.Set(members[i], members[i+1])
	}
	return form
}

// takeAgencyToken exchanges the code.
func (in *installation) takeAgencyToken(t *testing.T) {
	t.Helper()
	var got tokens
	form := in.credentials("grant_type", "authorization_code", "code", in.code, "redirect_uri", callback)
	must(t, client.New(in.url, "").Do(t.Context(), "POST", "/oauth/token", form, &got))
	in.access = got.Access
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
