package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestSearchByIndexIsLiteral (requirement 24): in a location with so many tasks that an index
// serves its searches, they find what contains the text and nothing else, whatever became of
// the tasks since they were indexed.
func TestSearchByIndexIsLiteral(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		many := func(loc tenantry.LocationID) string {
			return fmt.Sprintf(`INSERT INTO tasks (location_id, id, title, due_at, created_at, updated_at)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT '%s', 'x' || i, '', i, i, i FROM n`, loc)
		}
		testkit.Run(t, e.DB, many(e.LocA), many(e.LocB))
		texts := []string{
			"100% sure", "100 percent", `a_b\c`, "axb", `back\slash`, "'; DROP TABLE tasks;--", `"quoted"`, "NEAR(a b)", "a*b*c", "$1$2",
			"école", "straße", "日本語の文", "e\u0301e\u0301e", "two\nlines", "\x1f\x1f\x1f", "AND OR NOT", "aaaaaaaaab", "{a b}:c", "^abc-d+e",
		}
		id := string(e.LocA)
		texts = append(texts, id[len(id)-3:])
		var statements []string
		set := func(i int, text string) {
			for _, loc := range []tenantry.LocationID{e.LocA, e.LocB} {
				statements = append(statements, fmt.Sprintf(`UPDATE tasks SET search_text = '%s' WHERE location_id = '%s' AND id = 'x%d'`,
					strings.ReplaceAll(text, `'`, `''`), loc, i))
			}
		}
		want := map[string]string{}
		for i, text := range texts {
			text = tenantry.Fold(text) // as a task keeps it
			want[fmt.Sprintf("x%d", 100+i)] = text
			set(100+i, "before: "+text)
			set(100+i, text)
			set(500+i, text) // and these go
		}
		testkit.Run(t, e.DB, append(statements, `DELETE FROM tasks WHERE id LIKE 'x5__'`)...)
		piece := rapid.SampledFrom([]string{"%", "_", `\`, "'", `"`, "*", "(", "$1", ";--", "0", "a", "b", "é", "ß", "日本", " ", "near", "e\u0301", "\x1f", "before", ":"})
		query := rapid.OneOf(rapid.Custom(func(rt *rapid.T) string {
			return strings.Join(rapid.SliceOfN(piece, 1, 4).Draw(rt, "pieces"), "")
		}), rapid.Custom(func(rt *rapid.T) string { // a part of a text
			runes := []rune(rapid.SampledFrom(texts).Draw(rt, "text"))
			from := rapid.IntRange(0, len(runes)-1).Draw(rt, "from")
			return string(runes[from:rapid.IntRange(from+1, len(runes)).Draw(rt, "to")])
		}))
		rapid.Check(t, func(rt *rapid.T) {
			q := query.Draw(rt, "query")
			matching := []string{}
			for id, text := range want {
				if strings.Contains(text, tenantry.Fold(q)) {
					matching = append(matching, id)
				}
			}
			slices.Sort(matching)
			page, err := e.Store.SearchTasks(t.Context(), e.LocA, tenantry.TaskFilter{Query: q, Limit: 500})
			if err != nil {
				rt.Fatal(err)
			}
			got := []string{}
			for _, row := range page.Items {
				got = append(got, string(row.ID))
			}
			slices.Sort(got)
			if diff := cmp.Diff(matching, got); diff != "" || page.Total != len(matching) {
				rt.Fatalf("query %q, total %d (-want +got):\n%s", q, page.Total, diff)
			}
		})
	})
}
