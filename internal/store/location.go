package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const locationColumns = `location_id, company_id, name, phone, email, first_name, last_name, address, city, state, country,
	postal_code, website, timezone, settings, social, snapshot_id, twilio IS NOT NULL, mailgun IS NOT NULL, active, created_at, updated_at`

func scanLocation(r db.Row) (l tenantry.Location, err error) {
	var created, updated int64
	var settings, social string
	err = r.Scan(&l.ID, &l.CompanyID, &l.Name, &l.Phone, &l.Email, &l.FirstName, &l.LastName, &l.Address, &l.City, &l.State,
		&l.Country, &l.PostalCode, &l.Website, &l.Timezone, &settings, &social, &l.SnapshotID, &l.HasTwilio, &l.HasMailgun,
		&l.Active, &created, &updated)
	if err != nil {
		return l, err
	}
	l.CreatedAt, l.UpdatedAt = at(created), at(updated)
	return l, errors.Join(decode(settings, &l.Settings), decode(social, &l.Social))
}

// Location reads one live location. Errors: NoAccess.
func (s *Store) Location(ctx context.Context, loc tenantry.LocationID) (tenantry.Location, error) {
	l, err := s.cachedLocation(ctx, loc)
	if err != nil {
		return tenantry.Location{}, err
	}
	return *l, nil
}

// cachedLocation gives the row of a live location, which is not to be changed. Errors: NoAccess.
func (s *Store) cachedLocation(ctx context.Context, loc tenantry.LocationID) (*tenantry.Location, error) {
	kept, epoch := s.locations.find(loc)
	if kept != nil {
		return kept, nil
	}
	seen := readOnceOf(ctx)
	if l := seen.find(loc); l != nil {
		return l, nil
	}
	l, err := locationOf(ctx, s.db.Within(loc).Lookup(), loc)
	if err != nil {
		return nil, err
	}
	s.locations.keep(loc, &l, epoch)
	seen.keep(&l)
	return &l, nil
}

func locationOf(ctx context.Context, q db.Q, loc tenantry.LocationID) (tenantry.Location, error) {
	return scanLive(ctx, q, loc, "")
}

func scanLive(ctx context.Context, q db.Q, loc tenantry.LocationID, lock string) (tenantry.Location, error) {
	l, err := db.One(ctx, q, scanLocation,
		`SELECT `+locationColumns+` FROM locations WHERE location_id = $1 AND deleted_at IS NULL`+lock, loc)
	if errors.Is(err, db.ErrNoRows) {
		return l, tenantry.NoAccessError()
	}
	return l, err
}

// lockedLocation reads a live location whose other writers then wait. Errors: NoAccess.
func (t *tx) lockedLocation(ctx context.Context, loc tenantry.LocationID) (tenantry.Location, error) {
	return scanLive(ctx, t, loc, t.ForUpdate())
}

// LocationCompany tells the agency of a live location. Errors: NoAccess.
func (s *Store) LocationCompany(ctx context.Context, loc tenantry.LocationID) (tenantry.CompanyID, error) {
	l, err := s.cachedLocation(ctx, loc)
	if err != nil {
		return "", err
	}
	return l.CompanyID, nil
}

// CreateLocation adds a location to a company. Errors: NoAccess when the company is unknown.
func (s *Store) CreateLocation(ctx context.Context, company tenantry.CompanyID, by tenantry.Actor, p tenantry.LocationPatch) (tenantry.Location, error) {
	made, err := s.CreateLocations(ctx, company, by, []tenantry.LocationPatch{p})
	if err != nil {
		return tenantry.Location{}, err
	}
	return made[0], nil
}

// CreateLocations is [Store.CreateLocation] for some at once, all of them or none.
func (s *Store) CreateLocations(ctx context.Context, company tenantry.CompanyID, by tenantry.Actor, patches []tenantry.LocationPatch) (made []tenantry.Location, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		made = make([]tenantry.Location, 0, len(patches))
		for _, p := range patches {
			l, err := s.addLocation(ctx, t, company, by, p)
			if errors.Is(err, db.ErrForeignKey) {
				return tenantry.NoAccessError()
			}
			if err != nil {
				return err
			}
			made = append(made, l)
		}
		// As late as can be: those who add to the company wait for each other from here on.
		n, err := t.Exec(ctx, `UPDATE companies SET location_count = location_count + $2 WHERE id = $1`, company, len(made))
		if err == nil && n == 0 {
			err = tenantry.NoAccessError()
		}
		if err != nil {
			return err
		}
		return t.installFollowers(ctx, by, made)
	})
	return made, err
}

// addLocation stores a location and records it. The company does not count it yet.
func (s *Store) addLocation(ctx context.Context, t *tx, company tenantry.CompanyID, by tenantry.Actor, p tenantry.LocationPatch) (tenantry.Location, error) {
	l := p.Apply(tenantry.Location{
		ID: tenantry.LocationID(t.newID()), CompanyID: company, Active: true, CreatedAt: t.now, UpdatedAt: t.now,
	})
	t.within(l.ID)
	t.company = company
	if err := s.storeLocation(ctx, t, insertLocation, l, p, company, everything, t.now.UnixMilli()); err != nil {
		return l, err
	}
	return l, t.record(ctx, change{event: tenantry.LocationCreated, by: by, resource: string(l.ID), after: l, payload: locationPayload(l)})
}

// UpdateLocation changes what the patch names. One that changes nothing leaves the
// row and the outbox as they are. Errors: NoAccess.
func (s *Store) UpdateLocation(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, p tenantry.LocationPatch) (l tenantry.Location, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := locationOf(ctx, t, loc)
		if err != nil {
			return err
		}
		secrets, err := s.changesSecrets(ctx, t, loc, p)
		if err != nil {
			return err
		}
		l = p.Apply(before)
		if l.Same(before) && !secrets {
			return nil
		}
		l.UpdatedAt = t.now
		if err := s.storeLocation(ctx, t, updateLocation, l, p); err != nil {
			return err
		}
		err = t.record(ctx, change{event: tenantry.LocationUpdated, by: by, resource: string(loc), before: before, after: l, payload: locationPayload(l)})
		if err != nil || l.Timezone == before.Timezone {
			return err
		}
		return t.followZone(ctx, by, before, l)
	})
	return l, err
}

// Both write the columns that a patch may change; an insert has three more.
const (
	insertLocation locationStatement = `INSERT INTO locations (location_id, name, phone, email, email_key, first_name, last_name, address, city, state,
		country, postal_code, website, timezone, settings, social, snapshot_id, updated_at, name_key, company_id, permissions, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`
	updateLocation locationStatement = `UPDATE locations SET name = $2, phone = $3, email = $4, email_key = $5, first_name = $6, last_name = $7,
		address = $8, city = $9, state = $10, country = $11, postal_code = $12, website = $13, timezone = $14, settings = $15,
		social = $16, snapshot_id = $17, updated_at = $18, name_key = $19 WHERE location_id = $1`
)

// storeLocation writes every column of l by one of the statements above, and the credentials
// that the patch brings.
func (s *Store) storeLocation(ctx context.Context, t *tx, statement locationStatement, l tenantry.Location, p tenantry.LocationPatch, more ...any) error {
	settings, social, err := encodeBoth(l.Settings, l.Social)
	if err != nil {
		return err
	}
	args := []any{l.Name, l.Phone, l.Email, tenantry.Fold(l.Email), l.FirstName, l.LastName, l.Address, l.City, l.State, l.Country,
		l.PostalCode, l.Website, l.Timezone, settings, social, l.SnapshotID, l.UpdatedAt.UnixMilli(), tenantry.Fold(l.Name)}
	if err := t.writeLocation(ctx, statement, l.ID, append(args, more...)...); err != nil {
		return err
	}
	if p.Twilio != nil {
		if err := s.storeSecret(ctx, t, l.ID, "twilio", p.Twilio); err != nil {
			return err
		}
	}
	if p.Mailgun != nil {
		return s.storeSecret(ctx, t, l.ID, "mailgun", p.Mailgun)
	}
	return nil
}

func (s *Store) storeSecret(ctx context.Context, t *tx, loc tenantry.LocationID, column string, v any) error {
	sealed, err := s.seal.sealJSON(column+":"+string(loc), v)
	if err != nil {
		return err
	}
	return t.writeLocation(ctx, locationStatement(`UPDATE locations SET `+column+` = $2 WHERE location_id = $1`), loc, sealed)
}

// Credentials opens the sealed credentials of a location, nil where it has none.
// Errors: NoAccess.
func (s *Store) Credentials(ctx context.Context, loc tenantry.LocationID) (*tenantry.Twilio, *tenantry.Mailgun, error) {
	return s.credentials(ctx, s.db.Within(loc).Read(), loc)
}

func (s *Store) credentials(ctx context.Context, q db.Q, loc tenantry.LocationID) (tw *tenantry.Twilio, mg *tenantry.Mailgun, err error) {
	var twilio, mailgun []byte
	_, err = db.One(ctx, q, func(r db.Row) (struct{}, error) { return struct{}{}, r.Scan(&twilio, &mailgun) },
		`SELECT twilio, mailgun FROM locations WHERE location_id = $1 AND deleted_at IS NULL`, loc)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil, tenantry.NoAccessError()
	}
	if err != nil {
		return nil, nil, err
	}
	if twilio != nil {
		tw = new(tenantry.Twilio)
		err = s.openSecret("twilio:"+string(loc), twilio, tw)
	}
	if err == nil && mailgun != nil {
		mg = new(tenantry.Mailgun)
		err = s.openSecret("mailgun:"+string(loc), mailgun, mg)
	}
	return tw, mg, err
}

func (s *Store) openSecret(purpose string, sealed []byte, v any) error {
	plain, err := s.seal.open(purpose, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

// changesSecrets tells whether the patch brings other credentials than the stored ones.
func (s *Store) changesSecrets(ctx context.Context, t *tx, loc tenantry.LocationID, p tenantry.LocationPatch) (bool, error) {
	if p.Twilio == nil && p.Mailgun == nil {
		return false, nil
	}
	twilio, mailgun, err := s.credentials(ctx, t, loc)
	if err != nil {
		return false, err
	}
	return differs(twilio, p.Twilio) || differs(mailgun, p.Mailgun), nil
}

func differs[T comparable](stored, given *T) bool {
	return given != nil && (stored == nil || *stored != *given)
}

// PauseLocation stops or resumes a location: while it is paused no app gets a token of
// it, see [tenantry.LocationInactive]. One that is so already is left alone. Errors: NoAccess.
func (s *Store) PauseLocation(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor, paused bool) (l tenantry.Location, err error) {
	err = s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := locationOf(ctx, t, loc)
		if err != nil {
			return err
		}
		l = before
		if l.Active = !paused; l.Active == before.Active {
			return nil
		}
		l.UpdatedAt = t.now
		err = t.writeLocation(ctx, `UPDATE locations SET active = $2, updated_at = $3 WHERE location_id = $1`, loc, boolean(l.Active), t.now.UnixMilli())
		if err != nil {
			return err
		}
		event := tenantry.LocationResumed
		if paused {
			event = tenantry.LocationPaused
		}
		return t.record(ctx, change{event: event, by: by, resource: string(loc), before: before, after: l, payload: locationPayload(l)})
	})
	return l, err
}

// DeleteLocation takes a location away at once: from here on nobody reaches it, and
// the apps on it are uninstalled. Its other rows and files go in the background, see [Store.PurgeLocation]. Errors: NoAccess.
func (s *Store) DeleteLocation(ctx context.Context, loc tenantry.LocationID, by tenantry.Actor) error {
	return s.inLocation(ctx, loc, func(ctx context.Context, t *tx) error {
		before, err := locationOf(ctx, t, loc)
		if err != nil {
			return err
		}
		if err := t.uninstallAll(ctx, by); err != nil {
			return err
		}
		if err := t.writeLocation(ctx, `UPDATE locations SET deleted_at = $2 WHERE location_id = $1`, loc, t.now.UnixMilli()); err != nil {
			return err
		}
		_, err = t.Exec(ctx, `UPDATE companies SET location_count = location_count - 1 WHERE id = $1`, t.company)
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.LocationDeleted, by: by, resource: string(loc), before: before, payload: locationPayload(before)})
	})
}

// locationPayload has no locationId member, as the published events (contract, section 2.9).
func locationPayload(l tenantry.Location) any {
	return struct {
		ID        tenantry.LocationID `json:"id"`
		CompanyID tenantry.CompanyID  `json:"companyId"`
		Name      string              `json:"name"`
		Email     string              `json:"email"`
	}{l.ID, l.CompanyID, l.Name, l.Email}
}
