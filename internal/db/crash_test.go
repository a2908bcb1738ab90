package db

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What was acknowledged must be there after the database is closed and opened again.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	want := []int{}
	for round := range 3 {
		d := openAt(t, path, Options{}, testMigrations(), defaultTuning())
		if _, _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, noteIDs(t, d)); diff != "" {
			t.Errorf("round %d (-want +got):\n%s", round, diff)
		}
		if err := d.Write(t.Context(), insert(round, fmt.Sprint(round))); err != nil {
			t.Fatal(err)
		}
		want = append(want, round)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A process is killed in the middle of its writes. What it acknowledged must be
// there, the file must be sound, and its lock must not outlive it.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	acknowledged := 0
	for round := range 3 {
		ids := runAndKill(t, path, 100*(round+1))
		d := openAt(t, path, Options{}, testMigrations(), defaultTuning())
		there := map[int]bool{}
		for _, id := range noteIDs(t, d) {
			there[id] = true
		}
		for _, id := range ids {
			if !there[id] {
				t.Errorf("round %d: note %d was acknowledged and is lost", round, id)
			}
		}
		if acknowledged += len(ids); len(there) < acknowledged {
			t.Errorf("round %d: %d notes there, %d acknowledged so far", round, len(there), acknowledged)
		}
		if err := d.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// runAndKill runs this test binary as a writer, kills it after it has
// acknowledged enough notes, and gives all that it acknowledged.
func runAndKill(t *testing.T, path string, enough int) []int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(os.Environ(), crashEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []int
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		id, err := strconv.Atoi(lines.Text())
		if err != nil {
			break // cut off by the kill
		}
		if ids = append(ids, id); len(ids) == enough {
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(ids) < enough {
		t.Errorf("writer ended by itself after %d notes: %v", len(ids), err)
	}
	return ids
}

// writeUntilKilled is the child of TestKill: eight writers print each id once
// its note is acknowledged. Ids start at the process's, so rounds do not meet.
func writeUntilKilled(path string) {
	ctx := context.Background()
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d, err := open(ctx, "sqlite:"+path, Options{}, testMigrations(), defaultTuning())
	if err != nil {
		fail(err)
	}
	if _, _, err := d.Migrate(ctx); err != nil {
		fail(err)
	}
	var stdout sync.Mutex
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := os.Getpid()*1_000_000 + i*8 + g
				if err := d.Write(ctx, insert(id, strconv.Itoa(id))); err != nil {
					fail(err)
				}
				stdout.Lock()
				fmt.Println(id)
				stdout.Unlock()
			}
		}()
	}
	select {}
}
