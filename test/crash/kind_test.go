package crash_test

import (
	"context"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/client"
)

// kind is a sort of resource: the events of its changes, the changes, and two views of what is
// there. Every change writes one text to two members, so that a half-written one would show.
type kind struct {
	name                      string
	created, updated, deleted tenantry.EventType

	// rows reads location, id and the two columns of what is live.
	rows   string
	create func(ctx context.Context, p *place, text string) (id string, err error)
	update func(ctx context.Context, p *place, id, text string) error
	remove func(ctx context.Context, p *place, id string) error
	// served lists by id what the server shows of the two members.
	served func(ctx context.Context, p *place) (map[string][2]string, error)
}

// The kinds that a location itself and its contact are; changes of these are the worker's.
var (
	locationKind = &kind{
		name: "location", created: tenantry.LocationCreated, updated: tenantry.LocationUpdated, deleted: tenantry.LocationDeleted,
		rows: `SELECT location_id, location_id, name, city FROM locations WHERE deleted_at IS NULL`,
	}
	contactKind = &kind{
		name: "contact", created: tenantry.ContactCreated,
		rows: `SELECT location_id, id, first_name, last_name FROM contacts`,
	}
	fieldKind = &kind{
		name: "custom field", created: tenantry.CustomFieldCreated, updated: tenantry.CustomFieldUpdated, deleted: tenantry.CustomFieldDeleted,
		rows: `SELECT location_id, id, name, placeholder FROM custom_fields`,
		create: func(ctx context.Context, p *place, text string) (string, error) {
			f, err := p.api.CreateCustomField(ctx, p.id(), client.CreateCustomFieldRequest{
				Name: text, Placeholder: text, DataType: client.FieldFileUpload, AcceptedFormat: []string{".txt"}, IsMultipleFile: true,
			})
			return idOf(f, err, func() string { return f.ID })
		},
		update: func(ctx context.Context, p *place, id, text string) error {
			_, err := p.api.UpdateCustomField(ctx, p.id(), id, client.UpdateCustomFieldRequest{Name: text, Placeholder: &text})
			return err
		},
		remove: func(ctx context.Context, p *place, id string) error {
			_, err := p.api.DeleteCustomField(ctx, p.id(), id)
			return err
		},
		served: func(ctx context.Context, p *place) (map[string][2]string, error) {
			list, err := p.api.CustomFields(ctx, p.id(), client.AllModels)
			return byID(list, func(f client.CustomField) (string, string, string) { return f.ID, f.Name, f.Placeholder }), err
		},
	}
)

// contents are the kinds of what is in a location.
var contents = []*kind{
	fieldKind,
	{
		name: "tag", created: tenantry.TagCreated, updated: tenantry.TagUpdated, deleted: tenantry.TagDeleted,
		rows: `SELECT location_id, id, name, name FROM tags`,
		create: func(ctx context.Context, p *place, text string) (string, error) {
			tag, err := p.api.CreateTag(ctx, p.id(), text)
			return idOf(tag, err, func() string { return tag.ID })
		},
		update: func(ctx context.Context, p *place, id, text string) error {
			_, err := p.api.UpdateTag(ctx, p.id(), id, text)
			return err
		},
		remove: func(ctx context.Context, p *place, id string) error {
			_, err := p.api.DeleteTag(ctx, p.id(), id)
			return err
		},
		served: func(ctx context.Context, p *place) (map[string][2]string, error) {
			list, err := p.api.Tags(ctx, p.id())
			return byID(list, func(t client.Tag) (string, string, string) { return t.ID, t.Name, t.Name }), err
		},
	},
	{
		name: "custom value", created: tenantry.CustomValueCreated, updated: tenantry.CustomValueUpdated, deleted: tenantry.CustomValueDeleted,
		rows: `SELECT location_id, id, name, value FROM custom_values`,
		create: func(ctx context.Context, p *place, text string) (string, error) {
			v, err := p.api.CreateCustomValue(ctx, p.id(), text, text)
			return idOf(v, err, func() string { return v.ID })
		},
		update: func(ctx context.Context, p *place, id, text string) error {
			_, err := p.api.UpdateCustomValue(ctx, p.id(), id, text, text)
			return err
		},
		remove: func(ctx context.Context, p *place, id string) error {
			_, err := p.api.DeleteCustomValue(ctx, p.id(), id)
			return err
		},
		served: func(ctx context.Context, p *place) (map[string][2]string, error) {
			list, err := p.api.CustomValues(ctx, p.id())
			return byID(list, func(v client.CustomValue) (string, string, string) { return v.ID, v.Name, v.Value }), err
		},
	},
	{
		name: "template", created: tenantry.TemplateCreated, updated: tenantry.TemplateUpdated, deleted: tenantry.TemplateDeleted,
		rows: `SELECT location_id, id, name, body FROM templates WHERE deleted_at IS NULL`,
		create: func(ctx context.Context, p *place, text string) (string, error) {
			t, err := p.api.CreateTemplate(ctx, p.id(), client.CreateTemplateRequest{
				Name: text, Type: client.SMSTemplate, Content: client.TemplateContentInput{Body: &text},
			})
			return idOf(t, err, func() string { return t.ID })
		},
		update: func(ctx context.Context, p *place, id, text string) error {
			_, err := p.api.UpdateTemplate(ctx, p.id(), id, client.UpdateTemplateRequest{Name: &text, Content: &client.TemplateContentInput{Body: &text}})
			return err
		},
		remove: func(ctx context.Context, p *place, id string) error {
			_, err := p.api.DeleteTemplate(ctx, p.id(), id)
			return err
		},
		served: func(ctx context.Context, p *place) (map[string][2]string, error) {
			page, err := p.api.Templates(ctx, p.id(), client.TemplateQuery{Limit: 100})
			if err != nil {
				return nil, err
			}
			return byID(page.Templates, func(t client.Template) (string, string, string) { return t.ID, t.Name, t.Content.Body }), nil
		},
	},
	{
		name: "recurring task", created: tenantry.RecurringTaskCreated, updated: tenantry.RecurringTaskUpdated, deleted: tenantry.RecurringTaskDeleted,
		rows: `SELECT location_id, id, title, description FROM recurring_tasks WHERE deleted_at IS NULL`,
		create: func(ctx context.Context, p *place, text string) (string, error) {
			// The first task comes with it or from the background, in the middle of the load.
			soon := client.Timestamp(time.Now().UTC().Add(300 * time.Millisecond).Format(time.RFC3339Nano))
			t, err := p.api.CreateRecurringTask(ctx, p.id(), client.CreateRecurringTaskRequest{
				Title: text, Description: text, RRule: client.RRuleOptions{IntervalType: client.Hourly, Interval: 1, StartDate: soon},
			})
			return idOf(t, err, func() string { return t.ID })
		},
		update: func(ctx context.Context, p *place, id, text string) error {
			_, err := p.api.UpdateRecurringTask(ctx, p.id(), id, client.UpdateRecurringTaskRequest{Title: &text, Description: &text})
			return err
		},
		remove: func(ctx context.Context, p *place, id string) error {
			_, err := p.api.DeleteRecurringTask(ctx, p.id(), id)
			return err
		},
		served: func(ctx context.Context, p *place) (map[string][2]string, error) {
			list, err := p.api.RecurringTasks(ctx, p.id())
			return byID(list, func(t client.RecurringTask) (string, string, string) { return t.ID, t.Title, t.Description }), err
		},
	},
}

// kinds are all kinds.
func kinds() []*kind { return append([]*kind{locationKind, contactKind}, contents...) }

func idOf[T any](_ T, err error, id func() string) (string, error) {
	if err != nil {
		return "", err
	}
	return id(), nil
}

func byID[T any](list []T, read func(T) (id, one, other string)) map[string][2]string {
	out := map[string][2]string{}
	for _, v := range list {
		id, one, other := read(v)
		out[id] = [2]string{one, other}
	}
	return out
}
