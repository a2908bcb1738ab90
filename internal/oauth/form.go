package oauth

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	// Unlike encoding/json it neither folds the case of keys nor takes one twice.
	"github.com/go-jose/go-jose/v4/json"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// maxForm is the largest body of a request that carries client credentials, in bytes.
const maxForm = 64 << 10

// form is the body of a request that carries client credentials, parsed once. The URL and
// the Authorization header are never read. A member that is blank, or the text "undefined" that
// the official SDK writes for one that it does not have, is empty (contract, section 2.2).
type form struct {
	isV3 bool // of the Version header: JSON and names in camelCase are read too

	clientID, clientSecret string
	grantType              string
	code                   string
	redirectURI            string
	verifier               string
	refreshToken           string
	userType               string
	scope                  string
	token                  string
}

// parameter is a member of the form with its names.
type parameter struct {
	name, v3Name string
	value        *string
}

func (f *form) parameters() []parameter {
	return []parameter{
		{"client_id", "clientId", &f.clientID}, {"client_secret", "clientSecret", &f.clientSecret},
		{"grant_type", "grantType", &f.grantType}, {"code", "code", &f.code},
		{"redirect_uri", "redirectUri", &f.redirectURI}, {"code_verifier", "codeVerifier", &f.verifier},
		{"refresh_token", "refreshToken", &f.refreshToken}, {"user_type", "userType", &f.userType},
		{"scope", "scope", &f.scope}, {"token", "token", &f.token},
	}
}

// shown is the parameter's name as messages show it.
func (f *form) shown(name string) string {
	for _, p := range f.parameters() {
		if p.name == name && f.isV3 {
			return p.v3Name
		}
	}
	if f.isV3 {
		return name
	}
	return "`" + name + "`"
}

// readForm parses the body. Parameters that it does not know are none of its business (RFC
// 6749, section 3.2); one that comes twice is refused. A body of another media type says
// nothing, as with the hosted service. Errors: Malformed, TooLarge, UnsupportedMedia, Refused.
func readForm(r *http.Request) (*form, error) {
	f := &form{isV3: slices.Equal(r.Header.Values("Version"), []string{wire.V3})}
	if f.isV3 {
		wire.ExchangeOf(r.Context()).Version = wire.V3
	}
	texts, err := f.readTexts(r)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, t := range texts {
		for _, p := range f.parameters() {
			if t.Name != p.name && (!f.isV3 || t.Name != p.v3Name) {
				continue
			}
			if seen[p.name] {
				return nil, f.invalid(p.name)
			}
			seen[p.name] = true
			if t.Value != "undefined" && strings.TrimSpace(t.Value) != "" {
				*p.value = t.Value
			}
		}
	}
	return f, nil
}

func (f *form) readTexts(r *http.Request) ([]wire.Text, error) {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case media == "application/x-www-form-urlencoded" || r.Header.Get("Content-Type") == "":
		return wire.ReadURLEncoded(r)
	case f.isV3 && media == "application/json":
		return f.readMembers(r)
	}
	return nil, nil
}

// readMembers reads the body as a JSON object of texts.
func (f *form) readMembers(r *http.Request) ([]wire.Text, error) {
	raw, err := wire.ReadJSON(r)
	if err != nil {
		return nil, err
	}
	var members map[string]any
	if json.Unmarshal(raw, &members) != nil {
		return nil, tenantry.Errorf(tenantry.Malformed, "malformed_body", "The request body has a member twice")
	}
	var texts []wire.Text
	for name, value := range members {
		text, ok := value.(string)
		if !ok && slices.ContainsFunc(f.parameters(), func(p parameter) bool { return name == p.name || name == p.v3Name }) {
			return nil, f.invalid(name)
		}
		texts = append(texts, wire.Text{Name: name, Value: text})
	}
	return texts, nil
}

// require refuses a form without one of the parameters. Errors: Refused.
func (f *form) require(names ...string) error {
	for _, p := range f.parameters() {
		if *p.value == "" && slices.Contains(names, p.name) {
			return f.missing(p.name)
		}
	}
	return nil
}

func (f *form) missing(name string) error {
	return tenantry.Errorf(tenantry.Refused, "invalid_request", "Missing parameter: %s", f.shown(name))
}

func (f *form) invalid(name string) error {
	return tenantry.Errorf(tenantry.Refused, "invalid_request", "Invalid parameter: %s", f.shown(name))
}

// enumerated refuses a parameter outside of its closed list: before v3 as validation does,
// with every message at once (case U71).
func (f *form) enumerated(name, value string, isRequired bool, allowed ...string) error {
	switch {
	case slices.Contains(allowed, value), value == "" && !isRequired:
		return nil
	case value == "" && f.isV3:
		return f.missing(name)
	case f.isV3:
		return f.invalid(name)
	case value == "":
		return tenantry.InvalidInput(name+" must be a valid enum value", name+" should not be empty")
	}
	return tenantry.InvalidInput(name + " must be a valid enum value")
}
