package wire

import (
	"bytes"
	"errors"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"

	"github.com/tenantry/tenantry"
)

// Limits of a multipart body; one file's own limit is the handler's.
const (
	maxParts      = 100
	maxPartHeader = 16 << 10 // bytes of one part's header, and of what stands before it
	maxTextPart   = 64 << 10 // bytes of one text part
)

// Form is the multipart body of an operation. Its text parts are the
// properties of T, bound by the same rules as a JSON body; its file parts are
// streamed to the handler, which sees them before later text parts are known.
type Form[T any] struct {
	reader *multipart.Reader
	end    *formEnd
	object *object
}

// formOf is what the compiler needs of any Form[T].
type formOf interface {
	textType() reflect.Type
	open(r *http.Request, o *object) error
}

func (f *Form[T]) textType() reflect.Type { return reflect.TypeFor[T]() }

func (f *Form[T]) open(r *http.Request, o *object) error {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return tenantry.Errorf(tenantry.UnsupportedMedia, "unsupported_media_type",
			"The request body must be multipart/form-data")
	}
	if params["boundary"] == "" {
		return malformed("The multipart body has no boundary")
	}
	f.end = &formEnd{body: r.Body, mark: []byte("--" + params["boundary"] + "--")}
	f.reader, f.object = multipart.NewReader(f.end, params["boundary"]), o
	return nil
}

// FilePart is one file of a multipart body; it is valid until the next one is read.
type FilePart struct {
	io.Reader
	Field string // name of the part
	Name  string // file name as sent
}

// Read streams the body: each file part goes to file, the text parts come back
// bound. An error of file ends the reading and is returned as it is. Errors: [tenantry.Malformed],
// [tenantry.TooLarge], [tenantry.Invalid].
func (f *Form[T]) Read(file func(FilePart) error) (*T, error) {
	var pairs []Text
	for n := 0; ; n++ {
		part, err := f.next()
		if errors.Is(err, io.EOF) && f.end.seen() {
			return f.bindText(pairs)
		}
		if err != nil {
			return nil, formError(err)
		}
		if n == maxParts {
			return nil, tenantry.Errorf(tenantry.TooLarge, "payload_too_large",
				"The multipart body has more than %d parts", maxParts)
		}
		if part.FileName() != "" {
			if err := file(FilePart{Reader: part, Field: part.FormName(), Name: part.FileName()}); err != nil {
				return nil, err
			}
			if _, err := io.Copy(io.Discard, part); err != nil { // what file left of it
				return nil, formError(err)
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, maxTextPart+1))
		if err != nil {
			return nil, formError(err)
		}
		if len(text) > maxTextPart {
			return nil, tenantry.Errorf(tenantry.TooLarge, "payload_too_large",
				"The part %q is larger than %d bytes", part.FormName(), maxTextPart)
		}
		pairs = append(pairs, Text{part.FormName(), string(text)})
	}
}

// next finds the next part. The parser would hold megabytes of a header, and skip any length of
// text before the first part.
func (f *Form[T]) next() (*multipart.Part, error) {
	f.end.budget = maxPartHeader
	defer func() { f.end.budget = math.MaxInt }()
	part, err := f.reader.NextRawPart()
	if err != nil && f.end.spent { // which the parser's error need not say
		err = tenantry.Errorf(tenantry.TooLarge, "payload_too_large", "The header of a part is larger than %d bytes", maxPartHeader)
	}
	return part, err
}

// formEnd remembers the end of what was read of a multipart body. The parser takes a
// body that was cut off before a part, or in the header of one, for a complete one.
type formEnd struct {
	body   io.Reader
	budget int    // bytes that may be read before it is set anew
	spent  bool   // more than the budget was asked for
	mark   []byte // closes a complete body
	last   []byte // its last endLen bytes are what is remembered
}

// endLen is more than the parser reads at a time, twice.
const endLen = 16 << 10

// Read reads the body.
func (e *formEnd) Read(p []byte) (int, error) {
	if e.budget == 0 {
		e.spent = true
		return 0, io.ErrUnexpectedEOF
	}
	n, err := e.body.Read(p[:min(len(p), e.budget)])
	e.budget -= n
	if len(e.last)+n > 2*endLen { // at most one copy for each endLen bytes, and no more room
		e.last = append(e.last[:0], e.last[max(0, len(e.last)-endLen):]...)
	}
	e.last = append(e.last, p[max(0, n-endLen):n]...)
	return n, err
}

func (e *formEnd) seen() bool {
	return bytes.Contains(e.last[max(0, len(e.last)-endLen):], e.mark)
}

func formError(err error) error {
	if e, ok := errors.AsType[*tenantry.Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return bodyError(err)
	}
	return malformed("The multipart body is not valid")
}

func (f *Form[T]) bindText(pairs []Text) (*T, error) {
	out := new(T)
	var v Violations
	f.object.bindTexts(reflect.ValueOf(out).Elem(), pairs, &v)
	if len(v.messages) > 0 {
		return nil, tenantry.InvalidInput(v.messages...)
	}
	return out, nil
}
