package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/tenantry/tenantry"
)

// Permissions of what the store makes: nobody else on the machine may look.
const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
)

// stagingDir holds uploads that are not kept yet. No key can start with a dot.
const stagingDir = ".staging"

// retryAfter is what the error of a full disk tells its caller to wait.
const retryAfter = time.Minute

// Store is a folder of uploaded files. It is safe for concurrent use.
type Store struct {
	root *os.Root

	mu   sync.Mutex
	next int                 // number of the next staged file
	live map[string]struct{} // paths of the files that belong to a [Staged]: in staging, or kept
}

// Open opens the folder dir, which it makes, with its parents, when it is
// missing. Call [Store.Sweep] once after a start, and [Store.Close] at the end.
func Open(dir string) (*Store, error) {
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
	return &Store{root: root, live: map[string]struct{}{}}, nil
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

// Close lets go of the folder. Files that are open stay so.
func (s *Store) Close() error { return s.root.Close() }

// Open opens the file kept under key for reading; the caller closes it. A
// missing file, and a key that can name none, is [tenantry.NotFound]; its
// cause wraps [fs.ErrNotExist] or [fs.ErrInvalid].
func (s *Store) Open(key string) (*os.File, fs.FileInfo, error) {
	info, err := s.lstat(key)
	if err == nil && !info.Mode().IsRegular() {
		err = badKey(key)
	}
	if err != nil {
		return nil, nil, openError(key, err)
	}
	f, err := s.root.Open(key)
	if err != nil {
		return nil, nil, openError(key, err)
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(info, opened) {
		err = badKey(key) // exchanged, perhaps by a link, since it was looked at
	}
	if err != nil {
		return nil, nil, errors.Join(openError(key, err), f.Close())
	}
	return f, opened, nil
}

func openError(key string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, syscall.ENOTDIR) {
		return tenantry.NotFoundError("File", path.Base(key)).WithCause(err)
	}
	return fmt.Errorf("open file: %w", err)
}

// Remove removes the file kept under key; a missing one is fine. Its folder
// stays, for another upload may be on its way there. A hostile key, or one that
// is not a file, is an error that wraps [fs.ErrInvalid].
func (s *Store) Remove(key string) error {
	info, err := s.lstat(key)
	if err == nil && !info.Mode().IsRegular() {
		err = badKey(key)
	}
	if err == nil {
		err = s.root.Remove(key)
	}
	return s.removed(key, err)
}

// RemoveTree removes the folder prefix, such as a location's id, and every file
// in it; a missing one is fine. A hostile prefix is an error that wraps [fs.ErrInvalid].
func (s *Store) RemoveTree(prefix string) error {
	_, err := s.lstat(prefix)
	if err == nil {
		err = s.root.RemoveAll(prefix)
	}
	return s.removed(prefix, err)
}

// removed makes a removal durable.
func (s *Store) removed(key string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("remove file: %w", err)
	}
	if err := s.syncDir(path.Dir(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove file: %w", err)
	}
	return nil
}

// syncDir makes the names in a folder durable. Windows has no such call, and
// writes them through by itself.
func (s *Store) syncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := s.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// diskError tells a full disk, which passes, from other trouble with it.
func diskError(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, err)
	// A quota and a limit on the size of files are a full disk to those who meet them.
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) && !errors.Is(err, syscall.EFBIG) {
		return err
	}
	e := tenantry.Errorf(tenantry.Unavailable, "unavailable", "The server has no room for files right now. Try again later.")
	e.RetryAfter = retryAfter
	return e.WithCause(err)
}
