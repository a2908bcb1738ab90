package files

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenantry/tenantry"
)

// Limits of a name, in bytes.
const (
	maxName      = 255
	maxExtension = 32 // a longer one is no extension, and is cut with the rest
)

// CleanName gives the name under which a file is shown and downloaded: the part
// of name after the last slash or backslash, without spaces around it or dots at
// its end (Windows drops those, and then the name has another extension), cut to
// 255 bytes with its extension kept.
//
// Refused with [tenantry.Invalid], because no honest client sends them: a name
// that is not UTF-8, one that holds a control character, a line separator or a
// character that overrides the direction of text (it disguises an extension),
// and one of which nothing is left.
func CleanName(name string) (string, error) {
	switch {
	case !utf8.ValidString(name):
		return "", tenantry.InvalidInput("The file name must be valid UTF-8")
	case strings.IndexFunc(name, deceptive) >= 0:
		return "", tenantry.InvalidInput("The file name must not contain control characters or text direction overrides")
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = shorten(strings.TrimLeft(trimEnd(name), " "))
	if name == "" {
		return "", tenantry.InvalidInput("The file name must not be empty")
	}
	return name, nil
}

// deceptive tells characters that a name must not have.
func deceptive(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) ||
		'\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

// Numbered gives the name of the nth file that is called name, such as "a (2).pdf". It
// is no longer than a cleaned name may be.
func Numbered(name string, n int) string {
	ext := path.Ext(name)
	if len(ext) > maxExtension {
		ext = ""
	}
	stem, number := strings.TrimSuffix(name, ext), fmt.Sprintf(" (%d)", n)
	return cut(stem, maxName-len(number)-len(ext)) + number + ext
}

func trimEnd(name string) string { return strings.TrimRight(name, " .") }

// shorten cuts a name that is too long between two characters, before its extension.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > maxExtension {
		ext = ""
	}
	return trimEnd(cut(name, maxName-len(ext))) + ext
}

// cut gives at most the first n bytes of name, without half a character.
func cut(name string, n int) string {
	if len(name) <= n {
		return name
	}
	for !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}

// extension is the lower-case extension of name, without the dot.
func extension(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}

// Accepts tells whether a field with these accepted formats takes a file of this
// name, which [CleanName] has cleaned. A format is an extension, with or without
// its dot, in any case; the format "all", and a list without any, accept everything.
func Accepts(acceptedFormat []string, name string) bool {
	formats := make([]string, 0, len(acceptedFormat))
	for _, f := range acceptedFormat {
		if f = strings.ToLower(strings.TrimLeft(strings.TrimSpace(f), ".")); f != "" {
			formats = append(formats, f)
		}
	}
	name = strings.ToLower(name)
	return len(formats) == 0 || slices.ContainsFunc(formats, func(f string) bool {
		return f == "all" || strings.HasSuffix(name, "."+f)
	})
}
