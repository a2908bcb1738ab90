package crash_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the rig reads the database by itself, not through the code under test

	"github.com/tenantry/tenantry"
)

// at names a resource, or a file, of a location.
type at struct{ location, id string }

// data is what a check reads of the database.
type data struct {
	rows  map[*kind]map[at][2]string
	audit map[at][]tenantry.EventType
	files map[at][]fileRow // by location and owner
	good  map[string]string
}

type fileRow struct{ id, name, sha256 string }

// checkData looks at the data as a kill left it: a copy, so that the server itself has to
// recover the original. What was in doubt is decided by it.
func (r *rig) checkData(t *testing.T, got *tally) {
	t.Helper()
	copied := t.TempDir()
	for _, name := range []string{"tenantry.db", "tenantry.db-wal"} {
		content, err := os.ReadFile(filepath.Join(r.dir, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(copied, name), content, 0o600))
	}
	d, err := sql.Open("sqlite", "file:"+filepath.Join(copied, "tenantry.db"))
	must(t, err)
	defer func() { must(t, errors.Join(d.Close(), os.RemoveAll(copied))) }()
	r.checkTables(t, d, onSQLite(), got)
	got.orphans += len(r.orphans(t, d))
}

// checkTables looks at a database that nobody changes.
func (r *rig) checkTables(t *testing.T, d *sql.DB, e engine, got *tally) {
	t.Helper()
	checkInvariants(t, d, e)
	found := read(t, d)
	known := map[at]bool{}
	for _, w := range r.workers {
		w.checkSession(t, found.good, got)
		for _, p := range w.places {
			found.decide(t, p.location, got)
			for _, thing := range p.things {
				found.decide(t, thing, got)
			}
		}
		w.clean()
		for _, p := range w.places {
			r.checkPlace(t, p, found, known)
		}
	}
	checkNothingElse(t, r.workers, found, known)
}

// engine is what a check of a database does in words of its own.
type engine struct {
	integrity  string // a query whose answer is "ok"
	invariants map[string]string
}

func onSQLite() engine {
	return engine{`PRAGMA integrity_check`, map[string]string{
		"rows that refer to missing ones": `SELECT count(*) FROM pragma_foreign_key_check`,
		"events whose body is not theirs": `SELECT count(*) FROM events WHERE json_extract(payload, '$.webhookId') <> id OR json_extract(payload, '$.type') <> type`,
	}}
}

// invariants are queries that count what must not be.
var invariants = map[string]string{
	"events without their audit record": `SELECT count(*) FROM (SELECT location_id, id, company_id, type FROM events
		EXCEPT SELECT location_id, id, company_id, action FROM audit) AS alone`,
	"audit records without their event": `SELECT count(*) FROM (SELECT location_id, id, company_id, action FROM audit
		EXCEPT SELECT location_id, id, company_id, type FROM events) AS alone`,
	"tasks that were made twice": `SELECT count(*) FROM (SELECT 1 FROM tasks GROUP BY location_id, recurring_id, contact_id, occurrence_at HAVING count(*) > 1) AS twice`,
	"tasks whose making was recorded twice": `SELECT count(*) FROM (SELECT 1 FROM audit WHERE action = 'TaskCreate'
		GROUP BY location_id, resource_id HAVING count(*) > 1) AS twice`,
	"wrong counters of locations": `SELECT count(*) FROM companies c
		WHERE location_count <> (SELECT count(*) FROM locations l WHERE l.company_id = c.id AND l.deleted_at IS NULL)`,
	"wrong counters of occurrences": `SELECT count(*) FROM recurring_tasks r
		WHERE total_occurrence <> (SELECT count(DISTINCT occurrence_at) FROM tasks t WHERE t.location_id = r.location_id AND t.recurring_id = r.id)`,
	"locations with other tasks than events of tasks": `SELECT count(*) FROM locations l WHERE deleted_at IS NULL
		AND (SELECT count(*) FROM tasks t WHERE t.location_id = l.location_id) <>
			(SELECT count(*) FROM events e WHERE e.location_id = l.location_id AND e.type = 'TaskCreate')`,
	"rows of dropped locations": `SELECT count(*) FROM (SELECT location_id FROM files UNION SELECT location_id FROM contact_tags
			UNION SELECT location_id FROM tokens UNION SELECT location_id FROM grants) AS rest
		WHERE location_id <> '' AND location_id NOT IN (SELECT location_id FROM locations)`,
}

func checkInvariants(t *testing.T, d *sql.DB, e engine) {
	t.Helper()
	var verdict string
	must(t, d.QueryRowContext(t.Context(), e.integrity).Scan(&verdict))
	if verdict != "ok" {
		t.Errorf("the database is damaged: %s", verdict)
	}
	maps.Copy(e.invariants, invariants)
	for what, query := range e.invariants {
		var n int
		if err := d.QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d %s, %v", n, what, err)
		}
	}
}

// each runs a query and calls fn for each row.
func each(t *testing.T, d *sql.DB, query string, fn func(scan func(...any))) {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), query)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	for rows.Next() {
		fn(func(dest ...any) { must(t, rows.Scan(dest...)) })
	}
	must(t, rows.Err())
}

func read(t *testing.T, d *sql.DB) data {
	t.Helper()
	found := data{rows: map[*kind]map[at][2]string{}, audit: map[at][]tenantry.EventType{}, files: map[at][]fileRow{}, good: map[string]string{}}
	for _, k := range kinds() {
		found.rows[k] = map[at][2]string{}
		each(t, d, k.rows, func(scan func(...any)) {
			var key at
			var texts [2]string
			scan(&key.location, &key.id, &texts[0], &texts[1])
			found.rows[k][key] = texts
		})
	}
	each(t, d, `SELECT location_id, resource_id, action FROM audit ORDER BY id`, func(scan func(...any)) {
		var key at
		var action tenantry.EventType
		scan(&key.location, &key.id, &action)
		found.audit[key] = append(found.audit[key], action)
	})
	each(t, d, `SELECT location_id, owner_id, id, name, sha256 FROM files`, func(scan func(...any)) {
		var key at
		var f fileRow
		scan(&key.location, &key.id, &f.id, &f.name, &f.sha256)
		found.files[key] = append(found.files[key], f)
	})
	each(t, d, `SELECT id, hash FROM grants WHERE revoked_at IS NULL`, func(scan func(...any)) {
		var id, hash string
		scan(&id, &hash)
		found.good[id] = hash
	})
	return found
}

// decide finds out whether the change that was in doubt was made: either way is right, but
// the audit trail must tell which. All that was acknowledged must be in it, and nothing else.
func (d data) decide(t *testing.T, thing *thing, got *tally) {
	t.Helper()
	if thing.id == "" {
		thing.id = d.created(thing)
	}
	key := at{thing.place.location.id, thing.id}
	recorded := d.audit[key]
	switch {
	case thing.id == "": // never made; it is forgotten
		got.undone++
	case slices.Equal(recorded, thing.events):
		if thing.doubt != nil {
			got.undone++
		}
		thing.forget()
	case thing.doubt != nil && slices.Equal(recorded, append(slices.Clone(thing.events), thing.doubt.event)):
		got.committed++
		thing.settle()
	default:
		t.Errorf("%s %v has the audit trail %q; acknowledged were %q, in doubt is %v", thing.kind.name, key, recorded, thing.events, thing.doubt)
	}
}

// created finds what an unanswered creation has made, by its text, which nobody else has.
func (d data) created(thing *thing) string {
	for key, texts := range d.rows[thing.kind] {
		if texts[0] == thing.doubt.text {
			return key.id
		}
	}
	return ""
}

// checkPlace compares all that is in a location with what its client knows.
func (r *rig) checkPlace(t *testing.T, p *place, found data, known map[at]bool) {
	t.Helper()
	for _, thing := range append([]*thing{p.location}, p.things...) {
		key := at{p.id(), thing.id}
		known[key] = true
		if !p.isLive() && thing != p.location {
			continue // it goes in the background
		}
		texts, isThere := found.rows[thing.kind][key]
		if want := [2]string{thing.text, thing.text}; isThere != (thing.text != "") || (isThere && texts != want) {
			t.Errorf("%s %v is %q (there: %v), want %q", thing.kind.name, key, texts, isThere, thing.text)
		}
		r.checkFiles(t, thing, found.files[key])
	}
}

// checkFiles compares the files of a thing with their rows and their bytes.
func (r *rig) checkFiles(t *testing.T, thing *thing, rows []fileRow) {
	t.Helper()
	if len(rows) != len(thing.files) {
		t.Errorf("%s %s has %d files, want %d", thing.kind.name, thing.id, len(rows), len(thing.files))
	}
	for _, row := range rows {
		content, err := os.ReadFile(filepath.Join(r.dir, "files", thing.place.id(), row.id))
		sum := sha256.Sum256(content)
		if want := thing.files[row.name].sha256; err != nil || row.sha256 != want || hex.EncodeToString(sum[:]) != want {
			t.Errorf("file %s (%s) of %s: %v, sum %x, row %s, want %s", row.id, row.name, thing.id, err, sum, row.sha256, want)
		}
	}
}

// checkNothingElse refuses rows and audit records of what no client has made.
func checkNothingElse(t *testing.T, workers []*worker, found data, known map[at]bool) {
	t.Helper()
	gone := map[string]bool{} // locations whose rows go in the background
	ours := map[tenantry.EventType]bool{tenantry.FilesUploaded: true}
	for _, w := range workers {
		for _, p := range w.places {
			gone[p.id()] = !p.isLive()
		}
	}
	for _, k := range kinds() {
		ours[k.created], ours[k.updated], ours[k.deleted] = true, true, true
		for key, texts := range found.rows[k] {
			if !known[key] && !gone[key.location] {
				t.Errorf("%s %v %q was made by nobody", k.name, key, texts)
			}
		}
	}
	for key, actions := range found.audit {
		if !known[key] && slices.ContainsFunc(actions, func(a tenantry.EventType) bool { return ours[a] }) {
			t.Errorf("%v was changed by nobody: %q", key, actions)
		}
	}
	for key := range found.files {
		if !known[key] {
			t.Errorf("files of %v were uploaded by nobody", key)
		}
	}
}

// orphans lists the files that no row knows, and the halves of uploads.
func (r *rig) orphans(t *testing.T, d *sql.DB) (list []string) {
	t.Helper()
	rows := map[string]bool{}
	each(t, d, `SELECT location_id || '/' || id FROM files`, func(scan func(...any)) {
		var key string
		scan(&key)
		rows[key] = true
	})
	root := filepath.Join(r.dir, "files")
	must(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || (err == nil && e.IsDir()) {
			return nil // swept meanwhile
		}
		if name, cut := strings.CutPrefix(path, root+"/"); cut && !rows[name] {
			list = append(list, name)
		}
		return err
	}))
	return list
}

// waitSwept returns once the server has purged the deleted locations and swept the files.
func (r *rig) waitSwept(t *testing.T) {
	t.Helper()
	d, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "tenantry.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	must(t, err)
	defer func() { must(t, d.Close()) }()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		var deleted int
		must(t, d.QueryRowContext(t.Context(), `SELECT count(*) FROM locations WHERE deleted_at IS NOT NULL`).Scan(&deleted))
		orphans := r.orphans(t, d)
		if deleted == 0 && len(orphans) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%d deleted locations are not purged, not swept are %q", deleted, orphans)
			return
		}
	}
}

// checkServed compares what the server shows with what the client knows.
func (w *worker) checkServed(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, p := range w.places {
		location, err := w.agency.Location(ctx, p.id())
		if !p.isLive() {
			if !isRefusal(err, 403) {
				t.Errorf("deleted location %s gives %v", p.id(), err)
			}
			continue
		}
		if err != nil || location.Name != p.location.text || location.City != p.location.text {
			t.Errorf("location %s is %+v, %v; want %q", p.id(), location, err, p.location.text)
		}
		for _, k := range contents {
			if p.token == "" {
				break
			}
			want := map[string][2]string{}
			for _, thing := range p.live(k) {
				want[thing.id] = [2]string{thing.text, thing.text}
			}
			got, err := k.served(ctx, p)
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("location %s shows the %ss %v, want %v: %v", p.id(), k.name, got, want, err)
			}
		}
		for _, thing := range p.things {
			for _, u := range thing.files {
				if u.path != "" {
					checkServedFile(t, w.url+u.path, u)
					break // one of each thing
				}
			}
		}
	}
	w.checkDeleted(t)
}

// checkDeleted looks whether the tokens of deleted locations are refused.
func (w *worker) checkDeleted(t *testing.T) {
	t.Helper()
	for _, p := range w.places {
		if p.isLive() || p.token == "" {
			continue
		}
		if _, err := p.api.Tags(t.Context(), p.id()); !isRefusal(err, 401) {
			t.Errorf("the token of the deleted location %s gives %v", p.id(), err)
		}
	}
}

func checkServedFile(t *testing.T, url string, u upload) {
	t.Helper()
	resp, err := http.Get(url) //nolint:gosec // our own server
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, resp.Body); err != nil || hex.EncodeToString(sum.Sum(nil)) != u.sha256 {
		t.Errorf("%s answers %s, other bytes than were sent: %v", url, resp.Status, err)
	}
}
