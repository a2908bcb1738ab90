package api_test

import (
	"testing"

	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestPlans (requirement 25): no statement of any operation, with each parameter and property
// that it knows, reads a whole table or sorts what may be large, on tables of tens of thousands of rows. A new operation
// or filter is asked without being named here.
func TestPlans(t *testing.T) {
	testkit.EachTraced(t, func(t *testing.T, d *db.DB, ran *testkit.Statements) {
		e := testkit.NewEnv(t, d)
		s := newSurface(t, e)
		documented := operations(s.doc)
		ran.Forget()
		for _, c := range s.calls(t) {
			var rows []testkit.Scenario
			parameters, _ := documented[c.route.Method+" "+c.route.Path]["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(object); p["in"] == "query" {
					rows = append(rows, c.withQuery(p["name"].(string)+"="+unquoted(s.sample(p["schema"], 0))))
				}
			}
			if c.media == "application/json" {
				for _, name := range c.properties() {
					rows = append(rows, c.withMembers(t, quoted(name)+":"+s.sample(c.schema["properties"].(object)[name], 0)))
				}
			}
			for _, row := range append(rows, c.good) {
				a := e.Handle(t, row)
				if a.Status >= 500 {
					t.Errorf("%s %s: %d", row.Name, row.Path, a.Status)
				}
			}
		}
		n := ran.CheckPlans(t, d, s.own.company, s.own.loc, wholeLists())
		if n < 50 {
			t.Errorf("only %d statements", n)
		}
	})
}

// wholeLists may be sorted: their operations answer all of them, and they have a limit.
func wholeLists() map[string]string {
	return map[string]string{
		`FROM tags WHERE location_id = $1 ORDER BY name`:            "tenantry.MaxTags",
		`FROM custom_values WHERE location_id = $1 ORDER BY id`:     "tenantry.MaxCustomValues",
		`WHERE location_id = $1 AND deleted_at IS NULL ORDER BY id`: "tenantry.MaxRecurringTasks",
		`FROM installs WHERE location_id = $1 ORDER BY app_id`:      "the apps of an agency",
	}
}

// unquoted is a JSON text as a parameter says it.
func unquoted(text string) string {
	if len(text) > 1 && text[0] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}
