package api

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// textPhone is the message of a text that is no phone number.
const textPhone = "must be a valid phone number"

// Digits of a number in E.164, country code included. The shortest in use are longer,
// but for a few that their countries' plans know.
const (
	minPhoneDigits = 8
	maxPhoneDigits = 15
)

// e164 gives a phone number in E.164, read as one of the country where it has no
// country code; without a country, as one of the United States. ok is false for a text
// that is no phone number; empty stays empty (contract, decision 20). Numbers that no
// plan knows yet pass, as the published example does, unless something would get lost.
func e164(phone, countryCode string) (number string, ok bool) {
	if phone == "" {
		return "", true
	}
	if countryCode == "" {
		countryCode = "US"
	}
	spelled := strings.ContainsFunc(phone, unicode.IsLetter)
	if spelled {
		if hasWord(phone) {
			return "", false
		}
		phone = phonenumbers.ConvertAlphaCharactersInNumber(phone) // the parser drops some letters
	}
	n, err := phonenumbers.Parse(phone, countryCode)
	if err != nil || n.GetExtension() != "" || strings.ContainsFunc(phone, unicode.IsLetter) {
		return "", false
	}
	number = phonenumbers.Format(n, phonenumbers.E164)
	digits := len(number) - len("+")
	// Where no plan knows it, a leading zero is one that another country dials, and letters are no number.
	isPlausible := digits >= minPhoneDigits && digits <= maxPhoneDigits && !n.GetItalianLeadingZero() && !spelled
	return number, isPlausible || phonenumbers.IsValidNumber(n)
}

// hasWord tells whether letters stand alone, as in "call 555 0100".
func hasWord(text string) bool {
	for word := range strings.FieldsSeq(text) {
		if strings.ContainsFunc(word, unicode.IsLetter) && !strings.ContainsFunc(word, unicode.IsDigit) {
			return true
		}
	}
	return false
}
