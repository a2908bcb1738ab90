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
	StatusCode int `json:"statusCode"`
	Message    any `json:"message"` // a list on 422 only
	Error      any `json:"error"`   // a text, but see [Op]'s ErrorObject
	// Description is the message once more, where Error is a name of RFC 6749.
	Description string         `json:"error_description,omitempty"`
	Code        string         `json:"code"`
	Meta        map[string]any `json:"meta,omitempty"`
}

// WriteError answers with err and notes it in the exchange. An error that is no
// [tenantry.Error] is a 500 with a fixed text: its detail stays in the log.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	writeError(w, r, err, func(*errorBody, *tenantry.Error) {})
}

// WriteNamedError is [WriteError] with an error name of RFC 6749, section 5.2, in the error
// member and the message in error_description too, for those who read only these.
func WriteNamedError(w http.ResponseWriter, r *http.Request, err error, name string) {
	writeError(w, r, err, func(body *errorBody, e *tenantry.Error) {
		body.Error, body.Description = name, e.Messages[0]
	})
}

// writeError answers with err in the shape of the row.
func (route *Route) writeError(w http.ResponseWriter, r *http.Request, err error) {
	if !route.ErrorObject {
		WriteError(w, r, err)
		return
	}
	writeError(w, r, err, func(body *errorBody, e *tenantry.Error) {
		name := "INVALID_ARGUMENT"
		if e.Kind == tenantry.NotFound {
			body.StatusCode, name = http.StatusNotFound, "RESOURCE_NOT_FOUND"
		}
		if body.StatusCode == http.StatusBadRequest || body.StatusCode == http.StatusNotFound {
			body.Error = errorObject{Code: name, Message: e.Messages[0]}
		}
	})
}

type errorObject struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// writeError lets shape change the body before it is sent.
func writeError(w http.ResponseWriter, r *http.Request, err error, shape func(*errorBody, *tenantry.Error)) {
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
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer") // RFC 9110, section 11.6.1
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	shape(&body, e)
	WriteJSON(w, r, body.StatusCode, body)
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
