//go:build linux

package crash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tenantry/tenantry/client"
)

// disk is a folder with little room.
type disk struct {
	dir  string
	fill func(*testing.T, *server) // leaves next to no room
	free func(*testing.T, *server) // makes room again
}

// TestDiskFull (requirement 36): a server without room refuses writes with a 503 in the
// contract's shape, keeps what it has acknowledged, serves reads, leaves no part of an upload,
// and writes again as soon as there is room, without a restart.
func TestDiskFull(t *testing.T) {
	disks := map[string]func(*testing.T) disk{"limit on the size of files": limitedFiles}
	if dir := smallMount(t); dir != "" {
		disks["file system of 6 MB"] = func(*testing.T) disk { return smallFileSystem(dir) }
	}
	for name, open := range disks {
		t.Run(name, func(t *testing.T) { testDiskFull(t, open(t)) })
	}
}

// limitedFiles is any folder, for a process that may not write files beyond a size. It needs
// no rights, so this way works everywhere.
func limitedFiles(t *testing.T) disk {
	t.Helper()
	dir := t.TempDir()
	limit := func(t *testing.T, s *server, size uint64) {
		t.Helper()
		must(t, unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil))
	}
	return disk{
		dir: dir,
		fill: func(t *testing.T, s *server) {
			t.Helper()
			info, err := os.Stat(filepath.Join(dir, "tenantry.db"))
			must(t, err)
			limit(t, s, uint64(info.Size())+200_000)
		},
		free: func(t *testing.T, s *server) { t.Helper(); limit(t, s, unix.RLIM_INFINITY) },
	}
}

// smallMount mounts a file system of 6 MB where the test may, else it gives "".
func smallMount(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if unix.Mount("tmpfs", dir, "tmpfs", 0, "size=6m") != nil {
		return ""
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

func smallFileSystem(dir string) disk {
	ballast := filepath.Join(dir, "ballast")
	return disk{
		dir: filepath.Join(dir, "data"),
		fill: func(t *testing.T, _ *server) {
			t.Helper()
			var room unix.Statfs_t
			must(t, unix.Statfs(dir, &room))
			must(t, os.WriteFile(ballast, make([]byte, max(0, int64(room.Bavail)*room.Bsize-200_000)), 0o600))
		},
		free: func(t *testing.T, _ *server) { t.Helper(); must(t, os.Remove(ballast)) },
	}
}

func testDiskFull(t *testing.T, on disk) {
	r := newRig(t, on.dir, 4, 1)
	r.start(t)
	r.server.mayComplain = true
	for range 5 {
		r.each(func(w *worker) { w.mustTag(t) })
	}
	w := r.workers[0]
	must(t, w.upload(t.Context(), w.places[0]))
	session, err := w.exchange(t.Context(), w.places[0])
	must(t, err)

	on.fill(t, r.server)
	var refused atomic.Int64
	r.each(func(w *worker) {
		for n := 0; n < 5 && !t.Failed(); { // until it meets the full disk some times, among the others'
			if w.tagUnlessFull(t) {
				n++
				refused.Add(1)
			}
		}
	})
	big := client.Upload{Name: "big.txt", Content: strings.NewReader(strings.Repeat("words ", 500_000)), Field: "file"}
	_, err = w.places[0].api.UploadFiles(t.Context(), w.places[0].id(), w.places[0].things[0].id, 1, big)
	if !isRefusal(err, http.StatusServiceUnavailable) {
		t.Errorf("an upload without room gives %v", err)
	}
	// What little room there is may do for a refresh; a refusal leaves the token good.
	if next, err := w.refresh(t.Context(), session.Refresh); err == nil {
		session = next
	} else if !isRefusal(err, http.StatusServiceUnavailable) {
		t.Errorf("a refresh without room gives %v", err)
	}
	checkShape(t, r.server.url, w.places[0])
	r.each(func(w *worker) { w.checkServed(t) })
	r.waitSwept(t) // nothing was left: there is no sweep before an hour is over
	if t.Failed() {
		return
	}
	t.Logf("%d changes acknowledged, %d refused", r.acknowledged(), refused.Load())

	on.free(t, r.server)
	r.each(func(w *worker) { w.mustTag(t) })
	must(t, w.upload(t.Context(), w.places[0]))
	if _, err := w.refresh(t.Context(), session.Refresh); err != nil {
		t.Errorf("a refresh that was refused for lack of room: %v", err)
	}
	r.each(func(w *worker) { w.checkServed(t) })
	r.server.kill(t)
	r.checkData(t, &tally{})
}

// mustTag makes a tag.
func (w *worker) mustTag(t *testing.T) {
	t.Helper()
	if isFull := w.tagUnlessFull(t); isFull {
		t.Error("there is room, but a change is refused")
	}
}

// tagUnlessFull makes a tag, and tells whether that was refused as it must be without room.
func (w *worker) tagUnlessFull(t *testing.T) (isFull bool) {
	t.Helper()
	p := w.places[0]
	k := contents[1]
	thing := &thing{kind: k, place: p, doubt: &change{k.created, w.text()}}
	id, err := k.create(t.Context(), p, thing.doubt.text)
	if err == nil {
		thing.id = id
		thing.settle()
		p.things = append(p.things, thing)
		w.acknowledged++
		return false
	}
	refusal, ok := errors.AsType[*client.Error](err)
	if !ok || refusal.StatusCode != http.StatusServiceUnavailable || refusal.Code != "unavailable" || refusal.RetryAfter < time.Second {
		t.Errorf("a change without room gives %v", err)
	}
	return true
}

// checkShape looks at the whole body of a refusal.
func checkShape(t *testing.T, url string, p *place) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/locations/"+p.id()+"/tags", bytes.NewReader([]byte(`{"name":"no room"}`)))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Version", client.DefaultVersion)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }() // it was only read
	var body struct {
		StatusCode                    int
		Message, Error, Code, TraceID string
	}
	must(t, json.NewDecoder(resp.Body).Decode(&body))
	if body.StatusCode != http.StatusServiceUnavailable || body.Error != "Service Unavailable" || body.Code != "unavailable" || body.Message == "" || len(body.TraceID) != 36 {
		t.Errorf("a refusal is %+v", body)
	}
	if strings.Contains(body.Message, "disk") || strings.Contains(body.Message, "SQL") {
		t.Errorf("a refusal tells too much: %s", body.Message)
	}
}
