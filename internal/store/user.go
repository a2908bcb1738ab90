package store

import (
	"cmp"
	"context"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const userColumns = `u.id, u.company_id, u.first_name, u.last_name, u.email, u.profile_photo, u.phone, u.extension, u.type, u.role`

func scanUser(r db.Row) (u tenantry.User, err error) {
	return u, r.Scan(userFields(&u)...)
}

// userFields are where the columns of a user go, for rows that have more of them.
func userFields(u *tenantry.User) []any {
	return []any{&u.ID, &u.CompanyID, &u.FirstName, &u.LastName, &u.Email, &u.ProfilePhoto, &u.Phone, &u.Extension, &u.Type, &u.Role}
}

// User reads a user. Errors: NotFound.
func (s *Store) User(ctx context.Context, id tenantry.UserID) (tenantry.User, error) {
	return userOf(ctx, s.db.Across(agencyWide).Read(), id)
}

func userOf(ctx context.Context, q db.Q, id tenantry.UserID) (tenantry.User, error) {
	u, err := db.One(ctx, q, scanUser, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id)
	if err != nil {
		return found(u, err, "User", string(id))
	}
	return withLocations(ctx, q, u)
}

// withLocations fills in where the user is assigned, without deleted locations.
func withLocations(ctx context.Context, q db.Q, u tenantry.User) (_ tenantry.User, err error) {
	u.LocationIDs, err = db.All(ctx, q, scanLocationID, `SELECT a.location_id FROM user_locations a
		JOIN locations l ON l.location_id = a.location_id WHERE a.user_id = $1 AND l.deleted_at IS NULL ORDER BY a.location_id`, u.ID)
	return u, err
}

// userByEmailQuery says that the address is not empty to let the partial index serve.
const userByEmailQuery = `SELECT ` + userColumns + `, u.password_hash FROM users u WHERE u.email_key = $1 AND u.email_key <> ''`

// UserByEmail finds who signs in with an e-mail address, in any case, and the hash of
// their password, "" for a user who has none yet. Errors: NotFound, which must look to the
// one who signs in as a wrong password does.
func (s *Store) UserByEmail(ctx context.Context, email string) (u tenantry.User, passwordHash string, err error) {
	if email == "" {
		return u, "", tenantry.NotFoundError("User", "")
	}
	u, err = db.One(ctx, s.db.Read(), func(r db.Row) (u tenantry.User, err error) {
		return u, r.Scan(append(userFields(&u), &passwordHash)...)
	}, userByEmailQuery, tenantry.Fold(email))
	if err != nil {
		u, err = found(u, err, "User", email)
		return u, "", err
	}
	u, err = withLocations(ctx, s.db.Across(credentials).Read(), u)
	return u, passwordHash, err
}

// CreateUser adds a user of an agency; its id is made here. A type or role that is left out is
// the weakest, a plain user of the agency. Errors: NotFound when the company is unknown,
// Invalid, Conflict when another user has the e-mail address, NoAccess when a location is
// not the company's.
func (s *Store) CreateUser(ctx context.Context, by tenantry.Actor, u tenantry.User) (tenantry.User, error) {
	u.Type, u.Role = cmp.Or(u.Type, tenantry.AgencyUser), cmp.Or(u.Role, tenantry.UserOnly)
	u.LocationIDs = uniq(u.LocationIDs)
	if err := u.Check(); err != nil {
		return u, err
	}
	err := s.across(ctx, agencyWide, func(ctx context.Context, t *tx) error {
		u.ID, t.company = tenantry.UserID(t.newID()), u.CompanyID
		_, err := t.Exec(ctx, `INSERT INTO users (id, company_id, first_name, last_name, email, email_key, profile_photo, phone,
			extension, type, role, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`,
			u.ID, u.CompanyID, u.FirstName, u.LastName, u.Email, tenantry.Fold(u.Email), u.ProfilePhoto, u.Phone,
			u.Extension, u.Type, u.Role, t.now.UnixMilli())
		switch {
		case errors.Is(err, db.ErrForeignKey):
			return tenantry.NotFoundError("Company", string(u.CompanyID))
		case errors.Is(err, db.ErrDuplicate):
			return tenantry.EmailTaken()
		case err != nil:
			return err
		}
		if err := t.assign(ctx, u); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.UserCreated, by: by, resource: string(u.ID), after: u, payload: struct {
			CompanyID tenantry.CompanyID    `json:"companyId"`
			ID        tenantry.UserID       `json:"id"`
			FirstName string                `json:"firstName"`
			LastName  string                `json:"lastName"`
			Email     string                `json:"email"`
			Phone     string                `json:"phone"`
			Extension string                `json:"extension"`
			Role      tenantry.UserRole     `json:"role"`
			Locations []tenantry.LocationID `json:"locations"`
		}{u.CompanyID, u.ID, u.FirstName, u.LastName, u.Email, u.Phone, u.Extension, u.Role, u.LocationIDs}})
	})
	return u, err
}

// assign adds the user's locations, which must be live ones of their company.
func (t *tx) assign(ctx context.Context, u tenantry.User) error {
	for _, loc := range u.LocationIDs {
		n, err := t.Exec(ctx, `INSERT INTO user_locations (location_id, user_id)
			SELECT location_id, $2 FROM locations WHERE location_id = $1 AND company_id = $3 AND deleted_at IS NULL`, loc, u.ID, u.CompanyID)
		if err != nil {
			return err
		}
		if n == 0 {
			return tenantry.NoAccessError()
		}
	}
	return nil
}

// SetPassword keeps the argon2id hash of a user's password and ends their sessions.
// Errors: NotFound.
func (s *Store) SetPassword(ctx context.Context, by tenantry.Actor, id tenantry.UserID, hash string) error {
	return s.across(ctx, agencyWide, func(ctx context.Context, t *tx) error {
		u, err := userOf(ctx, t, id)
		if err != nil {
			return err
		}
		t.company = u.CompanyID
		_, err = t.Exec(ctx, `UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1`, id, hash, t.now.UnixMilli())
		if err != nil {
			return err
		}
		if _, err := t.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, id); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.UserPasswordUpdated, by: by, resource: string(id), payload: struct {
			CompanyID tenantry.CompanyID `json:"companyId"`
			ID        tenantry.UserID    `json:"id"`
		}{u.CompanyID, id}})
	})
}

// InstallableLocations lists the live locations that the user may install an app on, see
// [tenantry.User.MayInstallOn]. Errors: NotFound when the user is unknown.
func (s *Store) InstallableLocations(ctx context.Context, user tenantry.UserID, f tenantry.InstallableFilter) (page tenantry.Page[tenantry.Location], err error) {
	u, err := db.One(ctx, s.db.Read(), scanUser, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, user)
	if err != nil {
		_, err = found(u, err, "User", string(user))
		return page, err
	}
	k := keyset{columns: locationColumns, from: `locations`, key: `location_id`, after: f.After, limit: f.Limit}
	k.add(`company_id = ` + k.arg(u.CompanyID) + ` AND deleted_at IS NULL`)
	switch {
	case u.MayInstallOnCompany():
	case u.Type == tenantry.AgencyUser || u.Role == tenantry.AdminRole:
		k.add(`location_id IN (SELECT location_id FROM user_locations WHERE user_id = ` + k.arg(user) + `)`)
	default:
		return tenantry.Page[tenantry.Location]{Items: []tenantry.Location{}}, nil
	}
	if f.IDs != nil {
		k.add(`location_id IN (` + inArgs(&k.conditions, f.IDs) + `)`)
	}
	if f.Query != "" {
		s.named(&k.conditions, `name_key`, f.Query)
	}
	return pageOf(ctx, s, scanLocation, k)
}

func scanInt(r db.Row) (n int, err error) { return n, r.Scan(&n) }
