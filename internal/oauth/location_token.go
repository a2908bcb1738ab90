package oauth

import (
	"context"

	"github.com/tenantry/tenantry"
)

type locationTokenInput struct {
	Body locationTokenBody `body:"urlencoded"`
}

type locationTokenInputV3 struct {
	Body locationTokenBody `body:"urlencoded,json"`
}

type locationTokenBody struct {
	_          struct{}            `schema:"GetLocationAccessCodeBodyDto"`
	CompanyID  tenantry.CompanyID  `json:"companyId" rule:"required,notEmpty"`
	LocationID tenantry.LocationID `json:"locationId" rule:"required,notEmpty"`
}

// locationTokenAnswer has the refresh token, user type and company that the official SDK
// needs to go on by itself (contract, section 2.4).
type locationTokenAnswer struct {
	_            struct{}            `schema:"GetLocationAccessTokenSuccessfulResponseDto"`
	AccessToken  string              `json:"access_token"`
	TokenType    string              `json:"token_type"`
	ExpiresIn    float64             `json:"expires_in" doc:"Lifetime of the access token in seconds"`
	RefreshToken string              `json:"refresh_token"`
	Scope        string              `json:"scope" doc:"Separated by spaces"`
	UserType     tenantry.AuthClass  `json:"userType" doc:"Location"`
	CompanyID    tenantry.CompanyID  `json:"companyId"`
	LocationID   tenantry.LocationID `json:"locationId"`
	UserID       tenantry.UserID     `json:"userId" doc:"Who consented to the agency's token"`
	PlanID       string              `json:"planId" doc:"Always empty: there are no plans"`
	AppID        tenantry.AppID      `json:"appId"`
	VersionID    tenantry.VersionID  `json:"versionId" doc:"Of the installed app"`
}

type locationTokenAnswerV3 struct {
	_            struct{}            `schema:"GetLocationAccessTokenV3SuccessfulResponseDto"`
	AccessToken  string              `json:"accessToken"`
	TokenType    string              `json:"tokenType"`
	ExpiresIn    float64             `json:"expiresIn" doc:"Lifetime of the access token in seconds"`
	RefreshToken string              `json:"refreshToken"`
	Scope        string              `json:"scope" doc:"Separated by spaces"`
	UserType     tenantry.AuthClass  `json:"userType" doc:"Location"`
	CompanyID    tenantry.CompanyID  `json:"companyId"`
	LocationID   tenantry.LocationID `json:"locationId"`
	UserID       tenantry.UserID     `json:"userId" doc:"Who consented to the agency's token"`
	PlanID       string              `json:"planId" doc:"Always empty: there are no plans"`
	AppID        tenantry.AppID      `json:"appId"`
	VersionID    tenantry.VersionID  `json:"versionId" doc:"Of the installed app"`
}

func (e *Endpoints) locationToken(ctx context.Context, c tenantry.Caller, in *locationTokenInput) (locationTokenAnswer, error) {
	app, issued, err := e.exchangeLocation(ctx, c, in.Body)
	if err != nil {
		return locationTokenAnswer{}, err
	}
	access, err := e.sign(app, issued)
	return locationTokenAnswer{
		AccessToken: access, TokenType: bearer, ExpiresIn: ExpiresIn, RefreshToken: issued.RefreshToken,
		Scope: tenantry.JoinScopes(issued.Scopes), UserType: issued.Class, CompanyID: issued.CompanyID,
		LocationID: issued.LocationID, UserID: issued.UserID, AppID: app.ID, VersionID: app.VersionID,
	}, err
}

func (e *Endpoints) locationTokenV3(ctx context.Context, c tenantry.Caller, in *locationTokenInputV3) (locationTokenAnswerV3, error) {
	a, err := e.locationToken(ctx, c, &locationTokenInput{Body: in.Body})
	return locationTokenAnswerV3(a), err
}

// exchangeLocation gives the tokens, and the app in the version that is installed there.
func (e *Endpoints) exchangeLocation(ctx context.Context, c tenantry.Caller, in locationTokenBody) (tenantry.App, tenantry.Issued, error) {
	if in.CompanyID != c.CompanyID {
		return tenantry.App{}, tenantry.Issued{}, tenantry.NoAccessError()
	}
	app, err := e.store.App(ctx, c.AppID)
	if tenantry.KindOf(err) == tenantry.NotFound {
		err = tenantry.NotInstalled() // a token outlives its app by the moment that its revocation takes
	}
	if err != nil {
		return app, tenantry.Issued{}, err
	}
	issued, err := e.store.ExchangeLocation(ctx, c, in.LocationID)
	if err != nil {
		return app, issued, err
	}
	issued.Scopes = narrow(issued.Scopes, app.Scopes, nil)
	install, err := e.store.Install(ctx, in.LocationID, c.AppID)
	app.VersionID = install.VersionID
	return app, issued, err
}
