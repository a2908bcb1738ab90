package oauth

import (
	"context"
	"net/http"
	"time"

	"github.com/tenantry/tenantry"
)

// inspectInput is what the document says of the body; [readForm] reads it.
type inspectInput struct {
	Body inspectBody `body:"urlencoded"`
}

type inspectBody struct {
	_            struct{} `schema:"InspectTokenDto"`
	Token        string   `json:"token" rule:"required"`
	Hint         string   `json:"token_type_hint" doc:"Not needed: a token shows what it is"`
	ClientID     string   `json:"client_id" rule:"required"`
	ClientSecret string   `json:"client_secret" rule:"required"`
}

// introspection is the answer of RFC 7662, section 2.2. Only active is there when the token
// is good for nothing, or is another app's.
type introspection struct {
	_          struct{}            `schema:"IntrospectionDto"`
	Active     bool                `json:"active"`
	Scope      string              `json:"scope,omitempty"`
	ClientID   tenantry.ClientID   `json:"client_id,omitempty"`
	TokenType  string              `json:"token_type,omitempty" doc:"Bearer for an access token, refresh_token for a refresh token"`
	ExpiresAt  int64               `json:"exp,omitempty" doc:"Seconds since 1970"`
	IssuedAt   int64               `json:"iat,omitempty" doc:"Seconds since 1970; of an access token"`
	Subject    string              `json:"sub,omitempty" doc:"The sub-account or agency"`
	Audience   string              `json:"aud,omitempty"`
	Issuer     string              `json:"iss,omitempty"`
	TokenID    tenantry.TokenID    `json:"jti,omitempty"`
	UserType   tenantry.AuthClass  `json:"userType,omitempty"`
	CompanyID  tenantry.CompanyID  `json:"companyId,omitempty"`
	LocationID tenantry.LocationID `json:"locationId,omitempty"`
	UserID     tenantry.UserID     `json:"userId,omitempty"`
}

// revocation is the answer of RFC 7009, section 2.2: its status says it all.
type revocation struct {
	_ struct{} `schema:"RevocationDto"`
}

// client authenticates the client of a request about a token.
func (e *Endpoints) client(r *http.Request, f *form) (tenantry.App, error) {
	if err := f.require("client_id", "client_secret", "token"); err != nil {
		return tenantry.App{}, err
	}
	return e.authenticate(r, f)
}

// ownAccessToken tells whose access token it is; ok is false for one that is not good, or
// not the app's.
func (e *Endpoints) ownAccessToken(ctx context.Context, app tenantry.App, token string) (c tenantry.Caller, exp time.Time, ok bool, err error) {
	c, exp, err = e.tokens.accessCaller(ctx, token)
	if tenantry.KindOf(err) == tenantry.Unauthenticated {
		return c, exp, false, nil
	}
	return c, exp, err == nil && c.AppID == app.ID, err
}

// revokeHandler serves RFC 7009. A token that is none, or not the client's, is answered as
// one that was revoked: it is not good, and the client learns nothing.
func (e *Endpoints) revokeHandler() http.Handler {
	return credentialed(func(_ http.ResponseWriter, r *http.Request, f *form) (any, error) {
		app, err := e.client(r, f)
		if err != nil {
			return nil, err
		}
		by := tenantry.Actor{AppID: app.ID}
		c, _, ok, err := e.ownAccessToken(r.Context(), app, f.token)
		switch {
		case err != nil:
			return nil, err
		case ok:
			err = e.store.RevokeAccessToken(r.Context(), by, c)
		default:
			err = e.store.RevokeRefreshToken(r.Context(), by, app.ID, f.token)
		}
		return revocation{}, err
	})
}

// introspectHandler serves RFC 7662.
func (e *Endpoints) introspectHandler() http.Handler {
	return credentialed(func(_ http.ResponseWriter, r *http.Request, f *form) (any, error) {
		app, err := e.client(r, f)
		if err != nil {
			return nil, err
		}
		c, exp, ok, err := e.ownAccessToken(r.Context(), app, f.token)
		if err != nil {
			return nil, err
		}
		if ok {
			return e.describeAccess(app, c, exp), nil
		}
		g, err := e.store.RefreshTokenGrant(r.Context(), app.ID, f.token)
		if tenantry.KindOf(err) == tenantry.NotFound {
			return introspection{}, nil
		}
		return describeRefresh(app, g), err
	})
}

func (e *Endpoints) describeAccess(app tenantry.App, c tenantry.Caller, exp time.Time) introspection {
	return introspection{
		Active: true, Scope: tenantry.JoinScopes(c.Scopes), ClientID: app.ClientID(), TokenType: bearer,
		ExpiresAt: exp.Unix(), IssuedAt: exp.Add(-AccessTokenTTL).Unix(), Subject: subject(c.LocationID, c.CompanyID), Audience: Audience,
		Issuer: e.tokens.issuer, TokenID: c.TokenID, UserType: c.Class, CompanyID: c.CompanyID, LocationID: c.LocationID, UserID: c.UserID,
	}
}

func describeRefresh(app tenantry.App, g tenantry.Grant) introspection {
	return introspection{
		Active: true, Scope: tenantry.JoinScopes(narrow(g.Scopes, app.Scopes, nil)), ClientID: app.ClientID(), TokenType: "refresh_token",
		ExpiresAt: g.ExpiresAt.Unix(), Subject: subject(g.LocationID, g.CompanyID), UserType: g.Class, CompanyID: g.CompanyID,
		LocationID: g.LocationID, UserID: g.UserID,
	}
}

func subject(loc tenantry.LocationID, company tenantry.CompanyID) string {
	if loc != "" {
		return string(loc)
	}
	return string(company)
}
