package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// redactFrom is the length from which a token is removed from error answers: a
// shorter one is no secret and could be part of any word.
const redactFrom = 8

// Error is an answer outside 2xx, redirects included. It never holds the token,
// even if the server repeats it.
type Error struct {
	// Method and Path are what was asked, without the query.
	Method, Path string
	// StatusCode is the HTTP status.
	StatusCode int
	// Code is the machine-readable reason, such as validation_failed or
	// rate_limited. The hosted service sends none.
	Code string
	// Messages has at least one text: each failure of a refused input, or the
	// status text when the body tells nothing.
	Messages []string
	// TraceID names the request in the log of the server, where it sent one.
	TraceID string
	// Meta is additional detail, such as existingId or contactId.
	Meta map[string]json.RawMessage
	// RetryAfter is how long the server asks to wait: its Retry-After or, on 429
	// without one, the rate-limit window. Zero if it says neither.
	RetryAfter time.Duration
	// RateLimit is the quota that the answer reports.
	RateLimit RateLimit
}

// Error names the request, the status, the code and every message.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s %s: %d", e.Method, e.Path, e.StatusCode)
	if e.Code != "" {
		text += " " + e.Code
	}
	text += ": " + strings.Join(e.Messages, "; ")
	if e.TraceID != "" {
		text += " (trace " + e.TraceID + ")"
	}
	return text
}

func (c *Client) newError(r request, res *http.Response, body []byte) *Error {
	e := &Error{
		Method: r.method, Path: r.label(), StatusCode: res.StatusCode,
		TraceID: traceID(res.Header), RateLimit: parseRateLimit(res.Header),
	}
	e.RetryAfter = retryAfter(res.StatusCode, res.Header, e.RateLimit, c.now())
	e.read(body)
	if len(e.Messages) == 0 {
		e.Messages = []string{statusText(res.StatusCode)}
	}
	return e
}

// read takes what a JSON error body tells; any other body tells nothing. A map
// keeps the names exact: Go's decoder would take MESSAGE for message.
func (e *Error) read(body []byte) {
	var m map[string]json.RawMessage
	if json.Unmarshal(body, &m) != nil {
		return
	}
	e.Code = text(m["code"])
	if id := text(m["traceId"]); id != "" {
		e.TraceID = id
	}
	// A failed decoding leaves the detail out: meta of another form is none of ours.
	_ = json.Unmarshal(m["meta"], &e.Meta)
	// In this order: the API itself, an OAuth refusal, an intermediary.
	for _, name := range []string{"message", "error_description", "error", "detail"} {
		if e.Messages = texts(m[name]); len(e.Messages) > 0 {
			break
		}
	}
	// Some v3 operations nest both in the error member.
	var nested struct {
		Code    json.RawMessage `json:"code"`
		Message json.RawMessage `json:"message"`
	}
	if json.Unmarshal(m["error"], &nested) == nil && nested.Message != nil && m["message"] == nil {
		e.Code, e.Messages = text(nested.Code), texts(nested.Message)
	}
}

// texts reads a message that is a string or a list.
func texts(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var out []string
	for _, item := range list {
		if s := text(item); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// text gives a JSON string as it reads, null and absence as nothing, and any
// other value as its JSON.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func statusText(code int) string {
	if s := http.StatusText(code); s != "" {
		return s
	}
	return fmt.Sprintf("status %d", code)
}

func traceID(h http.Header) string {
	if id := h.Get("X-Trace-Id"); id != "" {
		return id
	}
	return h.Get("X-Request-Id")
}

func redactor(token string) func([]byte) []byte {
	return func(body []byte) []byte {
		if len(token) < redactFrom {
			return body
		}
		return bytes.ReplaceAll(body, []byte(token), []byte("[token]"))
	}
}
