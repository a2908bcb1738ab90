package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestAddFiles: the rows of an upload are added together or not at all, with one event.
func TestAddFiles(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		by := tenantry.Actor{TokenID: "token"}
		owner := func(loc tenantry.LocationID) string {
			c, err := e.Store.CreateContact(t.Context(), loc, by, tenantry.Contact{FirstName: "Ada"})
			if err != nil {
				t.Fatal(err)
			}
			return string(c.ID)
		}
		person, theirs := owner(e.LocA), owner(e.LocB)
		file := func(n int) tenantry.File {
			return tenantry.File{ID: tenantry.FileID(fmt.Sprintf("file-%d", n)), FieldID: "field", Name: fmt.Sprintf("%d.txt", n), MIME: "text/plain", Size: int64(n), SHA256: "sum"}
		}
		files := []tenantry.File{file(1), file(2)}
		if err := e.Store.AddFiles(t.Context(), e.LocA, by, person, files); err != nil {
			t.Fatal(err)
		}
		for _, want := range files {
			got, err := e.Store.File(t.Context(), e.LocA, person, want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" || got.LocationID != e.LocA || got.OwnerID != person || !got.CreatedAt.Equal(testkit.Start()) {
				t.Errorf("read back (-answered +read)\n%s", diff)
			}
		}
		before := e.Snapshot(t)
		for name, row := range map[string]struct {
			loc   tenantry.LocationID
			owner string
			files []tenantry.File
			want  tenantry.Kind
		}{
			"the second id is taken":     {e.LocA, person, []tenantry.File{file(3), file(2)}, tenantry.Internal},
			"unknown owner":              {e.LocA, "none", []tenantry.File{file(4)}, tenantry.NotFound},
			"another location's contact": {e.LocA, theirs, []tenantry.File{file(5)}, tenantry.NotFound},
			"unknown location":           {"none", person, []tenantry.File{file(6)}, tenantry.NoAccess},
		} {
			if err := e.Store.AddFiles(t.Context(), row.loc, by, row.owner, row.files); err == nil || tenantry.KindOf(err) != row.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refused upload changed:\n%s", diff)
		}
		// The same id in another location is another file.
		if err := e.Store.AddFiles(t.Context(), e.LocB, by, theirs, []tenantry.File{file(1)}); err != nil {
			t.Error(err)
		}
		for name, row := range map[string]struct {
			loc   tenantry.LocationID
			owner string
		}{"another location": {e.LocB, person}, "another owner": {e.LocA, theirs}} {
			if _, err := e.Store.File(t.Context(), row.loc, row.owner, "file-2"); tenantry.KindOf(err) != tenantry.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, by); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Store.File(t.Context(), e.LocA, person, "file-1"); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("of a deleted location: %v", err)
		}
	})
}

// TestWritesToADeletedLocation: a request that the gate let through may find its location
// gone; nothing is written then.
func TestWritesToADeletedLocation(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		by := tenantry.Actor{TokenID: "token"}
		value, err := e.Store.CreateCustomValue(t.Context(), e.LocA, by, "Name", "value")
		if err != nil {
			t.Fatal(err)
		}
		patch := tenantry.TemplatePatch{Name: new("N"), Type: new(tenantry.SMSTemplate), Body: new("b")}
		template, err := e.Store.CreateTemplate(t.Context(), e.LocA, by, patch)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, by); err != nil {
			t.Fatal(err)
		}
		before := e.Snapshot(t)
		for name, write := range map[string]func() error{
			"CreateCustomValue": func() error { _, err := e.Store.CreateCustomValue(t.Context(), e.LocA, by, "Other", "v"); return err },
			"UpdateCustomValue": func() error {
				_, err := e.Store.UpdateCustomValue(t.Context(), e.LocA, by, value.ID, "Other", "v")
				return err
			},
			"DeleteCustomValue": func() error { return e.Store.DeleteCustomValue(t.Context(), e.LocA, by, value.ID) },
			"CreateTemplate":    func() error { _, err := e.Store.CreateTemplate(t.Context(), e.LocA, by, patch); return err },
			"UpdateTemplate": func() error {
				_, err := e.Store.UpdateTemplate(t.Context(), e.LocA, by, template.ID, tenantry.TemplatePatch{Name: new("M")})
				return err
			},
			"DeleteTemplate": func() error { return e.Store.DeleteTemplate(t.Context(), e.LocA, by, template.ID) },
		} {
			if err := write(); tenantry.KindOf(err) != tenantry.NoAccess {
				t.Errorf("%s: %v", name, err)
			}
		}
		if diff := cmp.Diff(before, e.Snapshot(t)); diff != "" {
			t.Errorf("a refused write changed:\n%s", diff)
		}
	})
}
