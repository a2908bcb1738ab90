package api

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tenantry/tenantry"
)

// timeZone is any name of the IANA time zone database, links included (contract,
// decision 21); empty means unset.
type timeZone string

// Check implements [wire.Checker].
func (z timeZone) Check() string {
	if z == "" {
		return ""
	}
	if tenantry.CheckZone(string(z)) != nil {
		return "must be a valid IANA time zone"
	}
	return ""
}

// country is one of the published country codes.
type country string

// Enum implements [wire.Enumerated].
func (country) Enum() []string { return tenantry.Countries() }

// tagName is the name of a tag; its stored form is NFC, trimmed and lower case
// (contract, decision 22).
type tagName string

func (n tagName) stored() string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(norm.NFC.String(string(n)))))
}

// MaxLength implements [wire.Bounded].
func (tagName) MaxLength() int { return tenantry.MaxTagName }

// Check implements [wire.Checker]. The limit is on the stored form: lower-casing can
// change the length of a name.
func (n tagName) Check() string {
	if utf8.RuneCountInString(n.stored()) > tenantry.MaxTagName {
		return "must be shorter than or equal to 255 characters"
	}
	return ""
}
