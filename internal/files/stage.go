package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path"
	"strconv"

	"github.com/tenantry/tenantry"
)

// Stage streams r to a temporary file; it holds some kilobytes of it in memory at
// a time, whatever the size. name is the file's name as its sender gave it, limit
// the most bytes it may have.
//
// Nothing is left on the disk when it fails: [tenantry.Invalid] for a name that
// [CleanName] refuses, [tenantry.TooLarge] beyond limit or when r ends in an
// [http.MaxBytesError], [tenantry.Malformed] when r fails in another way, a
// [tenantry.Error] of r as it is, [tenantry.Unavailable] when the disk is full.
//
// Each result must be ended with Discard, a kept one too.
func (s *Store) Stage(name string, r io.Reader, limit int64) (_ *Staged, err error) {
	clean, err := CleanName(name)
	if err != nil {
		return nil, err
	}
	st, f, err := s.create(clean)
	if err != nil {
		return nil, diskError("stage file", err)
	}
	complete := false
	defer func() { // for a reader that panics, too
		if complete {
			return
		}
		if undo := errors.Join(ignoreClosed(f.Close()), st.Discard()); undo != nil {
			err = errors.Join(err, undo)
		}
	}()
	if err := st.fill(f, r, limit); err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, diskError("stage file", err)
	}
	complete = true
	return st, nil
}

// create makes an empty file in staging. Its name is a number; one that an
// earlier process has left there is passed over.
func (s *Store) create(name string) (*Staged, *os.File, error) {
	for {
		place := s.claim()
		f, err := s.root.OpenFile(place, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		if err == nil {
			return &Staged{Name: name, store: s, place: place}, f, nil
		}
		s.release(place)
		if !errors.Is(err, fs.ErrExist) {
			return nil, nil, err
		}
	}
}

// claim gives a new place in staging, which is live before its file is there:
// a sweep at this moment must not take it for a leftover.
func (s *Store) claim() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	place := path.Join(stagingDir, strconv.Itoa(s.next))
	s.live[place] = struct{}{}
	return place
}

func (s *Store) release(place string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, place)
}

// fill copies r to f and learns about the content on the way.
func (st *Staged) fill(f *os.File, r io.Reader, limit int64) error {
	limit = min(max(limit, 0), math.MaxInt64-1)
	from := &source{r: r}
	hash := sha256.New()
	head := &prefix{}
	// One byte more than the limit tells a file that is too long from one that fits.
	n, err := io.Copy(io.MultiWriter(f, hash, head), io.LimitReader(from, limit+1))
	switch {
	case from.err != nil:
		return readError(from.err)
	case err != nil:
		return diskError("stage file", err)
	case n > limit:
		return tenantry.Errorf(tenantry.TooLarge, "payload_too_large",
			"The file %q is larger than %d bytes", st.Name, limit)
	}
	st.Size, st.SHA256 = n, hex.EncodeToString(hash.Sum(nil))
	st.MIME = sniff(head.bytes, st.Name)
	return nil
}

// source remembers the error of a reader, which a copy mixes with the writer's.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// prefix keeps the first sniffLen bytes of what is written to it.
type prefix struct{ bytes []byte }

func (p *prefix) Write(b []byte) (int, error) {
	p.bytes = append(p.bytes, b[:min(len(b), sniffLen-len(p.bytes))]...)
	return len(b), nil
}

// readError says to the sender what went wrong with what it sent.
func readError(err error) error {
	if e, ok := errors.AsType[*tenantry.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tenantry.Errorf(tenantry.TooLarge, "payload_too_large",
			"The request body is larger than %d bytes", e.Limit).WithCause(err)
	}
	return tenantry.Errorf(tenantry.Malformed, "malformed_body",
		"The file could not be read to its end").WithCause(err)
}

// ignoreClosed drops the error of closing a file once more.
func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// Staged is an upload that is complete on the disk but not yet kept. It is
// for one goroutine.
type Staged struct {
	Name   string // the original name, cleaned
	Size   int64  // bytes
	SHA256 string // of the content, in lower-case hexadecimal
	MIME   string // by the content, never by what the sender declared; such as "text/plain; charset=utf-8"

	store *Store
	place string // where the file is; empty once it is let go of
	tried bool   // Keep was called
	kept  bool   // and went well
}

// errEnded is a Staged that has been kept or discarded, or that failed to be kept.
var errEnded = errors.New("staged file is no longer there to keep")

// Keep moves the file to its final key, such as "locationID/fileID", and returns
// once it would survive a power failure there. It never replaces a file: a key
// that is taken is an error that wraps [fs.ErrExist], a hostile one wraps
// [fs.ErrInvalid], a full disk is [tenantry.Unavailable].
//
// The file is for the caller to note down before it calls Discard: from then on
// [Store.SweepFolder] takes it for an orphan unless somebody knows it.
//
// After an error it cannot be tried again: a disk that failed to flush once may call
// the next flush a success.
func (st *Staged) Keep(key string) error {
	if st.place == "" || st.tried {
		return fmt.Errorf("keep file: %w", errEnded)
	}
	st.tried = true
	if err := st.store.free(key); err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	if err := st.move(key); err != nil {
		return diskError("keep file", err)
	}
	st.kept = true
	return nil
}

// free checks that nothing lies at key.
func (s *Store) free(key string) error {
	_, err := s.lstat(key)
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
func (st *Staged) move(key string) error {
	s := st.store
	if err := s.syncFile(st.place); err != nil {
		return err
	}
	if dir := path.Dir(key); dir != "." {
		if err := s.root.MkdirAll(dir, folderMode); err != nil {
			return err
		}
	}
	if err := s.rename(st, key); err != nil {
		return err
	}
	for _, dir := range append([]string{"."}, parents(key)...) {
		if err := s.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// rename gives st its final place. The lock keeps two from finding the key free.
func (s *Store) rename(st *Staged, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.free(key); err != nil {
		return err
	}
	if err := s.root.Rename(st.place, key); err != nil {
		return err
	}
	delete(s.live, st.place)
	s.live[key] = struct{}{}
	st.place = key
	return nil
}

func (s *Store) syncFile(name string) error {
	f, err := s.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Discard ends the upload: it removes the file, wherever a failed Keep has left it, or
// lets go of one that was kept. It may be called at any time and again.
func (st *Staged) Discard() error {
	if st.place == "" {
		return nil
	}
	if st.kept {
		st.store.release(st.place)
		st.place = ""
		return nil
	}
	if err := st.store.root.Remove(st.place); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("discard file: %w", err)
	}
	st.store.release(st.place)
	st.place = ""
	return nil
}
