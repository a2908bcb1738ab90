package api

import (
	"strings"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// addProblems adds those about members that have not failed already, be it in a part
// of them or with what they are in.
func addProblems(v *wire.Violations, list []tenantry.Problem) {
	for _, p := range list {
		parent, _, _ := strings.Cut(p.Property, ".")
		if !v.Failed(parent) && !v.FailedIn(p.Property) {
			v.Add(p.Property, p.Text)
		}
	}
}

// addStored adds the problems of an input with what is stored. Where that is not
// there, the handler says so.
func addStored(v *wire.Violations, list []tenantry.Problem, err error) error {
	if err == nil {
		addProblems(v, list)
	}
	if tenantry.KindOf(err) == tenantry.NotFound {
		return nil
	}
	return err
}
