package files

import (
	"fmt"
	"io/fs"
	"strings"
)

// Limits of a key.
const (
	maxSegments = 4
	maxSegment  = 128 // bytes
)

// checkKey refuses what is not one to four segments, joined by slashes, of ASCII
// letters, digits, '-', '_' and '.', none with a dot at an end. So no key is
// absolute, leaves the folder, reaches the staging folder or means different
// things on different systems. Its error wraps [fs.ErrInvalid].
func checkKey(key string) error {
	segments := strings.Split(key, "/")
	if len(segments) > maxSegments {
		return badKey(key)
	}
	for _, s := range segments {
		if s == "" || len(s) > maxSegment || s[0] == '.' || s[len(s)-1] == '.' || strings.IndexFunc(s, notOfKeys) >= 0 {
			return badKey(key)
		}
	}
	return nil
}

func badKey(key string) error {
	return fmt.Errorf("file key %.200q: %w", key, fs.ErrInvalid)
}

func notOfKeys(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
		return false
	}
	return true
}

// parents lists the folders above key, outermost first, without the root.
func parents(key string) []string {
	var out []string
	for i := range len(key) {
		if key[i] == '/' {
			out = append(out, key[:i])
		}
	}
	return out
}
