package db

import (
	"context"

	"github.com/tenantry/tenantry"
)

// Part is what statements reach of the tables of tenants, those with a column location_id. On
// PostgreSQL the server itself hides all other rows and refuses to write them, so a statement
// that forgets its tenant finds too little, never another's: the second fence. The tables
// without that column are open to every part. On SQLite all parts are the whole.
//
// Get one from [DB.Within] or [DB.Across]; the methods of [DB] are those of a part without a
// tenant, which finds nothing in the tables of tenants.
type Part struct {
	engine engine
	fence  fence
}

// fence tells parts apart; the zero value is that without a tenant.
type fence struct {
	across bool
	tenant tenantry.LocationID
}

// Within is the part of one tenant. An empty id is nobody's.
func (d *DB) Within(tenant tenantry.LocationID) Part {
	return Part{engine: d.engine, fence: fence{tenant: tenant}}
}

// Across is the whole database, for work that is no single tenant's: nothing but their own
// conditions keeps its statements from another's rows. why tells the reader what needs it.
func (d *DB) Across(why string) Part {
	_ = why
	return Part{engine: d.engine, fence: fence{across: true}}
}

// Read is [DB.Read] of this part.
func (p Part) Read() Q { return p.engine.read(p.fence) }

// Lookup is [DB.Lookup] of this part.
func (p Part) Lookup() Q { return p.engine.lookup(p.fence) }

// Snapshot is [DB.Snapshot] of this part.
func (p Part) Snapshot(ctx context.Context, fn func(ctx context.Context, q Q) error) error {
	return p.engine.snapshot(ctx, p.fence, fn)
}

// Within has the statements from here on reach one tenant's rows alone, see [Part]. A
// transaction begins without a tenant. It costs no round trip: the server is told with the
// next statement.
func (t *Tx) Within(tenant tenantry.LocationID) { t.move(fence{tenant: tenant}) }

// Across has the statements from here on reach all rows, see [DB.Across].
func (t *Tx) Across(why string) {
	_ = why
	t.move(fence{across: true})
}

func (t *Tx) move(to fence) {
	if t.fence != nil {
		*t.fence = to
	}
}
