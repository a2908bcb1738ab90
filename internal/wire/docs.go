package wire

import (
	"net/http"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

// ReferencePage serves the reference page of the document at base and below it;
// everything that it loads comes from the binary, so it works offline.
func ReferencePage(base, document string) http.Handler {
	return v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Tenantry Sub-Accounts API", SwaggerJSON: document, BasePath: base, HideCurl: false,
	})
}
