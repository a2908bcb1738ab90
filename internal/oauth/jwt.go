package oauth

import "time"

const (
	// AccessTokenTTL is how long an access token is valid, and the longest that one
	// may be (contract, decision 35).
	AccessTokenTTL = 86400 * time.Second

	// ExpiresIn is the expires_in of a token answer in seconds (contract, decision
	// 35). It is a second short of [AccessTokenTTL] because iat is a whole second in
	// the past: for this long the token is valid from the very moment of its issue.
	ExpiresIn = 86399

	// Audience is the aud of every access token. It is the same for every server:
	// the issuer tells them apart.
	Audience = "tenantry"

	// MaxTokenBytes is the length of the longest token that is looked at.
	MaxTokenBytes = 8 << 10

	// MaxClockSkew is how far in the future a token may have been issued: replicas
	// of one server need not agree on the second.
	MaxClockSkew = 60 * time.Second

	tokenType      = "JWT"
	defaultSource  = "INTEGRATION"
	defaultChannel = "OAUTH"
)

// claims are the members of an access token, spelled as clients that decode one
// know them (contract, section 2.3). Numbers are pointers to tell a missing one from 0.
type claims struct {
	AuthClass          string    `json:"authClass"`
	AuthClassID        string    `json:"authClassId"`
	PrimaryAuthClassID string    `json:"primaryAuthClassId"`
	Source             string    `json:"source"`
	SourceID           string    `json:"sourceId"`
	Channel            string    `json:"channel"`
	OAuthMeta          oauthMeta `json:"oauthMeta"`
	CompanyID          string    `json:"companyId"`
	LocationID         string    `json:"locationId,omitempty"`
	UserID             string    `json:"userId,omitempty"`
	Issuer             string    `json:"iss"`
	Audience           string    `json:"aud"`
	IssuedAt           *int64    `json:"iat"` // seconds since 1970
	ExpiresAt          *int64    `json:"exp"` // seconds since 1970; the first at which it is invalid
	ID                 string    `json:"jti"`
}

type oauthMeta struct {
	Scopes []string `json:"scopes"`
	Client string   `json:"client"` // the app's id
}
