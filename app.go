package tenantry

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of an app.
const (
	// MaxAppName is the longest name of an app, in characters.
	MaxAppName = 255
	// MaxRedirectURIs is how many redirect URIs an app may have.
	MaxRedirectURIs = 20
	// MaxAppSecrets is how many client secrets of an app are good at a time.
	MaxAppSecrets = 2
)

// ClientID is what an app calls itself on the wire: its id, a dash and its suffix
// (contract, section 2.1). Clients cut it at the dash to get the app's id.
type ClientID string

// Distribution tells who may install an app.
type Distribution string

// The two distributions.
const (
	// PublicApp may be installed by every agency of the server.
	PublicApp Distribution = "public"
	// PrivateApp may be installed by the agency that owns it only.
	PrivateApp Distribution = "private"
)

// App is a client of the OAuth server. Its secrets are no part of it: the store keeps
// their hashes.
type App struct {
	ID           AppID
	Suffix       string // 8 characters of base36
	Name         string
	CompanyID    CompanyID // the agency that owns it
	RedirectURIs []string
	Scopes       []Scope   // all that it may ask for
	Target       AuthClass // what it is installed on: an agency, or sub-accounts
	Distribution Distribution
	VersionID    VersionID
	// InstallToFutureLocations tells whether the app asks to be installed on locations
	// that are made later too; the one who consents decides.
	InstallToFutureLocations bool
	CreatedAt                time.Time
}

// NewApp gives the app with an id, a suffix and a version of its own.
func NewApp(a App, now time.Time) App {
	a.ID, a.VersionID, a.Suffix, a.CreatedAt = AppID(newHexID(now)), VersionID(newHexID(now)), newSuffix(), now
	return a
}

const base36 = "0123456789abcdefghijklmnopqrstuvwxyz"

// newSuffix makes the second half of a client id. It keeps no secret, so the slight
// favour that the remainder gives the first digits does no harm.
func newSuffix() string {
	var suffix [8]byte
	_, _ = rand.Read(suffix[:]) // crypto/rand.Read never fails
	for i, b := range suffix {
		suffix[i] = base36[int(b)%len(base36)]
	}
	return string(suffix[:])
}

// ClientID is the app's name on the wire.
func (a App) ClientID() ClientID { return ClientID(string(a.ID) + "-" + a.Suffix) }

// ParseClientID takes a client id apart; ok is false for a text that is none.
func ParseClientID(text string) (id AppID, suffix string, ok bool) {
	first, second, _ := strings.Cut(text, "-")
	if len(first) != 24 || len(second) != 8 || !consistsOf(first, base36[:16]) || !consistsOf(second, base36) {
		return "", "", false
	}
	return AppID(first), second, true
}

func consistsOf(text, alphabet string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(alphabet, r) })
}

// Check lists all that is wrong with an app to be created. Errors: Invalid.
func (a App) Check() error {
	var messages []string
	if n := utf8.RuneCountInString(a.Name); n < 1 || n > MaxAppName {
		messages = append(messages, "name must be 1 to 255 characters long")
	}
	if n := len(a.RedirectURIs); n < 1 || n > MaxRedirectURIs {
		messages = append(messages, "redirectUris must be 1 to 20 URIs")
	}
	for _, uri := range a.RedirectURIs {
		if problem := redirectProblem(uri); problem != "" {
			messages = append(messages, "redirect URI "+uri+" "+problem)
		}
	}
	if len(a.Scopes) == 0 {
		messages = append(messages, "scopes should not be empty")
	}
	known := Scopes()
	for _, s := range a.Scopes {
		if !slices.Contains(known, s) {
			messages = append(messages, "unknown scope "+string(s))
		}
	}
	if a.Target != Agency && a.Target != SubAccount {
		messages = append(messages, "target must be one of the following values: Company, Location")
	}
	if a.Distribution != PublicApp && a.Distribution != PrivateApp {
		messages = append(messages, "distribution must be one of the following values: public, private")
	}
	if len(messages) > 0 {
		return InvalidInput(messages...)
	}
	return nil
}

// AllowsRedirect tells whether the URI is one that the app registered, byte for byte.
func (a App) AllowsRedirect(uri string) bool { return slices.Contains(a.RedirectURIs, uri) }

// Beyond lists the scopes that the app may not ask for.
func (a App) Beyond(scopes []Scope) []Scope {
	return slices.DeleteFunc(slices.Clone(scopes), func(s Scope) bool { return slices.Contains(a.Scopes, s) })
}

// InstallableBy tells whether a company may install the app.
func (a App) InstallableBy(company CompanyID) bool {
	return a.Distribution == PublicApp || a.CompanyID == company
}

// AppSecret is what can be shown of a client secret.
type AppSecret struct {
	ID        SecretID
	CreatedAt time.Time
}

// AppFilter selects apps, in the order of their ids, which is that of their creation.
type AppFilter struct {
	CompanyID CompanyID // empty: any
	After     AppID     // the last one of the page before; empty: the first page
	Limit     int
}

// InvalidClient makes the error for a client that is unknown or whose secret is wrong;
// which of the two it is, nobody is told.
func InvalidClient() *Error {
	return Errorf(Unauthenticated, "invalid_client", "Invalid client: client is invalid")
}
