package tenantry

import "time"

// MaxCustomValue is the longest text of a custom value, in characters.
const MaxCustomValue = 10_000

// CustomValue is a text of a location that messages quote by its key. Its name is
// unique in the location in any case, in NFC and trimmed; its key too, and it is fixed at
// creation (contract, decision 27).
type CustomValue struct {
	ID         CustomValueID
	LocationID LocationID
	Name       string
	FieldKey   string // the whole merge tag, such as "{{ custom_values.booking_link }}"
	Value      string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Same tells whether two states of a custom value differ in nothing but UpdatedAt.
func (v CustomValue) Same(o CustomValue) bool {
	o.UpdatedAt = v.UpdatedAt
	return v == o
}

// CustomValueKeys lists the keys that a new custom value may have, best first: that of
// its name or, for a name without a letter or digit, those that a custom field would
// get, see [FallbackFieldKeys].
func CustomValueKeys(name string, id CustomValueID) []string {
	if slug := Slug(name); slug != "" {
		return []string{mergeTag(slug)}
	}
	return []string{mergeTag("field_" + string(id[:min(fallbackKeyLen, len(id))])), mergeTag("field_" + string(id))}
}

func mergeTag(slug string) string { return "{{ custom_values." + slug + " }}" }

// CustomValueTaken makes the error for a name that another custom value of the
// location has, in any case (contract, decision 27).
func CustomValueTaken(name string, existing CustomValueID) *Error {
	return Errorf(Conflict, "duplicate", "Custom value with name %s already exists", name).WithMeta("existingId", existing)
}

// CustomValueKeyTaken makes the error for a new name whose key another custom value of
// the location has, one with a similar name or one that was renamed since.
func CustomValueKeyTaken(key string, existing CustomValue) *Error {
	return Errorf(Conflict, "duplicate", "Custom value with key %s already exists: it is the one with name %s", key, existing.Name).
		WithMeta("existingId", existing.ID)
}
