package tenantry

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind names the situation that an [Error] reports. The wire status follows
// from it in one place, the renderer of internal/wire.
type Kind int

// The situations that a request can end in.
const (
	// Internal is anything unforeseen; its detail never leaves the server.
	Internal Kind = iota
	// Invalid is input that fails validation: one message for each failure.
	Invalid
	// Malformed is a request that cannot be read at all: broken JSON, a broken form.
	Malformed
	// Refused is well-formed input that a rule turns down, such as a limit of the field uploaded to.
	Refused
	// NotFound is a missing part of a location that the caller may see.
	NotFound
	// Conflict is a name or key that is taken.
	Conflict
	// Unauthenticated is a missing, unknown, expired or revoked credential.
	Unauthenticated
	// ScopeMissing is a valid credential without the scope that the operation asks for.
	ScopeMissing
	// ClassMismatch is an agency token on an operation for sub-account tokens.
	ClassMismatch
	// Forbidden is a sub-account token on an operation for agency tokens.
	Forbidden
	// NoAccess is a location or company out of the caller's reach, whether it exists or not.
	NoAccess
	// NoRoute is a path or method that does not exist.
	NoRoute
	// TooLarge is a body or file beyond its limit.
	TooLarge
	// UnsupportedMedia is a body of the wrong media type.
	UnsupportedMedia
	// RateLimited is a caller beyond its quota; RetryAfter says for how long.
	RateLimited
	// Unavailable is a server that cannot take the work now; RetryAfter says for how long.
	Unavailable
)

// Error is a failure that a caller may be told about. Any other error type is
// unforeseen and is answered with a fixed text and a trace id.
type Error struct {
	Kind       Kind
	Code       string         // one of the closed list in docs/errors.md
	Messages   []string       // every failure at once; only [Invalid] has more than one
	Meta       map[string]any // additive machine-readable detail, such as existingId
	RetryAfter time.Duration  // for [RateLimited] and [Unavailable]
	cause      error          // for the log, never for the caller
}

// Error joins the messages, and the cause when there is one; it is for logs.
func (e *Error) Error() string {
	text := e.Code + ": " + strings.Join(e.Messages, "; ")
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// WithMeta returns e with an additive member of the error body's meta object.
func (e *Error) WithMeta(key string, value any) *Error {
	if e.Meta == nil {
		e.Meta = map[string]any{}
	}
	e.Meta[key] = value
	return e
}

// WithCause returns e with the error that led to it, for the log.
func (e *Error) WithCause(err error) *Error {
	e.cause = err
	return e
}

// Errorf makes an error of kind and code with one formatted message.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Messages: []string{fmt.Sprintf(format, args...)}}
}

// InvalidInput makes the error for input with these failures (contract,
// decision 2: all of them in one answer).
func InvalidInput(messages ...string) *Error {
	return &Error{Kind: Invalid, Code: "validation_failed", Messages: messages}
}

// NotFoundError makes the error for a resource that an accessible location does not
// have, such as "Tag with id x not found" (contract, decision 3).
func NotFoundError(resource, id string) *Error {
	return Errorf(NotFound, "not_found", "%s with id %s not found", resource, id)
}

// NoAccessError makes the error for a location out of reach. It is the same whether the
// location exists or not (contract, decision 4).
func NoAccessError() *Error {
	return Errorf(NoAccess, "location_access_denied", "The token does not have access to this location.")
}

// KindOf tells the kind of err, [Internal] when it carries no [Error].
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
