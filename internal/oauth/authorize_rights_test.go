package oauth_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestAnotherUserMeanwhile: who signs in in another window does not approve what the first
// one was shown; without a session there is nothing to approve.
func TestAnotherUserMeanwhile(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		user := v.get(choose + s.query()).user(t)
		v.signIn(ownerEmail, testkit.Password)
		form := []string{"do", "approve", "user", user, "location", string(s.LocA)}
		if p := v.post(choose+s.query(), form...); p.status != http.StatusConflict || !strings.Contains(p.body, "Olu") {
			t.Errorf("%d %s", p.status, p.body)
		}
		p := s.visitor(t).post(choose+s.query(), form...)
		if p.status != http.StatusSeeOther || p.header.Get("Location") != choose+s.query() {
			t.Errorf("without a session: %d %q", p.status, p.header.Get("Location"))
		}
		if n := len(s.Snapshot(t)["codes"]); n != 0 {
			t.Errorf("%d codes", n)
		}
	})
}

// TestRightsThatWent between the page and the approval: what counts is what the user may do
// when they approve, and when the app uses the code.
func TestRightsThatWent(t *testing.T) {
	eachStage(t, func(t *testing.T, s *stage) {
		v := s.signedIn(t, adminEmail)
		user := v.get(choose + s.query()).user(t)
		issued := v.post(choose+s.query()+"&choose=all", "do", "approve", "user", user)
		err := s.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE users SET role = 'user' WHERE id = $1`, user)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, mode := range []string{"all", "some"} {
			p := v.post(choose+s.query()+"&choose="+mode, "do", "approve", "user", user, "location", string(s.LocA))
			if p.status != http.StatusConflict || !strings.Contains(p.body, "You cannot choose that any more.") || p.header.Get("Location") != "" {
				t.Errorf("%s: %d %s", mode, p.status, p.body)
			}
		}
		if p := v.post(choose+s.query(), "do", "approve", "user", user, "location", string(s.LocA)); p.status != http.StatusUnprocessableEntity {
			t.Errorf("a sub-account that was one of all: %d %s", p.status, p.body)
		}
		if n := len(s.Snapshot(t)["codes"]); n != 1 {
			t.Errorf("%d codes, want that of before", n)
		}
		target, err := url.Parse(issued.header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Store.ExchangeCode(t.Context(), oauth.HashToken(target.Query().Get("code")), tenantry.CodeExchange{AppID: s.app.ID})
		if tenantry.KindOf(err) != tenantry.Refused {
			t.Errorf("the code of before gives %v", err)
		}
	})
}

// TestWhoMayNot: an agency app is the agency's admin's, a private one its own agency's.
func TestWhoMayNot(t *testing.T) {
	agency := newStage(t, testkit.OpenDB(t), tenantry.App{Target: tenantry.Agency})
	private := newStage(t, testkit.OpenDB(t), tenantry.App{Distribution: tenantry.PrivateApp})
	for name, tt := range map[string]struct {
		s     *stage
		email string
		says  string
	}{
		"agency app, owner":       {agency, ownerEmail, "only an admin of the agency can do"},
		"private app, stranger":   {private, strangerAt, "This app is private"},
		"agency app, admin":       {agency, adminEmail, ""},
		"private app, its agency": {private, adminEmail, ""},
		"agency app, stranger":    {agency, strangerAt, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := tt.s.signedIn(t, tt.email)
			p := v.get(choose + tt.s.query())
			if tt.says == "" {
				if p.status != http.StatusOK || !strings.Contains(p.body, `value="approve"`) {
					t.Errorf("%d %s", p.status, p.body)
				}
				return
			}
			for _, p := range []page{p, v.post(choose+tt.s.query()+"&choose=all", "do", "approve", "user", "x"), v.post(choose+tt.s.query(), "do", "search")} {
				if p.status/100 != 4 || !strings.Contains(p.body, tt.says) || strings.Contains(p.body, `value="approve"`) || p.header.Get("Location") != "" {
					t.Errorf("%d %s", p.status, p.body)
				}
			}
			if n := len(tt.s.Snapshot(t)["codes"]); n != 0 {
				t.Errorf("%d codes", n)
			}
		})
	}
}
