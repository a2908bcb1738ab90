package oauth

import "strings"

// BearerToken reads the token of an Authorization header (RFC 6750, section 2.1);
// pass the header's values as they came. The scheme is read in any case. No value,
// more than one, another scheme, or what cannot be a token is an Unauthenticated
// error with code token_missing.
func BearerToken(values ...string) (string, error) {
	if len(values) != 1 {
		// Two parties that each read another of two values would see two callers.
		return "", errMissing("there is not exactly one Authorization header")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errMissing("the Authorization header is not of the Bearer scheme")
	}
	token = strings.Trim(token, " ")
	if len(token) > MaxTokenBytes || !isToken68(token) {
		return "", errMissing("the Authorization header holds no token")
	}
	return token, nil
}

// isToken68 tells whether text has the form of a credential (RFC 9110, section 11.2).
func isToken68(text string) bool {
	body := strings.TrimRight(text, "=")
	return body != "" && !strings.ContainsFunc(body, func(r rune) bool {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return false
		default:
			return !strings.ContainsRune("-._~+/", r)
		}
	})
}
