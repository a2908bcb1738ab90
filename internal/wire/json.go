package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/tenantry/tenantry"
)

// maxDepth bounds the nesting of a JSON body; the deepest documented one has four levels.
const maxDepth = 32

type pair struct {
	key string
	raw json.RawMessage
}

func malformed(text string) error {
	return tenantry.Errorf(tenantry.Malformed, "malformed_body", "%s", text)
}

// checkJSON refuses what encoding/json would silently repair or spend stack on:
// invalid UTF-8, lone surrogates and deep nesting. Then the syntax as a whole.
func checkJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return malformed("The request body must not begin with a byte order mark")
	}
	if !utf8.Valid(data) {
		return malformed("The request body is not valid UTF-8")
	}
	if err := checkStructure(data); err != nil {
		return err
	}
	if !json.Valid(data) {
		return malformed("The request body is not valid JSON" + syntaxDetail(data))
	}
	return nil
}

func syntaxDetail(data []byte) string {
	var v json.RawMessage
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(data, &v)); ok {
		return ": " + syntax.Error()
	}
	return ""
}

// checkStructure walks the bytes once; it does not judge the syntax.
func checkStructure(data []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case inString && c == '\\':
			if loneSurrogate(data, i) {
				return malformed("The request body holds a lone surrogate escape")
			}
			if isSurrogatePair(data, i) {
				i += 11
				continue
			}
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return malformed("The request body is nested too deeply")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// escapedUnit reads the UTF-16 unit of the escape \uXXXX at i.
func escapedUnit(data []byte, i int) (unit rune, ok bool) {
	if i+6 > len(data) || data[i] != '\\' || data[i+1] != 'u' {
		return 0, false
	}
	for _, c := range data[i+2 : i+6] {
		unit <<= 4
		switch {
		case c >= '0' && c <= '9':
			unit |= rune(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			unit |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return unit, true
}

func isSurrogatePair(data []byte, i int) bool {
	high, ok := escapedUnit(data, i)
	if !ok || high < 0xd800 || high > 0xdbff {
		return false
	}
	low, ok := escapedUnit(data, i+6)
	return ok && low >= 0xdc00 && low <= 0xdfff
}

func loneSurrogate(data []byte, i int) bool {
	unit, ok := escapedUnit(data, i)
	return ok && unit >= 0xd800 && unit <= 0xdfff && !isSurrogatePair(data, i)
}

// splitObject splits a valid JSON object into its pairs, in body order. ok is
// false when raw is another kind of value.
func splitObject(raw json.RawMessage) (pairs []pair, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, false
		}
		var p pair
		p.key, _ = key.(string)
		if err := dec.Decode(&p.raw); err != nil {
			return nil, false
		}
		pairs = append(pairs, p)
	}
	return pairs, true
}

// splitArray splits a valid JSON array; ok is false for another kind of value.
func splitArray(raw json.RawMessage) (items []json.RawMessage, ok bool) {
	if len(raw) == 0 || raw[0] != '[' {
		return nil, false
	}
	return items, json.Unmarshal(raw, &items) == nil
}
