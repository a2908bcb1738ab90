package api

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/tenantry/tenantry"
)

// locationPageToken is the place of a location in a search: the milliseconds of its creation
// and its id, in base64url. It grants nothing: the list is the caller's own, wherever it goes on.
type locationPageToken string

func pageTokenOf(l tenantry.Location) locationPageToken {
	text := strconv.FormatInt(l.CreatedAt.UnixMilli(), 10) + ":" + string(l.ID)
	return locationPageToken(base64.RawURLEncoding.EncodeToString([]byte(text)))
}

// isOdd tells whether a character is in no id.
func isOdd(r rune) bool { return r < '!' || r > '~' }

// Check refuses a text that is no token.
func (t locationPageToken) Check() string {
	if t != "" && t.cursor() == (tenantry.LocationCursor{}) {
		return "must be the nextPageToken of an answer"
	}
	return ""
}

// cursor is the zero one for no token, and for a text that is none.
func (t locationPageToken) cursor() (c tenantry.LocationCursor) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(string(t))
	at, id, found := strings.Cut(string(text), ":")
	ms, err2 := strconv.ParseInt(at, 10, 64)
	if err != nil || err2 != nil || !found || id == "" || strings.ContainsFunc(id, isOdd) {
		return c
	}
	return tenantry.LocationCursor{CreatedAt: time.UnixMilli(ms).UTC(), ID: tenantry.LocationID(id)}
}
