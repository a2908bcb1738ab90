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

// CheckZone refuses any text but the exact spelling of a canonical or link name in the tz
// database, such as America/Chicago or US/Central, with an [Invalid] error: the empty text
// and Local too, which [time.LoadLocation] would read as zones.
func CheckZone(name string) error {
	if name == "" || strings.ContainsAny(name, zoneSeparators) || (!isListed(canonicalZones, name) && !isListed(linkedZones, name)) {
		return InvalidInput("timezone must be the name of an IANA time zone")
	}
	return nil
}

// LoadZone finds a zone by a name that [CheckZone] accepts; others it refuses likewise.
//
// The rules come from the system's tz database where there is one, so that they
// can be newer than the program, else from the copy inside the program. Nothing
// is cached: a call costs some tens of microseconds and is safe for concurrent
// use, and a loop over many locations keeps the zones that it has loaded.
func LoadZone(name string) (*time.Location, error) {
	if err := CheckZone(name); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("tenantry: time zone %s: %w", name, err)
	}
	return zone, nil
}

// zoneSeparators stand between the names of the lists, and around each list.
const zoneSeparators = " \n"

// isListed tells whether one of the list's names is the name, which has no separator in it.
func isListed(list, name string) bool {
	for from := 0; ; {
		i := strings.Index(list[from:], name)
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(name)
		if strings.IndexByte(zoneSeparators, list[begin-1]) >= 0 && strings.IndexByte(zoneSeparators, list[end]) >= 0 {
			return true
		}
		from = end
	}
}
