package tenantry

import "time"

// Contact is a person whom a location knows.
type Contact struct {
	ID         ContactID
	LocationID LocationID
	FirstName  string
	LastName   string
	Email      string
	Phone      string
	BusinessID string
	Tags       []string // names in their stored form, sorted
	CreatedAt  time.Time
	UpdatedAt  time.Time
}
