package tenantry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

func TestCustomValueKeys(t *testing.T) {
	for name, want := range map[string][]string{
		"Booking Link":   {"{{ custom_values.booking_link }}"},
		"  --A / b-- 2 ": {"{{ custom_values.a_b_2 }}"},
		"Straße Nr. ５":   {"{{ custom_values.straße_nr_５ }}"},
		"🚀":              {"{{ custom_values.field_0abcDE }}", "{{ custom_values.field_0abcDEfghijklmnopqrs }}"},
		"…":              {"{{ custom_values.field_0abcDE }}", "{{ custom_values.field_0abcDEfghijklmnopqrs }}"},
	} {
		if diff := cmp.Diff(want, tenantry.CustomValueKeys(name, "0abcDEfghijklmnopqrs")); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", name, diff)
		}
	}
}
