package tenantry

import (
	"slices"
	"time"
)

const (
	// CodeTTL is how long an authorization code can be used.
	CodeTTL = 10 * time.Minute
	// MaxChosenLocations is how many locations a consent can name one by one; there is
	// no limit on all of them.
	MaxChosenLocations = 500
)

// Consent is what a user approved for an app; an authorization code stands for it.
type Consent struct {
	AppID       AppID
	RedirectURI string
	Challenge   string // PKCE S256, empty without
	UserID      UserID
	CompanyID   CompanyID
	Class       AuthClass    // of the token to be issued
	LocationIDs []LocationID // the chosen ones; exactly one for a [SubAccount] token; none with ApproveAll
	Scopes      []Scope
	Bulk        bool // chosen from the agency's list: several or all locations
	ApproveAll  bool // every location that there is; [Agency] tokens only
	// InstallToFuture is for locations made later too; only with ApproveAll.
	InstallToFuture bool
}

// Check lists all that keeps the user from consenting to this. The redirect URI is exact,
// so no consent that passed can send its code elsewhere. Errors: Invalid.
func (c Consent) Check(a App, u User) error {
	var messages []string
	refuse := func(wrong bool, message string) {
		if wrong {
			messages = append(messages, message)
		}
	}
	refuse(!a.AllowsRedirect(c.RedirectURI), "redirect_uri is not one of the app's")
	refuse(len(c.Scopes) == 0, "scope should not be empty")
	for _, s := range a.Beyond(c.Scopes) {
		refuse(true, "the app may not ask for scope "+string(s))
	}
	refuse(c.Challenge != "" && !isChallenge(c.Challenge), "code_challenge must be a SHA-256 in unpadded base64url")
	refuse(!a.InstallableBy(c.CompanyID), "the app is private to another agency")
	refuse(c.CompanyID != u.CompanyID, "the user is not of this agency")
	for _, loc := range c.LocationIDs {
		refuse(!u.MayInstallOn(loc), "the user may not install apps on location "+string(loc))
	}
	switch c.Class {
	case Agency:
		refuse(!u.MayInstallOnCompany(), "the user may not install apps on the agency")
		refuse(c.ApproveAll && len(c.LocationIDs) > 0, "choose locations or all of them")
		refuse(!c.ApproveAll && a.Target == SubAccount && len(c.LocationIDs) == 0, "choose at least one location")
		refuse(c.InstallToFuture && !c.ApproveAll, "future locations come with all locations only")
	case SubAccount:
		refuse(a.Target != SubAccount, "the app is installed on agencies")
		refuse(len(c.LocationIDs) != 1, "choose exactly one location")
		refuse(c.ApproveAll || c.InstallToFuture || c.Bulk, "a location's token is for that location only")
	default:
		refuse(true, "class must be one of the following values: Company, Location")
	}
	refuse(len(c.LocationIDs) > MaxChosenLocations, "choose at most 500 locations, or all of them")
	refuse(hasRepeats(c.LocationIDs), "a location is chosen twice")
	if len(messages) > 0 {
		return InvalidInput(messages...)
	}
	return nil
}

func hasRepeats(ids []LocationID) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) < len(ids)
}

// CodeExchange is what a client says when it uses an authorization code. The client
// itself has been authenticated.
type CodeExchange struct {
	AppID       AppID
	RedirectURI string    // empty when the client names none
	Verifier    string    // PKCE; empty without
	Class       AuthClass // the asked user_type; empty: as granted
}

// Check refuses an exchange that does not fit what the code was made for. A redirect URI
// may be left out, since the token endpoint declares it optional (contract, section 2.2);
// one that is there must be the same byte for byte. Errors: Refused.
func (x CodeExchange) Check(c Consent) error {
	if x.RedirectURI != "" && x.RedirectURI != c.RedirectURI {
		return InvalidGrant("`redirect_uri` is not the one that the code was asked for with")
	}
	if !VerifierMatches(c.Challenge, x.Verifier) {
		return InvalidGrant("`code_verifier` does not match the code challenge")
	}
	return nil
}

// Granted is the class and location of the token that the exchange gives: those of the
// consent, but for a company's consent to one location of which the client asks for the
// location's token.
func (x CodeExchange) Granted(c Consent) (AuthClass, LocationID) {
	single := len(c.LocationIDs) == 1
	if c.Class == SubAccount || (x.Class == SubAccount && single) {
		return SubAccount, c.LocationIDs[0]
	}
	return Agency, ""
}

// CodeNotFound makes the error for an authorization code that is unknown, expired or used.
func CodeNotFound() *Error {
	return Errorf(Unauthenticated, "invalid_grant", "Authorization code not found")
}

// InvalidGrant makes the error for a code or refresh token that is not good here.
func InvalidGrant(reason string) *Error {
	return Errorf(Refused, "invalid_grant", "Invalid grant: %s", reason)
}
