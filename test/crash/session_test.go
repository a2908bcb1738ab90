package crash_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/client"
)

// session is a chain of refresh tokens of an app on a worker's home.
type session struct {
	tokens           // the newest pair; none: there is no session
	doubt  tokenStep // sent and not answered
	sentAt time.Time // of doubt

	revokedAccess, revokedRefresh []string
}

type tokenStep int

const (
	settled tokenStep = iota
	refreshing
	revokingAccess
	revokingRefresh
)

// exchange gets a pair of tokens of the location for the agency's access token.
func (in *installation) exchange(ctx context.Context, p *place) (got tokens, err error) {
	form := url.Values{"companyId": {in.company}, "locationId": {p.id()}}
	return got, client.New(in.url, in.access).Do(ctx, "POST", "/oauth/locationToken", form, &got)
}

func (w *worker) refresh(ctx context.Context, token string) (got tokens, err error) {
	form := w.credentials("grant_type", "refresh_token", "refresh_token", token)
	return got, client.New(w.url, "").Do(ctx, "POST", "/oauth/token", form, &got)
}

// useSession begins a session, goes on with it, or ends it.
func (w *worker) useSession(ctx context.Context) (err error) {
	s := &w.session
	if s.Refresh == "" {
		s.tokens, err = w.exchange(ctx, w.places[0])
		return err
	}
	if s.doubt == settled { // else the same is sent again
		s.sentAt = time.Now()
		switch dice := w.rnd.IntN(10); {
		case dice < 7:
			s.doubt = refreshing
		case dice < 9 && s.Access != "":
			s.doubt = revokingAccess
		default:
			s.doubt = revokingRefresh
		}
	}
	next := s.tokens
	switch s.doubt {
	case refreshing:
		next, err = w.refresh(ctx, s.Refresh)
	case revokingAccess:
		err = w.revoke(ctx, s.Access)
		next.Access = ""
	case settled, revokingRefresh:
		err = w.revoke(ctx, s.Refresh)
		next = tokens{}
	}
	if err != nil {
		return err
	}
	s.take(next)
	return nil
}

func (w *worker) revoke(ctx context.Context, token string) error {
	return client.New(w.url, "").Do(ctx, "POST", "/oauth/revoke", w.credentials("token", token), nil)
}

// take notes what an answer has made of the session.
func (s *session) take(next tokens) {
	if next.Access == "" && s.Access != "" {
		s.revokedAccess = append(s.revokedAccess, s.Access)
	}
	if next.Refresh == "" {
		s.revokedRefresh = append(s.revokedRefresh, s.Refresh)
	}
	s.tokens, s.doubt = next, settled
}

// settleTokens finds out what became of the step that was in doubt, and that all steps that
// were answered hold.
func (w *worker) settleTokens(t *testing.T) {
	t.Helper()
	ctx, s := t.Context(), &w.session
	switch s.doubt {
	case refreshing:
		// Used or not: who has the token only must get a pair for it (requirement 14).
		next, err := w.refresh(ctx, s.Refresh)
		if err != nil && time.Since(s.sentAt) < tenantry.RefreshGrace {
			t.Errorf("client %d is locked out by a lost answer: %v", w.n, err)
		}
		s.tokens = next // none: the machine was too slow for the grace
	case revokingAccess:
		s.Access = "" // good or not, nobody can tell
	case settled, revokingRefresh: // see checkSession
	}
	s.doubt = settled
	reads := func(token string) error {
		_, err := client.New(w.url, token).Location(ctx, w.places[0].id())
		return err
	}
	if s.Access != "" {
		if err := reads(s.Access); err != nil {
			t.Errorf("client %d: an access token is refused: %v", w.n, err)
		}
	}
	for _, token := range latest(s.revokedAccess) {
		if err := reads(token); !isRefusal(err, 401) {
			t.Errorf("client %d: a revoked access token gives %v", w.n, err)
		}
	}
	for _, token := range latest(s.revokedRefresh) {
		if _, err := w.refresh(ctx, token); !isRefusal(err, 400) {
			t.Errorf("client %d: a revoked refresh token gives %v", w.n, err)
		}
	}
}

func latest(tokens []string) []string { return tokens[max(0, len(tokens)-5):] }

func isRefusal(err error, status int) bool {
	refused, ok := errors.AsType[*client.Error](err)
	return ok && refused.StatusCode == status
}

// checkSession compares the session with the hashes of the good refresh tokens, by grant.
func (w *worker) checkSession(t *testing.T, good map[string]string, got *tally) {
	t.Helper()
	s := &w.session
	if s.Refresh == "" {
		return
	}
	const grantID = 20 // characters that a refresh token begins with
	sum := sha256.Sum256([]byte(s.Refresh))
	kept, isThere := good[s.Refresh[:grantID]]
	isGood := kept == hex.EncodeToString(sum[:])
	switch {
	case s.doubt == refreshing && isThere && !isGood:
		got.committed++
		got.lostAnswers++
	case s.doubt == revokingRefresh && !isThere:
		got.committed++
		s.take(tokens{})
	case !isGood:
		t.Errorf("client %d: the good refresh token is lost (the grant is there: %v)", w.n, isThere)
	case s.doubt == refreshing || s.doubt == revokingRefresh:
		got.undone++
	}
	for _, token := range s.revokedRefresh {
		if _, isThere := good[token[:grantID]]; isThere {
			t.Errorf("client %d: a revoked grant is there", w.n)
		}
	}
}
