package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nobody knows no file.
func nobody(context.Context, []string) ([]string, error) { return nil, nil }

func TestSweepFolder(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	want := []string{"loc/.hidden", "loc/folder/deep", "other/orphan"}
	for i := range sweepPage + 50 { // more than a page
		name := fmt.Sprintf("%03d", i)
		keepAndLetGo(t, s, "loc/"+name)
		if i%2 == 0 {
			want = append(want, "loc/"+name)
		}
	}
	keepAndLetGo(t, s, "loc/folder/deep")
	keepAndLetGo(t, s, "other/orphan")
	if err := os.WriteFile(filepath.Join(dir, "loc", ".hidden"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	removed, err := s.SweepFolder(t.Context(), "loc", func(_ context.Context, names []string) (known []string, err error) {
		for _, name := range names {
			if slices.Contains(want, "loc/"+name) {
				known = append(known, name)
			}
		}
		return known, nil
	})
	if err != nil || removed != (sweepPage+50)/2 {
		t.Errorf("removed %d, %v", removed, err)
	}
	slices.Sort(want)
	wantTree(t, dir, want...)
}

// keepAndLetGo stores a file whose upload has ended.
func keepAndLetGo(t *testing.T, s *Store, key string) {
	t.Helper()
	st := stage(t, s, "f", []byte(key))
	if err := errors.Join(st.Keep(key), st.Discard()); err != nil {
		t.Fatal(err)
	}
}

// TestSweepFolderSparesUploads: between Keep and Discard nobody knows the file yet, and it is
// not touched.
func TestSweepFolderSparesUploads(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	st := stage(t, s, "f", []byte("hello"))
	if err := st.Keep("loc/file"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{0, 1} {
		if removed, err := s.SweepFolder(t.Context(), "loc", nobody); err != nil || removed != want {
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
	known := func(context.Context, []string) ([]string, error) {
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
				if removed, err := s.SweepFolder(t.Context(), "loc", known); removed != 0 || err != nil {
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
				if err := st.Keep("loc/" + name); err != nil {
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

func TestSweepFolderFailures(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	keepAndLetGo(t, s, "loc/file")
	failure := errors.New("no answer")
	if removed, err := s.SweepFolder(t.Context(), "loc", func(context.Context, []string) ([]string, error) { return nil, failure }); removed != 0 || !errors.Is(err, failure) {
		t.Errorf("removed %d, %v", removed, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if removed, err := s.SweepFolder(ended, "loc", nobody); removed != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("removed %d, %v", removed, err)
	}
	for _, folder := range []string{"..", ".staging", ""} {
		if removed, err := s.SweepFolder(t.Context(), folder, nobody); removed != 0 || err == nil {
			t.Errorf("%q: removed %d, %v", folder, removed, err)
		}
	}
	if removed, err := s.SweepFolder(t.Context(), "none", nobody); removed != 0 || err != nil {
		t.Errorf("a folder that is gone: removed %d, %v", removed, err)
	}
	if err := os.Symlink("loc", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SweepFolder(t.Context(), "link", nobody); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("through a link: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	wantTree(t, dir, "loc/file")
}

// TestSweepFolderThatGoes: the folder of a location that is purged meanwhile is no failure.
func TestSweepFolderThatGoes(t *testing.T) {
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
	_, err := s.SweepFolder(t.Context(), "loc", func(context.Context, []string) ([]string, error) { return nil, s.RemoveTree("loc") })
	if err != nil {
		t.Error(err)
	}
	wantTree(t, dir)
}

func TestFolders(t *testing.T) {
	t.Parallel()
	s, _ := newStore(t)
	want := []string{}
	for i := range sweepPage + 10 {
		want = append(want, fmt.Sprintf("loc%03d", i))
		keepAndLetGo(t, s, want[i]+"/file")
	}
	keepAndLetGo(t, s, "no-folder")
	var got []string
	if err := s.Folders(t.Context(), func(name string) error { got = append(got, name); return nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	enough := errors.New("enough")
	if err := s.Folders(t.Context(), func(string) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("stops with %v", err)
	}
}
