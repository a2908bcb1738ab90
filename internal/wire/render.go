package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/tenantry/tenantry"
)

// statusOf is the one place where a situation becomes an HTTP status.
func statusOf(kind tenantry.Kind) int {
	switch kind {
	case tenantry.Invalid:
		return http.StatusUnprocessableEntity
	case tenantry.Malformed, tenantry.Refused, tenantry.NotFound, tenantry.Conflict:
		return http.StatusBadRequest
	case tenantry.Unauthenticated, tenantry.ScopeMissing, tenantry.ClassMismatch:
		return http.StatusUnauthorized
	case tenantry.Forbidden, tenantry.NoAccess:
		return http.StatusForbidden
	case tenantry.NoRoute:
		return http.StatusNotFound
	case tenantry.TooLarge:
		return http.StatusRequestEntityTooLarge
	case tenantry.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case tenantry.RateLimited:
		return http.StatusTooManyRequests
	case tenantry.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// errorBody is every error answer (contract, section 0.4 and decision 15).
type errorBody struct {
	StatusCode int            `json:"statusCode"`
	Message    any            `json:"message"` // a list on 422 only
	Error      string         `json:"error"`
	Code       string         `json:"code"`
	Meta       map[string]any `json:"meta,omitempty"`
}

// WriteError answers with err and notes it in the exchange. An error that is no
// [tenantry.Error] is a 500 with a fixed text: its detail stays in the log.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	ExchangeOf(r.Context()).Err = err
	e, ok := errors.AsType[*tenantry.Error](err)
	if !ok || e.Kind == tenantry.Internal || len(e.Messages) == 0 {
		e = tenantry.Errorf(tenantry.Internal, "internal", "Internal server error")
	}
	status := statusOf(e.Kind)
	body := errorBody{StatusCode: status, Message: e.Messages[0], Error: http.StatusText(status), Code: e.Code, Meta: e.Meta}
	if e.Kind == tenantry.Invalid {
		body.Message = e.Messages
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	WriteJSON(w, r, status, body)
}

// WriteJSON answers with v: it encodes v without HTML escaping and adds the trace id to an object.
func WriteJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	var body roomy
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		// Only a type that cannot be encoded gets here: a mistake of the row, not of the request.
		ExchangeOf(r.Context()).Err = err
		status = http.StatusInternalServerError
		body = roomy(`{"statusCode":500,"message":"Internal server error","error":"Internal Server Error","code":"internal"}`)
	}
	body = spliceTraceID(bytes.TrimSuffix(body, []byte("\n")), ExchangeOf(r.Context()).TraceID)
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone is nobody's error
}

// traceRoom is more than the traceId member takes.
const traceRoom = 64

// roomy takes what the encoder writes, which comes in one piece, and leaves room for the
// trace id: neither that nor a buffer that grows copies a large answer again.
type roomy []byte

// Write implements [io.Writer].
func (b *roomy) Write(p []byte) (int, error) {
	*b = append(slices.Grow(*b, len(p)+traceRoom), p...)
	return len(p), nil
}

// spliceTraceID adds the traceId member (contract, decision 14) to an encoded
// object, sparing a second pass over it. Other values stay as they are.
func spliceTraceID(body []byte, id string) []byte {
	if id == "" || len(body) < 2 || body[len(body)-1] != '}' {
		return body
	}
	body = body[:len(body)-1]
	if len(body) > 1 {
		body = append(body, ',')
	}
	body = append(body, `"traceId":"`...)
	body = append(body, id...)
	return append(body, `"}`...)
}
