package client

// CreateLocationRequest says what a new location is (CreateLocationDto of the
// published document). Name and CompanyID are required; an empty member is not sent.
type CreateLocationRequest struct {
	Name       string         `json:"name"`
	CompanyID  string         `json:"companyId"`
	Phone      string         `json:"phone,omitzero"` // with country code
	Address    string         `json:"address,omitzero"`
	City       string         `json:"city,omitzero"`
	State      string         `json:"state,omitzero"`
	Country    string         `json:"country,omitzero"` // two letters
	PostalCode string         `json:"postalCode,omitzero"`
	Website    string         `json:"website,omitzero"`
	Timezone   string         `json:"timezone,omitzero"`
	Prospect   *Prospect      `json:"prospectInfo,omitzero"`
	Settings   *SettingsPatch `json:"settings,omitzero"`
	Social     *SocialPatch   `json:"social,omitzero"`
	Twilio     *Twilio        `json:"twilio,omitzero"`
	Mailgun    *Mailgun       `json:"mailgun,omitzero"`
	SnapshotID string         `json:"snapshotId,omitzero"` // loaded in the background
}

// UpdateLocationRequest says what changes (UpdateLocationDto of the published
// document). CompanyID is required. A nil member changes nothing, a pointer to an
// empty text clears.
type UpdateLocationRequest struct {
	CompanyID  string         `json:"companyId"`
	Name       *string        `json:"name,omitzero"`
	Phone      *string        `json:"phone,omitzero"`
	Address    *string        `json:"address,omitzero"`
	City       *string        `json:"city,omitzero"`
	State      *string        `json:"state,omitzero"`
	Country    *string        `json:"country,omitzero"`
	PostalCode *string        `json:"postalCode,omitzero"`
	Website    *string        `json:"website,omitzero"`
	Timezone   *string        `json:"timezone,omitzero"`
	Prospect   *Prospect      `json:"prospectInfo,omitzero"`
	Settings   *SettingsPatch `json:"settings,omitzero"`
	Social     *SocialPatch   `json:"social,omitzero"`
	Twilio     *Twilio        `json:"twilio,omitzero"`
	Mailgun    *Mailgun       `json:"mailgun,omitzero"`
	Snapshot   *Snapshot      `json:"snapshot,omitzero"`
}

// Prospect is the person that a location is set up for; all members are required.
type Prospect struct {
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
}

// Twilio are the credentials of a Twilio account. No answer repeats them.
type Twilio struct {
	SID       string `json:"sid"`
	AuthToken string `json:"authToken"`
}

// Mailgun are the credentials of a Mailgun account. No answer repeats them.
type Mailgun struct {
	APIKey string `json:"apiKey"`
	Domain string `json:"domain"`
}

// Snapshot is a snapshot to load into an existing location.
type Snapshot struct {
	ID       string `json:"id"`
	Override bool   `json:"override"` // replace what it conflicts with
}

// SettingsPatch sets the settings that it names; nil ones stay.
type SettingsPatch struct {
	AllowDuplicateContact     *bool `json:"allowDuplicateContact,omitzero"`
	AllowDuplicateOpportunity *bool `json:"allowDuplicateOpportunity,omitzero"`
	AllowFacebookNameMerge    *bool `json:"allowFacebookNameMerge,omitzero"`
	DisableContactTimezone    *bool `json:"disableContactTimezone,omitzero"`
}

// SocialPatch sets the links that it names; nil ones stay.
type SocialPatch struct {
	FacebookURL    *string `json:"facebookUrl,omitzero"`
	GooglePlus     *string `json:"googlePlus,omitzero"`
	LinkedIn       *string `json:"linkedIn,omitzero"`
	Foursquare     *string `json:"foursquare,omitzero"`
	Twitter        *string `json:"twitter,omitzero"`
	Yelp           *string `json:"yelp,omitzero"`
	Instagram      *string `json:"instagram,omitzero"`
	YouTube        *string `json:"youtube,omitzero"`
	Pinterest      *string `json:"pinterest,omitzero"`
	BlogRSS        *string `json:"blogRss,omitzero"`
	GooglePlacesID *string `json:"googlePlacesId,omitzero"`
}
