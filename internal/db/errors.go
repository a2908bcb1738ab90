package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/tenantry/tenantry"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrNoRows is a statement of [One] that gave no row.
	ErrNoRows = errors.New("no rows")
	// ErrDuplicate is a row whose primary or unique key is taken; the error is a [*ConstraintError].
	ErrDuplicate = errors.New("duplicate key")
	// ErrForeignKey is a row that refers to one that does not exist, or that is
	// still referred to; the error is a [*ConstraintError].
	ErrForeignKey = errors.New("foreign key violated")
	// ErrFolderInUse is a database whose folder another process, or another [DB] of this one, has open.
	ErrFolderInUse = errors.New("database folder is in use")
	// ErrNoDatabase is a file or a server's database that must exist and does not.
	ErrNoDatabase = errors.New("there is no database")
	// ErrNewerSchema is a database that a newer version of the program has migrated.
	ErrNewerSchema = errors.New("database is newer than this program")
)

// errReadOnly is a statement that writes where nothing may.
var errReadOnly = errors.New("read-only")

// retryAfter is what an Unavailable error tells its caller to wait: a full
// queue or a lock clears within a second, a full disk does not clear sooner.
const retryAfter = time.Second

// ConstraintError is a statement that a key or reference turned down. It
// unwraps to [ErrDuplicate] or [ErrForeignKey] and never holds a value.
type ConstraintError struct {
	Table   string   // of the violated key; empty when the engine does not tell
	Columns []string // of the violated key, in its order; empty for an index on an expression and for foreign keys
	Index   string   // name of the violated index on an expression, else empty
	rule    error
	text    string
}

// Error names the rule, what the engine said of it and the statement's first line.
func (e *ConstraintError) Error() string { return e.text }

// Unwrap gives [ErrDuplicate] or [ErrForeignKey].
func (e *ConstraintError) Unwrap() error { return e.rule }

// unavailable is the error for a database that cannot do the work now.
func unavailable(cause error) error {
	e := tenantry.Errorf(tenantry.Unavailable, "unavailable", "The server cannot reach its data right now. Try again later.")
	e.RetryAfter = retryAfter
	return e.WithCause(cause)
}

// mapError turns the error of a running statement into one of this package.
// What remains carries the statement's first line and none of its arguments.
func mapError(query string, err error) error {
	return translate(query, err, redact)
}

// mapPrepareError is [mapError] for a statement that has seen no argument yet,
// so the engine's text can be quoted in full.
func mapPrepareError(query string, err error) error {
	return translate(query, err, func(text string) string { return text })
}

func translate(query string, err error, clean func(string) string) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNoRows
	}
	if errors.Is(err, errLost) {
		return unavailable(fmt.Errorf("%w [%s]", err, firstLine(query)))
	}
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return translatePostgres(query, failure)
	}
	if failure, ok := errors.AsType[*sqlite.Error](err); ok {
		return translateSQLite(query, failure, clean)
	}
	return fmt.Errorf("%w [%s]", err, firstLine(query))
}

func translateSQLite(query string, failure *sqlite.Error, clean func(string) string) error {
	text := failure.Error() + " [" + firstLine(query) + "]"
	switch failure.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		e := &ConstraintError{rule: ErrDuplicate, text: text}
		e.Table, e.Columns, e.Index = violatedKey(failure.Error())
		return e
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return &ConstraintError{rule: ErrForeignKey, text: text}
	}
	switch primaryCode(failure) {
	case sqlite3.SQLITE_READONLY:
		if failure.Code() != sqlite3.SQLITE_READONLY { // the file, not the statement
			return unavailable(errors.New(text))
		}
		return unavailable(fmt.Errorf("%w: %s", errReadOnly, text))
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL,
		sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT:
		return unavailable(errors.New(text))
	case sqlite3.SQLITE_ERROR:
		return errors.New(clean(failure.Error()) + " [" + firstLine(query) + "]")
	default:
		return errors.New(text)
	}
}

// primaryCode strips the detail from an extended result code.
func primaryCode(err *sqlite.Error) int { return err.Code() & 0xff }

// violatedKey reads the key out of SQLite's "UNIQUE constraint failed: t.a, t.b (2067)",
// or "… failed: index 'name' (2067)" for an index on an expression.
func violatedKey(text string) (table string, columns []string, index string) {
	_, list, found := strings.Cut(text, "constraint failed: UNIQUE constraint failed: ")
	if !found {
		return "", nil, ""
	}
	if end := strings.LastIndex(list, " ("); end >= 0 {
		list = list[:end]
	}
	if name, ok := strings.CutPrefix(list, "index '"); ok {
		return "", nil, strings.TrimSuffix(name, "'")
	}
	for part := range strings.SplitSeq(list, ", ") {
		of, column, _ := strings.Cut(part, ".")
		table, columns = of, append(columns, column)
	}
	return table, columns, ""
}

// redact takes out of the engine's text what may come from an argument: a full
// text query or a JSON path is quoted back when it has a mistake.
func redact(text string) string {
	const column = "no such column: "
	if at := strings.Index(text, column); at >= 0 {
		return text[:at+len(column)] + "…"
	}
	start, end := strings.IndexAny(text, `"'`), strings.LastIndexAny(text, `"'`)
	if start < 0 {
		return text
	}
	return text[:start] + "…" + text[end+1:]
}

// scanError is a row that does not fit its destinations. database/sql and pgx quote
// the value, which may be a secret; column and types are enough.
func scanError(query string, err error) error {
	if text, _, quoted := strings.Cut(err.Error(), ` ("`); quoted {
		return fmt.Errorf("%s: the value does not fit [%s]", text, firstLine(query))
	}
	if failure, ok := errors.AsType[pgx.ScanArgError](err); ok {
		return fmt.Errorf("column %s: the value does not fit [%s]", failure.FieldName, firstLine(query))
	}
	return mapError(query, err)
}

// firstLine is enough of a statement to find it in the source.
func firstLine(query string) string {
	const limit = 120
	line, _, _ := strings.Cut(strings.TrimSpace(query), "\n")
	if runes := []rune(line); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return strings.TrimSpace(line)
}
