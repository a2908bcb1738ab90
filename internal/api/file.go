package api

import (
	"net/http"
	"strings"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/wire"
)

// serveFile answers with the bytes of an uploaded file. It asks for no token: the
// random id in the URL is the permission to read, as with the hosted service's
// storage. A file goes with its location.
func (a *API) serveFile(w http.ResponseWriter, r *http.Request) {
	if err := a.openFile(w, r); err != nil {
		if tenantry.KindOf(err) == tenantry.NotFound {
			err = wire.NoRoute(r)
		}
		wire.WriteError(w, r, err)
	}
}

// openFile answers, or returns why it cannot. Errors: NotFound, Unavailable.
func (a *API) openFile(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if !tenantry.IsText(r.URL.Path) {
		return tenantry.NotFoundError("File", name)
	}
	id, _, _ := strings.Cut(name, ".")
	row, err := a.store.File(r.Context(), tenantry.LocationID(r.PathValue("locationId")), r.PathValue("ownerId"), tenantry.FileID(id))
	if err != nil {
		return err
	}
	if row.URLName() != name {
		return tenantry.NotFoundError("File", name)
	}
	content, keptAt, err := a.files.Open(r.Context(), row.Key())
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // it was only read
	files.Serve(w, r, content, keptAt, row)
	return nil
}
