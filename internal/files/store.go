package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"syscall"
	"time"

	"github.com/tenantry/tenantry"
)

// Store keeps uploaded files. It is safe for concurrent use. Make one with [Open] or
// [OpenBucket], call [Store.Sweep] once after a start, and [Store.Close] at the end.
//
// Where the files are in a bucket, each method but Stage and Sweep may fail with
// [tenantry.Unavailable]: the storage did not answer in time, or refused.
type Store struct {
	*staging
	kept backend
}

// backend is the place of the files that are kept. Keys are checked before they come here.
type backend interface {
	// check fails when files cannot be written, read and removed there.
	check(ctx context.Context) error
	// keep makes the file of st durable under key. One that exists already is [fs.ErrExist].
	keep(ctx context.Context, st *Staged, key string) error
	// open opens a file, and tells when it was kept. One that is missing is [fs.ErrNotExist].
	open(ctx context.Context, key string) (io.ReadSeekCloser, time.Time, error)
	// remove removes files; missing ones are fine. It tells how many it removed before an error.
	remove(ctx context.Context, keys ...string) (removed int, err error)
	// removeTree removes a folder and all in it; a missing one is fine.
	removeTree(ctx context.Context, prefix string) error
	// settled calls fn with the files whose uploads have ended for sure, in pages of one
	// folder; those of a folder come together. It stops at the first error of fn.
	settled(ctx context.Context, fn func(folder string, names []string) error) error
	close() error
}

// Check fails when files cannot be written, read and removed; its error is for the operator.
func (s *Store) Check(ctx context.Context) error { return s.kept.check(ctx) }

// Close lets go of the folder or the connections. Files that are open stay so.
func (s *Store) Close() error { return errors.Join(s.kept.close(), s.root.Close()) }

// Open opens the file kept under key for reading until ctx ends, and tells when it was kept; the
// caller closes it. A missing file, and a key that can name none, is [tenantry.NotFound]; its
// cause wraps [fs.ErrNotExist] or [fs.ErrInvalid].
func (s *Store) Open(ctx context.Context, key string) (content io.ReadSeekCloser, keptAt time.Time, err error) {
	if err = checkKey(key); err == nil {
		content, keptAt, err = s.kept.open(ctx, key)
	}
	if err != nil {
		return nil, time.Time{}, openError(key, err)
	}
	return content, keptAt, nil
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
func (s *Store) Remove(ctx context.Context, key string) error {
	err := checkKey(key)
	if err == nil {
		_, err = s.kept.remove(ctx, key)
	}
	return removeError(err)
}

// RemoveTree removes the folder prefix, such as a location's id, and every file
// in it; a missing one is fine. A hostile prefix is an error that wraps [fs.ErrInvalid].
func (s *Store) RemoveTree(ctx context.Context, prefix string) error {
	err := checkKey(prefix)
	if err == nil {
		err = s.kept.removeTree(ctx, prefix)
	}
	return removeError(err)
}

func removeError(err error) error {
	if err != nil {
		return fmt.Errorf("remove file: %w", err)
	}
	return nil
}
