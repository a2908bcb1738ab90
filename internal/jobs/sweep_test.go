package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/testkit"
)

// uploaded is a file of a contact of the location, with its row unless it is an orphan.
func uploaded(t *testing.T, e *testkit.Env, loc tenantry.LocationID, id tenantry.FileID, isOrphan bool) string {
	t.Helper()
	staged := ok[*files.Staged](t)(e.Files.Stage("a.txt", strings.NewReader("content"), 100))
	f := tenantry.File{ID: id, LocationID: loc, Name: "a.txt", MIME: "text/plain", Size: 7, SHA256: staged.SHA256}
	if err := staged.Keep(t.Context(), f.Key()); err != nil {
		t.Fatal(err)
	}
	if !isOrphan {
		c := ok[tenantry.Contact](t)(e.Store.CreateContact(t.Context(), loc, tenantry.System(), tenantry.Contact{}))
		if err := e.Store.AddFiles(t.Context(), loc, tenantry.System(), string(c.ID), []tenantry.File{f}); err != nil {
			t.Fatal(err)
		}
	}
	if err := staged.Discard(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(e.Folder, filepath.FromSlash(f.Key()))
}

// TestSweepRemovesOrphans (requirement 34): what a crash between the move of a file and the
// commit of its row leaves, what a crash leaves in staging, and the files of a field that was
// deleted go; files with rows stay, also while they are being uploaded.
func TestSweepRemovesOrphans(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		kept := uploaded(t, e, e.LocA, "kept", false)
		orphans := []string{
			uploaded(t, e, e.LocA, "orphan", true),
			uploaded(t, e, e.LocB, "kept", true), // its namesake's row is of another location
			filepath.Join(e.Folder, ".staging", "4711"),
		}
		if err := os.WriteFile(orphans[2], []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		name := "Paper"
		field := ok[tenantry.CustomField](t)(e.Store.CreateCustomField(t.Context(), e.LocA, tenantry.System(), tenantry.CustomFieldDraft{
			DocumentType: tenantry.FieldDocument, Model: tenantry.ContactModel, DataType: tenantry.FileUploadField,
			CustomFieldPatch: tenantry.CustomFieldPatch{Name: &name, AcceptedFormat: []string{".txt"}},
		}))
		ofField := uploaded(t, e, e.LocA, "paper", true)
		if err := e.Store.AddFiles(t.Context(), e.LocA, tenantry.System(), string(field.ID), []tenantry.File{{ID: "paper", Name: "a.txt"}}); err != nil {
			t.Fatal(err)
		}
		underWay := ok[*files.Staged](t)(e.Files.Stage("b.txt", strings.NewReader("content"), 100))
		if err := underWay.Keep(t.Context(), string(e.LocA)+"/underway"); err != nil {
			t.Fatal(err)
		}
		sweep := func() {
			t.Helper()
			if err := runner(e).Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		for _, path := range orphans {
			if exists(t, path) {
				t.Errorf("%s is left", path)
			}
		}
		for _, path := range []string{kept, ofField, filepath.Join(e.Folder, string(e.LocA), "underway")} {
			if !exists(t, path) {
				t.Errorf("%s is gone", path)
			}
		}
		if err := errors.Join(underWay.Discard(), e.Store.DeleteCustomField(t.Context(), e.LocA, tenantry.System(), field.ID)); err != nil {
			t.Fatal(err)
		}
		sweep()
		if exists(t, ofField) || !exists(t, kept) {
			t.Errorf("after its field was deleted a file is there: %v; another is: %v", exists(t, ofField), exists(t, kept))
		}
	})
}

// TestSweepOfAnotherDatabase: a server that is given the wrong database does not remove the
// files of the right one, but says so.
func TestSweepOfAnotherDatabase(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		stranger := uploaded(t, e, "a-location-elsewhere", "file", true)
		var log bytes.Buffer
		r := jobs.New(e.Store, e.Files, e.Clock.Now, slog.New(slog.NewTextHandler(&log, nil)))
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !exists(t, stranger) || !strings.Contains(log.String(), "left alone") {
			t.Errorf("the file is there: %v; the log says %q", exists(t, stranger), &log)
		}
	})
}

// TestSweepAfterAPurge: what is left of a dropped location is swept, since its events tell
// that it was one of this database.
func TestSweepAfterAPurge(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		tick(t, e)
		late := uploaded(t, e, e.LocA, "late", true)
		if err := runner(e).Sweep(t.Context()); err != nil || exists(t, late) {
			t.Errorf("%v; the file is there: %v", err, exists(t, late))
		}
	})
}

// TestRunSweeps: a start of the program removes what the one before left.
func TestRunSweeps(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		orphan := uploaded(t, e, e.LocA, "orphan", true)
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			runner(e).Run(ctx)
		}()
		for deadline := time.Now().Add(time.Minute); exists(t, orphan); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the orphan stays")
			}
		}
		cancel()
		<-stopped
	})
}

// TestSweepRemovesWhatHasExpired: a session whose time is over goes with the next sweep.
func TestSweepRemovesWhatHasExpired(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		ok[tenantry.Session](t)(e.Store.CreateSession(t.Context(), "hash", e.Admin(t, e.CompanyA)))
		runner := jobs.New(e.Store, e.Files, e.Clock.Now, slog.New(slog.DiscardHandler))
		sessions := func() int { t.Helper(); return len(e.Snapshot(t)["sessions"]) }
		if err := runner.Sweep(t.Context()); err != nil || sessions() != 1 {
			t.Errorf("%d sessions while one is good, %v", sessions(), err)
		}
		e.Clock.Advance(tenantry.SessionTTL)
		if err := runner.Sweep(t.Context()); err != nil || sessions() != 0 {
			t.Errorf("%d sessions when none is good, %v", sessions(), err)
		}
	})
}

// TestSweepOfABucketThatIsAway: a failure, which the next sweep makes good.
func TestSweepOfABucketThatIsAway(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d, testkit.WithBucket())
		orphan := uploaded(t, e, e.LocA, "orphan", true)
		e.Bucket.Stop()
		if err := runner(e).Sweep(t.Context()); tenantry.KindOf(err) != tenantry.Unavailable {
			t.Errorf("while it is away: %v", err)
		}
		e.Bucket.Resume(t)
		if err := runner(e).Sweep(t.Context()); err != nil || exists(t, orphan) {
			t.Errorf("%v; the file is there: %v", err, exists(t, orphan))
		}
	})
}
