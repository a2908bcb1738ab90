package db

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/tenantry/tenantry"
)

// SQLSTATE codes that mean something here (PostgreSQL documentation, appendix A), and
// classes of them.
const (
	codeUnique             = "23505"
	codeForeignKey         = "23503"
	codeSerialization      = "40001"
	codeDeadlock           = "40P01"
	codeStalePlan          = "0A000" // of a prepared statement, after a migration
	codeNoStatement        = "26000" // prepared on another connection of a pooler
	codeReadOnly           = "25006" // in a transaction that reads, or on a standby
	codeCancelled          = "57014" // by its time limit
	codeLockTimeout        = "55P03"
	codeShutdown           = "57P01"
	codeStarting           = "57P03"
	codeTooManyConnections = "53300"
	codeNoDatabase         = "3D000"
	codeNotInEncoding      = "22021" // such as a NUL
	codeUntranslatable     = "22P05"

	classConnection = "08"
	classSyntax     = "42"
	classResources  = "53"
	classOperator   = "57"
	classSystem     = "58"
)

var (
	// errLost is a connection that broke before the transaction was committed.
	errLost = errors.New("connection to the database was lost")
	// errConflict is a transaction that others undid.
	errConflict = errors.New("transaction was undone by a conflict with another")
	// errCommitUnknown is a commit without an answer.
	errCommitUnknown = errors.New("the answer to a commit was lost: nobody knows whether it happened")
)

// isLost tells whether a connection broke, so that what it ran is undone.
func isLost(err error) bool { return errors.Is(err, errLost) }

// isUndone tells whether a transaction is undone for a reason that another try may not meet.
func isUndone(err error) bool { return isLost(err) || errors.Is(err, errConflict) }

// translatePostgres is the part of translate for an error that the server sent. Its
// details quote values, so they are left out; so is what its message quotes, unless that
// is about the statement.
func translatePostgres(query string, failure *pgconn.PgError) error {
	text := failure.Message
	if !strings.HasPrefix(failure.Code, classSyntax) {
		text = redact(text)
	}
	text += " (" + failure.Code + ") [" + firstLine(query) + "]"
	switch failure.Code {
	case codeUnique:
		e := &ConstraintError{Table: failure.TableName, Columns: keyColumns(failure.Detail), rule: ErrDuplicate, text: text}
		if e.Columns == nil {
			e.Index = failure.ConstraintName
		}
		return e
	case codeForeignKey:
		return &ConstraintError{rule: ErrForeignKey, text: text}
	case codeSerialization, codeDeadlock, codeNoStatement:
		return unavailable(fmt.Errorf("%w: %s", errConflict, text))
	case codeStalePlan:
		if strings.Contains(failure.Message, "cached plan") {
			return unavailable(fmt.Errorf("%w: %s", errConflict, text))
		}
		return errors.New(text)
	case codeReadOnly:
		return unavailable(fmt.Errorf("%w: %s", errReadOnly, text))
	case codeCancelled:
		return unavailable(fmt.Errorf("%w: %s", errTooSlow, text))
	case codeLockTimeout:
		return unavailable(errors.New(text))
	case codeNotInEncoding, codeUntranslatable:
		return tenantry.InvalidInput("text must be valid UTF-8 without the NUL character").WithCause(errors.New(text))
	}
	switch failure.Code[:min(2, len(failure.Code))] {
	case classConnection, classResources, classOperator, classSystem:
		return unavailable(errors.New(text))
	}
	return errors.New(text)
}

// keyColumns reads the columns out of "Key (a, b)=(1, 2) already exists.", nil when one of
// them is an expression.
func keyColumns(detail string) []string {
	list, found := strings.CutPrefix(detail, "Key (")
	list, _, closed := strings.Cut(list, ")=(")
	if !found || !closed || strings.ContainsAny(list, "(:") {
		return nil
	}
	return strings.Split(list, ", ")
}
