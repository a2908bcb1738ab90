package testkit

import (
	"maps"
	"slices"
	"testing"

	"github.com/tenantry/tenantry/internal/db"
)

// TestSnapshotSeesEveryWrite: tests of what must not be written rely on it.
func TestSnapshotSeesEveryWrite(t *testing.T) {
	EachDB(t, func(t *testing.T, d *db.DB) { testSnapshot(t, NewEnv(t, d)) })
}

func testSnapshot(t *testing.T, e *Env) {
	differs := func(before map[string][]string) bool { return !maps.EqualFunc(before, e.Snapshot(t), slices.Equal) }
	before := e.Snapshot(t)
	if differs(before) {
		t.Error("two snapshots differ and nothing was written")
	}
	tags := Scenario{Method: "POST", Path: "/locations/{locA}/tags", Token: "locA", Body: `{"name":"a"}`}
	for _, change := range []Scenario{
		tags, {Method: "PUT", Path: "/locations/{locA}", Token: "agencyA", Body: `{"companyId":"{companyA}","city":"X"}`},
		{Method: "DELETE", Path: "/locations/{locB}?deleteTwilioAccount=true", Token: "agencyA"},
	} {
		if a := e.Do(t, change); a.Status != 200 || !differs(before) {
			t.Errorf("%s %s answers %d and is not seen", change.Method, change.Path, a.Status)
		}
		before = e.Snapshot(t)
	}
	if a := e.Do(t, tags); a.Status != 400 || differs(before) {
		t.Errorf("a refused write answers %d and is seen", a.Status)
	}
}
