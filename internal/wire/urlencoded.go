package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/tenantry/tenantry"
)

// Text is one named text of a form.
type Text struct{ Name, Value string }

// ReadURLEncoded reads a body of the media type application/x-www-form-urlencoded, in its
// order, to its end. A body without a media type is taken for one. Errors: UnsupportedMedia,
// Malformed, TooLarge.
func ReadURLEncoded(r *http.Request) ([]Text, error) {
	if ct := r.Header.Get("Content-Type"); ct != "" && mediaType(ct) != mediaURLEncoded {
		return nil, tenantry.Errorf(tenantry.UnsupportedMedia, "unsupported_media_type",
			"The request body must be application/x-www-form-urlencoded")
	}
	data, err := readBody(r)
	if err != nil {
		return nil, err
	}
	var texts []Text
	for part := range strings.SplitSeq(string(data), "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if errName != nil || errValue != nil {
			return nil, malformed("The request body is not a valid form")
		}
		texts = append(texts, Text{name, value})
	}
	return texts, nil
}

// bindTexts binds the texts of a form: unknown ones first, then the declared ones.
func (o *object) bindTexts(dst reflect.Value, texts []Text, v *Violations) {
	given := map[string]string{}
	for _, t := range texts {
		_, known := o.byName[t.Name]
		_, again := given[t.Name]
		switch {
		case !known:
			v.unknown("", t.Name)
		case again:
			v.repeated("", t.Name)
		default:
			given[t.Name] = t.Value
		}
	}
	for i := range o.fields {
		f := &o.fields[i]
		if text, ok := given[f.name]; ok {
			f.bindText(dst.Field(f.index), text, v)
		} else if f.value.rules.required {
			f.value.missing(f.name, v)
		}
	}
}
