package db

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBackup (requirement 43): the copy is one state of a database that is written to meanwhile: of
// two notes of one transaction it has both or none.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "t.db")
	d := openAt(t, filepath.Join(dir, "t.db"), Options{}, testMigrations(), defaultTuning())
	defer closeDB(t, d)
	if _, _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	pair := func(n int) error {
		return d.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			return errors.Join(insert(2*n, strconv.Itoa(2*n))(ctx, tx), insert(2*n+1, strconv.Itoa(2*n+1))(ctx, tx))
		})
	}
	const before = 200
	for n := range before {
		if err := pair(n); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := before + w; ctx.Err() == nil; n += 4 {
				if err := pair(n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	err := Backup(t.Context(), url, copied)
	stop()
	writers.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	c := openAt(t, copied, Options{}, testMigrations(), defaultTuning())
	defer closeDB(t, c)
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
	ids := noteIDs(t, c)
	if len(ids) < 2*before || len(ids)%2 != 0 {
		t.Errorf("%d notes", len(ids))
	}
	there := map[int]bool{}
	for _, id := range ids {
		there[id] = true
	}
	for _, id := range ids {
		if !there[id^1] {
			t.Errorf("note %d is there without note %d of its transaction", id, id^1)
		}
	}
}

func TestBackupRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "t.db")
	if err := Backup(t.Context(), "sqlite:"+path, filepath.Join(dir, "copy.db")); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("without a database: %v", err)
	}
	closeDB(t, openAt(t, path, Options{}, testMigrations(), defaultTuning()))
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Backup(t.Context(), "sqlite:"+path, there); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	kept, err := os.ReadFile(there)
	if diff := cmp.Diff("mine", string(kept)); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
