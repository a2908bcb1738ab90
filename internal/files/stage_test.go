package files

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/tenantry/tenantry"
)

func TestRoundTrip(t *testing.T) {
	eachStore(t, testRoundTrip)
}

func testRoundTrip(t *testing.T, s *Store, _ func() []string) {
	for _, size := range []int{0, 1, sniffLen - 1, sniffLen, sniffLen + 1, 1 << 20} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(rand.Uint32())
		}
		st := stage(t, s, "../report.bin", content)
		if st.Name != "report.bin" || st.Size != int64(size) || st.SHA256 != sum(content) {
			t.Errorf("%d bytes: staged as %+v", size, st)
		}
		key := fmt.Sprintf("loc_A/file_%d", size)
		if err := st.Keep(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if err := st.Discard(); err != nil {
			t.Error(err)
		}
		if got := sum(read(t, s, key)); got != st.SHA256 {
			t.Errorf("%d bytes: hash %s after the round trip, %s before", size, got, st.SHA256)
		}
	}
	if names := tree(t, s.root.Name()); slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, stagingDir) }) {
		t.Errorf("staging holds %q", names)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Log("Windows has other permissions; only that the paths exist is checked")
	}
	s, dir := newStore(t)
	keep(t, s, "loc/file", []byte("x"))
	for path, want := range map[string]fs.FileMode{
		".": folderMode, stagingDir: folderMode, "loc": folderMode, "loc/file": fileMode,
	} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want && runtime.GOOS != "windows" {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestLimitIsExact(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	for _, c := range []struct {
		size, limit int64
		fits        bool
	}{
		{0, 0, true}, {1, 0, false}, {0, -1, true}, {1, -1, false},
		{99_999, 100_000, true}, {100_000, 100_000, true}, {100_001, 100_000, false}, {1_000_000, 100_000, false},
		{5, 1<<63 - 1, true},
	} {
		st, err := s.Stage("a.bin", strings.NewReader(long(int(c.size))), c.limit)
		if !c.fits {
			wantKind(t, err, tenantry.TooLarge)
			wantTree(t, dir)
			continue
		}
		if err != nil || st.Size != c.size {
			t.Errorf("%d bytes, limit %d: %+v, %v", c.size, c.limit, st, err)
			continue
		}
		if err := st.Discard(); err != nil {
			t.Error(err)
		}
	}
	wantTree(t, dir)
}

// A sender that never ends costs the limit and no more.
func TestEndlessReader(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	var n int64
	endless := readerFunc(func(p []byte) (int, error) {
		n += int64(len(p))
		return len(p), nil
	})
	_, err := s.Stage("a.bin", endless, 100_000)
	wantKind(t, err, tenantry.TooLarge)
	if n > 200_000 {
		t.Errorf("read %d bytes for a limit of 100000", n)
	}
	wantTree(t, dir)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestFailingReaderLeavesNothing(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	body := func(limit int64) io.Reader {
		return http.MaxBytesReader(httptest.NewRecorder(), io.NopCloser(strings.NewReader(long(100_000))), limit)
	}
	after := func(err error) io.Reader {
		return io.MultiReader(strings.NewReader(long(70_000)), iotest.ErrReader(err))
	}
	own := tenantry.Errorf(tenantry.UnsupportedMedia, "unsupported_media_type", "No")
	for _, c := range []struct {
		name string
		r    io.Reader
		want tenantry.Kind
	}{
		{"connection broke", after(io.ErrUnexpectedEOF), tenantry.Malformed},
		{"at once", iotest.ErrReader(errors.New("gone")), tenantry.Malformed},
		{"request too large", body(50_000), tenantry.TooLarge},
		{"error of our own", after(own), tenantry.UnsupportedMedia},
	} {
		st, err := s.Stage("a.pdf", c.r, 1<<20)
		if st != nil {
			t.Errorf("%s: staged %+v", c.name, st)
		}
		wantKind(t, err, c.want)
		wantTree(t, dir)
	}
	if _, err := s.Stage("a.pdf", after(own), 1<<20); err != error(own) {
		t.Errorf("error of the reader came back as %v", err)
	}
}

func TestPanickingReaderLeavesNothing(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = s.Stage("a.pdf", readerFunc(func([]byte) (int, error) { panic("boom") }), 10)
	}()
	wantTree(t, dir)
	if len(s.live) != 0 {
		t.Errorf("%d live uploads are left", len(s.live))
	}
}

func TestBadNameStagesNothing(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	_, err := s.Stage("a\x00.pdf", bytes.NewReader(pdfBytes), 1000)
	wantKind(t, err, tenantry.Invalid)
	wantTree(t, dir)
}

func TestDiscard(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		st := stage(t, s, "a.txt", []byte("hello"))
		for range 3 {
			if err := st.Discard(); err != nil {
				t.Fatal(err)
			}
		}
		wantKept(t, kept)
		if err := st.Keep(t.Context(), "loc/file"); !errors.Is(err, errEnded) {
			t.Errorf("Keep after Discard: %v", err)
		}

		other := stage(t, s, "a.txt", []byte("hello"))
		if err := other.Keep(t.Context(), "loc/file"); err != nil {
			t.Fatal(err)
		}
		if err := other.Discard(); err != nil {
			t.Fatal(err)
		}
		if err := other.Keep(t.Context(), "loc/other"); !errors.Is(err, errEnded) {
			t.Errorf("second Keep: %v", err)
		}
		wantKept(t, kept, "loc/file")
	})
}

func TestKeepNeverReplaces(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		keep(t, s, "loc/file", []byte("first"))
		second := stage(t, s, "a.txt", []byte("second"))
		if err := second.Keep(t.Context(), "loc/file"); !errors.Is(err, fs.ErrExist) {
			t.Errorf("taken key: %v", err)
		}
		if err := second.Keep(t.Context(), "loc/other"); !errors.Is(err, errEnded) {
			t.Errorf("a second try: %v", err)
		}
		if err := second.Discard(); err != nil {
			t.Error(err)
		}
		wantKept(t, kept, "loc/file")
		if got := read(t, s, "loc/file"); string(got) != "first" {
			t.Errorf("content is now %q", got)
		}
	})
}

// A Keep that fails on the way is undone by Discard, before and after the rename.
func TestDiscardAfterFailedKeep(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	keep(t, s, "plain", []byte("a file where a folder is asked for"))
	st := stage(t, s, "a.txt", []byte("hello"))
	if err := st.Keep(t.Context(), "plain/file"); err == nil {
		t.Fatal("kept below a file")
	}
	if err := st.Discard(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, dir, "plain")

	moved := stage(t, s, "a.txt", []byte("hello"))
	if err := (folder{s.staging}).rename(moved, "moved"); err != nil { // what Keep does before it flushes the folders
		t.Fatal(err)
	}
	wantTree(t, dir, "moved", "plain")
	if err := moved.Discard(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, dir, "plain")
}

// Two files of one name are two files.
func TestSameNameTwice(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, _ func() []string) {
		one, two := stage(t, s, "a.txt", []byte("one")), stage(t, s, "a.txt", []byte("two"))
		if err := errors.Join(one.Keep(t.Context(), "loc/1"), two.Keep(t.Context(), "loc/2")); err != nil {
			t.Fatal(err)
		}
		if a, b := read(t, s, "loc/1"), read(t, s, "loc/2"); string(a) != "one" || string(b) != "two" {
			t.Errorf("contents are %q and %q", a, b)
		}
	})
}

func TestConcurrentStages(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				content := []byte(strings.Repeat(fmt.Sprintf("%d,", i), 20_000))
				st, err := s.Stage("a.csv", iotest.HalfReader(bytes.NewReader(content)), 1<<20)
				if err != nil {
					t.Error(err)
					return
				}
				if i%4 == 0 {
					if err := errors.Join(s.Sweep(), st.Discard()); err != nil {
						t.Error(err)
					}
					return
				}
				key := fmt.Sprintf("loc_%d/file_%d", i%3, i)
				if err := st.Keep(t.Context(), key); err != nil {
					t.Error(err)
					return
				}
				if got := sum(read(t, s, key)); got != sum(content) {
					t.Errorf("%s: wrong content", key)
				}
			})
		}
		wg.Wait()
		if got := kept(); len(got) != 18 {
			t.Errorf("%d files are left, want 18: %q", len(got), got)
		}
	})
}

// Of many uploads for one key, one gets it, and it is whole.
func TestConcurrentKeepsOfOneKey(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		var mu sync.Mutex
		var winner string
		var wg sync.WaitGroup
		for i := range 8 {
			st := stage(t, s, "a.txt", []byte(fmt.Sprint(i)))
			wg.Go(func() {
				err := st.Keep(t.Context(), "loc/file")
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					winner += fmt.Sprint(i)
					return
				}
				if !errors.Is(err, fs.ErrExist) {
					t.Error(err)
				}
				if err := st.Discard(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := read(t, s, "loc/file"); string(got) != winner {
			t.Errorf("content is %q, kept were %q", got, winner)
		}
		wantKept(t, kept, "loc/file")
	})
}

// A stream costs some kilobytes of memory, not its size.
func TestMemoryIsFlat(t *testing.T) { // not parallel: it counts what the process allocates
	s, _ := newStore(t)
	const size = 32 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	st, err := s.Stage("big.bin", io.LimitReader(readerFunc(func(p []byte) (int, error) { return len(p), nil }), size), size)
	runtime.ReadMemStats(&after)
	if err != nil || st.Size != size {
		t.Fatal(st, err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("staging %d bytes allocated %d", size, got)
	}
	if err := st.Discard(); err != nil {
		t.Error(err)
	}
}

// A zip bomb is a small file like another.
func TestZipIsNotUnpacked(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, readerFunc(func(p []byte) (int, error) { return len(p), nil }), 8<<20); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	st := stage(t, s, "bomb.zip", b.Bytes())
	if st.Size != int64(b.Len()) || st.MIME != typeZip {
		t.Errorf("staged as %+v, the archive has %d bytes", st, b.Len())
	}
	if err := st.Discard(); err != nil {
		t.Error(err)
	}
}

// BenchmarkStage streams a megabyte and keeps it.
func BenchmarkStage(b *testing.B) {
	s, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		st, err := s.Stage("a.txt", bytes.NewReader(content), 1<<20)
		if err != nil {
			b.Fatal(err)
		}
		if err := st.Keep(b.Context(), fmt.Sprintf("loc/%d", i)); err != nil {
			b.Fatal(err)
		}
	}
}
