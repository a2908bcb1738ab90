package tenantry

import "time"

// MaxTagName is the longest name of a tag, in characters (contract, decision 22).
const MaxTagName = 255

// Tag is a label that a location's contacts can wear. Its name is unique in the
// location, in NFC, trimmed and lower case.
type Tag struct {
	ID         TagID
	LocationID LocationID
	Name       string
	CreatedAt  time.Time
}

// TagTaken makes the error for a name that another tag of the location has. The
// sentence is the hosted service's own (contract, decision 22).
func TagTaken(existing TagID) *Error {
	return Errorf(Conflict, "duplicate", "The tag name is already exist.").WithMeta("existingId", existing)
}
