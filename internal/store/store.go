package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// Store is the server's memory. It is safe for concurrent use.
type Store struct {
	db        *db.DB
	seal      *sealer
	now       func() time.Time
	startedAt time.Time
	ids       tenantry.IDSource
	uses      tokenUses
	revoked   watchers
	locations *rowCache[tenantry.LocationID, tenantry.Location]
	apps      *rowCache[tenantry.AppID, appKeys]
	families  *rowCache[familyKey, family]
}

// New makes a store on an open, migrated database. key is the 32-byte key that
// seals secrets; it must be the one that the database was first used with. While it is in use
// nothing else may write to a SQLite database, see [rowCache].
func New(d *db.DB, key []byte, now func() time.Time) (*Store, error) {
	s, err := newSealer(key)
	if err != nil {
		return nil, err
	}
	locations, apps := locationCacheSize, appCacheSize
	if d.Engine() != db.SQLite { // others write to the same database
		locations, apps = 0, 0
	}
	return &Store{
		db: d, seal: s, now: now, startedAt: now(),
		locations: newRowCache[tenantry.LocationID, tenantry.Location](locations),
		apps:      newRowCache[tenantry.AppID, appKeys](apps),
		families:  newRowCache[familyKey, family](familyCacheSize), // of what never changes
	}, nil
}

// clock tells the time in UTC, in the milliseconds that are stored.
func (s *Store) clock() time.Time {
	now := s.now()
	return steady(s.startedAt, now.Sub(s.startedAt), now).UTC().Truncate(time.Millisecond)
}

// steady is the time to judge codes, tokens and sessions by: the clock's, unless that lies
// before the time that has passed since the start, because then it was set back, and what
// expired would come back to life.
func steady(startedAt time.Time, elapsed time.Duration, now time.Time) time.Time {
	// Round strips the monotonic reading: what is compared are wall clocks.
	if passed := startedAt.Round(0).Add(elapsed); passed.After(now.Round(0)) {
		return passed
	}
	return now
}

// tx is one write transaction. Every row that it writes shares its time.
type tx struct {
	*db.Tx
	ids     *tenantry.IDSource
	now     time.Time
	loc     tenantry.LocationID           // the tenant written to, in a transaction of inLocation
	company tenantry.CompanyID            // the tenant's agency
	zone    string                        // the tenant's time zone name
	names   map[tenantry.CompanyID]string // of the companies that installs were recorded for
	revoked []tenantry.Revocation

	store *Store
	ended []func() // to tell the caches, for those that were repeated too
}

// write runs fn in a transaction that reaches no tenant's rows before [tx.within]; its error undoes all that fn wrote. fn may run again
// from the start, see [db.DB.Write]: what it gives to the outside it sets anew each time,
// and what it was given it leaves as it is.
//
// Where the engine lets others write meanwhile, what fn relies on is locked first, in this
// order: a code or grant, the location, an agency's grant that is exchanged for it, the company.
func (s *Store) write(ctx context.Context, fn func(context.Context, *tx) error) error {
	x := new(tx)
	defer func() { // committed or not, and if fn panicked
		for _, tell := range x.ended {
			tell()
		}
		readOnceOf(ctx).keep(nil)
	}()
	err := s.db.Write(ctx, func(ctx context.Context, t *db.Tx) error {
		// Stored times are milliseconds: what is answered must equal what is read later.
		x = &tx{Tx: t, ids: &s.ids, now: s.clock(), store: s, ended: x.ended}
		return fn(ctx, x)
	})
	if err == nil {
		s.revoked.tell(x.revoked)
	}
	return err
}

// Why work is on the rows of many tenants, see [db.DB.Across].
const (
	agencyWide   = "what an agency has lies in all its locations, or in none"
	credentials  = "whose a credential is nobody knows before it is read; one of an agency is for all its locations"
	housekeeping = "what is due is looked for in all locations at once"
)

// across is write for what is not one location's.
func (s *Store) across(ctx context.Context, why string, fn func(context.Context, *tx) error) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		t.Across(why)
		return fn(ctx, t)
	})
}

// within has the transaction write for a location, and reach no other's rows from here on.
func (t *tx) within(loc tenantry.LocationID) {
	t.loc = loc
	t.Within(loc)
}

// locationStatement changes the row of a location, its first argument.
type locationStatement string

// writeLocation runs one. No other way changes such a row: a test looks for that.
func (t *tx) writeLocation(ctx context.Context, query locationStatement, loc tenantry.LocationID, args ...any) error {
	t.store.locations.change(t, loc)
	_, err := t.Exec(ctx, string(query), append([]any{loc}, args...)...)
	return err
}

// inLocation runs fn in a transaction on a live location, alone: the location's other
// writers wait. So what fn finds free, missing or below a limit stays so until it has
// written. Errors: NoAccess when the location is gone, even if it went after the gate
// let the request pass.
func (s *Store) inLocation(ctx context.Context, loc tenantry.LocationID, fn func(context.Context, *tx) error) error {
	return s.write(ctx, func(ctx context.Context, t *tx) error {
		t.within(loc)
		// Nobody else writes meanwhile, and what an earlier neighbour in this transaction wrote is not kept.
		if kept, _ := t.store.locations.find(loc); kept != nil {
			t.company, t.zone = kept.CompanyID, kept.Timezone
			return fn(ctx, t)
		}
		_, err := db.One(ctx, t, func(r db.Row) (struct{}, error) {
			return struct{}{}, r.Scan(&t.company, &t.zone)
		}, `SELECT company_id, timezone FROM locations WHERE location_id = $1 AND deleted_at IS NULL`+t.ForUpdate(), loc)
		if errors.Is(err, db.ErrNoRows) {
			return tenantry.NoAccessError()
		}
		if err != nil {
			return err
		}
		return fn(ctx, t)
	})
}

// lockCompany makes others wait who change what a company has as a whole, or add a
// location to it.
func (t *tx) lockCompany(ctx context.Context, company tenantry.CompanyID) error {
	_, err := t.Exec(ctx, `SELECT 1 FROM companies WHERE id = $1`+t.ForUpdate(), company)
	return err
}

// room refuses one more row of a kind when the tenant has limit of them. which is
// the table and how its condition begins; what is the kind in an error.
func (t *tx) room(ctx context.Context, which, what string, limit int) error {
	n, err := db.One(ctx, t, func(r db.Row) (n int, err error) { return n, r.Scan(&n) },
		`SELECT count(*) FROM `+which+` location_id = $1`, t.loc)
	if err == nil && n >= limit {
		return tenantry.LimitReached(what, limit)
	}
	return err
}

// page reads the count and the rows of a page from one state of the database. The rows'
// query ends where its LIMIT and OFFSET go, which are the last two arguments.
func page[T any](ctx context.Context, part db.Part, scan func(db.Row) (T, error), count, rows string, args []any, limit, skip int) (p tenantry.Page[T], err error) {
	err = part.Snapshot(ctx, func(ctx context.Context, q db.Q) error {
		p.Total, err = db.One(ctx, q, func(r db.Row) (n int, err error) { return n, r.Scan(&n) }, count, args...)
		if err != nil {
			return err
		}
		bounds := fmt.Sprintf(` LIMIT $%d OFFSET $%d`, len(args)+1, len(args)+2)
		p.Items, err = db.All(ctx, q, scan, rows+bounds, append(args, limit, skip)...)
		return err
	})
	return p, err
}

// newID makes an id for a row of this transaction.
func (t *tx) newID() string { return t.ids.Next(t.now) }

// change is one state change of a location, for the outbox and the audit trail.
type change struct {
	event    tenantry.EventType
	by       tenantry.Actor
	resource string // id of what changed
	before   any    // nil for a create
	after    any    // nil for a delete
	payload  any    // a struct: the members of the event between type and timestamp
}

// record appends the change's event and audit record. The transaction must know
// its location.
func (t *tx) record(ctx context.Context, c change) error {
	id := t.newID()
	payload, err := eventBody(c.event, c.payload, t.now, id)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO events (location_id, id, company_id, type, payload, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, t.loc, id, t.company, c.event, payload, t.now.UnixMilli())
	if err != nil {
		return err
	}
	before, after, err := encodeBoth(c.before, c.after)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `INSERT INTO audit (location_id, id, company_id, token_id, app_id, user_id, action, resource_id,
		before, after, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		t.loc, id, t.company, c.by.TokenID, c.by.AppID, c.by.UserID, c.event, c.resource, before, after, t.now.UnixMilli())
	return err
}

// eventBody is the webhook body of an event: flat, type first, then the
// payload's members, then the two members that every delivery carries.
func eventBody(event tenantry.EventType, payload any, at time.Time, id string) (string, error) {
	members, err := tenantry.CompactJSON(payload)
	if err != nil {
		return "", fmt.Errorf("encode event %s: %w", event, err)
	}
	if len(members) < 3 || members[0] != '{' {
		return "", fmt.Errorf("encode event %s: payload is no object with members", event)
	}
	return fmt.Sprintf(`{"type":"%s",%s,"timestamp":"%s","webhookId":"%s"}`,
		event, members[1:len(members)-1], tenantry.Stamp(at), id), nil
}

func encodeBoth(before, after any) (b, a string, err error) {
	if b, err = encode(before); err != nil {
		return "", "", err
	}
	a, err = encode(after)
	return b, a, err
}

// encode turns a value into the JSON text of a column.
func encode(v any) (string, error) {
	data, err := tenantry.CompactJSON(v)
	return string(data), err
}

// decode reads the JSON text of a column.
func decode(text string, v any) error { return json.Unmarshal([]byte(text), v) }

// at reads a time column.
func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// found turns the absence of a row into the error for a missing resource.
func found[T any](v T, err error, resource, id string) (T, error) {
	if errors.Is(err, db.ErrNoRows) {
		return v, tenantry.NotFoundError(resource, id)
	}
	return v, err
}
