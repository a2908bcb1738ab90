package tenantry

import (
	"slices"
	"time"
)

const (
	// SessionTTL is how long a person who signed in stays so at most.
	SessionTTL = 12 * time.Hour
	// SessionIdle is how long a person who does nothing stays signed in.
	SessionIdle = 30 * time.Minute
)

// UserType tells whether a user belongs to the agency or to some of its sub-accounts.
type UserType string

// UserRole tells what a user may do where they belong.
type UserRole string

// The types and roles of users (users document: examples of CreateUserDto).
const (
	AgencyUser  UserType = "agency"
	AccountUser UserType = "account"
	AdminRole   UserRole = "admin"
	UserOnly    UserRole = "user"
)

// User is a person of an agency or of its sub-accounts; tasks are assigned to users. The
// password is no part of it: the store keeps its hash.
type User struct {
	ID           UserID
	CompanyID    CompanyID
	FirstName    string
	LastName     string
	Email        string // unique on the server but for case, where there is one
	ProfilePhoto string // URL
	Phone        string
	Extension    string
	Type         UserType     // [AgencyUser] when a create leaves it out
	Role         UserRole     // [UserOnly] when a create leaves it out
	LocationIDs  []LocationID // sub-accounts that the user is assigned to
}

// MayInstallOnCompany tells whether the user may grant an app the whole agency, which is
// every sub-account of it: only an admin of the agency may.
func (u User) MayInstallOnCompany() bool { return u.Type == AgencyUser && u.Role == AdminRole }

// MayInstallOn tells whether the user may grant an app this sub-account of their agency:
// an admin of the agency may everywhere, another user of the agency and an admin of
// sub-accounts where they are assigned, any other user nowhere.
func (u User) MayInstallOn(loc LocationID) bool {
	if u.MayInstallOnCompany() {
		return true
	}
	return (u.Type == AgencyUser || u.Role == AdminRole) && slices.Contains(u.LocationIDs, loc)
}

// UserFilter selects users, in the order of their ids, which is that of their creation.
type UserFilter struct {
	CompanyID CompanyID // empty: any
	After     UserID    // the last one of the page before; empty: the first page
	Limit     int
}

// Check lists what is wrong with a user to be created. Errors: Invalid.
func (u User) Check() error {
	var messages []string
	if u.Type != AgencyUser && u.Type != AccountUser {
		messages = append(messages, "type must be one of the following values: agency, account")
	}
	if u.Role != AdminRole && u.Role != UserOnly {
		messages = append(messages, "role must be one of the following values: admin, user")
	}
	if len(messages) > 0 {
		return InvalidInput(messages...)
	}
	return nil
}

// EmailTaken makes the error for an e-mail address that another user has.
func EmailTaken() *Error {
	return Errorf(Conflict, "duplicate", "A user with this email already exists.")
}

// Session is one sign-in of a user on one browser.
type Session struct {
	User      User
	CreatedAt time.Time
	ExpiresAt time.Time
}
