package tenantry

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a system without a tz database must know the same zones
)

//go:generate go run ./internal/gen/timezones /usr/share/zoneinfo/tzdata.zi timezone_gen.go

// TimeZones lists every canonical zone of the tz database, sorted by name and
// with UTC among them (contract, decision 21). The slice is the caller's own.
func TimeZones() []string { return strings.Fields(canonicalZones) }

// LoadZone finds a zone by the exact spelling of its canonical or link name in
// the tz database, such as America/Chicago or US/Central. Any other text is
// refused with an [Invalid] error, among them the empty one and Local, which
// [time.LoadLocation] would read as zones.
//
// The rules come from the system's tz database where there is one, so that they
// can be newer than the program, else from the copy inside the program. Nothing
// is cached: a call costs some tens of microseconds and is safe for concurrent
// use, and a loop over many locations keeps the zones that it has loaded.
func LoadZone(name string) (*time.Location, error) {
	if !isZone(name) {
		return nil, InvalidInput("timezone must be the name of an IANA time zone")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("tenantry: time zone %s: %w", name, err)
	}
	return zone, nil
}

func isZone(name string) bool {
	for _, list := range [...]string{canonicalZones, linkedZones} {
		for known := range strings.FieldsSeq(list) {
			if known == name {
				return true
			}
		}
	}
	return false
}
