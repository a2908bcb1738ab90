package tenantry

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Fold is the form of a text that searches compare: lower case, so that a match
// ignores case on both engines alike.
func Fold(s string) string { return strings.ToLower(s) }

// IsText tells whether s can be kept as a text: valid UTF-8 without the NUL character,
// which PostgreSQL's texts cannot have. What is none equals nothing that is kept.
func IsText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// Slug is the key form of a name: lower case, with each run of anything but
// letters and digits as one underscore, and none at the ends (contract,
// decision 23). It is empty for a name without a letter or digit.
func Slug(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Stamp writes a time as the wire does: ISO 8601 in UTC with milliseconds.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// CompactJSON encodes v byte for byte as JSON.stringify would re-encode it: compact,
// nothing escaped that JSON does not demand. Signatures are made over these bytes.
func CompactJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return rawSeparators(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// rawSeparators undoes the one escape that encoding/json cannot be told to leave
// out: U+2028 and U+2029.
func rawSeparators(data []byte) []byte {
	if !bytes.Contains(data, []byte(`\u202`)) {
		return data
	}
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			out = append(out, data[i])
			continue
		}
		switch rest := data[i:]; {
		case bytes.HasPrefix(rest, []byte(`\u2028`)):
			out = append(out, "\u2028"...)
			i += 5
		case bytes.HasPrefix(rest, []byte(`\u2029`)):
			out = append(out, "\u2029"...)
			i += 5
		default:
			// The next byte belongs to this escape: a literal \\u2028 stays.
			out = append(out, data[i], data[i+1])
			i++
		}
	}
	return out
}
