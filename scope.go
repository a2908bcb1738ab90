package tenantry

import (
	"slices"
	"strings"
)

// Scope is a permission that a token carries, spelled as on the wire.
type Scope string

// The scopes of the Sub-Accounts API. LocationsInternal and TasksWrite,
// TemplatesWrite are not in the published scope table; decisions 8 and 9 of
// the contract say what they permit.
const (
	LocationsRead     Scope = "locations.readonly"
	LocationsWrite    Scope = "locations.write"
	LocationsInternal Scope = "locations.internal-access-only"
	CustomFieldsRead  Scope = "locations/customFields.readonly"
	CustomFieldsWrite Scope = "locations/customFields.write"
	CustomValuesRead  Scope = "locations/customValues.readonly"
	CustomValuesWrite Scope = "locations/customValues.write"
	TagsRead          Scope = "locations/tags.readonly"
	TagsWrite         Scope = "locations/tags.write"
	TasksRead         Scope = "locations/tasks.readonly"
	TasksWrite        Scope = "locations/tasks.write"
	TemplatesRead     Scope = "locations/templates.readonly"
	TemplatesWrite    Scope = "locations/templates.write"
	OAuthRead         Scope = "oauth.readonly"
	OAuthWrite        Scope = "oauth.write"
)

// Scopes lists every scope that a token of this server can carry.
func Scopes() []Scope {
	return []Scope{
		LocationsRead, LocationsWrite, LocationsInternal,
		CustomFieldsRead, CustomFieldsWrite, CustomValuesRead, CustomValuesWrite,
		TagsRead, TagsWrite, TasksRead, TasksWrite, TemplatesRead, TemplatesWrite,
		OAuthRead, OAuthWrite,
	}
}

// PrivateScopes lists every scope that a private integration token can carry: all but
// those of the OAuth operations, which are for apps (contract, section 2.6).
func PrivateScopes() []Scope {
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return s == OAuthRead || s == OAuthWrite })
}

// Description says in plain words what the scope permits, for the person who is asked
// to grant it. It is empty for an unknown scope.
func (s Scope) Description() string {
	switch s {
	case LocationsRead:
		return "See sub-accounts and their details"
	case LocationsWrite:
		return "Create, change and delete sub-accounts, their recurring tasks and their templates"
	case LocationsInternal:
		return "Delete sub-accounts"
	case CustomFieldsRead:
		return "See custom fields"
	case CustomFieldsWrite:
		return "Create, change and delete custom fields, and upload files to them"
	case CustomValuesRead:
		return "See custom values"
	case CustomValuesWrite:
		return "Create, change and delete custom values"
	case TagsRead:
		return "See tags"
	case TagsWrite:
		return "Create, rename and delete tags"
	case TasksRead:
		return "See tasks and recurring tasks"
	case TasksWrite:
		return "Create, change and delete recurring tasks"
	case TemplatesRead:
		return "See e-mail, SMS and WhatsApp templates"
	case TemplatesWrite:
		return "Create, change and delete e-mail, SMS and WhatsApp templates"
	case OAuthRead:
		return "See the sub-accounts where the app is installed"
	case OAuthWrite:
		return "Get access to each sub-account where the app is installed"
	}
	return ""
}

// JoinScopes writes scopes as a token answer and a scope parameter do: separated by spaces.
func JoinScopes(scopes []Scope) string {
	texts := make([]string, len(scopes))
	for i, s := range scopes {
		texts[i] = string(s)
	}
	return strings.Join(texts, " ")
}

// ParseScopes turns texts into scopes, in order and without repeats. It returns
// an [Invalid] error that names every unknown one.
func ParseScopes(texts []string) ([]Scope, error) {
	var scopes []Scope
	var messages []string
	known := Scopes()
	for _, text := range texts {
		s := Scope(text)
		switch {
		case !slices.Contains(known, s):
			messages = append(messages, "unknown scope "+text)
		case !slices.Contains(scopes, s):
			scopes = append(scopes, s)
		}
	}
	if len(messages) > 0 {
		return nil, InvalidInput(messages...)
	}
	return scopes, nil
}
