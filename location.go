package tenantry

import (
	"slices"
	"strings"
	"time"
)

// Location is a sub-account: one client account of an agency. Its credentials for
// Twilio and Mailgun are kept sealed in the store and are no part of it.
type Location struct {
	ID         LocationID
	CompanyID  CompanyID
	Name       string
	Phone      string // E.164
	Email      string // of the prospect
	FirstName  string // of the prospect
	LastName   string // of the prospect
	Address    string
	City       string
	State      string
	Country    string // one of [Countries] or empty
	PostalCode string
	Website    string
	Timezone   string // IANA name or empty, which means UTC
	Settings   Settings
	Social     Social
	SnapshotID string
	HasTwilio  bool
	HasMailgun bool
	Active     bool // false while it is paused: apps get no tokens of it
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Same tells whether two states of a location differ in nothing but UpdatedAt.
func (l Location) Same(o Location) bool {
	o.UpdatedAt = l.UpdatedAt
	return l == o
}

// PostalAddress is the address in one line, without the parts that are not set.
func (l Location) PostalAddress() string {
	region := strings.TrimSpace(l.State + " " + l.PostalCode)
	parts := slices.DeleteFunc([]string{l.Address, l.City, region, l.Country}, func(s string) bool { return s == "" })
	return strings.Join(parts, ", ")
}

// Zone loads the location's time zone, UTC when it has none.
func (l Location) Zone() (*time.Location, error) {
	if l.Timezone == "" {
		return time.UTC, nil
	}
	return LoadZone(l.Timezone)
}

// Settings are the switches of a location (SettingsSchema of the published document).
type Settings struct {
	AllowDuplicateContact     bool `json:"allowDuplicateContact"`
	AllowDuplicateOpportunity bool `json:"allowDuplicateOpportunity"`
	AllowFacebookNameMerge    bool `json:"allowFacebookNameMerge"`
	DisableContactTimezone    bool `json:"disableContactTimezone"`
}

// Social are the social links of a location (SocialSchema of the published document).
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

// Twilio are the credentials of a location's Twilio account.
type Twilio struct {
	SID       string `json:"sid"`
	AuthToken string `json:"authToken"`
}

// Mailgun are the credentials of a location's Mailgun account.
type Mailgun struct {
	APIKey string `json:"apiKey"`
	Domain string `json:"domain"`
}

// Prospect is the person that a location is set up for.
type Prospect struct {
	FirstName string
	LastName  string
	Email     string
}

// LocationPatch is what a create or update says; a nil member says nothing.
// Settings and Social are merged key by key (contract, decision 19).
type LocationPatch struct {
	Name       *string
	Phone      *string
	Address    *string
	City       *string
	State      *string
	Country    *string
	PostalCode *string
	Website    *string
	Timezone   *string
	SnapshotID *string
	Prospect   *Prospect
	Settings   SettingsPatch
	Social     SocialPatch
	Twilio     *Twilio
	Mailgun    *Mailgun
}

// SettingsPatch changes the settings that it names.
type SettingsPatch struct {
	AllowDuplicateContact     *bool
	AllowDuplicateOpportunity *bool
	AllowFacebookNameMerge    *bool
	DisableContactTimezone    *bool
}

// SocialPatch changes the links that it names.
type SocialPatch struct {
	FacebookURL, GooglePlus, LinkedIn, Foursquare, Twitter, Yelp *string
	Instagram, YouTube, Pinterest, BlogRSS, GooglePlacesID       *string
}

// Apply gives the location as the patch leaves it.
func (p LocationPatch) Apply(l Location) Location {
	set(&l.Name, p.Name)
	set(&l.Phone, p.Phone)
	set(&l.Address, p.Address)
	set(&l.City, p.City)
	set(&l.State, p.State)
	set(&l.Country, p.Country)
	set(&l.PostalCode, p.PostalCode)
	set(&l.Website, p.Website)
	set(&l.Timezone, p.Timezone)
	set(&l.SnapshotID, p.SnapshotID)
	if p.Prospect != nil {
		l.FirstName, l.LastName, l.Email = p.Prospect.FirstName, p.Prospect.LastName, p.Prospect.Email
	}
	p.Settings.apply(&l.Settings)
	p.Social.apply(&l.Social)
	l.HasTwilio = l.HasTwilio || p.Twilio != nil
	l.HasMailgun = l.HasMailgun || p.Mailgun != nil
	return l
}

func (p SettingsPatch) apply(s *Settings) {
	set(&s.AllowDuplicateContact, p.AllowDuplicateContact)
	set(&s.AllowDuplicateOpportunity, p.AllowDuplicateOpportunity)
	set(&s.AllowFacebookNameMerge, p.AllowFacebookNameMerge)
	set(&s.DisableContactTimezone, p.DisableContactTimezone)
}

func (p SocialPatch) apply(s *Social) {
	set(&s.FacebookURL, p.FacebookURL)
	set(&s.GooglePlus, p.GooglePlus)
	set(&s.LinkedIn, p.LinkedIn)
	set(&s.Foursquare, p.Foursquare)
	set(&s.Twitter, p.Twitter)
	set(&s.Yelp, p.Yelp)
	set(&s.Instagram, p.Instagram)
	set(&s.YouTube, p.YouTube)
	set(&s.Pinterest, p.Pinterest)
	set(&s.BlogRSS, p.BlogRSS)
	set(&s.GooglePlacesID, p.GooglePlacesID)
}

// set stores *from in to when there is a from.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// LocationFilter selects the locations of a company, ordered by CreatedAt, then id.
type LocationFilter struct {
	Email      string     // exact but for case; empty: any
	LocationID LocationID // empty: any
	Descending bool
	After      LocationCursor // only those behind it in the order; zero: from the first on
	Skip       int
	Limit      int
}

// LocationCursor is a place in the order of locations, which need not be there any more.
type LocationCursor struct {
	CreatedAt time.Time
	ID        LocationID
}
