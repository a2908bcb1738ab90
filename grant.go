package tenantry

import (
	"strconv"
	"strings"
	"time"
)

const (
	// RefreshTTL is how long a refresh token can be used.
	RefreshTTL = 365 * 24 * time.Hour
	// RefreshGrace is how long a used refresh token still gives the pair that its use
	// gave, so that a lost answer and two workers at once do no harm (contract, decision 34).
	RefreshGrace = 30 * time.Second
	// AccessTTL is how long an access token is valid (contract, decision 35).
	AccessTTL = 24 * time.Hour
)

// Grant is what an app may do for a company or a location: a family of refresh tokens, of
// which one at a time is good.
type Grant struct {
	ID              GrantID
	AppID           AppID
	Class           AuthClass
	CompanyID       CompanyID
	LocationID      LocationID // of a [SubAccount] grant, else empty
	UserID          UserID     // who granted it
	ParentID        GrantID    // of a location's: the agency's grant that it was exchanged for, or the token without one; else empty
	Scopes          []Scope
	Bulk            bool // several or all locations were chosen
	ApproveAll      bool
	InstallToFuture bool
	CreatedAt       time.Time
	ExpiresAt       time.Time // of the good refresh token
}

// Issued is a pair of tokens of a grant. The access token follows from it: equal values
// give the same token.
type Issued struct {
	Grant
	RefreshToken string    // shown this once; empty where there is none
	TokenID      TokenID   // the jti of the access token
	IssuedAt     time.Time // the iat of the access token
	// ApprovedLocations are the locations of the company where the app is installed, in
	// the order of their ids, at most [MaxApprovedLocations]; none for a location's grant.
	ApprovedLocations []LocationID
}

// MaxApprovedLocations bounds the locations that a token answer lists; the list of
// installed locations has them all.
const MaxApprovedLocations = 1000

// AccessTokenID names the access token of a generation of a grant.
func AccessTokenID(g GrantID, generation int) TokenID {
	return TokenID(string(g) + "." + strconv.Itoa(generation))
}

// Grant is the grant that an access token belongs to, empty for a token without one.
func (id TokenID) Grant() GrantID {
	grant, _, ok := strings.Cut(string(id), ".")
	if !ok {
		return ""
	}
	return GrantID(grant)
}

// Revocation refuses access tokens before they expire: those that have its key among
// their [Caller.RevocationKeys].
type Revocation struct {
	Key   string
	Until time.Time // from then on they are expired anyway
}

// RevokedToken is the key of one access token.
func RevokedToken(id TokenID) string { return "token:" + string(id) }

// RevokedGrant is the key of every access token of a grant.
func RevokedGrant(id GrantID) string { return "grant:" + string(id) }

// RevokedApp is the key of every access token of an app.
func RevokedApp(id AppID) string { return "app:" + string(id) }

// RevocationKeys lists what a revocation of the caller's access token can be kept under;
// it is empty for a caller without an app, whose token the store itself refuses.
func (c Caller) RevocationKeys() []string {
	if c.AppID == "" {
		return nil
	}
	keys := []string{RevokedToken(c.TokenID), RevokedApp(c.AppID)}
	if g := c.TokenID.Grant(); g != "" {
		keys = append(keys, RevokedGrant(g))
	}
	return keys
}
