package oauth

import (
	"context"

	"github.com/tenantry/tenantry"
)

// clientGrant gives an app a token of the agency that owns it (RFC 6749, section 4.4;
// contract, decision 36), without a refresh token.
func clientGrant() grantType {
	return grantType{
		name: "client_credentials",
		install: func(_ context.Context, _ *Endpoints, app tenantry.App, _ *form) (string, error) {
			return string(app.CompanyID), nil
		},
		issue: func(ctx context.Context, e *Endpoints, app tenantry.App, _ *form) (tenantry.Issued, error) {
			return e.store.IssueForOwner(ctx, app.ID)
		},
	}
}
