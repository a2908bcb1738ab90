package wire

import (
	"errors"
	"fmt"
	"net/mail"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tenantry/tenantry"
)

// Checker is implemented by a field's type that knows more than its JSON kind,
// such as a time zone name.
type Checker interface {
	// Check returns "" for a good value, else the rest of the message after the
	// property's name, such as "must be a valid phone number".
	Check() string
}

// Bounded is implemented by a text type whose Check bounds the length of what is
// kept of it; the document shows the bound.
type Bounded interface {
	// MaxLength is in characters.
	MaxLength() int
}

// Enumerated is implemented by a text type with a closed list of values; it stands
// for the enum rule.
type Enumerated interface {
	// Enum lists the values, as the message and the document show them.
	Enum() []string
}

// CrossChecker is implemented by an input object whose fields depend on each
// other. It runs after every field was bound and may only add messages.
type CrossChecker interface {
	// CheckAll adds a message for each member that does not fit the others.
	CheckAll(v *Violations)
}

// Violations collects the messages of one input, in the order of the contract:
// unknown properties first, then the declared ones.
type Violations struct {
	messages []string
	failed   map[string]bool
	prefix   string
}

// Add notes that the property fails: "name" and "must be a string". The path
// is relative to the object being checked.
func (v *Violations) Add(path, text string) {
	if v.failed == nil {
		v.failed = map[string]bool{}
	}
	v.failed[v.prefix+path] = true
	v.messages = append(v.messages, v.prefix+path+" "+text)
}

// Failed tells whether the property has a message already.
func (v *Violations) Failed(path string) bool { return v.failed[v.prefix+path] }

// FailedIn tells whether the property, or one in it, has a message already.
func (v *Violations) FailedIn(path string) bool {
	for failed := range v.failed {
		if failed == v.prefix+path || strings.HasPrefix(failed, v.prefix+path+".") {
			return true
		}
	}
	return false
}

// Merge takes over the messages of a [tenantry.Invalid] error; any other is returned.
func (v *Violations) Merge(err error) error {
	invalid, ok := errors.AsType[*tenantry.Error](err)
	if !ok || invalid.Kind != tenantry.Invalid {
		return err
	}
	v.messages = append(v.messages, invalid.Messages...)
	return nil
}

// adopt takes over finished messages about the property.
func (v *Violations) adopt(path string, messages []string) {
	if v.failed == nil {
		v.failed = map[string]bool{}
	}
	v.failed[path] = true
	v.messages = append(v.messages, messages...)
}

func (v *Violations) unknown(path, name string) {
	v.messages = append(v.messages, path+"property "+name+" should not exist")
}

func (v *Violations) repeated(path, name string) {
	v.messages = append(v.messages, path+"property "+name+" should not be repeated")
}

// The texts are those of the validation library behind the hosted service, so
// that clients that match on them keep working (contract, section 0.4).
const (
	textString   = "must be a string"
	textBoolean  = "must be a boolean value"
	textNumber   = "must be a number conforming to the specified constraints"
	textInteger  = "must be an integer number"
	textArray    = "must be an array"
	textObject   = "must be an object"
	textNotEmpty = "should not be empty"
	textEmail    = "must be an email"
	textDate     = "must be a valid ISO 8601 date string"
	textNUL      = "must not contain the NUL character"
)

// ruleSet is the parsed rule tag of one field.
type ruleSet struct {
	required  bool
	notEmpty  bool
	email     bool
	date      bool
	digits    bool // a text of digits, from a form
	enum      []string
	maxLen    int // characters of a text
	maxItems  int // of a list
	min, max  *float64
	eachEmpty bool // elements of a list may not be empty
}

func parseRules(tag string) ruleSet {
	var rs ruleSet
	for part := range strings.SplitSeq(tag, ",") {
		name, arg, _ := strings.Cut(part, "=")
		switch name {
		case "":
		case "required":
			rs.required = true
		case "notEmpty":
			rs.notEmpty = true
		case "eachNotEmpty":
			rs.eachEmpty = true
		case "email":
			rs.email = true
		case "date":
			rs.date = true
		case "digits":
			rs.digits = true
		case "enum":
			rs.enum = strings.Split(arg, "|")
		case "maxLen":
			rs.maxLen = int(mustNumber(arg))
		case "maxItems":
			rs.maxItems = int(mustNumber(arg))
		case "min":
			rs.min = new(mustNumber(arg))
		case "max":
			rs.max = new(mustNumber(arg))
		default:
			panic("wire: unknown rule " + part)
		}
	}
	return rs
}

// maxLength is the bound of a text, 0 when it has none.
func (v *value) maxLength() int {
	if b, ok := reflect.TypeAssert[Bounded](reflect.Zero(v.typ)); ok {
		return b.MaxLength()
	}
	return v.rules.maxLen
}

func mustNumber(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("wire: rule wants a number: " + text)
	}
	return n
}

// text gives the failures of a text, without the property's name.
func (rs ruleSet) text(s string) []string {
	var out []string
	if len(rs.enum) > 0 && !slices.Contains(rs.enum, s) {
		return []string{rs.enumText()}
	}
	if rs.notEmpty && strings.TrimSpace(s) == "" {
		out = append(out, textNotEmpty)
	}
	if strings.ContainsRune(s, 0) {
		out = append(out, textNUL)
	}
	if rs.maxLen > 0 && utf8.RuneCountInString(s) > rs.maxLen {
		out = append(out, fmt.Sprintf("must be shorter than or equal to %d characters", rs.maxLen))
	}
	if rs.email && !isEmail(s) {
		out = append(out, textEmail)
	}
	if rs.date && !isDate(s) {
		out = append(out, textDate)
	}
	if rs.digits && !isDigits(s) {
		out = append(out, "must be a number string")
	}
	return out
}

// number gives the failures of a number, without the property's name.
func (rs ruleSet) number(n float64) []string {
	var out []string
	if rs.min != nil && n < *rs.min {
		out = append(out, "must not be less than "+strconv.FormatFloat(*rs.min, 'f', -1, 64))
	}
	if rs.max != nil && n > *rs.max {
		out = append(out, "must not be greater than "+strconv.FormatFloat(*rs.max, 'f', -1, 64))
	}
	return out
}

func (rs ruleSet) list(n int) []string {
	var out []string
	if rs.notEmpty && n == 0 {
		out = append(out, textNotEmpty)
	}
	if rs.maxItems > 0 && n > rs.maxItems {
		out = append(out, fmt.Sprintf("must contain no more than %d elements", rs.maxItems))
	}
	return out
}

func (rs ruleSet) enumText() string {
	return "must be one of the following values: " + strings.Join(rs.enum, ", ")
}

// isEmail wants a bare address with a dotted domain: mail.ParseAddress alone would
// let display names, comments and local host names through.
func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return false
	}
	domain := s[strings.LastIndexByte(s, '@')+1:]
	return strings.Contains(domain, ".") && !strings.HasPrefix(domain, "[") && !strings.ContainsAny(s, "\" ")
}

func isDigits(s string) bool {
	return s != "" && len(s) <= 9 && strings.Trim(s, "0123456789") == ""
}
