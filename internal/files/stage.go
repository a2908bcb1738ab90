package files

import (
	"context"
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
	place, f, err := s.create()
	if err != nil {
		return nil, stageError(err)
	}
	st := &Staged{Name: clean, store: s, place: place}
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
		return nil, stageError(err)
	}
	complete = true
	return st, nil
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
		return stageError(err)
	case n > limit:
		return tenantry.Errorf(tenantry.TooLarge, "payload_too_large",
			"The file %q is larger than %d bytes", st.Name, limit)
	}
	st.Size, st.SHA256 = n, hex.EncodeToString(hash.Sum(nil))
	st.MIME = sniff(head.bytes, st.Name)
	return nil
}

func stageError(err error) error { return fmt.Errorf("stage file: %w", diskError(err)) }

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

// Keep stores the file under its final key, such as "locationID/fileID", and returns
// once it would survive a power failure there. It never replaces a file: a key
// that is taken is an error that wraps [fs.ErrExist], a hostile one wraps
// [fs.ErrInvalid], a full disk is [tenantry.Unavailable].
//
// The file is for the caller to note down before it calls Discard: from then on
// [Store.SweepOrphans] takes it for an orphan unless somebody knows it. In a bucket that
// other processes share, it does so after a day.
//
// After an error it cannot be tried again: a disk that failed to flush once may call
// the next flush a success. A bucket may have stored the file all the same.
func (st *Staged) Keep(ctx context.Context, key string) error {
	if st.place == "" || st.tried {
		return fmt.Errorf("keep file: %w", errEnded)
	}
	st.tried = true
	err := checkKey(key)
	if err == nil {
		err = st.store.kept.keep(ctx, st, key)
	}
	if err != nil {
		return fmt.Errorf("keep file: %w", err)
	}
	st.kept = true
	return nil
}

// Discard ends the upload: it removes the file from staging, and from where a failed Keep
// has moved it, or lets go of one that was kept. It may be called at any time and again.
func (st *Staged) Discard() error {
	if st.place == "" {
		return nil
	}
	if moved := path.Dir(st.place) != stagingDir; !st.kept || !moved {
		if err := st.store.root.Remove(st.place); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("discard file: %w", err)
		}
	}
	st.store.release(st.place)
	st.place = ""
	return nil
}
