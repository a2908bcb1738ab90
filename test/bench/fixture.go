package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/store"
)

const redirectURI = "https://bench.example/cb"

// fixture is a place with data, and what the clients know of it.
type fixture struct {
	place
	company   tenantry.CompanyID
	locations []tenantry.Location // some of them, evenly spread
	agency    string              // an access token of the agency
	own       []string            // one of each of the first sub-accounts
	fresh     []string            // of the agency, each to be sent once
	clientID  string
	secret    string
	refresh   []string // refresh tokens, each of a grant of its own
	tags      atomic.Int64
	seeded    time.Duration // that the seed took
}

// sampled bounds the sub-accounts that requests are about.
const sampled = 1000

// makeFixture seeds a place and makes the tokens; fresh is how many are sent once.
func makeFixture(ctx context.Context, binary string, at place, locations, fresh int) (*fixture, error) {
	f := &fixture{place: at}
	seed := exec.CommandContext(ctx, binary, append([]string{"seed", "--locations", strconv.Itoa(locations), "--contacts", "0"}, at.args()...)...) //nolint:gosec // built by make
	seed.Stderr = os.Stderr
	start := time.Now()
	if err := seed.Run(); err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	f.seeded = time.Since(start)
	return f, f.use(ctx, func(s *store.Store, tokens *oauth.Authenticator) error {
		if err := f.sample(ctx, s, locations); err != nil {
			return err
		}
		app, err := f.app(ctx, s)
		if err != nil {
			return err
		}
		if err := f.grants(ctx, s, app); err != nil {
			return err
		}
		return f.tokens(tokens, app, fresh)
	})
}

// use opens the place of a stopped server.
func (f *fixture) use(ctx context.Context, fn func(*store.Store, *oauth.Authenticator) error) (err error) {
	d, err := db.Open(ctx, f.url, db.Options{Durability: db.Deferred, MustExist: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	text, err := os.ReadFile(filepath.Join(f.folder, "secret.key"))
	if err != nil {
		return err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	s, err := store.New(d, key, time.Now)
	if err != nil {
		return err
	}
	tokens, err := oauth.NewAuthenticator(ctx, s, time.Now)
	if err != nil {
		return err
	}
	return fn(s, tokens)
}

// sample picks sub-accounts from the whole range.
func (f *fixture) sample(ctx context.Context, s *store.Store, locations int) error {
	companies, err := s.Companies(ctx)
	if err != nil {
		return err
	}
	f.company = companies[0].ID
	const stretch = 100
	step := max(stretch, locations/(sampled/stretch))
	for skip := 0; skip < locations; skip += step {
		page, err := s.SearchLocations(ctx, f.company, tenantry.LocationFilter{Skip: skip, Limit: stretch})
		if err != nil {
			return err
		}
		f.locations = append(f.locations, page.Items...)
	}
	return nil
}

func (f *fixture) app(ctx context.Context, s *store.Store) (tenantry.App, error) {
	f.secret = rand.Text()
	app, err := s.CreateApp(ctx, tenantry.System(), tenantry.App{
		Name: "Bench", CompanyID: f.company, RedirectURIs: []string{redirectURI}, Scopes: tenantry.Scopes(),
		Target: tenantry.SubAccount, Distribution: tenantry.PrivateApp,
	}, oauth.HashToken(f.secret))
	f.clientID = string(app.ClientID())
	return app, err
}

// grants installs the app on the first sub-accounts, one for each connection.
func (f *fixture) grants(ctx context.Context, s *store.Store, app tenantry.App) error {
	user, err := s.CreateUser(ctx, tenantry.System(), tenantry.User{CompanyID: f.company, FirstName: "Bench", Type: tenantry.AgencyUser, Role: tenantry.AdminRole})
	if err != nil {
		return err
	}
	for _, l := range f.locations[:connections] {
		code := rand.Text() + rand.Text()
		consent := tenantry.Consent{
			AppID: app.ID, RedirectURI: redirectURI, UserID: user.ID, CompanyID: f.company, Class: tenantry.SubAccount,
			LocationIDs: []tenantry.LocationID{l.ID}, Scopes: app.Scopes,
		}
		if err := s.CreateCode(ctx, oauth.HashToken(code), consent); err != nil {
			return err
		}
		issued, err := s.ExchangeCode(ctx, oauth.HashToken(code), tenantry.CodeExchange{AppID: app.ID, RedirectURI: redirectURI})
		if err != nil {
			return err
		}
		f.refresh = append(f.refresh, issued.RefreshToken)
	}
	return nil
}

func (f *fixture) tokens(tokens *oauth.Authenticator, app tenantry.App, fresh int) (err error) {
	var ids tenantry.IDSource
	issue := func(class tenantry.AuthClass, loc tenantry.LocationID) (token string) {
		if err == nil {
			token, err = tokens.Issue(oauth.Grant{
				Class: class, CompanyID: f.company, LocationID: loc, AppID: app.ID, ClientID: f.clientID,
				Scopes: app.Scopes, TokenID: tenantry.TokenID(ids.Next(time.Now())),
			})
		}
		return token
	}
	f.agency = issue(tenantry.Agency, "")
	for _, l := range f.locations {
		f.own = append(f.own, issue(tenantry.SubAccount, l.ID))
	}
	for range fresh {
		f.fresh = append(f.fresh, issue(tenantry.Agency, ""))
	}
	return err
}
