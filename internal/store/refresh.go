package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// A refresh token is the id of its grant, 256 random bits and a MAC of both. So an old
// token of a family shows which one it is from, without a row for each token that was ever
// used, and a text that was never issued shows that it is none: it revokes nothing.
const (
	grantIDLen    = 20
	refreshRandom = 32
	refreshMAC    = 16
)

func (s *Store) newRefreshToken(id tenantry.GrantID) string {
	var random [refreshRandom]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails
	body := string(id) + base64.RawURLEncoding.EncodeToString(random[:])
	return body + base64.RawURLEncoding.EncodeToString(s.refreshMAC(body))
}

func (s *Store) refreshMAC(body string) []byte { return s.seal.mac("refresh token", body)[:refreshMAC] }

// grantOf tells which grant a refresh token is from; ok is false for a text that this
// server never issued.
func (s *Store) grantOf(token string) (id tenantry.GrantID, ok bool) {
	encoding := base64.RawURLEncoding.Strict()
	body := grantIDLen + encoding.EncodedLen(refreshRandom)
	if len(token) != body+encoding.EncodedLen(refreshMAC) {
		return "", false
	}
	mac, err := encoding.DecodeString(token[body:])
	if err != nil || !hmac.Equal(mac, s.refreshMAC(token[:body])) {
		return "", false
	}
	return tenantry.GrantID(token[:grantIDLen]), true
}

// hashText is what is kept of a token: its SHA-256 in hex.
func hashText(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func sameHash(kept, given string) bool {
	return kept != "" && subtle.ConstantTimeCompare([]byte(kept), []byte(given)) == 1
}

// refreshInvalid is the answer to every refresh token that is not good, whatever the reason.
func refreshInvalid() error { return tenantry.InvalidGrant("refresh token is invalid") }

// RefreshGrant uses a refresh token of the authenticated app and gives the next pair. Used
// again within [tenantry.RefreshGrace], the same token gives the same pair, as long as that
// pair was not used itself; any other use of a token that was good once ends the family's
// refresh tokens, and of what was exchanged for it. The pair that is given again was kept sealed under a key that takes the
// used token as well as the server's: nobody opens it with the server's key and a copy of the
// database.
//
// A paused location refuses without using the token up. Errors: Refused, with the code
// invalid_grant or location_inactive.
func (s *Store) RefreshGrant(ctx context.Context, app tenantry.AppID, token string) (issued tenantry.Issued, err error) {
	id, ok := s.grantOf(token)
	if !ok {
		return issued, refreshInvalid()
	}
	var refusal error // of a transaction that keeps what it wrote
	err = s.across(ctx, credentials, func(ctx context.Context, t *tx) error {
		issued, refusal, err = s.refresh(ctx, t, app, id, token)
		return err
	})
	if err == nil {
		err = refusal
	}
	return issued, err
}

func (s *Store) refresh(ctx context.Context, t *tx, app tenantry.AppID, id tenantry.GrantID, token string) (issued tenantry.Issued, refusal, err error) {
	g, err := t.liveGrant(ctx, app, id)
	if err != nil {
		return issued, nil, err
	}
	hash := hashText(token)
	switch {
	case sameHash(g.hash, hash):
		if !t.now.Before(g.ExpiresAt) {
			return issued, nil, refreshInvalid()
		}
		issued, err = s.rotate(ctx, t, g, token)
	case sameHash(g.previous, hash) && inGrace(t.now, at(g.rotatedAt)):
		issued, err = s.again(g, token)
	default:
		return issued, refreshInvalid(), t.endRefresh(ctx, tenantry.Actor{AppID: app}, refreshReused, `id = $1`, id)
	}
	if err == nil {
		issued.ApprovedLocations, err = approved(ctx, t, g.Grant)
	}
	return issued, nil, err
}

// inGrace tells whether a token that was used at usedAt still gives the same pair. The
// clock of the node that used it may be ahead.
func inGrace(now, usedAt time.Time) bool {
	return now.Sub(usedAt).Abs() < tenantry.RefreshGrace
}

const liveGrantQuery = `SELECT ` + grantColumns + `, grants.hash, grants.previous_hash, grants.sealed, grants.generation, grants.rotated_at,
		CASE WHEN grants.location_id = '' THEN 1 ELSE l.active END
	FROM grants JOIN apps a ON a.id = grants.app_id LEFT JOIN locations l ON l.location_id = grants.location_id AND l.deleted_at IS NULL
	WHERE grants.id = $1 AND grants.app_id = $2 AND grants.revoked_at IS NULL AND a.deleted_at IS NULL
		AND (grants.location_id = '' OR l.location_id IS NOT NULL)`

// liveGrant reads a grant of the app whose location, if it has one, gets tokens.
func (t *tx) liveGrant(ctx context.Context, app tenantry.AppID, id tenantry.GrantID) (grantRow, error) {
	active := false
	g, err := db.One(ctx, t, func(r db.Row) (grantRow, error) {
		return scanGrantRow(with(r, &active))
	}, liveGrantQuery+t.ForUpdate("grants"), id, app)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return g, refreshInvalid()
	case err == nil && !active:
		return g, tenantry.LocationInactive()
	}
	return g, err
}

// trailing scans further columns behind those that a scanner asks for.
type trailing struct {
	row  db.Row
	more []any
}

func with(r db.Row, more ...any) db.Row { return trailing{r, more} }

func (r trailing) Scan(dest ...any) error { return r.row.Scan(append(dest, r.more...)...) }

// rotate puts a new refresh token in the place of the good one.
func (s *Store) rotate(ctx context.Context, t *tx, g grantRow, token string) (tenantry.Issued, error) {
	next := s.newRefreshToken(g.ID)
	sealer, err := s.seal.with(token)
	if err != nil {
		return tenantry.Issued{}, err
	}
	before := g.hash
	g.hash, g.rotatedAt, g.ExpiresAt = hashText(next), t.now.UnixMilli(), t.now.Add(tenantry.RefreshTTL)
	g.generation++
	n, err := t.Exec(ctx, `UPDATE grants SET hash = $3, previous_hash = $2, sealed = $4, generation = $5, rotated_at = $6, expires_at = $7
		WHERE id = $1 AND hash = $2`, g.ID, before, g.hash, sealer.seal("refresh:"+string(g.ID), []byte(next)), g.generation, g.rotatedAt, g.ExpiresAt.UnixMilli())
	if err == nil && n == 0 {
		// Another node used it in between: the client tries again and gets that pair.
		err = tenantry.Errorf(tenantry.Unavailable, "unavailable", "The token is being refreshed.")
	}
	return g.issued(next), err
}

// again gives the pair that the use of the previous token gave.
func (s *Store) again(g grantRow, token string) (tenantry.Issued, error) {
	sealer, err := s.seal.with(token)
	if err != nil {
		return tenantry.Issued{}, err
	}
	next, err := sealer.open("refresh:"+string(g.ID), g.sealed)
	return g.issued(string(next)), err
}

// RefreshTokenGrant tells what a good refresh token of the app stands for, without using
// it. Errors: NotFound.
func (s *Store) RefreshTokenGrant(ctx context.Context, app tenantry.AppID, token string) (tenantry.Grant, error) {
	id, _ := s.grantOf(token)
	g, err := db.One(ctx, s.db.Across(credentials).Lookup(), scanGrant, `SELECT `+grantColumns+` FROM grants
		WHERE grants.id = $1 AND grants.app_id = $2 AND grants.hash = $3 AND grants.revoked_at IS NULL AND grants.expires_at > $4`,
		id, app, hashText(token), s.clock().UnixMilli())
	return found(g, err, "Token", "")
}

// RevokeRefreshToken ends the grant that a refresh token of the app is from, a used one
// too, with its access tokens and with the grants that were exchanged for it (RFC 7009,
// section 2.1). A token that is not the app's, or no token, does nothing.
func (s *Store) RevokeRefreshToken(ctx context.Context, by tenantry.Actor, app tenantry.AppID, token string) error {
	id, ok := s.grantOf(token)
	if !ok {
		return nil
	}
	return s.revokeGrant(ctx, by, clientRevoked, app, id)
}
