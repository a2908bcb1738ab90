package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// sweepPage is how many names a sweep looks at together.
const sweepPage = 200

// Sweep removes what interrupted uploads left in the staging folder. Uploads of
// this Store that are under way are not touched.
func (s *Store) Sweep() error {
	dir, err := s.root.Open(stagingDir)
	if err != nil {
		return fmt.Errorf("sweep staging: %w", err)
	}
	entries, err := dir.ReadDir(-1)
	errs := []error{err, dir.Close()}
	for _, e := range entries {
		name := path.Join(stagingDir, e.Name())
		if !s.isLive(name) {
			errs = append(errs, s.root.RemoveAll(name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweep staging: %w", err)
	}
	return nil
}

func (s *Store) isLive(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.live[name]
	return ok
}

// Folders calls fn with the name of each folder at the top, in no order. It stops at the
// first error of fn, which it returns as it is, and at the end of ctx.
func (s *Store) Folders(ctx context.Context, fn func(name string) error) error {
	return s.pages(ctx, ".", func(entries []fs.DirEntry) error {
		for _, e := range entries {
			if e.IsDir() && checkKey(e.Name()) == nil {
				if err := fn(e.Name()); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// SweepFolder removes the orphans in a folder: the files that known does not give back of
// the names it is asked about, some hundred at a time. It tells how many it removed, and
// stops at the first error of known and at the end of ctx; what is left is for the next
// sweep. Files of uploads that are under way are not touched, see [Staged.Keep]; nor is
// what is no file, or has a name that no key has.
func (s *Store) SweepFolder(ctx context.Context, folder string, known func(ctx context.Context, names []string) ([]string, error)) (removed int, err error) {
	_, err = s.lstat(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // removed since it was listed
	}
	if err != nil {
		return 0, fmt.Errorf("sweep folder: %w", err)
	}
	err = s.pages(ctx, folder, func(entries []fs.DirEntry) error {
		// In this order: a file is listed, then its upload has ended, then nobody knows it.
		// Asked the other way round, a row that is committed in between would be missed.
		names := s.settled(folder, entries)
		if len(names) == 0 {
			return nil
		}
		keep, err := known(ctx, names)
		if err != nil {
			return err
		}
		n, err := s.removeOthers(folder, names, keep)
		removed += n
		return err
	})
	return removed, err
}

// settled names the files among the entries whose uploads have ended.
func (s *Store) settled(folder string, entries []fs.DirEntry) []string {
	var names []string
	for _, e := range entries {
		key := path.Join(folder, e.Name())
		if e.Type().IsRegular() && checkKey(key) == nil && !s.isLive(key) {
			names = append(names, e.Name())
		}
	}
	return names
}

func (s *Store) removeOthers(folder string, names, keep []string) (removed int, err error) {
	wanted := map[string]struct{}{}
	for _, name := range keep {
		wanted[name] = struct{}{}
	}
	for _, name := range names {
		if _, is := wanted[name]; is {
			continue
		}
		if err := s.Remove(path.Join(folder, name)); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// pages reads a folder in pages. One that is gone is empty.
func (s *Store) pages(ctx context.Context, folder string, fn func([]fs.DirEntry) error) (err error) {
	dir, err := s.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read folder: %w", err)
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	for ctx.Err() == nil {
		entries, err := dir.ReadDir(sweepPage)
		if errors.Is(err, io.EOF) || errors.Is(err, fs.ErrNotExist) { // read to its end, or removed meanwhile
			return nil
		}
		if err != nil {
			return fmt.Errorf("read folder: %w", err)
		}
		if err := fn(entries); err != nil {
			return err
		}
	}
	return ctx.Err()
}
