package api

import (
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
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
	if _, err := tenantry.LoadZone(string(z)); err != nil {
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

// textPhone is the message of a text that is no phone number.
const textPhone = "must be a valid phone number"

// e164 gives a phone number in E.164, read as one of the country where it has no
// country code; without a country, as one of the United States. ok is false for a text that is
// no phone number; empty stays empty (contract, decision 20).
func e164(phone, countryCode string) (number string, ok bool) {
	if phone == "" {
		return "", true
	}
	if countryCode == "" {
		countryCode = "US"
	}
	n, err := phonenumbers.Parse(phone, countryCode)
	if err != nil {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}
