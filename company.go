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
