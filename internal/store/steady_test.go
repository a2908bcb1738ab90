package store

import (
	"testing"
	"time"
)

// TestSteady (requirement 18): a clock that is set back resurrects nothing, one that is set
// ahead is followed.
func TestSteady(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	tests := []struct {
		name         string
		elapsed, now time.Duration // since start
		want         time.Duration
	}{
		{"both agree", time.Hour, time.Hour, time.Hour},
		{"set back", time.Hour, -2 * time.Hour, time.Hour},
		{"set ahead", time.Hour, 3 * time.Hour, 3 * time.Hour},
	}
	for _, tt := range tests {
		if got := steady(start, tt.elapsed, start.Add(tt.now)); !got.Equal(start.Add(tt.want)) {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
