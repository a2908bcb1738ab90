package oauth

import (
	"context"

	"github.com/tenantry/tenantry"
)

// codeGrant exchanges an authorization code (RFC 6749, section 4.1.3; PKCE is RFC 7636).
func codeGrant() grantType {
	return grantType{
		name: "authorization_code", needs: "code",
		refuse: refuseCode, install: codeInstall, issue: exchangeCode,
	}
}

// refuseCode: an unknown code is refused before an unknown client (contract, section 2.2). A
// code that exists stays good: an unknown client must not be able to use it up.
func refuseCode(ctx context.Context, e *Endpoints, f *form, unknown error) error {
	exists, err := e.store.CodeExists(ctx, HashToken(f.code))
	if err == nil && !exists {
		return tenantry.CodeNotFound()
	}
	if err != nil {
		return err
	}
	return unknown
}

// codeInstall: a code stands for one consent. A text that is no code has one quota for all.
func codeInstall(ctx context.Context, e *Endpoints, _ tenantry.App, f *form) (string, error) {
	hash := HashToken(f.code)
	exists, err := e.store.CodeExists(ctx, hash)
	if err != nil || !exists {
		return "code", err
	}
	return hash, nil
}

func exchangeCode(ctx context.Context, e *Endpoints, app tenantry.App, f *form) (tenantry.Issued, error) {
	return e.store.ExchangeCode(ctx, HashToken(f.code), tenantry.CodeExchange{
		AppID: app.ID, RedirectURI: f.redirectURI, Verifier: f.verifier, Class: tenantry.AuthClass(f.userType),
	})
}
