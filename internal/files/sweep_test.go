package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// nobody knows no file.
func nobody(context.Context, string, []string) ([]string, error) { return nil, nil }

// TestSweepOrphans: every file is asked about once, in pages of one folder that come together.
func TestSweepOrphans(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		want := []string{"a/kept", "loc/folder/deep", "no-folder"}
		for i := range sweepPage + 20 { // more than a page
			name := fmt.Sprintf("%03d", i)
			keepAndLetGo(t, s, "loc/"+name)
			if i%2 == 0 {
				want = append(want, "loc/"+name)
			}
		}
		for _, key := range []string{"a/kept", "loc/folder/deep", "no-folder", "z/orphan"} {
			keepAndLetGo(t, s, key)
		}
		asked := map[string]int{}
		var folders []string
		removed, err := s.SweepOrphans(t.Context(), func(_ context.Context, folder string, names []string) (known []string, err error) {
			folders = append(folders, folder)
			for _, name := range names {
				asked[folder+"/"+name]++
				if slices.Contains(want, folder+"/"+name) {
					known = append(known, name)
				}
			}
			return known, nil
		})
		if err != nil || removed != (sweepPage+20)/2+1 {
			t.Errorf("removed %d, %v", removed, err)
		}
		slices.Sort(want)
		wantKept(t, kept, want...)
		if once := slices.Compact(slices.Clone(folders)); len(once) != 3 || len(folders) < 4 {
			t.Errorf("asked about the folders %q", folders)
		}
		for key, times := range asked {
			if times != 1 {
				t.Errorf("asked about %s %d times", key, times)
			}
		}
		if len(asked) != sweepPage+22 {
			t.Errorf("asked about %d files", len(asked))
		}
	})
}

// keepAndLetGo stores a file whose upload has ended.
func keepAndLetGo(t *testing.T, s *Store, key string) {
	t.Helper()
	st := stage(t, s, "f", []byte(key))
	if err := errors.Join(st.Keep(t.Context(), key), st.Discard()); err != nil {
		t.Fatal(err)
	}
}

// TestSweepSparesUploads: between Keep and Discard nobody knows the file yet, and it is
// not touched.
func TestSweepSparesUploads(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	st := stage(t, s, "f", []byte("hello"))
	if err := st.Keep(t.Context(), "loc/file"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{0, 1} {
		if removed, err := s.SweepOrphans(t.Context(), nobody); err != nil || removed != want {
			t.Errorf("removed %d, %v, want %d", removed, err, want)
		}
		if err := st.Discard(); err != nil {
			t.Fatal(err)
		}
	}
	wantTree(t, dir)
}

// TestSweepsBesideUploads: no sweep takes a file whose upload notes it down before it lets go.
func TestSweepsBesideUploads(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	var mu sync.Mutex
	var noted []string
	known := func(context.Context, string, []string) ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(noted), nil
	}
	done := make(chan struct{})
	var uploads, sweeps sync.WaitGroup
	for range 2 {
		sweeps.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if removed, err := s.SweepOrphans(t.Context(), known); removed != 0 || err != nil {
					t.Errorf("removed %d, %v", removed, err)
				}
			}
		})
	}
	var want []string
	for u := range 4 {
		for i := range 50 {
			want = append(want, fmt.Sprintf("loc/%d-%d", u, i))
		}
		uploads.Go(func() {
			for i := range 50 {
				name := fmt.Sprintf("%d-%d", u, i)
				st := stage(t, s, "f", []byte(name))
				if err := st.Keep(t.Context(), "loc/"+name); err != nil {
					t.Error(err)
				}
				mu.Lock()
				noted = append(noted, name)
				mu.Unlock()
				if err := st.Discard(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	uploads.Wait()
	close(done)
	sweeps.Wait()
	slices.Sort(want)
	wantTree(t, dir, want...)
}

// TestSweepFailures: a folder that nobody can tell about is left alone, and so is everything
// when the sweep has to end.
func TestSweepFailures(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, kept func() []string) {
		keepAndLetGo(t, s, "a/file")
		keepAndLetGo(t, s, "b/file")
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if removed, err := s.SweepOrphans(ended, nobody); removed != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("removed %d, %v", removed, err)
		}
		failure := errors.New("no answer")
		removed, err := s.SweepOrphans(t.Context(), func(_ context.Context, folder string, _ []string) ([]string, error) {
			if folder == "a" {
				return nil, failure
			}
			return nil, nil
		})
		if removed != 1 || !errors.Is(err, failure) {
			t.Errorf("removed %d, %v", removed, err)
		}
		wantKept(t, kept, "a/file")
	})
}

// TestSweepOfWhatIsNoFile: links and hidden files are left alone.
func TestSweepOfWhatIsNoFile(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	keepAndLetGo(t, s, "loc/file")
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "loc", ".hidden"), nil, 0o600),
		os.Symlink("file", filepath.Join(dir, "loc", "link")), os.Symlink("loc", filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	if removed, err := s.SweepOrphans(t.Context(), nobody); removed != 1 || err != nil {
		t.Errorf("removed %d, %v", removed, err)
	}
	wantTree(t, dir, "link", "loc/.hidden", "loc/link")
}

// TestSweepOfAFolderThatGoes: the folder of a location that is purged meanwhile is no failure.
func TestSweepOfAFolderThatGoes(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	if err := os.Mkdir(filepath.Join(dir, "loc"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 2*sweepPage + 1 {
		if err := os.WriteFile(filepath.Join(dir, "loc", fmt.Sprint(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.SweepOrphans(t.Context(), func(context.Context, string, []string) ([]string, error) {
		return nil, s.RemoveTree(t.Context(), "loc")
	})
	if err != nil {
		t.Error(err)
	}
	wantTree(t, dir)
}
