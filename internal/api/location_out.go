package api

import "github.com/tenantry/tenantry"

// location is a sub-account as a read, a create or an update answers it: the
// union of the published schemas and what the hosted service adds. Unset texts
// are "" (contract, decision 16).
type location struct {
	_ struct{} `schema:"GetLocationByIdSchema"`

	ID                  tenantry.LocationID `json:"id" example:"ve9EPM428h8vShlRW1KT"`
	CompanyID           tenantry.CompanyID  `json:"companyId"`
	Name                string              `json:"name"`
	Phone               string              `json:"phone" doc:"Phone number in E.164"`
	Email               string              `json:"email" doc:"E-mail address of the prospect"`
	FirstName           string              `json:"firstName" doc:"First name of the prospect"`
	LastName            string              `json:"lastName" doc:"Last name of the prospect"`
	Address             string              `json:"address"`
	City                string              `json:"city"`
	State               string              `json:"state"`
	Country             string              `json:"country"`
	PostalCode          string              `json:"postalCode"`
	Website             string              `json:"website"`
	Timezone            string              `json:"timezone" doc:"IANA time zone"`
	Domain              string              `json:"domain"`
	LogoURL             string              `json:"logoUrl"`
	Business            business            `json:"business"`
	Settings            settings            `json:"settings"`
	Social              social              `json:"social"`
	Reseller            struct{}            `json:"reseller"`
	SnapshotID          string              `json:"snapshotId"`
	DateAdded           string              `json:"dateAdded" doc:"ISO 8601 in UTC"`
	BrandID             string              `json:"brandId"`
	Currency            string              `json:"currency"`
	DefaultEmailService string              `json:"defaultEmailService" doc:"mailgun once its credentials are set"`

	AutomaticMobileAppInvite bool     `json:"automaticMobileAppInvite" doc:"Always false"`
	IsAgencySubAccount       struct{} `json:"isAgencySubAccount" doc:"Always empty"`
}

type business struct {
	_ struct{} `schema:"BusinessSchema"`

	Name       string `json:"name"`
	Address    string `json:"address"`
	City       string `json:"city"`
	State      string `json:"state"`
	Country    string `json:"country"`
	PostalCode string `json:"postalCode"`
	Website    string `json:"website"`
	Timezone   string `json:"timezone"`
	LogoURL    string `json:"logoUrl"`
	Email      string `json:"email"`
}

// settings are the settings of a sub-account, all of them.
type settings struct {
	_ struct{} `schema:"LocationSettingsSchema"`

	AllowDuplicateContact     bool `json:"allowDuplicateContact"`
	AllowDuplicateOpportunity bool `json:"allowDuplicateOpportunity"`
	AllowFacebookNameMerge    bool `json:"allowFacebookNameMerge"`
	DisableContactTimezone    bool `json:"disableContactTimezone"`
}

func settingsOut(s tenantry.Settings) settings {
	return settings{
		AllowDuplicateContact: s.AllowDuplicateContact, AllowDuplicateOpportunity: s.AllowDuplicateOpportunity,
		AllowFacebookNameMerge: s.AllowFacebookNameMerge, DisableContactTimezone: s.DisableContactTimezone,
	}
}

// social are the social profiles of a sub-account, all of them.
type social struct {
	_ struct{} `schema:"LocationSocialSchema"`

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

func socialOut(s tenantry.Social) social {
	return social{
		FacebookURL: s.FacebookURL, GooglePlus: s.GooglePlus, LinkedIn: s.LinkedIn, Foursquare: s.Foursquare,
		Twitter: s.Twitter, Yelp: s.Yelp, Instagram: s.Instagram, YouTube: s.YouTube, Pinterest: s.Pinterest,
		BlogRSS: s.BlogRSS, GooglePlacesID: s.GooglePlacesID,
	}
}

type locationAnswer struct {
	_ struct{} `schema:"GetLocationByIdSuccessfulResponseDto"`

	Location location `json:"location"`
}

// locationRow is one row of a search: the published row and what clients of
// the hosted service read besides (contract, section 1.3).
type locationRow struct {
	_ struct{} `schema:"GetLocationSchema"`

	ID         tenantry.LocationID `json:"id"`
	CompanyID  tenantry.CompanyID  `json:"companyId"`
	Name       string              `json:"name"`
	Phone      string              `json:"phone"`
	Email      string              `json:"email"`
	FirstName  string              `json:"firstName"`
	LastName   string              `json:"lastName"`
	Address    string              `json:"address"`
	City       string              `json:"city"`
	State      string              `json:"state"`
	Country    string              `json:"country"`
	PostalCode string              `json:"postalCode"`
	Website    string              `json:"website"`
	Timezone   string              `json:"timezone"`
	Business   business            `json:"business"`
	Settings   settings            `json:"settings"`
	Social     social              `json:"social"`
	SnapshotID string              `json:"snapshotId"`
	DateAdded  string              `json:"dateAdded"`
}

type searchAnswer struct {
	_ struct{} `schema:"SearchSuccessfulResponseDto"`

	Locations []locationRow `json:"locations"`
	Total     int           `json:"total" doc:"Locations that match, before paging"`

	NextPageToken locationPageToken `json:"nextPageToken,omitempty" doc:"pageToken of the next page; absent when there is none"`
}

func businessOut(l tenantry.Location) business {
	return business{
		Name: l.Name, Address: l.Address, City: l.City, State: l.State, Country: l.Country, PostalCode: l.PostalCode,
		Website: l.Website, Timezone: l.Timezone, Email: l.Email,
	}
}

func locationOut(l tenantry.Location) location {
	out := location{
		ID: l.ID, CompanyID: l.CompanyID, Name: l.Name, Phone: l.Phone, Email: l.Email, FirstName: l.FirstName,
		LastName: l.LastName, Address: l.Address, City: l.City, State: l.State, Country: l.Country,
		PostalCode: l.PostalCode, Website: l.Website, Timezone: l.Timezone, Business: businessOut(l),
		Settings: settingsOut(l.Settings), Social: socialOut(l.Social), SnapshotID: l.SnapshotID, DateAdded: tenantry.Stamp(l.CreatedAt),
	}
	if l.HasMailgun {
		out.DefaultEmailService = "mailgun"
	}
	return out
}

func locationRowOut(l tenantry.Location) locationRow {
	return locationRow{
		ID: l.ID, CompanyID: l.CompanyID, Name: l.Name, Phone: l.Phone, Email: l.Email, FirstName: l.FirstName,
		LastName: l.LastName, Address: l.Address, City: l.City, State: l.State, Country: l.Country,
		PostalCode: l.PostalCode, Website: l.Website, Timezone: l.Timezone, Business: businessOut(l),
		Settings: settingsOut(l.Settings), Social: socialOut(l.Social), SnapshotID: l.SnapshotID, DateAdded: tenantry.Stamp(l.CreatedAt),
	}
}
