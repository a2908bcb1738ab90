package api

import (
	"regexp"
	"testing"
)

// FuzzPhone: a phone number is kept in E.164, from which it is read as the same in every country.
func FuzzPhone(f *testing.F) {
	for _, seed := range []string{
		"", "+15555550123", "(555) 555-0123", "1-800-FLOWERS", "+1 555 555 0123 ext. 5", "tel:+1-555-555-0123;phone-context=x", "+", "0", "٠١٢٣٤٥٦٧٨٩", "+39 06 1234567", "++15555550123", "+1\x00555", "911",
	} {
		f.Add(seed, "US")
		f.Add(seed, "")
	}
	f.Add("06 1234567", "IT")
	f.Add("0171 1234567", "zz")
	form := regexp.MustCompile(`^\+[1-9][0-9]{4,16}$`)
	f.Fuzz(func(t *testing.T, phone, countryCode string) {
		number, ok := e164(phone, countryCode)
		if !ok || phone == "" {
			return
		}
		if !form.MatchString(number) {
			t.Fatalf("%q in %q is kept as %q", phone, countryCode, number)
		}
		for _, other := range []string{"", "DE", countryCode} {
			if again, ok := e164(number, other); !ok || again != number {
				t.Fatalf("%q in %q is kept as %q, which in %q is %q, %v", phone, countryCode, number, other, again, ok)
			}
		}
	})
}
