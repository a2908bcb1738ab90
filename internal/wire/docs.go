package wire

import (
	"io/fs"
	"net/http"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5/static"
	"github.com/swaggest/swgui/v5emb"
)

// ReferencePage serves the reference page of the document at base and its files
// at base/{file}; everything that it loads comes from the binary, so it works offline.
func ReferencePage(base, document string) http.Handler {
	page := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Tenantry Sub-Accounts API", SwaggerJSON: document, BasePath: base, HideCurl: false,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if file := r.PathValue("file"); file != "" && !isReferenceFile(file) {
			WriteError(w, r, NoRoute(r)) // the page's own 404 is no JSON
			return
		}
		page.ServeHTTP(w, r)
	})
}

// isReferenceFile tells whether the page has the file; most are embedded compressed.
func isReferenceFile(name string) bool {
	for _, stored := range []string{name, name + ".gz"} {
		if _, err := fs.Stat(static.FS, stored); err == nil && name != "." {
			return true
		}
	}
	return false
}
