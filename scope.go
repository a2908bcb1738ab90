package tenantry

import "slices"

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
)

// Scopes lists every scope that a token of this server can carry.
func Scopes() []Scope {
	return []Scope{
		LocationsRead, LocationsWrite, LocationsInternal,
		CustomFieldsRead, CustomFieldsWrite, CustomValuesRead, CustomValuesWrite,
		TagsRead, TagsWrite, TasksRead, TasksWrite, TemplatesRead, TemplatesWrite,
	}
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
