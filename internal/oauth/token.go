package oauth

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// grantType is one way to tokens. It says what it needs and what it gives; which client
// asks, with which scopes, how often, and how the answer looks is decided for all of them in
// one place.
type grantType struct {
	name  string
	needs string // the parameter that it needs besides the client's, "" for none
	// refuse may replace what a client is told that is unknown.
	refuse func(ctx context.Context, e *Endpoints, f *form, unknown error) error
	// install names what the tokens are for, so that the limit is by install.
	install func(ctx context.Context, e *Endpoints, app tenantry.App, f *form) (string, error)
	// repeats tells that a request that is sent again gets the answer of the first, so that it
	// costs nothing.
	repeats bool
	issue   func(ctx context.Context, e *Endpoints, app tenantry.App, f *form) (tenantry.Issued, error)
}

func grantTypes() []grantType { return []grantType{codeGrant(), refreshGrant(), clientGrant()} }

// grantOf finds the grant type that the form asks for, and checks that the form is complete.
func grantOf(f *form) (g grantType, err error) {
	var names []string
	for _, t := range grantTypes() {
		names = append(names, t.name)
		if t.name == f.grantType {
			g = t
		}
	}
	if err := f.enumerated("grant_type", f.grantType, true, names...); err != nil {
		return g, err
	}
	if err := f.enumerated("user_type", f.userType, false, string(tenantry.Agency), string(tenantry.SubAccount)); err != nil {
		return g, err
	}
	return g, f.require("client_id", "client_secret", g.needs)
}

// tokenHandler serves the token endpoint (RFC 6749, section 3.2).
func (e *Endpoints) tokenHandler() http.Handler {
	return credentialed(func(w http.ResponseWriter, r *http.Request, f *form) (any, error) {
		g, err := grantOf(f)
		if err != nil {
			return nil, err
		}
		app, issued, err := e.issue(r, w.Header(), g, f)
		if err != nil {
			return nil, err
		}
		wire.ExchangeOf(r.Context()).Caller = tenantry.Caller{
			Class: issued.Class, CompanyID: issued.CompanyID, LocationID: issued.LocationID, AppID: app.ID,
		}
		access, err := e.sign(app, issued)
		if err != nil {
			return nil, err
		}
		return newTokenAnswer(issued, access, f.isV3), nil
	})
}

// issue runs the phases that every grant type shares.
func (e *Endpoints) issue(r *http.Request, h http.Header, g grantType, f *form) (tenantry.App, tenantry.Issued, error) {
	ctx := r.Context()
	app, err := e.authenticate(r, f)
	if err != nil {
		if tenantry.KindOf(err) == tenantry.Unauthenticated && g.refuse != nil {
			err = g.refuse(ctx, e, f, err)
		}
		return app, tenantry.Issued{}, err
	}
	asked := scopesOf(f.scope)
	if beyond := app.Beyond(asked); len(beyond) > 0 {
		return app, tenantry.Issued{}, tenantry.Errorf(tenantry.Refused, "invalid_scope", "Invalid scope: the app may not ask for %s", tenantry.JoinScopes(beyond))
	}
	if err := e.limit(ctx, h, g, app, f); err != nil {
		return app, tenantry.Issued{}, err
	}
	issued, err := g.issue(ctx, e, app, f)
	issued.Scopes = narrow(issued.Scopes, app.Scopes, asked)
	return app, issued, err
}

// authenticate finds the client of a form. Errors: Unauthenticated, RateLimited when there
// were too many wrong secrets; a right one always passes.
func (e *Endpoints) authenticate(r *http.Request, f *form) (tenantry.App, error) {
	app, err := e.store.AuthenticateApp(r.Context(), f.clientID, HashToken(f.clientSecret))
	if tenantry.KindOf(err) == tenantry.Unauthenticated {
		err = e.guesses.wrong(r, f.clientID, err)
	}
	return app, err
}

// limit spends one request of the quota of the client for the install.
func (e *Endpoints) limit(ctx context.Context, h http.Header, g grantType, app tenantry.App, f *form) error {
	if e.admit == nil {
		return nil
	}
	install, err := g.install(ctx, e, app, f)
	if err != nil {
		return err
	}
	admit := func() error { return e.admit(h, string(app.ID)+"|"+install) }
	if !g.repeats {
		return admit()
	}
	isRepeat := func() (bool, error) { return e.store.IsRefreshRepeat(ctx, app.ID, f.refreshToken) }
	return e.repeats.admit(string(app.ID)+"|"+HashToken(f.refreshToken), isRepeat, admit)
}

func scopesOf(text string) (scopes []tenantry.Scope) {
	for s := range strings.FieldsSeq(text) {
		scopes = append(scopes, tenantry.Scope(s))
	}
	return scopes
}

// narrow gives the granted scopes that the app may still have and, where it asks for some,
// that it asks for: no token has more than what was granted.
func narrow(granted, allowed, asked []tenantry.Scope) []tenantry.Scope {
	return slices.DeleteFunc(slices.Clone(granted), func(s tenantry.Scope) bool {
		return !slices.Contains(allowed, s) || (len(asked) > 0 && !slices.Contains(asked, s))
	})
}

// sign makes the access token of what was issued.
func (e *Endpoints) sign(app tenantry.App, issued tenantry.Issued) (string, error) {
	return e.tokens.issueAt(Grant{
		Class: issued.Class, CompanyID: issued.CompanyID, LocationID: issued.LocationID, UserID: issued.UserID,
		AppID: app.ID, ClientID: string(app.ClientID()), Scopes: issued.Scopes, TokenID: issued.TokenID,
	}, issued.IssuedAt)
}

// credentialed serves a request that carries client credentials: it parses the form, and
// writes the answer, which nobody may keep, or the error.
func credentialed(serve func(http.ResponseWriter, *http.Request, *form) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Pragma", "no-cache")
		f, err := readForm(r)
		if err != nil {
			writeFailure(w, r, err)
			return
		}
		answer, err := serve(w, r, f)
		if err != nil {
			writeFailure(w, r, err)
			return
		}
		wire.WriteJSON(w, r, http.StatusOK, answer)
	})
}

// writeFailure answers with the error's name of RFC 6749, section 5.2, where it has one.
func writeFailure(w http.ResponseWriter, r *http.Request, err error) {
	e, _ := errors.AsType[*tenantry.Error](err)
	switch code := errorCode(e); code {
	case "invalid_grant", "invalid_client", "invalid_request", "invalid_scope":
		if e.Kind == tenantry.Unauthenticated && code == "invalid_grant" {
			code = "UnAuthorized!" // what the hosted service calls an unknown authorization code
		}
		wire.WriteNamedError(w, r, err, code)
	case "location_inactive":
		wire.WriteNamedError(w, r, err, "invalid_grant")
	default:
		wire.WriteError(w, r, err)
	}
}

func errorCode(e *tenantry.Error) string { return cmp.Or(e, &tenantry.Error{}).Code }
