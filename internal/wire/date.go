package wire

import (
	"fmt"
	"strings"
	"time"
)

// ParseDate reads an ISO 8601 date or date and time; one without an offset is UTC.
func ParseDate(s string) (time.Time, error) { return ParseDateIn(s, time.UTC) }

// ParseDateIn reads an ISO 8601 date or date and time, in UTC; one without an offset
// is of the zone.
func ParseDateIn(s string, zone *time.Location) (time.Time, error) {
	layout, _ := dateLayout(s)
	if layout == "" {
		return time.Time{}, fmt.Errorf("%q is no ISO 8601 date", s)
	}
	t, err := time.ParseInLocation(layout, s, zone)
	if err != nil {
		return time.Time{}, err
	}
	if t = t.UTC(); t.Year() < 1900 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("year out of range in %q", s)
	}
	return t, nil
}

// IsLocalDate tells whether a text that [ParseDate] reads has no offset.
func IsLocalDate(s string) bool {
	_, local := dateLayout(s)
	return local
}

func isDate(s string) bool {
	_, err := ParseDate(s)
	return err == nil
}

// dateLayout gives the layout that a text is written in, "" when it is none of ISO
// 8601; local when it has no offset. The layouts of package time alone are too lenient:
// they take 9:00 for 09:00 and a comma for the point.
func dateLayout(s string) (layout string, local bool) {
	date, clock, hasClock := strings.Cut(digitsAsZeros(s), "T")
	if date != "0000-00-00" {
		return "", false
	}
	if !hasClock {
		return time.DateOnly, true
	}
	offset := ""
	if i := strings.IndexAny(clock, "Z+-"); i >= 0 {
		clock, offset = clock[:i], clock[i:]
	}
	clock, ok := clockLayout(clock)
	if !ok {
		return "", false
	}
	switch offset {
	case "":
		return time.DateOnly + "T" + clock, true
	case "Z", "+00:00", "-00:00":
		return time.DateOnly + "T" + clock + "Z07:00", false
	case "+0000", "-0000":
		return time.DateOnly + "T" + clock + "Z0700", false
	default:
		return "", false
	}
}

// clockLayout gives the layout of a clock time whose digits are zeros. Parsing takes
// the fraction of a second without being told.
func clockLayout(clock string) (layout string, ok bool) {
	clock, fraction, hasFraction := strings.Cut(clock, ".")
	switch clock {
	case "00:00":
		return "15:04", !hasFraction
	case "00:00:00":
		return time.TimeOnly, hasFraction == (fraction != "") && strings.Trim(fraction, "0") == ""
	default:
		return "", false
	}
}

// digitsAsZeros gives the shape of a text.
func digitsAsZeros(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return r
	}, s)
}
