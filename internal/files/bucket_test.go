package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantry/tenantry"
	bucketServer "github.com/tenantry/tenantry/internal/testkit/bucket"
)

// TestBucketIsShared: what one process keeps another opens and removes.
func TestBucketIsShared(t *testing.T) {
	t.Parallel()
	one, b := newBucketStore(t, later)
	two := b.open(t, t.TempDir(), bucketServer.SecretAccessKey, later)
	keep(t, one, "loc/file", []byte("content"))
	if got := read(t, two, "loc/file"); string(got) != "content" {
		t.Errorf("the other reads %q", got)
	}
	if err := two.Remove(t.Context(), "loc/file"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := one.Open(t.Context(), "loc/file"); tenantry.KindOf(err) != tenantry.NotFound {
		t.Errorf("after the other removed it: %v", err)
	}
	wantKept(t, b.kept)
}

// TestSweepsOfASharedBucket: a file that nobody knows may be of an upload of another process, in
// the bucket and in the folder where uploads arrive, until it is old.
func TestSweepsOfASharedBucket(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	one, b := newBucketStore(t, now)
	arriving := stage(t, one, "f", []byte("arriving"))
	keepAndLetGo(t, one, "loc/file")
	two := b.open(t, one.root.Name(), bucketServer.SecretAccessKey, now)
	sweep := func(want int) {
		t.Helper()
		if err := two.Sweep(); err != nil {
			t.Error(err)
		}
		if removed, err := two.SweepOrphans(t.Context(), nobody); removed != want || err != nil {
			t.Errorf("removed %d, %v, want %d", removed, err, want)
		}
	}
	ahead.Store(int64(settleTime - time.Hour))
	sweep(0)
	wantKept(t, b.kept, "loc/file")
	wantTree(t, one.root.Name(), arriving.place)
	ahead.Store(int64(settleTime + time.Hour))
	sweep(1)
	wantKept(t, b.kept)
	wantTree(t, one.root.Name())
}

// TestKeepWhoseAnswerGotLost: the second request of one file finds the place taken, by itself.
func TestKeepWhoseAnswerGotLost(t *testing.T) {
	t.Parallel()
	s, b := newBucketStore(t, later)
	keep(t, s, "loc/file", []byte("content"))
	if err := stage(t, s, "f", []byte("content")).Keep(t.Context(), "loc/file"); err != nil {
		t.Error(err)
	}
	wantKept(t, b.kept, "loc/file")
}

// TestBucketOutage: while the storage is away everything says to come back, and nothing where
// the storage is; when it is back, everything works as before.
func TestBucketOutage(t *testing.T) {
	t.Parallel()
	s, b := newBucketStore(t, later)
	keep(t, s, "loc/file", []byte("content"))
	st := stage(t, s, "f", []byte("f")) // arrives on the local disk
	b.Stop()
	_, _, opening := s.Open(t.Context(), "loc/file")
	_, sweeping := s.SweepOrphans(t.Context(), nobody)
	for name, err := range map[string]error{
		"Open": opening, "SweepOrphans": sweeping, "Keep": st.Keep(t.Context(), "loc/other"),
		"Remove": s.Remove(t.Context(), "loc/file"), "RemoveTree": s.RemoveTree(t.Context(), "loc"),
	} {
		wantUnavailable(t, name, err, b)
	}
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("Check: %v", err)
	}
	if err := st.Discard(); err != nil {
		t.Error(err)
	}
	b.Resume(t)
	if got := read(t, s, "loc/file"); string(got) != "content" {
		t.Errorf("content is %q", got)
	}
	keep(t, s, "loc/other", []byte("other"))
	wantKept(t, b.kept, "loc/file", "loc/other")
}

// wantUnavailable checks an error that a client is told, that it is told no more, and that
// the log is told neither a secret nor the id of a file.
func wantUnavailable(t *testing.T, name string, err error, b testBucket) {
	t.Helper()
	e, ok := errors.AsType[*tenantry.Error](err)
	if !ok || e.Kind != tenantry.Unavailable || e.RetryAfter <= 0 {
		t.Errorf("%s: %v (%T)", name, err, err)
		return
	}
	if told := fmt.Sprint(e.Messages, e.Meta, e.Code); strings.Contains(told, b.Name) || strings.Contains(told, b.URL) {
		t.Errorf("%s tells the client %s", name, told)
	}
	if !strings.Contains(err.Error(), b.String()) || strings.Contains(err.Error(), bucketServer.SecretAccessKey) || strings.Contains(err.Error(), "loc/") {
		t.Errorf("%s tells the log %v", name, err)
	}
}

// TestBucketThatIsGone: files of a bucket that vanished are not taken for files that never were.
func TestBucketThatIsGone(t *testing.T) {
	t.Parallel()
	s, b := newBucketStore(t, later)
	keep(t, s, "loc/file", []byte("content"))
	if err := os.Rename(b.dir, b.dir+"-gone"); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Open(t.Context(), "loc/file")
	wantUnavailable(t, "Open", err, b)
	wantUnavailable(t, "Keep", stage(t, s, "f", nil).Keep(t.Context(), "loc/other"), b)
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "does not exist: create it") {
		t.Errorf("Check: %v", err)
	}
}

// TestWrongCredentials: the operator is told, a client to come back.
func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	s, b := newBucketStore(t, later)
	keep(t, s, "loc/file", []byte("content"))
	wrong := b.open(t, t.TempDir(), "the-wrong-secret", later)
	_, _, err := wrong.Open(t.Context(), "loc/file")
	wantUnavailable(t, "Open", err, b)
	wantUnavailable(t, "Keep", stage(t, wrong, "f", nil).Keep(t.Context(), "loc/other"), b)
	err = wrong.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "refuses to list files with these credentials") || strings.Contains(err.Error(), "the-wrong-secret") {
		t.Errorf("Check: %v", err)
	}
}

// TestCredentialsOfTheEnvironment: the standard variables are enough, and without any source of
// credentials the operator is told how to give them.
func TestCredentialsOfTheEnvironment(t *testing.T) { // not parallel: it sets the environment
	_, b := newBucketStore(t, later)
	t.Setenv("HOME", t.TempDir())                                        // no credentials file
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1") // no role
	check := func() error {
		s := ok(OpenBucket(t.TempDir(), b.Bucket, Credentials{}, later))(t)
		defer func() { _ = s.Close() }()
		return s.Check(t.Context())
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	if err := check(); err == nil || !strings.Contains(err.Error(), "set AWS_ACCESS_KEY_ID and") {
		t.Errorf("without: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", bucketServer.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", bucketServer.SecretAccessKey)
	if err := check(); err != nil {
		t.Errorf("with: %v", err)
	}
}

// TestRemoveTreeOfManyPages: more files than one answer lists or one request removes.
func TestRemoveTreeOfManyPages(t *testing.T) {
	t.Parallel()
	s, b := newBucketStore(t, later)
	keep(t, s, "location/file", []byte("a neighbour whose name begins alike"))
	dir := filepath.Join(b.dir, b.Prefix, "loc")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 2100 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.RemoveTree(t.Context(), "loc"); err != nil {
		t.Fatal(err)
	}
	wantKept(t, b.kept, "location/file")
}

// TestBucketMemoryIsFlat: the largest file that there may be goes in and out in pieces.
func TestBucketMemoryIsFlat(t *testing.T) { // not parallel: it counts what the process allocates
	s, _ := newBucketStore(t, later)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	zeros := readerFunc(func(p []byte) (int, error) { return len(p), nil })
	st := ok(s.Stage("big.bin", io.LimitReader(zeros, tenantry.MaxFileSize), tenantry.MaxFileSize))(t)
	if err := errors.Join(st.Keep(t.Context(), "loc/big"), st.Discard()); err != nil {
		t.Fatal(err)
	}
	f, _, err := s.Open(t.Context(), "loc/big")
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, f)
	if err := errors.Join(err, f.Close()); err != nil || n != tenantry.MaxFileSize {
		t.Errorf("read %d bytes, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	got := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d bytes in and out allocated %d", tenantry.MaxFileSize, got)
	if got > tenantry.MaxFileSize/8 {
		t.Errorf("%d bytes in and out allocated %d", tenantry.MaxFileSize, got)
	}
}

// TestOpenEndsWithItsContext: a client that has gone does not hold a connection to the storage.
func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, _ := newBucketStore(t, later)
	keep(t, s, "loc/file", bytes.Repeat([]byte("x"), 8<<20))
	ctx, cancel := context.WithCancel(t.Context())
	f, _, err := s.Open(ctx, "loc/file")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := io.ReadFull(f, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, f); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on: %v", err)
	}
}

// TestSilentStorage: a connection on which nothing moves fails, and not before.
func TestSilentStorage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		c := impatient{near}
		go func() {
			for range 3 { // slow, but never silent
				time.Sleep(silence - time.Second)
				_, _ = far.Write([]byte("x"))
			}
		}()
		if n, err := io.ReadFull(c, make([]byte, 3)); err != nil {
			t.Errorf("a slow one: %d bytes, %v", n, err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a silent one: %v", err)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("one that takes nothing: %v", err)
		}
		_ = near.Close()
		_ = far.Close()
	})
}

// TestSilentStorageIsGivenUp: one that takes requests and never answers costs a caller the time of a call.
func TestSilentStorageIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := ok(newBucket(Bucket{Name: "uploads", Endpoint: "http://storage.example"}, Credentials{"a", "b"}, time.Now))(t)
		b.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, far) }()
			return impatient{near}, nil
		}
		begin := time.Now()
		_, _, err := b.open(t.Context(), "loc/file")
		if took := time.Since(begin); tenantry.KindOf(err) != tenantry.Unavailable || took > callTimeout {
			t.Errorf("after %v: %v", took, err)
		}
		_ = b.close()
	})
}

// TestObjectsNameNoType: a bucket that is opened to browsers shows them no page of ours.
func TestObjectsNameNoType(t *testing.T) {
	t.Parallel()
	s, b := newBucketStore(t, later)
	if err := stage(t, s, "page.html", []byte("<!DOCTYPE html><script>alert(1)</script>")).Keep(t.Context(), "loc/file"); err != nil {
		t.Fatal(err)
	}
	kept, isBucket := s.kept.(*bucket)
	if !isBucket {
		t.Fatalf("kept in a %T", s.kept)
	}
	u := ok(kept.client.PresignedGetObject(t.Context(), b.Name, b.Prefix+"/loc/file", time.Minute, nil))(t)
	req := ok(http.NewRequestWithContext(t.Context(), http.MethodGet, u.String(), nil))(t)
	resp := ok(http.DefaultClient.Do(req))(t)
	defer func() { _ = resp.Body.Close() }()
	if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "application/octet-stream" {
		t.Errorf("status %d, type %q", resp.StatusCode, got)
	}
}
