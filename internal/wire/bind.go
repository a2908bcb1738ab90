package wire

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantry/tenantry"
)

// MaxBody is the largest body, in bytes, where the row names no other; a larger one is a 413.
const MaxBody = 1 << 20

// request is what the binder reads: the request and its matched path values.
type request struct {
	http *http.Request
	path map[string]string
}

// bind fills in, or returns an [tenantry.Invalid] error that names every failure, those
// that further finds included.
func (p *inputPlan) bind(in reflect.Value, r *request, further func(*Violations) error) error {
	var v Violations
	for _, f := range p.path {
		f.bindText(in.Field(f.index), r.path[f.name], &v)
	}
	if err := p.bindQuery(in, r.http.URL.RawQuery, &v); err != nil {
		return err
	}
	if p.body != nil {
		if err := p.bindBody(in.Field(p.body.index), r.http, &v); err != nil {
			return err
		}
	}
	if err := further(&v); err != nil {
		return err
	}
	if len(v.messages) > 0 {
		return tenantry.InvalidInput(v.messages...)
	}
	if p.form != nil {
		return in.Field(p.formIndex).Addr().Interface().(formOf).open(r.http, p.form)
	}
	return nil
}

// bindBody reads a body of one of the row's media types.
func (p *inputPlan) bindBody(dst reflect.Value, r *http.Request, v *Violations) error {
	if slices.Contains(p.media, mediaURLEncoded) && (len(p.media) == 1 || !isJSON(r.Header.Get("Content-Type"))) {
		pairs, err := ReadURLEncoded(r)
		if err == nil {
			p.body.value.object.bindTexts(dst, pairs, v)
		}
		return err
	}
	raw, err := ReadJSON(r)
	if err == nil {
		p.body.value.bind(dst, raw, "", v)
	}
	return err
}

// bindQuery reads the parameters in the order of the query: unknown ones first.
func (p *inputPlan) bindQuery(in reflect.Value, rawQuery string, v *Violations) error {
	given := make(map[string][]string, len(p.query))
	for part := range strings.SplitSeq(rawQuery, "&") {
		if part == "" {
			continue
		}
		rawKey, rawText, _ := strings.Cut(part, "=")
		key, errKey := url.QueryUnescape(rawKey)
		text, errText := url.QueryUnescape(rawText)
		if errKey != nil || errText != nil {
			return tenantry.Errorf(tenantry.Malformed, "malformed_query", "The query string is not valid")
		}
		if _, known := p.queryByName[key]; !known {
			v.unknown("", key)
			continue
		}
		given[key] = append(given[key], text)
	}
	for _, f := range p.query {
		switch texts := given[f.name]; {
		case len(texts) == 1:
			f.bindText(in.Field(f.index), texts[0], v)
		case len(texts) > 1:
			v.repeated("", f.name)
		case f.def != "":
			f.bindText(in.Field(f.index), f.def, v)
		case f.value.rules.required:
			f.value.missing(f.name, v)
		}
	}
	return nil
}

// bindText binds a text from the path, the query or a form.
func (f *field) bindText(dst reflect.Value, text string, v *Violations) {
	val := f.value
	raw := json.RawMessage(text)
	switch val.kind {
	case kindBool:
		if text != "true" && text != "false" {
			v.Add(f.name, textBoolean)
			return
		}
	case kindInteger:
		// json.Number's grammar: it refuses "10abc", "0x1", "+1", " 1" and NaN.
		if _, err := strconv.ParseFloat(text, 64); err != nil || !json.Valid(raw) {
			v.Add(f.name, textNumber)
			return
		}
	default:
		if !isValidText(text) {
			v.Add(f.name, textString)
			return
		}
		raw, _ = json.Marshal(text) // a string always encodes
	}
	val.bind(dst, raw, f.name, v)
}

func isValidText(s string) bool { return strings.ToValidUTF8(s, "") == s }

// ReadJSON reads the body, {} when it is empty: clients leave it out where
// nothing in it is required.
func ReadJSON(r *http.Request) (json.RawMessage, error) {
	if ct := r.Header.Get("Content-Type"); ct != "" && !isJSON(ct) {
		return nil, tenantry.Errorf(tenantry.UnsupportedMedia, "unsupported_media_type",
			"The request body must be application/json")
	}
	data, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return json.RawMessage("{}"), nil
	}
	if err := checkJSON(data); err != nil {
		return nil, err
	}
	raw := json.RawMessage(strings.TrimSpace(string(data)))
	if raw[0] != '{' {
		return nil, malformed("The request body must be a JSON object")
	}
	return raw, nil
}

// readBody reads a body to its end.
func readBody(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "" {
		return nil, tenantry.Errorf(tenantry.UnsupportedMedia, "unsupported_media_type",
			"The request body must not be compressed")
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, bodyError(err)
	}
	return data, nil
}

// bodyError tells a body that is too large from one that broke off.
func bodyError(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tenantry.Errorf(tenantry.TooLarge, "payload_too_large",
			"The request body is larger than %d bytes", tooLarge.Limit)
	}
	return malformed("The request body could not be read to its end")
}

func isJSON(contentType string) bool {
	media := mediaType(contentType)
	return media == mediaJSON || strings.HasSuffix(media, "+json")
}

// mediaType is the media type without its parameters, "" for one that is not UTF-8.
func mediaType(contentType string) string {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	if cs, ok := params["charset"]; ok && !strings.EqualFold(cs, "utf-8") && !strings.EqualFold(cs, "utf8") {
		return ""
	}
	return media
}

// bind checks raw against the rules and stores it in dst. path is "" for the
// body itself.
func (v *value) bind(dst reflect.Value, raw json.RawMessage, path string, out *Violations) {
	target := dst
	if v.ptr {
		target = reflect.New(v.typ).Elem()
	}
	before := len(out.messages)
	switch v.kind {
	case kindString:
		v.bindString(target, raw, path, out)
	case kindBool:
		v.bindBool(target, raw, path, out)
	case kindInteger, kindNumber:
		v.bindNumber(target, raw, path, out)
	case kindList:
		v.bindList(target, raw, path, out)
	case kindObject:
		v.bindObject(target, raw, path, out)
	case kindAny:
		if json.Unmarshal(raw, target.Addr().Interface()) != nil {
			out.Add(path, textObject)
		}
	}
	if len(out.messages) > before {
		return
	}
	if v.check {
		if text := target.Interface().(Checker).Check(); text != "" {
			out.Add(path, text)
			return
		}
	}
	if v.ptr {
		dst.Set(target.Addr())
	}
}

func (v *value) bindString(dst reflect.Value, raw json.RawMessage, path string, out *Violations) {
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		out.Add(path, v.typeText())
		return
	}
	for _, text := range v.rules.text(s) {
		out.Add(path, text)
	}
	dst.SetString(s)
}

func (v *value) bindBool(dst reflect.Value, raw json.RawMessage, path string, out *Violations) {
	switch string(raw) {
	case "true":
		dst.SetBool(true)
	case "false":
		dst.SetBool(false)
	default:
		out.Add(path, textBoolean)
	}
}

func (v *value) bindNumber(dst reflect.Value, raw json.RawMessage, path string, out *Violations) {
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || (raw[0] != '-' && (raw[0] < '0' || raw[0] > '9')) {
		out.Add(path, textNumber)
		return
	}
	// From 2^53 on a JavaScript client can no longer say which integer it means, nor a float64 here.
	if v.kind == kindInteger && (n != math.Trunc(n) || math.Abs(n) >= 1<<53) {
		out.Add(path, textInteger)
		return
	}
	for _, text := range v.rules.number(n) {
		out.Add(path, text)
	}
	if v.kind == kindInteger {
		dst.SetInt(int64(n))
		return
	}
	dst.SetFloat(n)
}

func (v *value) bindList(dst reflect.Value, raw json.RawMessage, path string, out *Violations) {
	items, ok := splitArray(raw)
	if !ok {
		out.Add(path, textArray)
		return
	}
	for _, text := range v.rules.list(len(items)) {
		out.Add(path, text)
	}
	list := reflect.MakeSlice(v.typ, len(items), len(items))
	for i, item := range items {
		if v.elem.kind == kindObject {
			v.elem.bind(list.Index(i), item, path+"."+strconv.Itoa(i), out)
			continue
		}
		// One message for the list, as upstream: it names the property, not the element.
		var each Violations
		v.elem.bind(list.Index(i), item, "each value in "+path, &each)
		if len(each.messages) > 0 {
			out.adopt(path, each.messages)
			break
		}
	}
	dst.Set(list)
}

func (v *value) bindObject(dst reflect.Value, raw json.RawMessage, path string, out *Violations) {
	pairs, ok := splitObject(raw)
	if !ok {
		out.Add(path, textObject)
		return
	}
	prefix := ""
	if path != "" {
		prefix = path + "."
	}
	given := make([]json.RawMessage, len(v.object.fields))
	for _, p := range pairs {
		i, known := v.object.byName[p.key]
		switch {
		case !known:
			out.unknown(prefix, p.key)
		case given[i] != nil:
			out.repeated(prefix, p.key)
		default:
			given[i] = p.raw
		}
	}
	for i := range v.object.fields {
		f := &v.object.fields[i]
		if given[i] != nil {
			f.value.bind(dst.Field(f.index), given[i], prefix+f.name, out)
		} else if f.value.rules.required {
			f.value.missing(prefix+f.name, out)
		}
	}
	if v.object.cross {
		outer := out.prefix
		out.prefix = prefix
		dst.Addr().Interface().(CrossChecker).CheckAll(out)
		out.prefix = outer
	}
}

// missing adds the messages of a required property that was not sent.
func (v *value) missing(path string, out *Violations) {
	out.Add(path, v.typeText())
	if v.rules.notEmpty {
		out.Add(path, textNotEmpty)
	}
}

func (v *value) typeText() string {
	switch v.kind {
	case kindBool:
		return textBoolean
	case kindInteger, kindNumber:
		return textNumber
	case kindList:
		return textArray
	case kindObject, kindAny:
		return textObject
	default:
		if len(v.rules.enum) > 0 {
			return v.rules.enumText()
		}
		return textString
	}
}
