package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

func forEach(t *testing.T, test func(t *testing.T, e *testkit.Env)) {
	t.Helper()
	testkit.EachDB(t, func(t *testing.T, d *db.DB) { test(t, testkit.NewEnv(t, d)) })
}

func ok[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestContactBringsItsTags(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, by := t.Context(), tenantry.System()
		gold := ok[tenantry.Tag](t)(e.Store.CreateTag(ctx, e.LocA, by, "gold"))
		before := len(ok[[]tenantry.Event](t)(e.Store.Events(ctx, e.LocA)))
		made := ok[tenantry.Contact](t)(e.Store.CreateContact(ctx, e.LocA, by, tenantry.Contact{
			FirstName: "Ada", LastName: "Byron", Email: "ada@b.test", Phone: "+14155550100", BusinessID: "b", Tags: []string{"vip", "gold", "vip", "asked"},
		}))
		want := tenantry.Contact{
			ID: made.ID, LocationID: e.LocA, FirstName: "Ada", LastName: "Byron", Email: "ada@b.test", Phone: "+14155550100", BusinessID: "b",
			Tags: []string{"asked", "gold", "vip"}, CreatedAt: testkit.Start(), UpdatedAt: testkit.Start(),
		}
		if diff := cmp.Diff(want, made); diff != "" || made.ID == "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, ok[tenantry.Contact](t)(e.Store.Contact(ctx, e.LocA, made.ID))); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
		var types []tenantry.EventType
		for _, event := range ok[[]tenantry.Event](t)(e.Store.Events(ctx, e.LocA))[before:] {
			types = append(types, event.Type)
		}
		if diff := cmp.Diff([]tenantry.EventType{tenantry.TagCreated, tenantry.TagCreated, tenantry.ContactCreated}, types); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if tag := ok[tenantry.Tag](t)(e.Store.Tag(ctx, e.LocA, gold.ID)); tag.Name != "gold" {
			t.Errorf("the tag that was there is now %+v", tag)
		}
	})
}

// TestTagChangesCarryOver to the contacts that wear the tag (contract, decision 22).
func TestTagChangesCarryOver(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, by := t.Context(), tenantry.System()
		contact := ok[tenantry.Contact](t)(e.Store.CreateContact(ctx, e.LocA, by, tenantry.Contact{Tags: []string{"silver", "vip"}}))
		wears := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, ok[tenantry.Contact](t)(e.Store.Contact(ctx, e.LocA, contact.ID)).Tags); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		tags := ok[[]tenantry.Tag](t)(e.Store.Tags(ctx, e.LocA))
		wears("silver", "vip")
		ok[tenantry.Tag](t)(e.Store.UpdateTag(ctx, e.LocA, by, tags[0].ID, "zinc"))
		wears("vip", "zinc")
		if err := e.Store.DeleteTag(ctx, e.LocA, by, tags[1].ID); err != nil {
			t.Fatal(err)
		}
		wears("zinc")
	})
}

func TestContactStaysInItsLocation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ctx, by := t.Context(), tenantry.System()
		contact := ok[tenantry.Contact](t)(e.Store.CreateContact(ctx, e.LocA, by, tenantry.Contact{Tags: []string{"vip"}}))
		if _, err := e.Store.Contact(ctx, e.LocB, contact.ID); tenantry.KindOf(err) != tenantry.NotFound {
			t.Errorf("read through another location gives %v, want NotFound", err)
		}
		if tags := ok[[]tenantry.Tag](t)(e.Store.Tags(ctx, e.LocB)); len(tags) != 0 {
			t.Errorf("another location has the contact's tags: %v", tags)
		}
		if err := e.Store.DeleteLocation(ctx, e.LocA, by); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Store.CreateContact(ctx, e.LocA, by, tenantry.Contact{}); tenantry.KindOf(err) != tenantry.NoAccess {
			t.Errorf("create in a deleted location gives %v, want NoAccess", err)
		}
	})
}

// TestContactsShareANewTag: one new name at the same time makes one tag (requirement 38).
func TestContactsShareANewTag(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ids := make([]tenantry.ContactID, 50)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				c, err := e.Store.CreateContact(t.Context(), e.LocA, tenantry.System(), tenantry.Contact{FirstName: fmt.Sprint(i), Tags: []string{"new"}})
				if err != nil {
					t.Error(err)
				}
				ids[i] = c.ID
			})
		}
		wg.Wait()
		if tags := ok[[]tenantry.Tag](t)(e.Store.Tags(t.Context(), e.LocA)); len(tags) != 1 {
			t.Fatalf("%d tags, want one", len(tags))
		}
		for _, id := range ids {
			if c := ok[tenantry.Contact](t)(e.Store.Contact(t.Context(), e.LocA, id)); !cmp.Equal(c.Tags, []string{"new"}) {
				t.Errorf("contact %s wears %v", c.FirstName, c.Tags)
			}
		}
	})
}
