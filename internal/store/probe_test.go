package store_test

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

// The probes tell a database that reads and writes from one that only reads, and from none.
func TestProbes(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		for range 2 {
			if err := e.Store.ProbeRead(t.Context()); err != nil {
				t.Error(err)
			}
			if err := e.Store.ProbeWrite(t.Context()); err != nil {
				t.Error(err)
			}
		}
		testkit.Refuse(t, d, `UPDATE ON settings`)
		if err := e.Store.ProbeWrite(t.Context()); err == nil {
			t.Error("a write that is refused is no failure")
		}
		if err := e.Store.ProbeRead(t.Context()); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		for name, probe := range map[string]func(context.Context) error{"read": e.Store.ProbeRead, "write": e.Store.ProbeWrite} {
			if err := probe(t.Context()); tenantry.KindOf(err) != tenantry.Unavailable {
				t.Errorf("%s of a closed database: %v", name, err)
			}
		}
	})
}
