package api

import (
	"github.com/tenantry/tenantry/internal/wire"
)

// Mount adds the handlers that are no operations: they need no token.
func (a *API) Mount(_ *wire.Mux) {}
