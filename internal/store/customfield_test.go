package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

func fieldDraft(name string) tenantry.CustomFieldDraft {
	return tenantry.CustomFieldDraft{
		DocumentType: tenantry.FieldDocument, Model: tenantry.ContactModel, DataType: tenantry.TextField,
		CustomFieldPatch: tenantry.CustomFieldPatch{Name: &name},
	}
}

// parallel runs n calls at once and gives their errors, nil for those without.
func parallel(n int, call func(i int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = call(i) })
	}
	all.Wait()
	return errs
}

// TestEqualCustomFieldsAtOnce: of fifty equal creates one makes a field, the others are
// told its id.
func TestEqualCustomFieldsAtOnce(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		errs := parallel(50, func(int) error {
			_, err := e.Store.CreateCustomField(t.Context(), e.LocA, tenantry.System(), fieldDraft("Ship Date"))
			return err
		})
		fields, err := e.Store.CustomFields(t.Context(), e.LocA, "")
		if err != nil || len(fields) != 1 {
			t.Fatalf("%d fields, error %v", len(fields), err)
		}
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
				continue
			}
			if diff := cmp.Diff(tenantry.FieldKeyTaken("contact.ship_date", fields[0].ID).Error(), err.Error()); diff != "" {
				t.Error(diff)
			}
		}
		if made != 1 {
			t.Errorf("%d creates succeeded", made)
		}
		events, err := e.Store.Events(t.Context(), e.LocA)
		if err != nil {
			t.Fatal(err)
		}
		events = slices.DeleteFunc(events, func(ev tenantry.Event) bool { return ev.Type != tenantry.CustomFieldCreated })
		if len(events) != 1 {
			t.Errorf("%d events", len(events))
		}
	})
}

// TestParallelCustomFieldUpdates: updates of different members all survive, and a
// delete among them ends in one legal state.
func TestParallelCustomFieldUpdates(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		f, err := e.Store.CreateCustomField(t.Context(), e.LocA, tenantry.System(), fieldDraft("Size"))
		if err != nil {
			t.Fatal(err)
		}
		patches := []tenantry.CustomFieldPatch{
			{Name: new("Shirt size")}, {Placeholder: new("p")}, {Description: new("d")}, {Position: new(2.5)}, {Position: new(2.5), Description: new("d")},
		}
		update := func(i int) error {
			_, err := e.Store.UpdateCustomField(t.Context(), e.LocA, tenantry.System(), f.ID, patches[i%len(patches)])
			return err
		}
		if errs := parallel(20, update); slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
			t.Fatal(errs)
		}
		got, err := e.Store.CustomField(t.Context(), e.LocA, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := f
		want.Name, want.Placeholder, want.Description, want.Position = "Shirt size", "p", "d", 2.5
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		errs := parallel(10, func(i int) error {
			if i == 5 {
				return e.Store.DeleteCustomField(t.Context(), e.LocA, tenantry.System(), f.ID)
			}
			return update(i)
		})
		for i, err := range errs {
			if err != nil && (i == 5 || tenantry.KindOf(err) != tenantry.NotFound) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		if _, err := e.Store.CustomField(t.Context(), e.LocA, f.ID); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("the deleted field is read: %v", err)
		}
	})
}

// TestCustomFieldRowKeepsEverything: what a create answers is what is read later.
func TestCustomFieldRowKeepsEverything(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		draft := fieldDraft("Proof <&> \u2028")
		draft.DataType, draft.AcceptedFormat = tenantry.FileUploadField, []string{".pdf", "png"}
		draft.IsMultipleFile, draft.MaxFiles, draft.Position = new(true), new(7), new(-1.25)
		draft.Placeholder, draft.Description = new("p"), new("d")
		made, err := e.Store.CreateCustomField(t.Context(), e.LocA, tenantry.System(), draft)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []tenantry.CustomFieldID{made.ID, tenantry.CustomFieldID(made.Key)} {
			read, err := e.Store.CustomField(t.Context(), e.LocA, id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(made, read); diff != "" {
				t.Errorf("by %s: %s", id, diff)
			}
			if _, err := e.Store.CustomField(t.Context(), e.LocB, id); tenantry.KindOf(err) != tenantry.NotFound {
				t.Errorf("another location reads it by %s: %v", id, err)
			}
		}
		draft.DataType, draft.TextBoxes, draft.Name = tenantry.TextBoxListField, []tenantry.TextBox{{Label: "a", PrefillValue: `"`}}, new("Boxes")
		made, err = e.Store.CreateCustomField(t.Context(), e.LocA, tenantry.System(), draft)
		if err != nil {
			t.Fatal(err)
		}
		fields, err := e.Store.CustomFields(t.Context(), e.LocA, tenantry.ContactModel)
		if err != nil || len(fields) != 2 {
			t.Fatalf("%d fields, error %v", len(fields), err)
		}
		if diff := cmp.Diff(made, fields[1]); diff != "" {
			t.Error(diff)
		}
	})
}

// TestCustomFieldSearchIsLiteral: a search finds what [strings.Contains] finds, whatever
// the query means to LIKE.
func TestCustomFieldSearchIsLiteral(t *testing.T) {
	names := []string{"100%", "100", `back\slash`, "under_score", "underXscore", "it's", "ÜBER", "a$1b", "x;--", "%_\\", "NEAR(a*)", "plain"}
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		for i, name := range names {
			draft := fieldDraft(name)
			draft.Key = fmt.Sprintf("key%d", i)
			if _, err := e.Store.CreateCustomField(t.Context(), e.LocA, tenantry.System(), draft); err != nil {
				t.Fatal(err)
			}
		}
		ctx := t.Context() // rapid's own ends with each of its runs
		rapid.Check(t, func(t *rapid.T) {
			alphabet := []rune(`%_\'$1;-*("aüÜB0x rs`)
			query := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 3, -1).Draw(t, "query")
			page, err := e.Store.SearchCustomFields(ctx, e.LocA, tenantry.CustomFieldFilter{
				DocumentType: tenantry.FieldDocument, Query: query, Limit: 100,
			})
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, f := range page.Items {
				got = append(got, f.Name)
			}
			for _, name := range names {
				if strings.Contains(strings.ToLower(name), strings.ToLower(query)) {
					want = append(want, name)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" || page.Total != len(want) {
				t.Fatalf("%q: total %d; %s", query, page.Total, diff)
			}
		})
	})
}
