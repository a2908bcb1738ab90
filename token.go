package tenantry

import (
	"slices"
	"time"
)

// AuthClass is the class of a token: whom it acts for.
type AuthClass string

// The two token classes, spelled as in the authClass claim of an access token.
const (
	// Agency tokens act for a company and reach every location of it.
	Agency AuthClass = "Company"
	// SubAccount tokens act for one location and reach no other.
	SubAccount AuthClass = "Location"
)

// Caller is who sent a request, whatever the credential was: nothing behind
// the gate knows whether it was an access token or a private integration token.
type Caller struct {
	Class      AuthClass
	CompanyID  CompanyID
	LocationID LocationID // of a [SubAccount] caller, else empty
	Scopes     []Scope
	AppID      AppID  // the app that the token was issued to, empty for private tokens
	UserID     UserID // the user who granted the token, where known
	TokenID    TokenID
}

// Can tells whether the caller carries at least one of the scopes; an empty
// list asks for none.
func (c Caller) Can(anyOf []Scope) bool {
	if len(anyOf) == 0 {
		return true
	}
	return slices.ContainsFunc(anyOf, func(s Scope) bool { return slices.Contains(c.Scopes, s) })
}

// LimitKey names the quota that the caller spends from: the app, or the
// private token, and the resource that it acts for (contract, decision 37).
func (c Caller) LimitKey() string {
	spender := string(c.AppID)
	if spender == "" {
		spender = string(c.TokenID)
	}
	if c.Class == SubAccount {
		return spender + "|" + string(c.LocationID)
	}
	return spender + "|" + string(c.CompanyID)
}

// Actor is what the audit trail keeps of a caller.
type Actor struct {
	TokenID TokenID
	AppID   AppID
	UserID  UserID
}

// Actor names the caller for the audit trail.
func (c Caller) Actor() Actor {
	return Actor{TokenID: c.TokenID, AppID: c.AppID, UserID: c.UserID}
}

// System is the actor of work that no caller asked for, such as a recurring
// task that is due.
func System() Actor { return Actor{TokenID: "system"} }

// MaxRotationOverlap is how long a rotated private integration token can stay good at most.
const MaxRotationOverlap = 7 * 24 * time.Hour

// PrivateToken is what can be shown of a private integration token; it is not the token.
type PrivateToken struct {
	ID            TokenID
	Name          string
	CompanyID     CompanyID
	LocationID    LocationID // empty for an agency's
	Scopes        []Scope
	CreatedAt     time.Time
	ExpiresAt     time.Time // zero: never
	LastUsedAt    time.Time // to the minute or so; zero: never
	PreviousUntil time.Time // how long the token before the last rotation is good; zero: it is not
}

// PrivateTokenFilter selects private integration tokens in the order of their creation.
type PrivateTokenFilter struct {
	CompanyID  CompanyID  // empty: any
	LocationID LocationID // of this location only; empty: of the agency and of any location
	After      TokenID    // the last one of the page before
	Limit      int
}
