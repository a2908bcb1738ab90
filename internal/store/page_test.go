package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestPageAndTotalAgree: they are of one state of the database, whatever is written in between.
func TestPageAndTotalAgree(t *testing.T) {
	const limit = 100_000 // all
	by, name, text := tenantry.System(), "n", "text"
	sms := tenantry.SMSTemplate
	for kind, ops := range map[string]struct {
		create func(ctx context.Context, e *testkit.Env) error
		read   func(ctx context.Context, e *testkit.Env) (total, items int, err error)
	}{
		"locations": {
			func(ctx context.Context, e *testkit.Env) error {
				_, err := e.Store.CreateLocation(ctx, e.CompanyA, by, tenantry.LocationPatch{Name: &name})
				return err
			},
			func(ctx context.Context, e *testkit.Env) (int, int, error) {
				p, err := e.Store.SearchLocations(ctx, e.CompanyA, tenantry.LocationFilter{Limit: limit})
				return p.Total, len(p.Items), err
			},
		},
		"tasks": {
			func(ctx context.Context, e *testkit.Env) error {
				_, err := e.Store.CreateTask(ctx, e.LocA, by, tenantry.Task{Title: name, DueAt: testkit.Start()})
				return err
			},
			func(ctx context.Context, e *testkit.Env) (int, int, error) {
				p, err := e.Store.SearchTasks(ctx, e.LocA, tenantry.TaskFilter{Limit: limit})
				return p.Total, len(p.Items), err
			},
		},
		"folders": {
			func(ctx context.Context, e *testkit.Env) error {
				_, err := e.Store.CreateCustomField(ctx, e.LocA, by, tenantry.CustomFieldDraft{
					DocumentType: tenantry.FolderDocument, Model: tenantry.ContactModel, CustomFieldPatch: tenantry.CustomFieldPatch{Name: &name},
				})
				return err
			},
			func(ctx context.Context, e *testkit.Env) (int, int, error) {
				p, err := e.Store.SearchCustomFields(ctx, e.LocA, tenantry.CustomFieldFilter{DocumentType: tenantry.FolderDocument, Limit: limit})
				return p.Total, len(p.Items), err
			},
		},
		"templates": {
			func(ctx context.Context, e *testkit.Env) error {
				_, err := e.Store.CreateTemplate(ctx, e.LocA, by, tenantry.TemplatePatch{Name: &name, Type: &sms, Body: &text})
				return err
			},
			func(ctx context.Context, e *testkit.Env) (int, int, error) {
				p, err := e.Store.Templates(ctx, e.LocA, tenantry.TemplateFilter{Limit: limit})
				return p.Total, len(p.Items), err
			},
		},
	} {
		t.Run(kind, func(t *testing.T) {
			forEach(t, func(t *testing.T, e *testkit.Env) {
				stop, stopped := make(chan struct{}), make(chan error, 1)
				go func() {
					var err error
					for err == nil {
						select {
						case <-stop:
							stopped <- nil
							return
						default:
							err = ops.create(context.WithoutCancel(t.Context()), e)
						}
					}
					stopped <- err
				}()
				for deadline := time.Now().Add(300 * time.Millisecond); time.Now().Before(deadline); {
					total, items, err := ops.read(t.Context(), e)
					if err != nil || total != items {
						t.Errorf("a total of %d but %d rows, %v", total, items, err)
						break
					}
				}
				close(stop)
				if err := <-stopped; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
