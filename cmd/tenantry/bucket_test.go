package main

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/client"
	"github.com/tenantry/tenantry/internal/testkit/bucket"
)

// useKey gives the program the key of the S3 server, in the way that operators do.
func useKey(t *testing.T, secret string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", bucket.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
}

// objects lists the files below a folder.
func objects(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestServeWithABucket: what is uploaded to one server lies in the bucket, is downloaded
// from another, and is in no backup; nobody is told the secret key.
func TestServeWithABucket(t *testing.T) {
	s3 := bucket.Start(t)
	folder := s3.Make(t, "uploads")
	useKey(t, bucket.SecretAccessKey)
	dir, _, loc := agency(t)
	place := s3.Address("uploads/prefix")
	p, url := serve(t, dir, "--files", place)
	token := strings.TrimSpace(must(t, "token", "create", "--location", string(loc), "--data", dir))
	local := client.New(url, token)
	field, err := local.CreateCustomField(t.Context(), string(loc), client.CreateCustomFieldRequest{
		Name: "Papers", DataType: "FILE_UPLOAD", AcceptedFormat: []string{"all"},
	})
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("0123456789"), 100_000)
	up, err := local.UploadFiles(t.Context(), string(loc), field.ID, 1, client.Upload{Name: "a.txt", Content: bytes.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	names := objects(t, folder)
	if len(names) != 1 || !strings.HasPrefix(names[0], filepath.Join(folder, "prefix", string(loc))+"/") {
		t.Fatalf("the bucket has %q", names)
	}
	if stored, err := os.ReadFile(names[0]); err != nil || !bytes.Equal(stored, content) {
		t.Errorf("the object has %d bytes, %v", len(stored), err)
	}
	if here := objects(t, filepath.Join(dir, "files")); len(here) != 0 {
		t.Errorf("on the disk there is %q", here)
	}
	said := must(t, "backup", filepath.Join(t.TempDir(), "b.tar.gz"), "--data", dir, "--files", place)
	if !strings.Contains(said, "0 uploaded files") || !strings.Contains(said, "s3://uploads/prefix") {
		t.Error(said)
	}
	p.stop()
	q, other := serve(t, dir, "--files", place)
	if got := download(t, strings.Replace(up.Files[0].URL, url, other, 1)); !bytes.Equal(got, content) {
		t.Errorf("downloaded %d bytes", len(got))
	}
	q.stop()
	for _, said := range []string{p.err.String(), q.err.String(), said} {
		if strings.Contains(said, bucket.SecretAccessKey) {
			t.Errorf("the secret key is shown: %s", said)
		}
	}
}

func download(t *testing.T, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	return content
}

// TestBucketThatDoesNotWork: serve, dev and doctor say what is wrong, and serve nobody.
func TestBucketThatDoesNotWork(t *testing.T) {
	s3 := bucket.Start(t)
	s3.Make(t, "uploads")
	dir, _, _ := agency(t)
	for _, test := range []struct{ place, secret, want string }{
		{s3.Address("nowhere"), bucket.SecretAccessKey, "does not exist: create it"},
		{s3.Address("uploads"), "a-wrong-secret", "refuses to list files with these credentials"},
		{"s3://uploads?endpoint=http://127.0.0.1:1", bucket.SecretAccessKey, "cannot be reached"},
	} {
		useKey(t, test.secret)
		for _, verb := range [][]string{
			{"serve", "--addr", "127.0.0.1:0", "--data", dir}, {"dev", "--addr", "127.0.0.1:0", "--locations", "1"}, {"doctor", "--data", dir},
		} {
			code, out, said := once(t, append(verb, "--files", test.place)...)
			if code != exitFailed || !strings.Contains(out+said, test.want) || strings.Contains(out+said, test.secret) {
				t.Errorf("%s %s: exit %d, want %q: %s%s", verb[0], test.place, code, test.want, out, said)
			}
		}
	}
	useKey(t, bucket.SecretAccessKey)
	if out := must(t, "doctor", "--data", dir, "--files", s3.Address("uploads")); !strings.Contains(out, "ok    files can be written to s3://uploads at "+s3.URL) {
		t.Error(out)
	}
	said := refused(t, exitUsage, "serve", "--data", dir, "--files", "s3://key:a-wrong-secret@uploads")
	if !strings.Contains(said, "set AWS_ACCESS_KEY_ID") || strings.Contains(said, "a-wrong-secret") {
		t.Error(said)
	}
}
