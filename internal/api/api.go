package api

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/store"
)

// API holds what the handlers need.
type API struct {
	store     *store.Store
	files     *files.Store
	publicURL string
	uploads   chan struct{} // has an element for each upload under way
}

// New makes the API on a store and the folder of uploaded files. publicURL is the
// address that clients reach the server at, without a slash at its end.
func New(s *store.Store, f *files.Store, publicURL string) *API {
	return &API{store: s, files: f, publicURL: publicURL, uploads: make(chan struct{}, maxUploads)}
}

// Reach refuses a caller who may not see the location: another sub-account's token,
// or an agency token of another company. The answer is the same whether the location
// exists or not (contract, decision 4).
func (a *API) Reach(ctx context.Context, c tenantry.Caller, loc tenantry.LocationID) error {
	if c.Class == tenantry.SubAccount {
		if loc != c.LocationID {
			return tenantry.NoAccessError()
		}
		return nil
	}
	if !tenantry.IsText(string(loc)) {
		return tenantry.NoAccessError()
	}
	company, err := a.store.LocationCompany(ctx, loc)
	if err == nil && company != c.CompanyID {
		return tenantry.NoAccessError()
	}
	return err
}

// ownCompany refuses a company id in the input that is not the token's own.
func ownCompany(c tenantry.Caller, id tenantry.CompanyID) error {
	if id != c.CompanyID {
		return tenantry.NoAccessError()
	}
	return nil
}

// deleted is the answer of most deletes: the published flag with its published
// spelling, and the right one beside it (contract, decision 28).
type deleted struct {
	_ struct{} `schema:"DeleteSuccessfulResponseDto"`

	Succeded  bool `json:"succeded"`
	Succeeded bool `json:"succeeded"`
}

func isDeleted() deleted { return deleted{Succeded: true, Succeeded: true} }
