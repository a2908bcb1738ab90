package tenantry

import "time"

// Install says that an app is installed on a location, or on a company as a whole.
type Install struct {
	AppID           AppID
	CompanyID       CompanyID
	LocationID      LocationID // empty for a company's
	VersionID       VersionID
	UserID          UserID // who installed it; empty when it came with a new location
	InstallToFuture bool   // of a company's: locations made later get the app too
	CreatedAt       time.Time
}

// InstalledLocation is a location of a company as an app sees it.
type InstalledLocation struct {
	ID          LocationID
	Name        string
	Address     string // in one line
	Installed   bool
	VersionID   VersionID // of the installed app, else empty
	InstalledAt time.Time // zero when it is not installed
}

// InstalledFilter selects locations of a company by whether an app is installed there, in
// the order of their ids, which is that of their creation.
type InstalledFilter struct {
	CompanyID  CompanyID
	AppID      AppID
	Installed  *bool      // nil: both
	Query      string     // part of the name, in any case; empty: any
	VersionID  VersionID  // of the installed app; empty: any
	LocationID LocationID // empty: any
	AssignedTo UserID     // only locations that this user is assigned to; empty: any
	After      LocationID // only those behind this one
	Before     LocationID // the last Limit of those ahead of this one; not with After or Skip
	Skip       int
	Limit      int
}

// InstallableFilter selects locations that a user may install an app on, in the order of
// their ids.
type InstallableFilter struct {
	IDs   []LocationID // only these; nil: any
	Query string       // part of the name, in any case; empty: any
	After LocationID   // only those behind this one
	Limit int
}

// LocationInactive makes the error for tokens of a paused location.
func LocationInactive() *Error {
	return Errorf(Refused, "location_inactive", "Location is not active")
}

// NotInstalled makes the error for tokens of a location where the app is not installed.
func NotInstalled() *Error {
	return Errorf(Refused, "app_not_installed", "The app is not installed on this location")
}
