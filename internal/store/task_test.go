package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestTaskQueryIsLiteral: a query finds what contains it in any case, whatever
// characters it is made of (requirement 24).
func TestTaskQueryIsLiteral(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx := t.Context()
		texts := []string{
			"", "100%", "100 percent", "a_b", "axb", `back\slash`, "'; DROP TABLE tasks;--", `"quoted"`, "NEAR(", "*", "$1",
			"ÉCOLE", "école", "STRASSE", "Straße", "日本語", "é", "e\u0301", "two\nlines", "\x1f",
		}
		for i, text := range texts {
			ok[tenantry.Task](t)(e.Store.CreateTask(ctx, e.LocA, tenantry.System(), tenantry.Task{
				Title: text, Body: texts[(i*7+3)%len(texts)], DueAt: testkit.Start(),
			}))
			ok[tenantry.Task](t)(e.Store.CreateTask(ctx, e.LocB, tenantry.System(), tenantry.Task{Title: text, DueAt: testkit.Start()}))
		}
		all := ok[tenantry.Page[tenantry.TaskRow]](t)(e.Store.SearchTasks(ctx, e.LocA, tenantry.TaskFilter{Limit: 500}))
		if all.Total != len(texts) || len(all.Items) != len(texts) {
			t.Fatalf("%d rows of %d, want %d", len(all.Items), all.Total, len(texts))
		}
		piece := rapid.SampledFrom([]string{"%", "_", `\`, "'", `"`, "*", "(", "$1", ";--", "0", "a", "B", "É", "é", "ß", "ss", "日", " ", "t", "NEAR"})
		rapid.Check(t, func(rt *rapid.T) {
			query := strings.Join(rapid.SliceOfN(piece, 1, 3).Draw(rt, "pieces"), "")
			var want []tenantry.TaskID
			for _, row := range all.Items {
				q := tenantry.Fold(query)
				if strings.Contains(tenantry.Fold(row.Title), q) || strings.Contains(tenantry.Fold(row.Body), q) {
					want = append(want, row.ID)
				}
			}
			page, err := e.Store.SearchTasks(ctx, e.LocA, tenantry.TaskFilter{Query: query, Limit: 500})
			if err != nil {
				rt.Fatal(err)
			}
			var got []tenantry.TaskID
			for _, row := range page.Items {
				got = append(got, row.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" || page.Total != len(want) {
				rt.Fatalf("query %q, total %d (-want +got):\n%s", query, page.Total, diff)
			}
		})
	})
}

// BenchmarkSearchWorstQuery: a text that nearly matches everywhere should cost no more than its
// length for each character of the tasks; compare it with BenchmarkSearchShortQuery.
func BenchmarkSearchWorstQuery(b *testing.B) { benchmarkSearch(b, strings.Repeat("a", 99)+"b") }

// BenchmarkSearchShortQuery is a text of one character that is nowhere.
func BenchmarkSearchShortQuery(b *testing.B) { benchmarkSearch(b, "b") }

func benchmarkSearch(b *testing.B, query string) {
	b.Helper()
	e := testkit.NewEnv(b, testkit.OpenDB(b))
	for range 5 {
		_, err := e.Store.CreateTask(b.Context(), e.LocA, tenantry.System(), tenantry.Task{
			Title: "t", Body: strings.Repeat("a", 10_000), DueAt: testkit.Start(),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := e.Store.SearchTasks(b.Context(), e.LocA, tenantry.TaskFilter{Query: query, Limit: 25}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestCreateTaskKnowsItsPeople(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, by := t.Context(), tenantry.System()
		theirs := ok[tenantry.Contact](t)(e.Store.CreateContact(ctx, e.LocB, by, tenantry.Contact{}))
		stranger := ok[tenantry.User](t)(e.Store.CreateUser(ctx, by, tenantry.User{CompanyID: e.CompanyB}))
		before := e.Snapshot(t)
		for _, task := range []tenantry.Task{
			{Title: "t", ContactID: theirs.ID, AssignedTo: stranger.ID}, {Title: "t", ContactID: "unknown", AssignedTo: "unknown"},
		} {
			_, err := e.Store.CreateTask(ctx, e.LocA, by, task)
			want := "contactId must be a contact of the location; assignedTo must be a user of the location's agency"
			if tenantry.KindOf(err) != tenantry.Invalid || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%+v gives %v", task, err)
			}
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refused task left something:\n%s", diff)
		}
	})
}

// TestATaskIsStoredOrRefused: only an occurrence that made its task before adds none.
func TestATaskIsStoredOrRefused(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		// Another task takes the id a moment before.
		const taken = `INSERT INTO tasks (location_id, id, title, due_at, created_at, updated_at) VALUES (NEW.location_id, NEW.id, 'first', 1, 1, 1); `
		clash, away := []string{`CREATE TRIGGER clash BEFORE INSERT ON tasks WHEN NEW.title = 'late' BEGIN ` + taken + `END`}, `DROP TRIGGER clash`
		if e.DB.Engine() == db.Postgres {
			away = `DROP FUNCTION clash CASCADE`
			clash = []string{
				`CREATE FUNCTION clash() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN ` + strings.ReplaceAll(taken, `'`, `''`) + `RETURN NEW; END'`,
				`CREATE TRIGGER clash BEFORE INSERT ON tasks FOR EACH ROW WHEN (NEW.title = 'late') EXECUTE FUNCTION clash()`,
			}
		}
		testkit.Run(t, e.DB, clash...)
		defer testkit.Run(t, e.DB, away)
		before := e.Snapshot(t)
		_, err := e.Store.CreateTask(t.Context(), e.LocA, tenantry.System(), tenantry.Task{Title: "late", DueAt: testkit.Start()})
		if !errors.Is(err, db.ErrDuplicate) {
			t.Errorf("a task that was not stored gives %v", err)
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("it left something:\n%s", diff)
		}
	})
}

func TestTaskAsRead(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, by := t.Context(), tenantry.System()
		c := ok[tenantry.Contact](t)(e.Store.CreateContact(ctx, e.LocA, by, tenantry.Contact{FirstName: "Ada", Email: "a@b.test"}))
		u := ok[tenantry.User](t)(e.Store.CreateUser(ctx, by, tenantry.User{CompanyID: e.CompanyA, LastName: "Hopper", Email: "g@h.test"}))
		made := ok[tenantry.Task](t)(e.Store.CreateTask(ctx, e.LocA, by, tenantry.Task{
			Title: "t", Body: "b", ContactID: c.ID, AssignedTo: u.ID, DueAt: testkit.Start().Add(time.Hour), Completed: true,
			RecurringID: "not by hand",
		}))
		page := ok[tenantry.Page[tenantry.TaskRow]](t)(e.Store.SearchTasks(ctx, e.LocA, tenantry.TaskFilter{}))
		want := tenantry.TaskRow{
			Task: tenantry.Task{
				ID: made.ID, LocationID: e.LocA, Title: "t", Body: "b", ContactID: c.ID, AssignedTo: u.ID, DueAt: testkit.Start().Add(time.Hour),
				Completed: true, CreatedAt: testkit.Start(), UpdatedAt: testkit.Start(),
			},
			Contact: &tenantry.Contact{ID: c.ID, FirstName: "Ada"}, Assignee: &tenantry.User{ID: u.ID, LastName: "Hopper"},
		}
		if diff := cmp.Diff([]tenantry.TaskRow{want}, page.Items); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want.Task, made); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
	})
}
