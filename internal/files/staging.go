package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"sync"
	"time"
)

// Permissions of what the store makes: nobody else on the machine may look.
const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
)

// stagingDir holds uploads that are not kept yet. No key can start with a dot.
const stagingDir = ".staging"

// settleTime is how old a file must be that no upload of another process can still be
// about: a request takes minutes at most. It leaves room for clocks that differ.
const settleTime = 24 * time.Hour

// staging is the folder on the local disk where uploads arrive.
type staging struct {
	root *os.Root
	// now is set when other processes may stage in the folder too: what is theirs is told
	// from what was left behind by its age.
	now func() time.Time

	mu   sync.Mutex
	next int                 // number of the next staged file
	live map[string]struct{} // paths of the files that belong to a [Staged]: in staging, or kept
}

// openStaging opens the folder dir, which it makes, with its parents, when it is missing.
func openStaging(dir string, now func() time.Time) (*staging, error) {
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, fmt.Errorf("file folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("file folder: %w", err)
	}
	if err := makeStaging(root); err != nil {
		return nil, errors.Join(fmt.Errorf("file folder: %w", err), root.Close())
	}
	return &staging{root: root, now: now, live: map[string]struct{}{}}, nil
}

func makeStaging(root *os.Root) error {
	if err := root.Mkdir(stagingDir, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := root.Lstat(stagingDir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", stagingDir)
	}
	return nil
}

// create makes an empty file. Its name is a number; one that another process has made,
// or an earlier one has left, is passed over.
func (s *staging) create() (place string, _ *os.File, _ error) {
	for {
		place := s.claim()
		f, err := s.root.OpenFile(place, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		if err == nil {
			return place, f, nil
		}
		s.release(place)
		if !errors.Is(err, fs.ErrExist) {
			return "", nil, err
		}
	}
}

// claim gives a new place, which is live before its file is there: a sweep at this
// moment must not take it for a leftover.
func (s *staging) claim() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	place := path.Join(stagingDir, strconv.Itoa(s.next))
	s.live[place] = struct{}{}
	return place
}

func (s *staging) release(place string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, place)
}

func (s *staging) isLive(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.live[name]
	return ok
}

// Sweep removes what interrupted uploads left in the staging folder. Uploads that are
// under way are not touched.
func (s *staging) Sweep() error {
	dir, err := s.root.Open(stagingDir)
	if err != nil {
		return fmt.Errorf("sweep staging: %w", err)
	}
	entries, err := dir.ReadDir(-1)
	errs := []error{err, dir.Close()}
	for _, e := range entries {
		if name := path.Join(stagingDir, e.Name()); !s.isLive(name) && s.isLeft(e) {
			errs = append(errs, s.root.RemoveAll(name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweep staging: %w", err)
	}
	return nil
}

// isLeft tells a file that no other process is about.
func (s *staging) isLeft(e fs.DirEntry) bool {
	if s.now == nil {
		return true
	}
	info, err := e.Info()
	return err == nil && s.now().Sub(info.ModTime()) > settleTime
}
