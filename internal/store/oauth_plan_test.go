package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

// TestHotPathsUseIndexes: what requests, token calls and polls ask reads no whole table and
// sorts nothing.
func TestHotPathsUseIndexes(t *testing.T) {
	s, _ := newTestStore(t)
	type query struct {
		text string
		args []any
	}
	queries := map[string]query{
		"private token": {tokenCallerQuery, []any{"hash", 1}},
		"e-mail":        {userByEmailQuery, []any{"a@b.test"}},
		"refresh":       {liveGrantQuery, []any{"grant", "app"}},
		"revocations":   {revocationsQuery, []any{1, "key", 1, 9}},
		"exchanged for": {`DELETE FROM grants WHERE ` + exchangedFor, []any{"grant"}},
		"too many":      {exchangedTooMany, []any{"location", "app", 9}},
	}
	yes, no := true, false
	for name, f := range map[string]tenantry.InstalledFilter{
		"installed": {Installed: &yes}, "installed after": {Installed: &yes, After: "l"}, "not installed": {Installed: &no},
		"all after": {After: "l"}, "all before": {Before: "l"},
	} {
		f.CompanyID, f.AppID, f.Limit = "c", "a", 9
		q := s.newInstalledQuery(f)
		text := q.page(f)
		queries[name] = query{text, q.args}
	}
	for name, q := range queries {
		plan, err := db.All(t.Context(), s.db.Across("a test").Read(), func(r db.Row) (detail string, err error) {
			var id, parent, unused int
			return detail, r.Scan(&id, &parent, &unused, &detail)
		}, `EXPLAIN QUERY PLAN `+q.text, q.args...)
		bad := func(step string) bool {
			return strings.HasPrefix(step, "SCAN") || strings.Contains(step, "TEMP B-TREE")
		}
		if err != nil || len(plan) == 0 || slices.ContainsFunc(plan, bad) {
			t.Errorf("%s: %q %v", name, plan, err)
		}
	}
}
