package oauth

import "strings"

// BearerToken reads the token of an Authorization header (RFC 6750, section 2.1);
// pass the header's values as they came. The scheme is read in any case. No value,
// more than one, another scheme, or what cannot be a token is an Unauthenticated
// error with code token_missing.
func BearerToken(values ...string) (string, error) {
	text, err := bearerText(values)
	if err == nil && !isToken68(text) {
		err = errNoToken()
	}
	if err != nil {
		return "", err
	}
	return text, nil
}

// bearerText is what stands in the place of the token.
func bearerText(values []string) (string, error) {
	if len(values) != 1 {
		// Two parties that each read another of two values would see two callers.
		return "", errMissing("there is not exactly one Authorization header")
	}
	scheme, text, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errMissing("the Authorization header is not of the Bearer scheme")
	}
	if text = strings.Trim(text, " "); len(text) > MaxTokenBytes {
		return "", errNoToken()
	}
	return text, nil
}

// isToken68 tells whether text has the form of a credential (RFC 9110, section 11.2).
func isToken68(text string) bool {
	body := strings.TrimRight(text, "=")
	for i := range len(body) {
		switch c := body[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == '~', c == '+', c == '/':
		default:
			return false
		}
	}
	return body != ""
}
