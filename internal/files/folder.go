package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"
	"time"

	"github.com/tenantry/tenantry"
)

// retryAfter is what the error of a full disk tells its caller to wait.
const retryAfter = time.Minute

// folder keeps files beside the staging folder, on the local disk.
type folder struct{ *staging }

// Open opens the folder dir, which it makes, with its parents, when it is missing.
func Open(dir string) (*Store, error) {
	s, err := openStaging(dir, nil)
	if err != nil {
		return nil, err
	}
	return &Store{staging: s, kept: folder{s}}, nil
}

func (f folder) close() error { return nil } // the staging folder goes with the store

// check writes a file.
func (f folder) check(context.Context) error {
	place, file, err := f.create()
	if err != nil {
		return err
	}
	defer f.release(place)
	_, err = file.WriteString("check")
	return errors.Join(err, file.Sync(), file.Close(), f.root.Remove(place))
}

func (f folder) open(_ context.Context, key string) (io.ReadSeekCloser, time.Time, error) {
	info, err := f.lstatFile(key)
	if err != nil {
		return nil, time.Time{}, err
	}
	file, err := f.root.Open(key)
	if err != nil {
		return nil, time.Time{}, err
	}
	opened, err := file.Stat()
	if err == nil && !os.SameFile(info, opened) {
		err = badKey(key) // exchanged, perhaps by a link, since it was looked at
	}
	if err != nil {
		return nil, time.Time{}, errors.Join(err, file.Close())
	}
	return file, opened.ModTime(), nil
}

// lstatFile describes the file at key; what is none is an error that wraps [fs.ErrInvalid].
func (f folder) lstatFile(key string) (fs.FileInfo, error) {
	info, err := f.lstat(key)
	if err == nil && !info.Mode().IsRegular() {
		err = badKey(key)
	}
	return info, err
}

// lstat describes what lies at key. A symbolic link there or on the way is an
// error that wraps [fs.ErrInvalid]: os.Root would follow one that stays inside,
// to the file of another tenant.
func (f folder) lstat(key string) (fs.FileInfo, error) {
	var info fs.FileInfo
	for _, p := range append(parents(key), key) {
		var err error
		if info, err = f.root.Lstat(p); err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return nil, fmt.Errorf("file key %q: symbolic link: %w", key, fs.ErrInvalid)
		}
	}
	return info, nil
}

// keep moves the file of st.
func (f folder) keep(_ context.Context, st *Staged, key string) error {
	if err := f.free(key); err != nil {
		return err
	}
	return diskError(f.move(st, key))
}

// free checks that nothing lies at key.
func (f folder) free(key string) error {
	_, err := f.lstat(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("file key %q: %w", key, fs.ErrExist)
}

// move flushes the file, renames it and flushes the names: the folder may be new,
// so those above it too.
func (f folder) move(st *Staged, key string) error {
	if err := f.syncFile(st.place); err != nil {
		return err
	}
	if dir := path.Dir(key); dir != "." {
		if err := f.root.MkdirAll(dir, folderMode); err != nil {
			return err
		}
	}
	if err := f.rename(st, key); err != nil {
		return err
	}
	for _, dir := range append([]string{"."}, parents(key)...) {
		if err := f.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// rename gives st its final place. The lock keeps two from finding the key free.
func (f folder) rename(st *Staged, key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.free(key); err != nil {
		return err
	}
	if err := f.root.Rename(st.place, key); err != nil {
		return err
	}
	delete(f.live, st.place)
	f.live[key] = struct{}{}
	st.place = key
	return nil
}

func (f folder) remove(_ context.Context, keys ...string) (removed int, err error) {
	for _, key := range keys {
		_, err := f.lstatFile(key)
		if err == nil {
			err = f.root.Remove(key)
		}
		if err := f.removed(key, err); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

func (f folder) removeTree(_ context.Context, prefix string) error {
	_, err := f.lstat(prefix)
	if err == nil {
		err = f.root.RemoveAll(prefix)
	}
	return f.removed(prefix, err)
}

// removed makes a removal durable.
func (f folder) removed(key string, err error) error {
	if err == nil {
		err = f.syncDir(path.Dir(key))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f folder) settled(ctx context.Context, fn func(folder string, names []string) error) error {
	return f.pages(ctx, ".", func(entries []fs.DirEntry) error {
		for _, e := range entries {
			if !e.IsDir() || checkKey(e.Name()) != nil {
				continue
			}
			err := f.pages(ctx, e.Name(), func(entries []fs.DirEntry) error {
				names := f.ended(e.Name(), entries)
				if len(names) == 0 {
					return nil
				}
				return fn(e.Name(), names)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ended names the files among the entries whose uploads have ended.
func (f folder) ended(dir string, entries []fs.DirEntry) []string {
	var names []string
	for _, e := range entries {
		key := path.Join(dir, e.Name())
		if e.Type().IsRegular() && checkKey(key) == nil && !f.isLive(key) {
			names = append(names, e.Name())
		}
	}
	return names
}

// pages reads a folder in pages. One that is gone is empty.
func (f folder) pages(ctx context.Context, name string, fn func([]fs.DirEntry) error) (err error) {
	dir, err := f.root.Open(name)
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

func (f folder) syncFile(name string) error {
	file, err := f.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// syncDir makes the names in a folder durable. Windows has no such call, and
// writes them through by itself.
func (f folder) syncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// diskError tells a full disk, which passes, from other trouble with it.
func diskError(err error) error {
	// A quota and a limit on the size of files are a full disk to those who meet them.
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) && !errors.Is(err, syscall.EFBIG) {
		return err
	}
	e := tenantry.Errorf(tenantry.Unavailable, "unavailable", "The server has no room for files right now. Try again later.")
	e.RetryAfter = retryAfter
	return e.WithCause(err)
}
