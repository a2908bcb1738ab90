package oauth

import (
	"errors"

	"github.com/tenantry/tenantry"
)

// The refusals of a credential (contract, section 5). Their causes are fixed texts
// for the log and hold no part of the token.

func errMissing(cause string) *tenantry.Error {
	return tenantry.Errorf(tenantry.Unauthenticated, "token_missing", "Invalid token: access token is invalid").
		WithCause(errors.New(cause))
}

func errNoToken() *tenantry.Error {
	return errMissing("the Authorization header holds no token")
}

func errInvalid(cause string) *tenantry.Error {
	return tenantry.Errorf(tenantry.Unauthenticated, "token_invalid", "Invalid JWT").WithCause(errors.New(cause))
}

func errExpired() *tenantry.Error {
	return tenantry.Errorf(tenantry.Unauthenticated, "token_expired", "Invalid token: access token has expired")
}
