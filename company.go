package tenantry

import "time"

// Company is an agency: the owner of locations.
type Company struct {
	ID        CompanyID
	Name      string
	Email     string
	Locations int // live ones
	CreatedAt time.Time
}

// User is a person of an agency; tasks are assigned to users.
type User struct {
	ID           UserID
	CompanyID    CompanyID
	FirstName    string
	LastName     string
	Email        string
	ProfilePhoto string // URL
}
