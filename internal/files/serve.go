package files

import (
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tenantry/tenantry"
)

const (
	// cacheControl lets the reader's own browser keep a file, which never changes
	// under its key, but nobody between; an hour is how long a removed one may be seen.
	cacheControl = "private, max-age=3600"
	// policy takes every right from a file that a browser shows as a document.
	policy = "sandbox; default-src 'none'"
	// policyPDF leaves out the sandbox, in which browsers refuse to start their PDF
	// viewer, and allows what the viewer's own page is made of. A script in a PDF
	// runs inside the viewer and never with this server's origin.
	policyPDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"
)

// Serve answers r with the bytes of content, whole or the ranges asked for, or not at all
// where the client has them already. It is what f describes, and was kept at keptAt.
//
// Whoever uploaded it must not get anything to run with the origin of this
// server, so a browser may neither guess another type nor give the
// file any right, and only images, PDF and plain text are shown; all else,
// HTML and SVG included, is saved.
func Serve(w http.ResponseWriter, r *http.Request, content io.ReadSeeker, keptAt time.Time, f tenantry.File) {
	contentType, media := safeType(f.MIME)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", policy)
	if media == typePDF {
		h.Set("Content-Security-Policy", policyPDF)
	}
	h.Set("Content-Disposition", disposition(media, f.Name))
	h.Set("Cache-Control", cacheControl)
	h.Set("ETag", `"`+f.SHA256+`"`)
	http.ServeContent(w, r, "", keptAt, content)
}

// safeType is the Content-Type header for text, with no parameter but the
// charset of plain text, and the bare type in it.
func safeType(text string) (header, media string) {
	media, params, err := mime.ParseMediaType(text)
	if err != nil || !strings.Contains(media, "/") {
		return typeUnknown, typeUnknown
	}
	if charset, ok := params["charset"]; ok && media == typePlain {
		if header = mime.FormatMediaType(media, map[string]string{"charset": charset}); header != "" {
			return header, media
		}
	}
	return media, media
}

// disposition is the Content-Disposition header (RFC 6266): a plain file name for
// old clients and, where that loses something, the full one (RFC 8187, once 5987).
func disposition(media, name string) string {
	kind := "attachment"
	if media == typePDF || media == typePlain || strings.HasPrefix(media, "image/") && media != typeSVG {
		kind = "inline"
	}
	name = strings.ToValidUTF8(name, "\ufffd")
	plain := strings.Map(plainChar, name)
	if plain == "" {
		plain = "file"
	}
	header := kind + `; filename="` + plain + `"`
	if plain != name && name != "" {
		header += "; filename*=UTF-8''" + percentEncode(name)
	}
	return header
}

// plainChar replaces what a quoted file name cannot have, or what old clients
// read in two ways: "%41", a backslash, anything beyond ASCII.
func plainChar(r rune) rune {
	if r < ' ' || r >= utf8.RuneSelf || r == 0x7f || strings.ContainsRune(`"%\/`, r) {
		return '_'
	}
	return r
}

// percentEncode encodes all but the attr-char of RFC 8187.
func percentEncode(name string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
