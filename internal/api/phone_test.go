package api

import "testing"

func TestPhoneNumbers(t *testing.T) {
	for _, tt := range []struct{ phone, country, want string }{
		{"", "DE", ""},
		{"+1410039940", "", "+1410039940"}, // the published example
		{"(206) 555-0142", "", "+12065550142"},
		{"206.555.0142", "US", "+12065550142"},
		{"+49 30 901820", "US", "+4930901820"},
		{"0049 30 901820", "DE", "+4930901820"},
		{"030 901820", "DE", "+4930901820"},
		{"06 6982", "IT", "+39066982"}, // its zero is part of it
		{"+683 4002", "", "+6834002"},  // short, but so the plan has it
		{"1-800-FLOWERS", "US", "+18003569377"},
		{"٢٠٦٥٥٥٠١٤٢", "US", "+12065550142"},
	} {
		if got, ok := e164(tt.phone, tt.country); !ok || got != tt.want {
			t.Errorf("%q of %q is %q %t, want %q", tt.phone, tt.country, got, ok, tt.want)
		}
	}
	for _, tt := range []struct{ phone, country string }{
		{" ", ""}, {"-", ""}, {"+", ""}, {"call me", ""}, {"hello", ""}, {"HELLO WORLD", ""},
		{"Call me 2065550142 now", ""}, {"Call me 2065550142", ""}, {"2065550142 now", ""}, {"2065550142now", ""},
		{"2065550142ab", ""}, {"2065550142ä", ""},
		{"00", ""}, {"12", ""}, {"123", ""}, {"+1234", ""}, {"99999999999999999", ""}, {"999999999999999999", ""},
		{"(206) 555-0142 ext. 5", ""}, {"(206) 555-0142 x5", ""}, {"(206) 555-0142 #5", ""}, {"+12065550142;ext=5", ""},
		{"030 901820", ""}, {"030 901820", "US"}, {"2065550142/2065550143", ""},
	} {
		if got, ok := e164(tt.phone, tt.country); ok {
			t.Errorf("%q of %q is accepted as %s", tt.phone, tt.country, got)
		}
	}
}
