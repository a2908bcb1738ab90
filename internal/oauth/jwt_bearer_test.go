package oauth

import (
	"strings"
	"testing"
)

func TestBearerToken(t *testing.T) {
	jwt := sign(t, keySet(t, seedKey(t, 1, testNow())), locationGrant(), testNow())
	pit := NewPrivateToken()
	longest := strings.Repeat("x", MaxTokenBytes)
	tests := []struct {
		name   string
		values []string
		want   string // empty: refused
	}{
		{"an access token", []string{"Bearer " + jwt}, jwt},
		{"a private token", []string{"Bearer " + pit}, pit},
		{"lower case", []string{"bearer " + pit}, pit},
		{"upper case", []string{"BEARER " + pit}, pit},
		{"more blanks", []string{"Bearer   " + pit + "  "}, pit},
		{"every character", []string{"Bearer AZaz09-._~+/=="}, "AZaz09-._~+/=="},
		{"the longest", []string{"Bearer " + longest}, longest},
		{"garbage, for Verify to refuse", []string{"Bearer garbage"}, "garbage"},

		{"no header", nil, ""},
		{"empty", []string{""}, ""},
		{"blank", []string{" "}, ""},
		{"the scheme only", []string{"Bearer"}, ""},
		{"the scheme and a blank", []string{"Bearer "}, ""},
		{"the token only", []string{pit}, ""},
		{"two headers", []string{"Bearer " + pit, "Bearer " + jwt}, ""},
		{"the same twice", []string{"Bearer " + pit, "Bearer " + pit}, ""},
		{"two in one", []string{"Bearer " + pit + ", Bearer " + pit}, ""},
		{"two tokens", []string{"Bearer " + pit + " " + pit}, ""},
		{"comma", []string{"Bearer " + pit + "," + pit}, ""},
		{"another scheme", []string{"Basic dXNlcjpwYXNz"}, ""},
		{"a longer scheme", []string{"BearerX " + pit}, ""},
		{"no blank", []string{"Bearer" + pit}, ""},
		{"a tab", []string{"Bearer\t" + pit}, ""},
		{"a tab after the blank", []string{"Bearer \t" + pit}, ""},
		{"a blank before", []string{" Bearer " + pit}, ""},
		{"a colon", []string{"Bearer: " + pit}, ""},
		{"quoted", []string{`Bearer "` + pit + `"`}, ""},
		{"padding only", []string{"Bearer =="}, ""},
		{"padding inside", []string{"Bearer a=b"}, ""},
		{"a NUL", []string{"Bearer x\x00"}, ""},
		{"not ASCII", []string{"Bearer tökén"}, ""},
		{"not UTF-8", []string{"Bearer x\xff"}, ""},
		{"a folded scheme", []string{"Bea\u017fer " + pit}, ""},
		{"too long", []string{"Bearer x" + longest}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := BearerToken(tt.values...)
			if got != tt.want {
				t.Errorf("BearerToken = %q, want %q", got, tt.want)
			}
			if tt.want == "" {
				wantRefusal(t, err, "token_missing", "Invalid token: access token is invalid")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}
