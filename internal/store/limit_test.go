package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestALocationHasRoomForSoMany of each kind whose list comes in one piece: the last one
// that fits is made, one more is refused and changes nothing.
func TestALocationHasRoomForSoMany(t *testing.T) {
	name := "new"
	daily := tenantry.Recurrence{IntervalType: tenantry.Daily, Interval: 1, StartAt: testkit.Start().AddDate(1, 0, 0)}
	for _, kind := range []struct {
		table, columns, values string
		limit                  int
		create                 func(ctx context.Context, e *testkit.Env, name string) error
	}{
		{"tags", "name", "t", tenantry.MaxTags, func(ctx context.Context, e *testkit.Env, name string) error {
			_, err := e.Store.CreateTag(ctx, e.LocA, tenantry.System(), name)
			return err
		}},
		{"custom_fields", "document_type, model, name, field_key", "'field', 'contact', t, t", tenantry.MaxCustomFields,
			func(ctx context.Context, e *testkit.Env, name string) error {
				_, err := e.Store.CreateCustomField(ctx, e.LocA, tenantry.System(), tenantry.CustomFieldDraft{
					DocumentType: tenantry.FolderDocument, Model: tenantry.ContactModel, CustomFieldPatch: tenantry.CustomFieldPatch{Name: &name},
				})
				return err
			}},
		{"custom_values", "name, name_key, field_key, value", "t, t, t, t", tenantry.MaxCustomValues, func(ctx context.Context, e *testkit.Env, name string) error {
			_, err := e.Store.CreateCustomValue(ctx, e.LocA, tenantry.System(), name, "")
			return err
		}},
		{"recurring_tasks", "title, rule", "t, '{}'", tenantry.MaxRecurringTasks, func(ctx context.Context, e *testkit.Env, name string) error {
			_, err := e.Store.CreateRecurringTask(ctx, e.LocA, tenantry.System(), tenantry.RecurringTask{Title: name, Rule: daily}, true)
			return err
		}},
	} {
		t.Run(kind.table, func(t *testing.T) {
			forEach(t, func(t *testing.T, e *testkit.Env) {
				err := e.DB.Write(t.Context(), func(ctx context.Context, tx *db.Tx) error {
					tx.Across("a test")
					_, err := tx.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
						INSERT INTO `+kind.table+` (location_id, id, `+kind.columns+`, created_at, updated_at)
						SELECT $1, t, `+kind.values+`, i, i FROM (SELECT i, CAST(i AS TEXT) AS t FROM n) AS rows`, e.LocA, kind.limit-1)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := kind.create(t.Context(), e, name+" 1"); err != nil {
					t.Fatalf("the last that fits: %v", err)
				}
				before := rows(t, e, e.LocA)
				wantFull(t, kind.create(t.Context(), e, name+" 2"), kind.limit)
				if kind.table == "tags" { // those that come with a contact, too
					_, err := e.Store.CreateContact(t.Context(), e.LocA, tenantry.System(), tenantry.Contact{Tags: []string{"1", name + " 2"}})
					wantFull(t, err, kind.limit)
				}
				if diff := cmp.Diff(before, rows(t, e, e.LocA)); diff != "" {
					t.Errorf("what was refused left something:\n%s", diff)
				}
			})
		})
	}
}

func wantFull(t *testing.T, err error, limit int) {
	t.Helper()
	if e, ok := err.(*tenantry.Error); !ok || e.Kind != tenantry.Refused || e.Code != "limit_reached" || fmt.Sprint(e.Meta["limit"]) != fmt.Sprint(limit) {
		t.Errorf("one more gives %v", err)
	}
}
