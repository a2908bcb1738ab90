package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
)

// pngBytes is the beginning of a PNG; pdfBytes of a PDF.
var (
	pngBytes = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")
	pdfBytes = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")
	elfBytes = append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 60)...)
	exeBytes = append([]byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00"), make([]byte, 60)...)
	oleBytes = append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...)
)

// newStore opens a store in a new folder.
func newStore(t *testing.T) (*Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, dir
}

// stage stages content without a limit that matters.
func stage(t *testing.T, s *Store, name string, content []byte) *Staged {
	t.Helper()
	st, err := s.Stage(name, bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// keep stores content under key.
func keep(t *testing.T, s *Store, key string, content []byte) {
	t.Helper()
	if err := stage(t, s, "f", content).Keep(key); err != nil {
		t.Fatal(err)
	}
}

// read gives the content kept under key.
func read(t *testing.T, s *Store, key string) []byte {
	t.Helper()
	f, info, err := s.Open(key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != int64(len(content)) {
		t.Errorf("%s: info says %d bytes, there are %d", key, info.Size(), len(content))
	}
	return content
}

// tree lists every file below dir, with slashes.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wantTree checks which files there are, staging included.
func wantTree(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := tree(t, dir); !slices.Equal(got, want) {
		t.Errorf("files on the disk are %q, want %q", got, want)
	}
}

// wantKind checks the kind of a [tenantry.Error], and that it is not taken for one.
func wantKind(t *testing.T, err error, want tenantry.Kind) {
	t.Helper()
	if e, ok := errors.AsType[*tenantry.Error](err); !ok || e.Kind != want {
		t.Errorf("error is %v (%T), want one of kind %d", err, err, want)
	}
}

func sum(content []byte) string {
	h := sha256.Sum256(content)
	return hex.EncodeToString(h[:])
}

// long is n bytes of text.
func long(n int) string { return strings.Repeat("x", n) }
