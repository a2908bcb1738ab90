package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// A backup is a gzipped tar file: the database, the uploaded files in a folder, and at last
// the SHA-256 of each, in the form that sha256sum reads. One that was cut off lacks the sums.
const (
	archivedDB    = "tenantry.db"
	archivedFiles = "files"
	archivedSums  = "SHA256SUMS"
)

// packer writes a backup.
type packer struct {
	zip  *gzip.Writer
	tar  *tar.Writer
	sums strings.Builder
	done func(bytes int)
}

func newPacker(w io.Writer, done func(bytes int)) *packer {
	zip, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // a level that exists
	return &packer{zip: zip, tar: tar.NewWriter(zip), done: done}
}

// add packs a file as it is now, under another name.
func (p *packer) add(name string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := p.header(name, info.Size(), info.ModTime()); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(p.tar, sum, counter(p.done)), io.LimitReader(f, info.Size())); err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	_, _ = fmt.Fprintf(&p.sums, "%s  %s\n", hex.EncodeToString(sum.Sum(nil)), name) // a Builder never fails
	return nil
}

func (p *packer) header(name string, size int64, changed time.Time) error {
	return p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: changed.UTC()})
}

// close ends the backup with its sums.
func (p *packer) close(now time.Time) error {
	if err := p.header(archivedSums, int64(p.sums.Len()), now); err != nil {
		return err
	}
	_, err := io.WriteString(p.tar, p.sums.String())
	return errors.Join(err, p.tar.Close(), p.zip.Close())
}

// counter tells how many bytes were written to it.
type counter func(bytes int)

// Write counts.
func (c counter) Write(data []byte) (int, error) {
	c(len(data))
	return len(data), nil
}

// unpack writes what a backup holds into a folder, all of it flushed, and checks it against
// its sums.
func unpack(r io.Reader, into *os.Root) (files int, err error) {
	zip, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return 0, err
	}
	sums := map[string]string{}
	for archive := tar.NewReader(zip); ; {
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return 0, io.ErrUnexpectedEOF // the sums are missing
		case err != nil:
			return 0, err
		case h.Name == archivedSums:
			if err := checkSums(archive, sums); err != nil {
				return 0, err
			}
			_, err := io.Copy(io.Discard, zip) // to the end, which has a sum of its own
			return len(sums) - 1, err
		case h.Typeflag != tar.TypeReg || !isArchived(h.Name) || sums[h.Name] != "":
			return 0, fmt.Errorf("it holds %q, which a backup does not", h.Name)
		}
		if sums[h.Name], err = writeTo(into, h.Name, archive); err != nil {
			return 0, err
		}
	}
}

// isArchived tells whether a backup may hold a file of this name.
func isArchived(name string) bool {
	return fs.ValidPath(name) && (name == archivedDB || path.Dir(path.Dir(name)) == archivedFiles)
}

// writeTo writes a file, with the folders above it, and gives its sum.
func writeTo(root *os.Root, name string, r io.Reader) (sum string, err error) {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return "", err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, hash), r)
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, f.Sync(), f.Close())
}

// checkSums compares the sums of what was unpacked with those that the backup says.
func checkSums(r io.Reader, sums map[string]string) error {
	said := map[string]string{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		said[name] = sum
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if _, ok := said[archivedDB]; !ok {
		return errors.New("it holds no database")
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if sums[name] != said[name] {
			return fmt.Errorf("%s is not what was backed up", name)
		}
	}
	if len(said) != len(sums) {
		return errors.New("it holds files that were not backed up")
	}
	return nil
}
