package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

type userCmd struct {
	Create      userCreateCmd      `cmd:"" help:"Make a user who can sign in, to install apps."`
	List        userListCmd        `cmd:"" help:"List users."`
	SetPassword userSetPasswordCmd `cmd:"" help:"Give a user another password; they are signed out everywhere."`
}

// passwordFlag says where a password comes from.
type passwordFlag struct {
	PasswordStdin bool `help:"Read the password from standard input; without it, one is made and printed this once."`
}

// password reads a password, or makes one. Both come with the hash that is kept.
func (f passwordFlag) password(std console) (password, hash string, err error) {
	password = rand.Text()
	if f.PasswordStdin {
		if password, err = readPassword(std); err != nil {
			return "", "", err
		}
	}
	hash, err = oauth.HashPassword(password)
	if tenantry.KindOf(err) == tenantry.Invalid {
		err = usageError(message(err))
	}
	return password, hash, err
}

// input is what the verb reads.
func (f passwordFlag) input(std console) (string, error) {
	if !f.PasswordStdin {
		return "", nil
	}
	return readPassword(std)
}

// readPassword reads a line that a person types, unseen, or all of what a program writes,
// but for the line end behind it.
func readPassword(std console) (string, error) {
	if f, ok := std.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, _ = fmt.Fprint(std.err, "Password: ")
		text, err := term.ReadPassword(int(f.Fd()))
		_, _ = fmt.Fprintln(std.err)
		return string(text), err
	}
	const more = 3 // a line end, and a byte to see that it is too long
	text, err := io.ReadAll(io.LimitReader(std.in, oauth.MaxPassword+more))
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), err
}

// userView is a user as the verbs print it.
type userView struct {
	ID          tenantry.UserID       `json:"id"`
	CompanyID   tenantry.CompanyID    `json:"companyId"`
	FirstName   string                `json:"firstName"`
	LastName    string                `json:"lastName"`
	Email       string                `json:"email"`
	Type        tenantry.UserType     `json:"type"`
	Role        tenantry.UserRole     `json:"role"`
	LocationIDs []tenantry.LocationID `json:"locationIds"`
	Password    string                `json:"password,omitempty"`
}

type userCreateCmd struct {
	manageFlags
	jsonFlag
	passwordFlag
	Company   string        `help:"Agency of the user." required:"" placeholder:"ID"`
	Email     emailAddress  `help:"E-mail address, which the user signs in with." required:"" placeholder:"ADDRESS"`
	FirstName name          `help:"First name." required:"" placeholder:"NAME"`
	LastName  name          `help:"Last name." required:"" placeholder:"NAME"`
	Type      string        `help:"agency for one of the agency's people, account for one of its sub-accounts'." enum:"agency,account" default:"agency"`
	Role      string        `help:"admin or user." enum:"admin,user" default:"user"`
	Locations locationIDSet `help:"Sub-accounts that the user is assigned to, separated by commas." placeholder:"ID,..."`
}

// Help is printed below the flags.
func (userCreateCmd) Help() string {
	return `An admin of the agency may install apps on it and on each of its sub-accounts; another
user of the agency, and an admin of sub-accounts, on those that they are assigned to.

Examples:
  tenantry user create --company ID --email ada@example.com --first-name Ada --last-name Byron --role admin --data DIR
  tenantry user create --company ID --email max@example.com --first-name Max --last-name Roth \
    --type account --role admin --locations ID,ID --password-stdin --data DIR <password.txt`
}

// Run prints the id of the user, and the password if it made one.
func (c *userCreateCmd) Run(ctx context.Context, std console) error {
	password, hash, err := c.password(std)
	if err != nil {
		return err
	}
	u := tenantry.User{
		CompanyID: tenantry.CompanyID(c.Company), FirstName: string(c.FirstName), LastName: string(c.LastName), Email: string(c.Email),
		Type: tenantry.UserType(c.Type), Role: tenantry.UserRole(c.Role), LocationIDs: c.Locations,
	}
	err = c.use(ctx, func(in *instance) (err error) {
		u, err = createUser(ctx, in, u, hash)
		return err
	})
	if err != nil {
		return err
	}
	if c.PasswordStdin {
		password = ""
	}
	if c.JSON {
		view := viewUser(u)
		view.Password = password
		return std.printJSON(view)
	}
	_, err = fmt.Fprintf(std.out, "User ID:   %s\n", u.ID)
	return errors.Join(err, printPassword(std, password))
}

// printPassword shows a password that was made.
func printPassword(std console, password string) error {
	if password == "" {
		return nil
	}
	_, err := fmt.Fprintf(std.out, "Password:  %s\n", password)
	return err
}

// createUser makes a user who can sign in.
func createUser(ctx context.Context, in *instance, u tenantry.User, hash string) (tenantry.User, error) {
	made, err := in.store.CreateUser(ctx, tenantry.System(), u)
	if tenantry.KindOf(err) == tenantry.NoAccess {
		err = fmt.Errorf("agency %s does not have all of these sub-accounts", u.CompanyID)
	}
	if err != nil {
		return made, err
	}
	return made, in.store.SetPassword(ctx, tenantry.System(), made.ID, hash)
}

type userSetPasswordCmd struct {
	manageFlags
	passwordFlag
	Email emailAddress `arg:"" help:"E-mail address of the user."`
}

// Help is printed below the flags.
func (userSetPasswordCmd) Help() string {
	return `Examples:
  tenantry user set-password ada@example.com --data DIR
  tenantry user set-password ada@example.com --password-stdin --data DIR <password.txt`
}

// Run prints the password if it made one.
func (c *userSetPasswordCmd) Run(ctx context.Context, std console) error {
	password, hash, err := c.password(std)
	if err != nil {
		return err
	}
	err = c.use(ctx, func(in *instance) error {
		u, _, err := in.store.UserByEmail(ctx, string(c.Email))
		if err != nil {
			return err
		}
		return in.store.SetPassword(ctx, tenantry.System(), u.ID, hash)
	})
	if err != nil {
		return err
	}
	if c.PasswordStdin {
		password = ""
	}
	return printPassword(std, password)
}

// emailAddress is a flag: a bare address with a dotted domain.
type emailAddress string

// UnmarshalText accepts up to 254 characters without a display name or comments.
func (e *emailAddress) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || !strings.Contains(s[strings.LastIndexByte(s, '@')+1:], ".") {
		return errors.New("must be an e-mail address such as ada@example.com")
	}
	*e = emailAddress(s)
	return nil
}

// locationIDSet is a flag: ids of sub-accounts, separated by commas.
type locationIDSet []tenantry.LocationID

// UnmarshalText accepts a list without gaps.
func (l *locationIDSet) UnmarshalText(text []byte) error {
	for id := range strings.SplitSeq(string(text), ",") {
		id = strings.TrimSpace(id)
		if id == "" {
			return errors.New("must be ids separated by commas")
		}
		*l = append(*l, tenantry.LocationID(id))
	}
	return nil
}
