package oauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/store"
	"github.com/tenantry/tenantry/internal/testkit"
)

// node is another process on the same database.
func (w *world) node(t *testing.T) (*store.Store, *oauth.Authenticator) {
	t.Helper()
	s, err := store.New(w.DB, make([]byte, store.KeySize), w.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	a, err := oauth.NewAuthenticator(t.Context(), s, w.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return s, a
}

// accepts tells whether a node takes the token.
func accepts(t *testing.T, a *oauth.Authenticator, token string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	_, err = a.Caller(r)
	if err != nil && tenantry.KindOf(err) != tenantry.Unauthenticated {
		t.Fatal(err)
	}
	return err == nil
}

// TestUninstallEndsTokensAtOnce (requirement 8) on the node that does it, with requests under way.
func TestUninstallEndsTokensAtOnce(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		location := w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA)
		stay := w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocB)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						w.Do(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: location.Text("access_token")})
					}
				}
			})
		}
		if err := w.Store.Uninstall(t.Context(), w.LocA, tenantry.System(), w.app.ID); err != nil {
			t.Fatal(err)
		}
		w.works(t, location.Text("access_token"), w.LocA, 401)
		close(stop)
		wg.Wait()
		fails(t, "its refresh token", w.refresh(t, w.app, location.Text("refresh_token")), 400, refreshUnknown)
		fails(t, "a new one", w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocA), 400, "The app is not installed on this location")
		w.works(t, stay.Text("access_token"), w.LocB, 200)
		if err := w.Store.UninstallCompany(t.Context(), w.CompanyA, tenantry.System(), w.app.ID); err != nil {
			t.Fatal(err)
		}
		w.works(t, stay.Text("access_token"), w.LocB, 401)
		fails(t, "the agency's token", w.locationToken(t, w.agencyToken(), w.CompanyA, w.LocB), 401, "Invalid JWT")
	})
}

// TestDeletedAppsTokens: every token of an app goes with it, those without a grant too.
func TestDeletedAppsTokens(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		own := w.post(t, "/oauth/token", as(w.app, "grant_type", "client_credentials"))
		row := testkit.Scenario{Method: "GET", Path: "/locations/search", Token: own.Text("access_token"), Status: 200}
		w.Send(t, row)
		if err := w.Store.DeleteApp(t.Context(), tenantry.System(), w.app.ID); err != nil {
			t.Fatal(err)
		}
		row.Status = 401
		w.Do(t, row)
		for _, token := range []string{own.Text("access_token"), w.agencyToken()} {
			row.Token = token
			if a := w.Do(t, row); a.Status != 401 {
				t.Errorf("%d %s", a.Status, a.Raw)
			}
		}
		fails(t, "its secret", w.refresh(t, w.app, w.agency.Text("refresh_token")), 401, "Invalid client: client is invalid")
	})
}

// TestRevocationsReachOtherNodes within the bound that is documented, and one that starts later
// from its first request on.
func TestRevocationsReachOtherNodes(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		_, other := w.node(t)
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { other.Run(ctx, slog.New(slog.DiscardHandler)) })
		defer wg.Wait()
		defer stop()
		token := w.agencyToken()
		if !accepts(t, other, token) {
			t.Fatal("the other node refuses a good token")
		}
		w.post(t, "/oauth/revoke", as(w.app, "token", token))
		start := time.Now()
		for accepts(t, other, token) {
			if time.Since(start) > oauth.RevocationBound {
				t.Fatal("the other node still takes the token")
			}
			time.Sleep(20 * time.Millisecond)
		}
		if _, late := w.node(t); accepts(t, late, token) {
			t.Error("a node that starts later takes the token")
		}
	})
}

// TestRunWritesWhenTokensWereUsed at its end at the latest.
func TestRunWritesWhenTokensWereUsed(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		s, node := w.node(t)
		if !accepts(t, node, w.Token("locA")) {
			t.Fatal("refused")
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		node.Run(ctx, slog.New(slog.DiscardHandler))
		page, err := s.PrivateTokens(t.Context(), tenantry.PrivateTokenFilter{LocationID: w.LocA, Limit: 10})
		if err != nil || len(page.Items) == 0 || !page.Items[0].LastUsedAt.Equal(w.Clock.Now()) {
			t.Errorf("%v %+v", err, page)
		}
	})
}

// TestPrivateTokensExpire, to the millisecond of their end, and not before.
func TestPrivateTokensExpire(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		token := oauth.NewPrivateToken()
		_, err := w.Store.CreateToken(t.Context(), tenantry.System(), oauth.HashToken(token), "short", tenantry.Caller{
			Class: tenantry.SubAccount, LocationID: w.LocA, Scopes: tenantry.PrivateScopes(),
		}, w.Clock.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour - time.Second)
		w.works(t, token, w.LocA, 200)
		w.Clock.Advance(time.Second)
		w.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/tags", Token: token, Status: 401,
			Want: `{"message":"Invalid Private Integration token","code":"token_invalid"}`})
	})
}

// TestRotatedKeysReachEveryNode: a new key verifies on each node before any signs with it, and no
// token is refused, whichever node is asked and whichever key has signed.
func TestRotatedKeysReachEveryNode(t *testing.T) {
	forEach(t, func(t *testing.T, w *world) {
		s, other := w.node(t)
		key, err := oauth.NewKey(w.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		private, err := key.MarshalPKCS8()
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
		next := store.SigningKey{ID: key.ID, Private: private, CreatedAt: w.Clock.Now()}
		if err := s.RotateSigningKeys(t.Context(), tenantry.System(), next, nil); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { other.Run(ctx, slog.New(slog.DiscardHandler)) })
		defer wg.Wait()
		defer stop()
		issue := func(a *oauth.Authenticator) (token, kid string) {
			t.Helper()
			token, err := a.Issue(oauth.Grant{Class: tenantry.Agency, CompanyID: w.CompanyA, AppID: w.app.ID, ClientID: "c", TokenID: "t"})
			if err != nil {
				t.Fatal(err)
			}
			header, err := base64.RawURLEncoding.DecodeString(token[:strings.IndexByte(token, '.')])
			if err != nil {
				t.Fatal(err)
			}
			var members map[string]string
			if err := json.Unmarshal(header, &members); err != nil {
				t.Fatal(err)
			}
			return token, members["kid"]
		}
		old, kid := issue(other)
		if kid == key.ID {
			t.Error("the running node signs with a key that others cannot know yet")
		}
		_, late := w.node(t)
		signed, kid := issue(late)
		if kid != key.ID || !accepts(t, late, old) {
			t.Errorf("a node that starts signs with %s, want %s", kid, key.ID)
		}
		within := func(what string, is func() bool) {
			t.Helper()
			for start := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
				if time.Since(start) > oauth.RevocationBound {
					t.Fatal(what)
				}
			}
		}
		within("the running node never learns of the key", func() bool { return accepts(t, other, signed) })
		if _, kid := issue(other); kid == key.ID {
			t.Error("the running node signs too early")
		}
		w.Clock.Advance(oauth.RevocationBound)
		within("the running node never signs with the key", func() bool { _, kid := issue(other); return kid == key.ID })
		if !accepts(t, other, old) || !accepts(t, other, signed) {
			t.Error("a token is refused")
		}
	})
}
