package oauth

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/tenantry/tenantry"
)

// Grant is what an access token says.
type Grant struct {
	Class      tenantry.AuthClass
	CompanyID  tenantry.CompanyID
	LocationID tenantry.LocationID // of a [tenantry.SubAccount] token, else empty
	UserID     tenantry.UserID     // empty when no user granted it
	AppID      tenantry.AppID      // of the client; empty, both, when the server itself issues the token
	ClientID   string
	Scopes     []tenantry.Scope
	TokenID    tenantry.TokenID // the jti, which a revocation names
	Source     string           // INTEGRATION when empty
	Channel    string           // OAUTH when empty
	TTL        time.Duration    // whole seconds; [AccessTokenTTL] when 0, never longer
}

// Sign issues an access token. The issuer is the id of the database that keeps the
// server's data, not its URL, see [KeySet.Verify]. A grant that Verify would refuse,
// such as one without a company, is an error.
func (ks *KeySet) Sign(g Grant, issuer string, now time.Time) (string, error) {
	if err := g.check(issuer); err != nil {
		return "", fmt.Errorf("cannot sign an access token: %w", err)
	}
	payload, err := json.Marshal(g.claims(issuer, now))
	if err != nil {
		return "", err
	}
	signed, err := ks.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", err
	}
	if len(token) > MaxTokenBytes {
		return "", fmt.Errorf("cannot sign an access token: it would have %d bytes, the most is %d", len(token), MaxTokenBytes)
	}
	return token, nil
}

func (g Grant) check(issuer string) error {
	switch {
	case issuer == "":
		return errors.New("no issuer")
	case g.TokenID == "":
		return errors.New("no token id")
	case (g.AppID == "") != (g.ClientID == ""):
		return errors.New("an app without a client id, or the reverse")
	case g.TTL != 0 && (g.TTL < time.Second || g.TTL > AccessTokenTTL):
		return fmt.Errorf("a lifetime of %v, allowed is 1s to %v", g.TTL, AccessTokenTTL)
	}
	return checkTenant(g.Class, g.CompanyID, g.LocationID)
}

// checkTenant is the rule that signing and verifying share: a token acts for one
// location of one company, or for a company and no single location.
func checkTenant(class tenantry.AuthClass, company tenantry.CompanyID, location tenantry.LocationID) error {
	switch {
	case class != tenantry.Agency && class != tenantry.SubAccount:
		return errors.New("unknown class")
	case company == "":
		return errors.New("no company")
	case class == tenantry.SubAccount && location == "":
		return errors.New("a location token without a location")
	case class == tenantry.Agency && location != "":
		return errors.New("a company token with a location")
	}
	return nil
}

func (g Grant) claims(issuer string, now time.Time) claims {
	iat := now.Unix()
	exp := iat + int64(cmp.Or(g.TTL, AccessTokenTTL)/time.Second)
	c := claims{
		AuthClass: string(g.Class), AuthClassID: string(g.CompanyID),
		Source: cmp.Or(g.Source, defaultSource), SourceID: g.ClientID, Channel: cmp.Or(g.Channel, defaultChannel),
		OAuthMeta: oauthMeta{Scopes: make([]string, len(g.Scopes)), Client: string(g.AppID)},
		CompanyID: string(g.CompanyID), LocationID: string(g.LocationID), UserID: string(g.UserID),
		Issuer: issuer, Audience: Audience, IssuedAt: &iat, ExpiresAt: &exp, ID: string(g.TokenID),
	}
	if g.Class == tenantry.SubAccount {
		c.AuthClassID = string(g.LocationID)
	}
	c.PrimaryAuthClassID = c.AuthClassID
	for i, s := range g.Scopes {
		c.OAuthMeta.Scopes[i] = string(s)
	}
	return c
}
