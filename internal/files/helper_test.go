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
	"time"

	"github.com/tenantry/tenantry"
	bucketServer "github.com/tenantry/tenantry/internal/testkit/bucket"
)

// pngBytes is the beginning of a PNG; pdfBytes of a PDF.
var (
	pngBytes = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")
	pdfBytes = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")
	elfBytes = append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 60)...)
	exeBytes = append([]byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00"), make([]byte, 60)...)
	oleBytes = append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...)
)

// eachStore runs test on a folder and on a bucket of a real server, each time with a
// function that lists the files that are kept.
func eachStore(t *testing.T, test func(t *testing.T, s *Store, kept func() []string)) {
	t.Helper()
	t.Parallel()
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		s, dir := newStore(t)
		test(t, s, func() []string { return tree(t, dir, stagingDir) })
	})
	t.Run("bucket", func(t *testing.T) {
		t.Parallel()
		s, b := newBucketStore(t, later)
		test(t, s, b.kept)
	})
}

// later is a clock that has passed the time after which a sweep takes a file of a bucket.
func later() time.Time { return time.Now().Add(2 * settleTime) }

// testBucket is a bucket of a server that runs for one test.
type testBucket struct {
	*bucketServer.Server
	Bucket
	t   *testing.T
	dir string // where its files are seen
}

func (b testBucket) kept() []string { return tree(b.t, filepath.Join(b.dir, b.Prefix)) }

// newBucketStore opens a store of a new bucket, below a prefix.
func newBucketStore(t *testing.T, now func() time.Time) (*Store, testBucket) {
	t.Helper()
	b := testBucket{Server: bucketServer.Start(t), t: t}
	b.dir = b.Make(t, "uploads")
	b.Bucket = ok(ParseBucket(b.Address("uploads/some/prefix")))(t)
	return b.open(t, filepath.Join(t.TempDir(), "files"), bucketServer.SecretAccessKey, now), b
}

// open opens a store of the bucket, as another process would.
func (b testBucket) open(t *testing.T, dir, secret string, now func() time.Time) *Store {
	t.Helper()
	s := ok(OpenBucket(dir, b.Bucket, Credentials{bucketServer.AccessKeyID, secret}, now))(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ok is a value that must have come without an error.
func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wantKept checks which files are kept.
func wantKept(t *testing.T, kept func() []string, want ...string) {
	t.Helper()
	if got := kept(); !slices.Equal(got, want) {
		t.Errorf("kept are %q, want %q", got, want)
	}
}

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
	if err := stage(t, s, "f", content).Keep(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// read gives the content kept under key.
func read(t *testing.T, s *Store, key string) []byte {
	t.Helper()
	f, _, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// tree lists every file below dir, with slashes, but for those in the folders to leave out.
func tree(t *testing.T, dir string, without ...string) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == ".": // nothing was ever kept
			return nil
		case err == nil && d.IsDir() && slices.Contains(without, path):
			return fs.SkipDir
		case err == nil && !d.IsDir():
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
