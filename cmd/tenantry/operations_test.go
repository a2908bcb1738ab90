package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/client"
)

func locationID(id string) tenantry.LocationID { return tenantry.LocationID(id) }

// TestClientCallsEveryOperation drives the 29 operations and the additions through the Go client, under
// each of the three versions that clients send.
func TestClientCallsEveryOperation(t *testing.T) {
	_, f := dev(t, "--locations", "2")
	for _, version := range []string{"2021-07-28", "2023-02-21", "v3"} {
		t.Run(version, func(t *testing.T) {
			agency := client.New(f.BaseURL, f.AgencyToken, client.WithVersion(version))
			for loc, token := range f.LocationTokens {
				o := operations{t: t, agency: agency, local: client.New(f.BaseURL, token, client.WithVersion(version)), loc: string(loc)}
				o.tags()
				o.fields()
				o.values()
				o.templates()
				o.tasks()
				o.rest()
				break
			}
			callLocations(t, agency, string(f.CompanyID))
		})
	}
}

// callLocations takes a sub-account from its making to its end.
func callLocations(t *testing.T, agency *client.Client, company string) {
	t.Helper()
	ctx, yes, city := t.Context(), true, "Oslo"
	made, err := agency.CreateLocation(ctx, client.CreateLocationRequest{
		Name: "Fjord", CompanyID: company, Phone: "+4722000000", Country: "NO", Timezone: "Europe/Oslo",
		Prospect: &client.Prospect{FirstName: "A", LastName: "B", Email: "a@fjord.example"}, Settings: &client.SettingsPatch{AllowDuplicateContact: &yes},
	})
	if err != nil {
		t.Fatal(err)
	}
	updated, err := agency.UpdateLocation(ctx, made.ID, client.UpdateLocationRequest{CompanyID: company, City: &city})
	if err != nil || updated.City != city || updated.Email != "a@fjord.example" || !updated.Settings.AllowDuplicateContact {
		t.Errorf("update: %+v, %v", updated, err)
	}
	read, err := agency.Location(ctx, made.ID)
	if err != nil || read.City != city || read.FirstName != "A" {
		t.Errorf("read: %+v, %v", read, err)
	}
	found, err := agency.SearchLocations(ctx, client.LocationSearch{CompanyID: company, Email: "A@fjord.example"})
	if err != nil || len(found.Locations) != 1 || *found.Total != 1 {
		t.Errorf("search: %+v, %v", found, err)
	}
	gone, err := agency.DeleteLocation(ctx, made.ID, false)
	if err != nil || !gone.Success {
		t.Errorf("delete: %+v, %v", gone, err)
	}
	_, err = agency.Location(ctx, made.ID)
	if e, ok := errors.AsType[*client.Error](err); !ok || e.StatusCode != http.StatusForbidden || e.Code != "location_access_denied" {
		t.Errorf("after the delete: %v", err)
	}
}

// operations calls a sub-account's operations; each group leaves nothing behind.
type operations struct {
	t             *testing.T
	agency, local *client.Client
	loc           string
}

// ok fails the test unless the call worked and what it answered is right.
func (o operations) ok(what string, err error, right bool) {
	o.t.Helper()
	if err != nil || !right {
		o.t.Fatalf("%s: right %t, %v", what, right, err)
	}
}

func (o operations) tags() {
	ctx := o.t.Context()
	made, err := o.local.CreateTag(ctx, o.loc, "Go client")
	o.ok("create tag", err, err == nil && made.Name == "go client" && made.LocationID == o.loc)
	renamed, err := o.local.UpdateTag(ctx, o.loc, made.ID, "gopher")
	o.ok("update tag", err, err == nil && renamed.ID == made.ID)
	read, err := o.local.Tag(ctx, o.loc, made.ID)
	o.ok("read tag", err, err == nil && read.Name == "gopher")
	_, err = o.local.CreateTag(ctx, o.loc, "Gopher")
	e, isError := errors.AsType[*client.Error](err)
	o.ok("duplicate tag", nil, isError && e.StatusCode == 400 && e.Code == "duplicate" && e.TraceID != "")
	gone, err := o.local.DeleteTag(ctx, o.loc, made.ID)
	o.ok("delete tag", err, err == nil && gone.Done())
}

func (o operations) fields() {
	ctx := o.t.Context()
	folder, err := o.local.CreateCustomField(ctx, o.loc, client.CreateCustomFieldRequest{Name: "Billing", DocumentType: client.FolderDocument})
	o.ok("create folder", err, true)
	made, err := o.local.CreateCustomField(ctx, o.loc, client.CreateCustomFieldRequest{
		Name: "Go colour", DataType: client.FieldSingleOptions, Options: []string{"Red", "Blue"}, ParentID: folder.ID,
	})
	o.ok("create field", err, err == nil && made.FieldKey == "contact.go_colour" && len(made.PicklistOptions) == 2)
	updated, err := o.local.UpdateCustomField(ctx, o.loc, made.ID, client.UpdateCustomFieldRequest{Name: "Go shade"})
	o.ok("update field", err, err == nil && updated.FieldKey == made.FieldKey && len(updated.PicklistOptions) == 2)
	read, err := o.local.CustomField(ctx, o.loc, made.FieldKey)
	o.ok("read field by key", err, err == nil && read.ID == made.ID && read.Name == "Go shade")
	found, err := o.local.SearchCustomFields(ctx, o.loc, client.CustomFieldSearch{DocumentType: client.FolderDocument, Model: client.ContactModel, Query: "bill"})
	o.ok("search folders", err, err == nil && len(found.Folders) == 1 && found.TotalItems == 1)
	o.upload()
	for _, id := range []string{made.ID, folder.ID} {
		gone, err := o.local.DeleteCustomField(ctx, o.loc, id)
		o.ok("delete field", err, err == nil && gone.Done())
	}
}

func (o operations) upload() {
	ctx := o.t.Context()
	field, err := o.local.CreateCustomField(ctx, o.loc, client.CreateCustomFieldRequest{
		Name: "Go papers", DataType: client.FieldFileUpload, AcceptedFormat: []string{".txt"},
	})
	o.ok("create upload field", err, true)
	sent := []byte("hello, files")
	up, err := o.local.UploadFiles(ctx, o.loc, field.ID, 1, client.Upload{Name: "hello.txt", Content: bytes.NewReader(sent)})
	o.ok("upload", err, err == nil && len(up.Files) == 1 && up.Files[0].Size == int64(len(sent)))
	resp, err := http.Get(up.URLs["hello.txt"]) //nolint:gosec // our own server
	o.ok("fetch", err, true)
	got, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	o.ok("the same bytes", err, bytes.Equal(got, sent))
	_, err = o.local.UploadFiles(ctx, o.loc, field.ID, 1, client.Upload{Name: "hello.exe", Content: strings.NewReader("MZ")})
	o.ok("refused upload", nil, err != nil)
	_, err = o.local.DeleteCustomField(ctx, o.loc, field.ID)
	o.ok("delete upload field", err, true)
}

func (o operations) values() {
	ctx := o.t.Context()
	made, err := o.local.CreateCustomValue(ctx, o.loc, "Go Link", "https://go.example")
	o.ok("create value", err, err == nil && made.FieldKey == "{{ custom_values.go_link }}")
	updated, err := o.local.UpdateCustomValue(ctx, o.loc, made.ID, "Go Link 2", "x")
	o.ok("update value", err, err == nil && updated.FieldKey == made.FieldKey)
	read, err := o.local.CustomValue(ctx, o.loc, made.ID)
	o.ok("read value", err, err == nil && read.Value == "x")
	gone, err := o.local.DeleteCustomValue(ctx, o.loc, made.ID)
	o.ok("delete value", err, err == nil && gone.Done())
}

func (o operations) templates() {
	ctx, body := o.t.Context(), "Hi!"
	made, err := o.local.CreateTemplate(ctx, o.loc, client.CreateTemplateRequest{Name: "Go SMS", Type: client.SMSTemplate, Content: client.TemplateContentInput{Body: &body}})
	o.ok("create template", err, err == nil && made.Content.Body == body)
	name := "Go SMS 2"
	updated, err := o.local.UpdateTemplate(ctx, o.loc, made.ID, client.UpdateTemplateRequest{Name: &name})
	o.ok("update template", err, err == nil && updated.Name == name && updated.Content.Body == body)
	gone, err := o.local.DeleteTemplate(ctx, o.loc, made.ID)
	o.ok("delete template", err, err == nil && gone.Done())
}

func (o operations) tasks() {
	ctx := o.t.Context()
	made, err := o.local.CreateRecurringTask(ctx, o.loc, client.CreateRecurringTaskRequest{
		Title: "Go daily",
		RRule: client.RRuleOptions{IntervalType: client.Daily, Interval: 1, StartDate: "2020-01-01T08:00:00.000Z", DueAfterSeconds: 60},
	})
	o.ok("create recurring task", err, err == nil && made.TotalOccurrence == 1)
	title := "Go each day"
	updated, err := o.local.UpdateRecurringTask(ctx, o.loc, made.ID, client.UpdateRecurringTaskRequest{Title: &title})
	o.ok("update recurring task", err, err == nil && updated.Title == title)
	read, err := o.local.RecurringTask(ctx, o.loc, made.ID)
	o.ok("read recurring task", err, err == nil && read.RRule.IntervalType == client.Daily)
	found, err := o.local.SearchTasks(ctx, o.loc, client.TaskSearch{Query: "go daily"})
	o.ok("search tasks", err, err == nil && len(found.Tasks) >= 1 && found.Tasks[0].ObjectID == found.Tasks[0].ID)
	gone, err := o.local.DeleteRecurringTask(ctx, o.loc, made.ID)
	o.ok("delete recurring task", err, err == nil && gone.Success && gone.ID == made.ID)
}

// rest are the reads of one sub-account and the v3 additions.
func (o operations) rest() {
	ctx := o.t.Context()
	zones, err := o.local.TimeZones(ctx, o.loc)
	o.ok("time zones", err, len(zones) > 300)
	l, err := o.local.Location(ctx, o.loc)
	o.ok("own location", err, err == nil && l.ID == o.loc)
	names, err := o.agency.UpdatePermissions(ctx, o.loc, []string{"crm"})
	o.ok("update permissions", err, len(names) == 1)
	names, err = o.agency.Permissions(ctx, o.loc)
	o.ok("permissions", err, len(names) == 1)
	_, err = o.local.ConversationChannels(ctx, o.loc, client.ChannelSMS)
	o.ok("conversation channels", err, true)
	o.ok("health", o.local.Health(ctx), true)
}
