package tenantry

import (
	"strings"
	"testing"
	"time"
)

func TestIDs(t *testing.T) {
	var s IDSource
	now := time.UnixMilli(1_800_000_000_000)
	seen := map[string]bool{}
	last := ""
	for i := range 20000 {
		// The clock stands still, steps, and once jumps back by an hour.
		switch {
		case i == 15000:
			now = now.Add(-time.Hour)
		case i%1000 == 0:
			now = now.Add(time.Millisecond)
		}
		id := s.Next(now)
		if len(id) != 20 || strings.Trim(id, base62) != "" {
			t.Fatalf("%q is no id", id)
		}
		if seen[id] || id <= last {
			t.Fatalf("%q comes after %q", id, last)
		}
		seen[id], last = true, id
	}
}

func TestIDCarriesInTheAlphabetsOrder(t *testing.T) {
	for _, id := range []string{"0000000000000000zzzz", "00000000zzzzzzzzzzzz", "0abcdefg000000000000"} {
		for range 100 {
			if next := after(id, zeroes{}); next <= id || len(next) != 20 {
				t.Fatalf("after %q comes %q", id, next)
			}
		}
	}
}

// zeroes is a random source that always says nought: the smallest step.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }
