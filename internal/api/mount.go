package api

import (
	"net/http"

	"github.com/tenantry/tenantry/internal/wire"
)

// Mount adds the handlers that are no operations: they need no token.
func (a *API) Mount(m *wire.Mux) {
	m.Handle(http.MethodGet, "/files/location/{locationId}/custom-Field/{ownerId}/{name}", "download-file", http.HandlerFunc(a.serveFile))
}
