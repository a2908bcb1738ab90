package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/store"
)

// seedWorkers is how many sub-accounts are filled at once: enough for their writes to share
// the database's flushes.
const seedWorkers = 32

// batchWorkers is how many transactions are open at once that make sub-accounts by the batch.
const batchWorkers = 8

// seeder fills a database with an agency that looks like a real one.
type seeder struct {
	store *store.Store
	now   time.Time
	users []tenantry.UserID
}

func newSeeder(s *store.Store, now time.Time) *seeder { return &seeder{store: s, now: now.UTC()} }

// agency makes a company with its users and sub-accounts; done is called after each of
// these, from several goroutines.
func (s *seeder) agency(ctx context.Context, locations, contacts int, done func()) (tenantry.CompanyID, error) {
	company, err := s.store.CreateCompany(ctx, "Northlight Agency", "hello@northlight.example")
	if err != nil {
		return "", err
	}
	for _, p := range demoPeople()[:4] {
		u, err := s.user(ctx, company, p)
		if err != nil {
			return "", err
		}
		s.users = append(s.users, u.ID)
	}
	made, err := s.locations(ctx, company, 0, min(locations, seedBatch))
	if err != nil {
		return company, err
	}
	step, workers := 1, seedWorkers
	if contacts == 0 { // they need not be filled: many are made by few, who do not wait for connections
		step, workers = seedBatch, batchWorkers
	}
	var next atomic.Int64
	take := func() int { return int(next.Add(int64(step))) - step }
	group, ctx := errgroup.WithContext(ctx)
	for range min(workers, locations) {
		group.Go(func() error {
			for i := take(); i < locations; i = take() {
				batch := made[min(i, len(made)):min(i+step, len(made))]
				if i >= len(made) {
					var err error
					if batch, err = s.locations(ctx, company, i, min(i+step, locations)); err != nil {
						return err
					}
				}
				for j, l := range batch {
					if err := s.fill(ctx, l, i+j, contacts); err != nil {
						return err
					}
					done()
				}
			}
			return nil
		})
	}
	return company, group.Wait()
}

// user makes a user of the agency. An address is one user's on the whole server, so those
// of the second demo agency have its id in theirs.
func (s *seeder) user(ctx context.Context, company tenantry.CompanyID, p demoPerson) (tenantry.User, error) {
	u := tenantry.User{CompanyID: company, FirstName: p.first, LastName: p.last, Email: address(p, "northlight.example")}
	made, err := s.store.CreateUser(ctx, tenantry.System(), u)
	if tenantry.KindOf(err) == tenantry.Conflict {
		u.Email = address(p, strings.ToLower(string(company))+".northlight.example")
		made, err = s.store.CreateUser(ctx, tenantry.System(), u)
	}
	return made, err
}

// seedBatch is how many sub-accounts are made in one transaction. So many are in the same
// order in every demo, what a person looks through: their ids tell it.
const seedBatch = 100

// locations makes the sub-accounts from one number to before another.
func (s *seeder) locations(ctx context.Context, company tenantry.CompanyID, from, to int) ([]tenantry.Location, error) {
	patches := make([]tenantry.LocationPatch, 0, to-from)
	for i := from; i < to; i++ {
		patches = append(patches, seededLocation(i))
	}
	return s.store.CreateLocations(ctx, company, tenantry.System(), patches)
}

// demo gives the business of sub-account i.
func demo(i int) demoLocation {
	demos := demoLocations()
	d := demos[i%len(demos)]
	if i >= len(demos) {
		d.name = fmt.Sprintf("%s %d", d.name, i/len(demos)+1)
	}
	return d
}

func seededLocation(i int) tenantry.LocationPatch {
	d, yes := demo(i), true
	return tenantry.LocationPatch{
		Name: &d.name, Phone: &d.phone, Address: &d.address, City: &d.city, State: &d.state, Country: &d.country,
		PostalCode: &d.postal, Website: &d.site, Timezone: &d.zone,
		Prospect: &tenantry.Prospect{FirstName: d.first, LastName: d.last, Email: fmt.Sprintf("office%d@%s", i+1, strings.TrimPrefix(d.site, "https://"))},
		Settings: tenantry.SettingsPatch{AllowDuplicateOpportunity: &yes},
		Social:   tenantry.SocialPatch{Instagram: &d.site},
	}
}

// fill gives a sub-account its data; without contacts it stays empty.
func (s *seeder) fill(ctx context.Context, l tenantry.Location, i, contacts int) error {
	if contacts == 0 {
		return nil
	}
	d := demo(i)
	for _, part := range []func(context.Context, tenantry.Location, demoLocation) error{s.tags, s.fields, s.values, s.templates} {
		if err := part(ctx, l, d); err != nil {
			return err
		}
	}
	first, err := s.contacts(ctx, l.ID, d, i, contacts)
	if err != nil {
		return err
	}
	return s.recurring(ctx, l, first)
}

func (s *seeder) tags(ctx context.Context, l tenantry.Location, d demoLocation) error {
	for _, name := range append([]string{"lead", "customer"}, d.tags...) {
		if _, err := s.store.CreateTag(ctx, l.ID, tenantry.System(), name); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) fields(ctx context.Context, l tenantry.Location, _ demoLocation) error {
	for i, f := range demoFields() {
		position := float64(i * 50)
		f.Position = &position
		if _, err := s.store.CreateCustomField(ctx, l.ID, tenantry.System(), f); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) values(ctx context.Context, l tenantry.Location, d demoLocation) error {
	for _, v := range [][2]string{
		{"Booking Link", d.site + "/book"}, {"Office Hours", "Monday to Friday, 9 to 17"}, {"Owner Name", d.first + " " + d.last},
	} {
		if _, err := s.store.CreateCustomValue(ctx, l.ID, tenantry.System(), v[0], v[1]); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) templates(ctx context.Context, l tenantry.Location, d demoLocation) error {
	text := func(t string) *string { return &t }
	sms, mail, whatsApp := tenantry.SMSTemplate, tenantry.EmailTemplate, tenantry.WhatsAppTemplate
	for _, p := range []tenantry.TemplatePatch{
		{Name: text("Appointment reminder"), Type: &sms, Body: text("Hi {{contact.first_name}}, see you tomorrow at " + d.name + ".")},
		{Name: text("Review request"), Type: &sms, Body: text("How did we do? " + d.site + "/review")},
		{Name: text("Welcome"), Type: &mail, Subject: text("Welcome to " + d.name), HTML: text("<p>Good to have you with us, {{contact.first_name}}.</p>")},
		{Name: text("Directions"), Type: &whatsApp, Body: text("You find us at " + d.address + ", " + d.city + ".")},
	} {
		if _, err := s.store.CreateTemplate(ctx, l.ID, tenantry.System(), p); err != nil {
			return err
		}
	}
	return nil
}

// contacts makes people with tasks: open ones, overdue ones and completed ones.
func (s *seeder) contacts(ctx context.Context, loc tenantry.LocationID, d demoLocation, seed, n int) (first tenantry.ContactID, err error) {
	people := demoPeople()
	for i := range n {
		p := people[(seed*3+i)%len(people)]
		c, err := s.store.CreateContact(ctx, loc, tenantry.System(), tenantry.Contact{
			FirstName: p.first, LastName: p.last, Email: address(p, fmt.Sprintf("mail%d.example", i)),
			Tags: []string{"lead", d.tags[i%len(d.tags)]},
		})
		if err != nil {
			return "", err
		}
		if i == 0 {
			first = c.ID
		}
		for _, task := range s.tasksOf(c, i) {
			if _, err := s.store.CreateTask(ctx, loc, tenantry.System(), task); err != nil {
				return "", err
			}
		}
	}
	return first, nil
}

func (s *seeder) tasksOf(c tenantry.Contact, i int) []tenantry.Task {
	day := 24 * time.Hour
	owner := s.users[i%len(s.users)]
	return []tenantry.Task{
		{Title: "Call " + c.FirstName + " back", Body: "Asked about prices.", ContactID: c.ID, AssignedTo: owner, DueAt: s.now.Add(time.Duration(i+1) * day)},
		{Title: "Send the offer to " + c.FirstName, ContactID: c.ID, AssignedTo: owner, DueAt: s.now.Add(-time.Duration(i+1) * day)},
		{Title: "Welcome " + c.FirstName, ContactID: c.ID, DueAt: s.now.Add(-time.Duration(i+8) * day), Completed: true},
	}
}

// recurring makes a weekly and a monthly series that begin in the past, so the background
// loop has something to do.
func (s *seeder) recurring(ctx context.Context, l tenantry.Location, contact tenantry.ContactID) error {
	start := s.now.Truncate(24*time.Hour).AddDate(0, 0, -7).Add(9 * time.Hour)
	for _, rt := range []tenantry.RecurringTask{
		{Title: "Weekly review", Owners: s.users[:1], Rule: tenantry.Recurrence{
			IntervalType: tenantry.Weekly, Interval: 1, StartAt: start, DayOfWeek: "MO", DueAfter: 8 * time.Hour,
		}},
		{Title: "Monthly check-in", Description: "Ask how things are going.", ContactIDs: []tenantry.ContactID{contact}, Owners: s.users[1:2], Rule: tenantry.Recurrence{
			IntervalType: tenantry.Monthly, Interval: 1, StartAt: start, DayOfMonth: 1, DueAfter: 24 * time.Hour,
		}},
	} {
		if _, err := s.store.CreateRecurringTask(ctx, l.ID, tenantry.System(), rt, false); err != nil {
			return err
		}
	}
	return nil
}

func address(p demoPerson, domain string) string {
	return strings.ToLower(tenantry.Slug(p.first)+"."+tenantry.Slug(p.last)) + "@" + domain
}
