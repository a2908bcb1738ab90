package files

import (
	"context"
	"errors"
	"path"
	"slices"
)

// sweepPage is how many names a sweep looks at together.
const sweepPage = 200

// SweepOrphans removes the kept files that known does not give back of the names it is
// asked about: some hundred of one folder at a time, those of a folder one after the other. It
// tells how many it removed. A folder about which known fails is left for the next sweep, and
// so is everything once ctx ends. Files of uploads that are under way are not touched, see
// [Staged.Keep]; nor is what is no file, or has a name that no key has.
func (s *Store) SweepOrphans(ctx context.Context, known func(ctx context.Context, folder string, names []string) ([]string, error)) (removed int, err error) {
	var failures []error
	err = s.kept.settled(ctx, func(folder string, names []string) error {
		// In this order: a file is listed, then its upload has ended, then nobody knows it.
		// Asked the other way round, a row that is committed in between would be missed.
		keep, err := known(ctx, folder, names)
		if err == nil {
			var n int
			n, err = s.kept.remove(ctx, others(folder, names, keep)...)
			removed += n
		}
		if err != nil {
			failures = append(failures, err)
		}
		return ctx.Err()
	})
	return removed, errors.Join(append(failures, err)...)
}

// others are the keys of the names that are not among those to keep.
func others(folder string, names, keep []string) []string {
	var keys []string
	for _, name := range names {
		if !slices.Contains(keep, name) {
			keys = append(keys, path.Join(folder, name))
		}
	}
	return keys
}
