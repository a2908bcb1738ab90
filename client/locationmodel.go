package client

import "encoding/json"

// Location is a sub-account: the union of what reading, searching, creating and
// updating answer, so that a member which one of them leaves out is empty. The
// hosted service's unpublished members of varying form are kept as JSON.
type Location struct {
	ID         string    `json:"id"`
	CompanyID  string    `json:"companyId"`
	Name       string    `json:"name"`
	Phone      string    `json:"phone"`
	Email      string    `json:"email"`     // of the prospect
	FirstName  string    `json:"firstName"` // of the prospect
	LastName   string    `json:"lastName"`  // of the prospect
	Domain     string    `json:"domain"`
	Address    string    `json:"address"`
	City       string    `json:"city"`
	State      string    `json:"state"`
	Country    string    `json:"country"` // two letters
	PostalCode string    `json:"postalCode"`
	Website    string    `json:"website"`
	Timezone   string    `json:"timezone"` // IANA zone or link name
	LogoURL    string    `json:"logoUrl"`
	Currency   string    `json:"currency"`
	BrandID    string    `json:"brandId"`
	SnapshotID string    `json:"snapshotId"`
	DateAdded  Timestamp `json:"dateAdded"`
	Business   Business  `json:"business"`
	Social     Social    `json:"social"`
	Settings   Settings  `json:"settings"`

	AutomaticMobileAppInvite bool            `json:"automaticMobileAppInvite"`
	DefaultEmailService      string          `json:"defaultEmailService"`
	IsAgencySubAccount       json.RawMessage `json:"isAgencySubAccount,omitzero"`
	Permissions              json.RawMessage `json:"permissions,omitzero"`
	Reseller                 json.RawMessage `json:"reseller,omitzero"`
}

// Business is the company behind a location (BusinessSchema of the published
// document, and the unpublished email).
type Business struct {
	Name       string `json:"name"`
	Email      string `json:"email"`
	Address    string `json:"address"`
	City       string `json:"city"`
	State      string `json:"state"`
	Country    string `json:"country"`
	PostalCode string `json:"postalCode"`
	Website    string `json:"website"`
	Timezone   string `json:"timezone"`
	LogoURL    string `json:"logoUrl"`
}

// Social are the social links of a location (SocialSchema of the published
// document).
type Social struct {
	FacebookURL    string `json:"facebookUrl"`
	GooglePlus     string `json:"googlePlus"`
	LinkedIn       string `json:"linkedIn"`
	Foursquare     string `json:"foursquare"`
	Twitter        string `json:"twitter"`
	Yelp           string `json:"yelp"`
	Instagram      string `json:"instagram"`
	YouTube        string `json:"youtube"`
	Pinterest      string `json:"pinterest"`
	BlogRSS        string `json:"blogRss"`
	GooglePlacesID string `json:"googlePlacesId"`
}

// Settings are the switches of a location (SettingsSchema of the published
// document). The members kept as JSON are sent by the hosted service only.
type Settings struct {
	AllowDuplicateContact     bool            `json:"allowDuplicateContact"`
	AllowDuplicateOpportunity bool            `json:"allowDuplicateOpportunity"`
	AllowFacebookNameMerge    bool            `json:"allowFacebookNameMerge"`
	DisableContactTimezone    bool            `json:"disableContactTimezone"`
	ContactUniqueIdentifiers  json.RawMessage `json:"contactUniqueIdentifiers,omitzero"`
	CRMSettings               json.RawMessage `json:"crmSettings,omitzero"`
	SaaSSettings              json.RawMessage `json:"saasSettings,omitzero"`
}
