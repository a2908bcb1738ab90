package api

import (
	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

type prospectBody struct {
	_ struct{} `schema:"ProspectInfoDto"`

	FirstName string `json:"firstName" rule:"required,notEmpty,maxLen=255" example:"John"`
	LastName  string `json:"lastName" rule:"required,notEmpty,maxLen=255" example:"Doe"`
	Email     string `json:"email" rule:"required,email" example:"john.doe@mail.com"`
}

type settingsBody struct {
	_ struct{} `schema:"SettingsSchema"`

	AllowDuplicateContact     *bool `json:"allowDuplicateContact"`
	AllowDuplicateOpportunity *bool `json:"allowDuplicateOpportunity"`
	AllowFacebookNameMerge    *bool `json:"allowFacebookNameMerge"`
	DisableContactTimezone    *bool `json:"disableContactTimezone"`
}

type socialBody struct {
	_ struct{} `schema:"SocialSchema"`

	FacebookURL    *string `json:"facebookUrl" rule:"maxLen=2048"`
	GooglePlus     *string `json:"googlePlus" rule:"maxLen=2048"`
	LinkedIn       *string `json:"linkedIn" rule:"maxLen=2048"`
	Foursquare     *string `json:"foursquare" rule:"maxLen=2048"`
	Twitter        *string `json:"twitter" rule:"maxLen=2048"`
	Yelp           *string `json:"yelp" rule:"maxLen=2048"`
	Instagram      *string `json:"instagram" rule:"maxLen=2048"`
	YouTube        *string `json:"youtube" rule:"maxLen=2048"`
	Pinterest      *string `json:"pinterest" rule:"maxLen=2048"`
	BlogRSS        *string `json:"blogRss" rule:"maxLen=2048"`
	GooglePlacesID *string `json:"googlePlacesId" rule:"maxLen=2048"`
}

type twilioBody struct {
	_ struct{} `schema:"TwilioSchema"`

	SID       string `json:"sid" rule:"required,notEmpty,maxLen=255" doc:"Kept sealed, never echoed"`
	AuthToken string `json:"authToken" rule:"required,notEmpty,maxLen=255" doc:"Kept sealed, never echoed"`
}

type mailgunBody struct {
	_ struct{} `schema:"MailgunSchema"`

	APIKey string `json:"apiKey" rule:"required,notEmpty,maxLen=255" doc:"Kept sealed, never echoed"`
	Domain string `json:"domain" rule:"required,notEmpty,maxLen=255" doc:"Kept sealed, never echoed"`
}

type snapshotBody struct {
	_ struct{} `schema:"SnapshotPutSchema"`

	ID       string `json:"id" rule:"required,notEmpty,maxLen=255" doc:"Snapshot id"`
	Override *bool  `json:"override" default:"false" doc:"Whether to overwrite what the location has changed"`
}

type createLocationBody struct {
	_ struct{} `schema:"CreateLocationDto"`

	Name         string             `json:"name" rule:"required,notEmpty,maxLen=255" doc:"Name of the sub-account" example:"Mark Shoes"`
	Phone        *string            `json:"phone" rule:"maxLen=50" doc:"Phone number, answered in E.164" example:"+1410039940"`
	CompanyID    tenantry.CompanyID `json:"companyId" rule:"required,notEmpty" doc:"The token's own agency"`
	Address      *string            `json:"address" rule:"maxLen=1000" example:"4th fleet street"`
	City         *string            `json:"city" rule:"maxLen=255" example:"New York"`
	State        *string            `json:"state" rule:"maxLen=255" example:"Illinois"`
	Country      *country           `json:"country" doc:"Country code" example:"US"`
	PostalCode   *string            `json:"postalCode" rule:"maxLen=50" example:"567654"`
	Website      *string            `json:"website" rule:"maxLen=2048" example:"https://yourwebsite.com"`
	Timezone     *timeZone          `json:"timezone" doc:"IANA time zone" example:"US/Central"`
	ProspectInfo *prospectBody      `json:"prospectInfo"`
	Settings     *settingsBody      `json:"settings"`
	Social       *socialBody        `json:"social"`
	Twilio       *twilioBody        `json:"twilio"`
	Mailgun      *mailgunBody       `json:"mailgun"`
	SnapshotID   *string            `json:"snapshotId" rule:"maxLen=255" doc:"Snapshot to set the sub-account up from"`
}

// CheckAll implements [wire.CrossChecker].
func (b *createLocationBody) CheckAll(v *wire.Violations) {
	b.locationMembers().check(v, string(deref(b.Country)))
}

type updateLocationBody struct {
	_ struct{} `schema:"UpdateLocationDto"`

	Name         *string            `json:"name" rule:"notEmpty,maxLen=255" example:"Mark Shoes"`
	Phone        *string            `json:"phone" rule:"maxLen=50" doc:"Phone number, answered in E.164" example:"+1410039940"`
	CompanyID    tenantry.CompanyID `json:"companyId" rule:"required,notEmpty" doc:"The token's own agency"`
	Address      *string            `json:"address" rule:"maxLen=1000" example:"4th fleet street"`
	City         *string            `json:"city" rule:"maxLen=255" example:"New York"`
	State        *string            `json:"state" rule:"maxLen=255" example:"Illinois"`
	Country      *country           `json:"country" doc:"Country code" example:"US"`
	PostalCode   *string            `json:"postalCode" rule:"maxLen=50" example:"567654"`
	Website      *string            `json:"website" rule:"maxLen=2048" example:"https://yourwebsite.com"`
	Timezone     *timeZone          `json:"timezone" doc:"IANA time zone" example:"US/Central"`
	ProspectInfo *prospectBody      `json:"prospectInfo"`
	Settings     *settingsBody      `json:"settings"`
	Social       *socialBody        `json:"social"`
	Twilio       *twilioBody        `json:"twilio"`
	Mailgun      *mailgunBody       `json:"mailgun"`
	Snapshot     *snapshotBody      `json:"snapshot"`
}

// locationMembers are the members that create and update share.
type locationMembers struct {
	phone, address, city, state, postalCode, website *string
	country                                          *country
	timezone                                         *timeZone
	prospect                                         *prospectBody
	settings                                         *settingsBody
	social                                           *socialBody
	twilio                                           *twilioBody
	mailgun                                          *mailgunBody
}

func (b *createLocationBody) locationMembers() locationMembers {
	return locationMembers{
		phone: b.Phone, address: b.Address, city: b.City, state: b.State, postalCode: b.PostalCode, website: b.Website,
		country: b.Country, timezone: b.Timezone, prospect: b.ProspectInfo, settings: b.Settings, social: b.Social,
		twilio: b.Twilio, mailgun: b.Mailgun,
	}
}

func (b *updateLocationBody) locationMembers() locationMembers {
	return locationMembers{
		phone: b.Phone, address: b.Address, city: b.City, state: b.State, postalCode: b.PostalCode, website: b.Website,
		country: b.Country, timezone: b.Timezone, prospect: b.ProspectInfo, settings: b.Settings, social: b.Social,
		twilio: b.Twilio, mailgun: b.Mailgun,
	}
}

// check refuses a text that is no phone number of the country.
func (m locationMembers) check(v *wire.Violations, country string) {
	if _, ok := e164(deref(m.phone), country); !ok && !v.Failed("phone") {
		v.Add("phone", textPhone)
	}
}

// patch translates the members; a phone number without a country code is one of the country.
func (m locationMembers) patch(country string) tenantry.LocationPatch {
	p := tenantry.LocationPatch{
		Address: m.address, City: m.city, State: m.state, Country: (*string)(m.country), PostalCode: m.postalCode,
		Website: m.website, Timezone: (*string)(m.timezone),
	}
	if m.phone != nil {
		number, _ := e164(*m.phone, country) // checked before
		p.Phone = &number
	}
	if m.prospect != nil {
		p.Prospect = &tenantry.Prospect{FirstName: m.prospect.FirstName, LastName: m.prospect.LastName, Email: m.prospect.Email}
	}
	if s := m.settings; s != nil {
		p.Settings = tenantry.SettingsPatch{
			AllowDuplicateContact: s.AllowDuplicateContact, AllowDuplicateOpportunity: s.AllowDuplicateOpportunity,
			AllowFacebookNameMerge: s.AllowFacebookNameMerge, DisableContactTimezone: s.DisableContactTimezone,
		}
	}
	if s := m.social; s != nil {
		p.Social = tenantry.SocialPatch{
			FacebookURL: s.FacebookURL, GooglePlus: s.GooglePlus, LinkedIn: s.LinkedIn, Foursquare: s.Foursquare,
			Twitter: s.Twitter, Yelp: s.Yelp, Instagram: s.Instagram, YouTube: s.YouTube, Pinterest: s.Pinterest,
			BlogRSS: s.BlogRSS, GooglePlacesID: s.GooglePlacesID,
		}
	}
	if m.twilio != nil {
		p.Twilio = &tenantry.Twilio{SID: m.twilio.SID, AuthToken: m.twilio.AuthToken}
	}
	if m.mailgun != nil {
		p.Mailgun = &tenantry.Mailgun{APIKey: m.mailgun.APIKey, Domain: m.mailgun.Domain}
	}
	return p
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
