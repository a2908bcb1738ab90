package oauth

import (
	"github.com/tenantry/tenantry"
)

// tokenInput is what the document says of the body; [readForm] reads it.
type tokenInput struct {
	Body tokenBody `body:"urlencoded,json"`
}

type tokenBody struct {
	_              struct{} `schema:"GetAccessCodebodyDto"`
	ClientID       string   `json:"client_id" doc:"Always needed; never in the URL"`
	ClientIDV3     string   `json:"clientId" doc:"client_id under Version v3"`
	ClientSecret   string   `json:"client_secret" doc:"Always needed; never in the URL"`
	ClientSecretV3 string   `json:"clientSecret" doc:"client_secret under Version v3"`
	GrantType      string   `json:"grant_type" rule:"enum=authorization_code|refresh_token|client_credentials" doc:"Always needed"`
	GrantTypeV3    string   `json:"grantType" rule:"enum=authorization_code|refresh_token|client_credentials" doc:"grant_type under Version v3"`
	Code           string   `json:"code" doc:"Of the authorization_code grant"`
	RefreshToken   string   `json:"refresh_token" doc:"Of the refresh_token grant"`
	RefreshTokenV3 string   `json:"refreshToken" doc:"refresh_token under Version v3"`
	UserType       string   `json:"user_type" rule:"enum=Company|Location" doc:"Location asks for the token of the one location that a company's consent names"`
	UserTypeV3     string   `json:"userType" rule:"enum=Company|Location" doc:"user_type under Version v3"`
	RedirectURI    string   `json:"redirect_uri" doc:"When it is there, it is the one of the authorize link, byte for byte"`
	RedirectURIV3  string   `json:"redirectUri" doc:"redirect_uri under Version v3"`
	Verifier       string   `json:"code_verifier" doc:"PKCE; needed when the authorize link had a code_challenge"`
	VerifierV3     string   `json:"codeVerifier" doc:"code_verifier under Version v3"`
	Scope          string   `json:"scope" doc:"Fewer scopes than were granted, separated by spaces"`
}

// tokenAnswer is the answer of the token endpoint. Some members have a name in v3 and
// another before (contract, section 2.2).
type tokenAnswer struct {
	_                        struct{}              `schema:"GetAccessCodeSuccessfulResponseDto"`
	AccessToken              string                `json:"access_token,omitempty" doc:"Before v3"`
	AccessTokenV3            string                `json:"accessToken,omitempty" doc:"Of v3"`
	TokenType                string                `json:"token_type,omitempty" doc:"Before v3: Bearer"`
	TokenTypeV3              string                `json:"tokenType,omitempty" doc:"Of v3: Bearer"`
	ExpiresIn                float64               `json:"expires_in,omitempty" doc:"Before v3: lifetime of the access token in seconds"`
	ExpiresInV3              float64               `json:"expiresIn,omitempty" doc:"Of v3: lifetime of the access token in seconds"`
	RefreshToken             string                `json:"refresh_token,omitempty" doc:"Before v3; none for client credentials"`
	RefreshTokenV3           string                `json:"refreshToken,omitempty" doc:"Of v3; none for client credentials"`
	Scope                    string                `json:"scope" doc:"The scopes of the access token, separated by spaces"`
	UserType                 tenantry.AuthClass    `json:"userType" doc:"Company or Location"`
	CompanyID                tenantry.CompanyID    `json:"companyId"`
	LocationID               tenantry.LocationID   `json:"locationId,omitempty" doc:"Of a Location token"`
	ApprovedLocations        []tenantry.LocationID `json:"approvedLocations,omitzero" doc:"Where the app is installed; of a Company token"`
	UserID                   tenantry.UserID       `json:"userId" doc:"Who consented; empty for client credentials"`
	PlanID                   string                `json:"planId" doc:"Always empty: there are no plans"`
	IsBulkInstallation       bool                  `json:"isBulkInstallation"`
	InstallToFutureLocations *bool                 `json:"installToFutureLocations,omitempty" doc:"Of a Company token"`
	ApproveAllLocations      *bool                 `json:"approveAllLocations,omitempty" doc:"Of a Company token"`
}

const bearer = "Bearer"

func newTokenAnswer(issued tenantry.Issued, access string, isV3 bool) tokenAnswer {
	a := tokenAnswer{
		Scope: tenantry.JoinScopes(issued.Scopes), UserType: issued.Class, CompanyID: issued.CompanyID,
		LocationID: issued.LocationID, UserID: issued.UserID, IsBulkInstallation: issued.Bulk,
	}
	if issued.Class == tenantry.Agency {
		a.ApprovedLocations = append([]tenantry.LocationID{}, issued.ApprovedLocations...)
		a.InstallToFutureLocations, a.ApproveAllLocations = &issued.InstallToFuture, &issued.ApproveAll
	}
	if isV3 {
		a.AccessTokenV3, a.TokenTypeV3, a.ExpiresInV3, a.RefreshTokenV3 = access, bearer, ExpiresIn, issued.RefreshToken
	} else {
		a.AccessToken, a.TokenType, a.ExpiresIn, a.RefreshToken = access, bearer, ExpiresIn, issued.RefreshToken
	}
	return a
}
