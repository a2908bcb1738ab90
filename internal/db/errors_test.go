package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tenantry/tenantry"
)

// fail runs a statement that must fail, after a note (t, 1, 'Taken') exists.
func fail(t *testing.T, d *DB, query string, args ...any) error {
	t.Helper()
	err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err == nil {
		t.Fatalf("%s succeeds", query)
	}
	return err
}

func TestConstraintErrors(t *testing.T) {
	d := newDB(t)
	if err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if err := insert(1, "Taken")(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO remarks (tenant, note_id, slug) VALUES ('t', 1, 'first')")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	type key struct {
		Table   string
		Columns []string
		Index   string
	}
	for _, test := range []struct {
		name, query string
		args        []any
		rule        error
		key         key
	}{
		{
			"primary key", "INSERT INTO notes (tenant, id, text) VALUES ('t', 1, $1)", []any{"hush"}, ErrDuplicate,
			key{"notes", []string{"tenant", "id"}, ""},
		}, {
			"unique column", "INSERT INTO remarks (tenant, note_id, slug) VALUES ('t', 1, 'first')", nil, ErrDuplicate,
			key{"remarks", []string{"slug"}, ""},
		}, {
			"rowid", "INSERT INTO targets (id) VALUES (5), (5)", nil, ErrDuplicate,
			key{"targets", []string{"id"}, ""},
		}, {
			"unique expression", "INSERT INTO notes (tenant, id, text) VALUES ('t', 2, 'TAKEN')", nil, ErrDuplicate,
			key{"", nil, "notes_by_text"},
		}, {
			"missing parent", "INSERT INTO remarks (tenant, note_id, slug) VALUES ('t', 9, 'second')", nil, ErrForeignKey, key{},
		}, {
			"child left", "DELETE FROM notes", nil, ErrForeignKey, key{},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := fail(t, d, test.query, test.args...)
			if !errors.Is(err, test.rule) {
				t.Errorf("got %v, want %v", err, test.rule)
			}
			e, ok := errors.AsType[*ConstraintError](err)
			if !ok {
				t.Fatalf("%v is no ConstraintError", err)
			}
			if diff := cmp.Diff(test.key, key{e.Table, e.Columns, e.Index}); diff != "" {
				t.Errorf("key (-want +got):\n%s", diff)
			}
			if !strings.Contains(err.Error(), test.query) || strings.Contains(err.Error(), "hush") {
				t.Errorf("text %q must have the statement and no argument", err)
			}
		})
	}
}

// Whatever else goes wrong is told with the statement's first line, never with
// an argument or a stored value.
func TestOtherErrorsHideValues(t *testing.T) {
	d := newDB(t)
	if err := d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, "CREATE VIRTUAL TABLE words USING fts5(word)"); err != nil {
			return err
		}
		return insert(1, "hush")(ctx, tx)
	}); err != nil {
		t.Fatal(err)
	}
	run := func(query string, args ...any) func() error {
		return func() error { return fail(t, d, query, args...) }
	}
	match := func(text string) func() error {
		return func() error {
			_, err := All(t.Context(), d.Read(), scanText, "SELECT word FROM words\nWHERE words MATCH $1", text)
			return err
		}
	}
	for _, test := range []struct {
		name string
		do   func() error
		want string
	}{
		{"check", run("INSERT INTO notes (tenant, id, text)\nVALUES ('t', $1, $2)", 2, "forbidden"), "[INSERT INTO notes (tenant, id, text)]"},
		{"not null", run("INSERT INTO notes (tenant, id, text) VALUES ($1, 2, NULL)", "hush"), "notes.text"},
		{"strict type", run("INSERT INTO notes (tenant, id, text) VALUES ('t', $1, 'x')", "hush"), "notes.id"},
		{"syntax", run("SELEC 1", "hush"), `near "SELEC"`},
		{"table", run("DELETE FROM nowhere WHERE x = $1", "hush"), "no such table: nowhere"},
		{"double quotes", run(`DELETE FROM notes WHERE text = "hidden"`), "no such column"},
		{"missing argument", run("DELETE FROM notes WHERE text = $2", "hush"), `missing named argument "2"`},
		{"bad argument", run("DELETE FROM notes WHERE text = $1", struct{ s string }{"hush"}), "unsupported type"},
		{"match syntax", match(`hush AND "`), "[SELECT word FROM words]"},
		{"match column", match(`hush : x`), "[SELECT word FROM words]"},
		{"json", run("SELECT json_extract('{}', $1)", "hush"), "[SELECT json_extract"},
		{"scan", func() error {
			_, err := One(t.Context(), d.Read(), scanInt, "SELECT text FROM notes")
			return err
		}, `name "text": converting driver.Value type string: the value does not fit [SELECT text FROM notes]`},
		{"scan count", func() error {
			_, err := One(t.Context(), d.Read(), scanInt, "SELECT text, id FROM notes")
			return err
		}, "expected 2 destination arguments"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.do()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q tells a value or more than the first line", err)
			}
			if tenantry.KindOf(err) != tenantry.Internal || errors.Is(err, ErrDuplicate) || errors.Is(err, ErrForeignKey) {
				t.Errorf("%v has the kind of something else", err)
			}
		})
	}
}

func TestMapErrorPassesThrough(t *testing.T) {
	for _, err := range []error{nil, context.Canceled, context.DeadlineExceeded, fmt.Errorf("wrapped: %w", context.Canceled)} {
		if got := mapError("SELECT 1", err); got != err {
			t.Errorf("mapError(%v) = %v", err, got)
		}
	}
	if got := mapError("SELECT 1", sql.ErrNoRows); got != ErrNoRows {
		t.Errorf("sql.ErrNoRows became %v", got)
	}
}

// The caller hears that the server is at fault; the cause is for the log.
func TestUnavailable(t *testing.T) {
	d := newDB(t)
	limitPages(t, d, 1)
	err := d.Write(t.Context(), insert(1, strings.Repeat("x", 1<<20)))
	e, ok := errors.AsType[*tenantry.Error](err)
	if !ok {
		t.Fatalf("got %v, want a tenantry.Error", err)
	}
	if e.Kind != tenantry.Unavailable || e.Code != "unavailable" || len(e.Messages) != 1 || e.RetryAfter != retryAfter {
		t.Errorf("got %+v", e)
	}
	if strings.Contains(e.Messages[0], "full") || !strings.Contains(e.Error(), "database or disk is full") {
		t.Errorf("message %q, log text %q", e.Messages[0], e.Error())
	}
}

func TestFirstLine(t *testing.T) {
	long := strings.Repeat("ä", 200)
	for query, want := range map[string]string{
		"SELECT 1":                "SELECT 1",
		"\n\tSELECT a \n\tFROM b": "SELECT a",
		long:                      strings.Repeat("ä", 120) + "…",
	} {
		if got := firstLine(query); got != want {
			t.Errorf("firstLine(%q) = %q, want %q", query, got, want)
		}
	}
}
