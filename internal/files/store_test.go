package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
)

// hostileKeys can name nothing.
func hostileKeys() []string {
	return []string{
		"", ".", "..", "/", "../x", "a/../x", "a/../../x", "a/..", "/etc", "/etc/passwd", "a//b", "a/", "/a", "a\x00b", "a/b\x00",
		`..\x`, `a\b`, `C:\x`, "C:x", "a b", "a%2fb", "%2e%2e/x", "a\nb", "ä", "a/\u202eb", stagingDir, stagingDir + "/1",
		".hidden", "a/.hidden", "a.", "a../b", "~", "a*", "a/b/c/d/e", long(maxSegment + 1), "a/" + long(maxSegment+1), "\xff",
	}
}

func TestHostileKeys(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		outside := filepath.Join(filepath.Dir(s.root.Name()), "x")
		if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		keep(t, s, "a/b", []byte("b"))
		waiting := stage(t, s, "waiting", []byte("w"))
		for _, key := range hostileKeys() {
			f, _, err := s.Open(t.Context(), key)
			if f != nil {
				t.Errorf("Open(%q) opened something", key)
			}
			wantKind(t, err, tenantry.NotFound)
			wantInvalid(t, "Open", key, err)
			wantInvalid(t, "Remove", key, s.Remove(t.Context(), key))
			wantInvalid(t, "RemoveTree", key, s.RemoveTree(t.Context(), key))
			st := stage(t, s, "f", []byte("f"))
			wantInvalid(t, "Keep", key, st.Keep(t.Context(), key))
			if err := st.Discard(); err != nil {
				t.Error(err)
			}
		}
		if content, err := os.ReadFile(outside); err != nil || string(content) != "secret" {
			t.Errorf("the file outside is now %q, %v", content, err)
		}
		wantKept(t, kept, "a/b")
		if err := waiting.Keep(t.Context(), "a/waiting"); err != nil {
			t.Error(err)
		}
	})
}

func wantInvalid(t *testing.T, method, key string, err error) {
	t.Helper()
	if !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("%s(%.40q): %v, want one that wraps fs.ErrInvalid", method, key, err)
	}
}

// Symbolic links are refused as the last and as a middle part of a key, whether
// they lead out of the folder or stay inside.
func TestSymbolicLinks(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	keep(t, s, "loc_A/file", []byte("of A"))
	keep(t, s, "loc_B/file", []byte("of B"))
	for link, target := range map[string]string{
		"outfile":      filepath.Join(out, "secret"),
		"outdir":       out,
		"relative":     "../../",
		"loc_B/inside": "../loc_A/file",
		"loc_C":        "loc_A",
		"dangling":     "nowhere",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"outfile", "outdir/secret", "relative/x", "loc_B/inside", "loc_C/file", "loc_C", "outdir", "dangling"} {
		f, _, err := s.Open(t.Context(), key)
		if f != nil {
			t.Errorf("Open(%q) opened something", key)
		}
		wantInvalid(t, "Open", key, err)
		wantInvalid(t, "Remove", key, s.Remove(t.Context(), key))
		wantInvalid(t, "RemoveTree", key, s.RemoveTree(t.Context(), key))
	}
	for _, key := range []string{"outdir/new", "loc_C/new", "dangling", "dangling/new"} {
		st := stage(t, s, "f", []byte("f"))
		wantInvalid(t, "Keep", key, st.Keep(t.Context(), key))
		if err := st.Discard(); err != nil {
			t.Error(err)
		}
	}
	if got := read(t, s, "loc_A/file"); string(got) != "of A" {
		t.Errorf("the file of A is now %q", got)
	}
	if err := s.RemoveTree(t.Context(), "loc_B"); err != nil { // holds a link, which goes; its target stays
		t.Fatal(err)
	}
	if got := read(t, s, "loc_A/file"); string(got) != "of A" {
		t.Errorf("the file of A is now %q", got)
	}
	if names := tree(t, out); len(names) != 1 {
		t.Errorf("outside there is now %q", names)
	}
}

// Whatever a key is, nothing outside the folder and nothing in staging is reached.
func TestAnyKeyStaysInside(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	part := rapid.SampledFrom([]string{"a", "b", "..", ".", "", "/", "\\", "\x00", stagingDir, "etc", "-", "~", "é", " "})
	rapid.Check(t, func(t *rapid.T) {
		key := strings.Join(rapid.SliceOfN(part, 0, 6).Draw(t, "parts"), rapid.SampledFrom([]string{"", "/"}).Draw(t, "separator"))
		st, err := s.Stage("f", strings.NewReader("f"), 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Keep(t.Context(), key); err != nil {
			if err := st.Discard(); err != nil {
				t.Fatal(err)
			}
			return
		}
		info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(key)))
		if removed := s.Remove(t.Context(), key); removed != nil {
			t.Fatal(removed)
		}
		if err != nil || !info.Mode().IsRegular() || !filepath.IsLocal(key) || filepath.ToSlash(filepath.Clean(key)) != key || strings.HasPrefix(key, ".") {
			t.Fatalf("%q was kept: %v, %v", key, info, err)
		}
	})
	wantTree(t, dir)
}

func TestOpenMissing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, _ func() []string) {
		keep(t, s, "loc/file", []byte("x"))
		for _, key := range []string{"loc/other", "other/file", "loc", "loc/file/deeper"} {
			f, _, err := s.Open(t.Context(), key)
			if f != nil {
				t.Errorf("Open(%q) opened something", key)
			}
			wantKind(t, err, tenantry.NotFound)
		}
		if _, _, err := s.Open(t.Context(), "loc/other"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("missing file: %v", err)
		}
	})
}

func TestRemove(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		for _, key := range []string{"loc_A/1", "loc_A/2", "loc_A/deep/3", "loc_AB/1", "loc_B/1", "top"} {
			keep(t, s, key, []byte(key))
		}
		for range 2 { // the second time everything is missing, which is fine
			if err := errors.Join(s.Remove(t.Context(), "loc_A/1"), s.Remove(t.Context(), "top"), s.Remove(t.Context(), "never/there")); err != nil {
				t.Fatal(err)
			}
		}
		wantKept(t, kept, "loc_A/2", "loc_A/deep/3", "loc_AB/1", "loc_B/1")
		for range 2 {
			if err := errors.Join(s.RemoveTree(t.Context(), "loc_A"), s.RemoveTree(t.Context(), "never")); err != nil {
				t.Fatal(err)
			}
		}
		wantKept(t, kept, "loc_AB/1", "loc_B/1")
		keep(t, s, "loc_A/1", []byte("again"))
		if got := read(t, s, "loc_A/1"); string(got) != "again" {
			t.Errorf("content is %q", got)
		}
	})
}

// TestRemoveOfAFolder: what is no file is not removed as one.
func TestRemoveOfAFolder(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	keep(t, s, "loc/file", []byte("x"))
	wantInvalid(t, "Remove", "loc", s.Remove(t.Context(), "loc"))
	wantTree(t, dir, "loc/file")
}

// TestCheck: it leaves nothing behind.
func TestCheck(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		wantKept(t, kept)
		if names := tree(t, s.root.Name()); len(names) != 0 {
			t.Errorf("staging holds %q", names)
		}
	})
}

func TestSweep(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	keep(t, s, "loc/kept", []byte("kept"))
	for _, name := range []string{"1", "2", "5", "stray"} {
		if err := os.WriteFile(filepath.Join(dir, stagingDir, name), []byte("left over"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Numbers that a leftover has are passed over, and live uploads survive.
	live := stage(t, s, "a.txt", []byte("live"))
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, dir, live.place, "loc/kept")
	if err := live.Keep(t.Context(), "loc/live"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "loc/live"); string(got) != "live" {
		t.Errorf("content is %q", got)
	}
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, dir, "loc/kept", "loc/live")
}

// What another process has kept is there after a restart, what it staged is not.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, first, "loc/kept", []byte("kept"))
	stage(t, first, "a.txt", []byte("interrupted"))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := second.Sweep(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, dir, "loc/kept")
	if got := read(t, second, "loc/kept"); string(got) != "kept" {
		t.Errorf("content is %q", got)
	}
}

func TestOpenRefusesAFolderThatIsNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil {
		t.Error("opened a file as a folder")
	}
	linked := filepath.Join(dir, "linked")
	if err := os.Mkdir(linked, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../", filepath.Join(linked, stagingDir)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(linked); err == nil {
		t.Error("opened a folder whose staging is a link")
	}
}

func TestClosedStore(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	keep(t, s, "a", []byte("a"))
	st := stage(t, s, "f", []byte("f"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Stage("f", strings.NewReader("f"), 1); err == nil {
		t.Error("staged in a closed store")
	}
	if _, _, err := s.Open(t.Context(), "a"); err == nil || tenantry.KindOf(err) != tenantry.Internal {
		t.Errorf("opened from a closed store: %v", err)
	}
	for name, err := range map[string]error{
		"Keep": st.Keep(t.Context(), "b"), "Discard": st.Discard(), "Remove": s.Remove(t.Context(), "a"), "RemoveTree": s.RemoveTree(t.Context(), "a"), "Sweep": s.Sweep(),
	} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDiskError(t *testing.T) {
	t.Parallel()
	full := &fs.PathError{Op: "write", Path: "1", Err: syscall.ENOSPC}
	err := stageError(full)
	wantKind(t, err, tenantry.Unavailable)
	if e, ok := errors.AsType[*tenantry.Error](err); !ok || e.RetryAfter != retryAfter || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("full disk: %v", err)
	}
	if err := stageError(&fs.PathError{Op: "write", Path: "1", Err: syscall.EIO}); tenantry.KindOf(err) != tenantry.Internal {
		t.Errorf("broken disk: %v", err)
	}
}
