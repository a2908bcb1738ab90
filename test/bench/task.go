package main

import (
	"context"
	"errors"

	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit/pgtest"
)

// tasksEach is how many tasks each sub-account of a scale has, all of one contact.
const tasksEach = 3

// The rows that the API would make, without their events: three million take a minute so. The
// rows of a sub-account lie together, as they do when they are made one by one.
const (
	insertContacts = `INSERT INTO contacts (location_id, id, first_name, last_name, created_at, updated_at)
		SELECT location_id, 'contact', 'Ada', 'Keller', created_at, created_at FROM locations ORDER BY location_id`
	insertTasks = `INSERT INTO tasks (location_id, id, title, contact_id, due_at, search_text, created_at, updated_at)
		SELECT l.location_id, n.id, 'Call back ' || n.id, 'contact', l.created_at + 86400000, 'call back ' || n.id, l.created_at, l.created_at
		FROM locations l, (SELECT 'first' AS id UNION ALL SELECT 'second' UNION ALL SELECT 'third') n ORDER BY l.location_id`
)

// addTasks gives each sub-account of a stopped server's database a contact with its tasks.
func addTasks(ctx context.Context, url string) (err error) {
	if db.IsPostgres(url) { // which counts its rows by itself, but later
		return pgtest.Exec(ctx, url, insertContacts+"; "+insertTasks+"; ANALYZE")
	}
	d, err := openReference(url, "&_pragma=synchronous(OFF)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	for _, statement := range []string{insertContacts, insertTasks} {
		if _, err := d.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
