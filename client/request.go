package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ErrTooLarge reports an answer beyond [DefaultAnswerLimit], or the limit that
// [WithAnswerLimit] sets instead.
var ErrTooLarge = errors.New("client: the answer is too large")

var errBaseURL = errors.New("client: the base URL is not an http or https address")

// request is one operation before it has an address and bytes.
type request struct {
	method   string
	segments []string // of the path, unescaped; ids among them
	path     string   // instead of segments: escaped, may end in a query
	query    url.Values
	version  string // instead of the client's
	body     any    // nil, JSON, url.Values for a form, or stream
	emptyOK  bool   // an answer without a body is a success
}

// stream is a body that can be sent only once.
type stream struct {
	contentType string
	reader      io.Reader
}

func get(segments ...string) request {
	return request{method: http.MethodGet, segments: segments}
}

func post(body any, segments ...string) request {
	return request{method: http.MethodPost, segments: segments, body: body}
}

func put(body any, segments ...string) request {
	return request{method: http.MethodPut, segments: segments, body: body}
}

func del(segments ...string) request {
	return request{method: http.MethodDelete, segments: segments}
}

// Do sends a request that no other method covers and decodes the JSON answer
// into out, which may be nil. The path is relative to the base URL, starts with a
// slash, is already escaped and may end in a query. The body is nil, an
// [url.Values] that is sent as a form, or anything that [json.Marshal] takes. An
// answer without a body leaves out as it is. Errors are those of every method:
// [*Error] outside 2xx, [ErrTooLarge], or a failure to send or decode.
func (c *Client) Do(ctx context.Context, method, path string, body, out any) error {
	return c.send(ctx, request{method: method, path: path, body: body, emptyOK: true}, out)
}

// call sends r and decodes the whole answer.
func call[T any](ctx context.Context, c *Client, r request) (*T, error) {
	out := new(T)
	if err := c.send(ctx, r, out); err != nil {
		return nil, err
	}
	return out, nil
}

// member sends r and decodes one member of the answer. A missing or null member
// is an error: it would look like an empty resource.
func member[T any](ctx context.Context, c *Client, r request, name string) (T, error) {
	var none, out T
	var answer map[string]json.RawMessage
	if err := c.send(ctx, r, &answer); err != nil {
		return none, err
	}
	raw, ok := answer[name]
	if !ok || string(raw) == "null" {
		return none, fmt.Errorf("client: the answer to %s %s has no member %q", r.method, r.label(), name)
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return none, fmt.Errorf("client: decode the answer to %s %s: %w", r.method, r.label(), err)
	}
	return out, nil
}

// label is the path in messages.
func (r request) label() string {
	if r.segments == nil {
		path, _, _ := strings.Cut(r.path, "?")
		return path
	}
	return joinSegments(r.segments)
}

// address gives the escaped path with its query.
func (r request) address() (string, error) {
	if r.segments == nil {
		// Anything but a slash could extend the host of the base URL and so misdirect the token.
		if !strings.HasPrefix(r.path, "/") {
			return "", fmt.Errorf("client: the path %q does not start with a slash", r.label())
		}
		return r.path, nil
	}
	for _, s := range r.segments {
		// An empty segment names the collection, and dots are resolved by proxies.
		if s == "" || s == "." || s == ".." {
			return "", fmt.Errorf("client: %q is no id, in %s %s", s, r.method, r.label())
		}
	}
	path := joinSegments(r.segments)
	if len(r.query) > 0 {
		path += "?" + r.query.Encode()
	}
	return path, nil
}

func joinSegments(segments []string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// payload is an encoded body.
type payload struct {
	contentType string
	bytes       []byte
	once        io.Reader // instead of bytes
}

func encode(body any) (payload, error) {
	switch b := body.(type) {
	case nil:
		return payload{}, nil
	case url.Values:
		return payload{contentType: "application/x-www-form-urlencoded", bytes: []byte(b.Encode())}, nil
	case stream:
		return payload{contentType: b.contentType, once: b.reader}, nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		return payload{}, fmt.Errorf("client: encode the body: %w", err)
	}
	return payload{contentType: "application/json", bytes: bytes.TrimSuffix(buf.Bytes(), []byte("\n"))}, nil
}

// reader gives the body for one try; nil is none.
func (p payload) reader() io.Reader {
	switch {
	case p.once != nil:
		return p.once
	case p.contentType == "":
		return nil
	default:
		return bytes.NewReader(p.bytes)
	}
}

func decode(r request, body []byte, out any) error {
	if out == nil || (r.emptyOK && len(bytes.TrimSpace(body)) == 0) {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("client: decode the answer to %s %s: %w", r.method, r.label(), err)
	}
	return nil
}
