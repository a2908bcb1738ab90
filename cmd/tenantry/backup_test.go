package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry/client"
)

// TestBackupOfARunningServer (requirement 43): what was there before it began is restored, files and
// secrets included, and a server runs on it.
func TestBackupOfARunningServer(t *testing.T) {
	dir, company, loc := agency(t)
	p, url := serve(t, dir)
	token := strings.TrimSpace(must(t, "token", "create", "--location", string(loc), "--data", dir))
	local := client.New(url, token)
	field, err := local.CreateCustomField(t.Context(), string(loc), client.CreateCustomFieldRequest{
		Name: "Papers", DataType: "FILE_UPLOAD", AcceptedFormat: []string{"all"},
	})
	if err != nil {
		t.Fatal(err)
	}
	content := make([]byte, 300_000)
	_, _ = rand.Read(content)
	up, err := local.UploadFiles(t.Context(), string(loc), field.ID, 1, client.Upload{Name: "a.bin", Content: bytes.NewReader(content)})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b.tar.gz")
	out := must(t, "backup", file, "--data", dir)
	if !strings.Contains(out, "1 uploaded file ") || !strings.Contains(out, "secret.key") {
		t.Error(out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("the backup left %v", left)
	}
	if said := refused(t, exitFailed, "backup", file, "--data", dir); !strings.Contains(said, "exists already") {
		t.Error(said)
	}
	p.stop()

	restored := filepath.Join(t.TempDir(), "new")
	if out := must(t, "restore", file, "--data", restored); !strings.Contains(out, "Put your copy of the sealing key") {
		t.Error(out)
	}
	if said := refused(t, exitFailed, "serve", "--addr", "127.0.0.1:0", "--data", restored); !strings.Contains(said, "secret.key is missing") {
		t.Error(said)
	}
	key, err := os.ReadFile(filepath.Join(dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(restored, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "doctor", "--data", restored)
	_, again := serve(t, restored)
	found, err := client.New(again, token).Location(t.Context(), string(loc))
	if err != nil || found.CompanyID != string(company) {
		t.Errorf("%+v, %v", found, err)
	}
	for _, f := range up.Files {
		if got := fetched(t, strings.Replace(f.URL, url, again, 1)); !bytes.Equal(got, content) {
			t.Errorf("%s has %d bytes, not those that were uploaded", f.URL, len(got))
		}
	}
	if said := refused(t, exitFailed, "restore", file, "--data", restored); !strings.Contains(said, "already") {
		t.Error(said)
	}
}

func fetched(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url) //nolint:gosec // the server under test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestADamagedBackup: wherever it is cut off or changed, nothing is restored.
func TestADamagedBackup(t *testing.T) {
	dir, _, loc := agency(t)
	if err := os.MkdirAll(filepath.Join(dir, "files", string(loc)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "files", string(loc), "x"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(t.TempDir(), "b.tar.gz")
	must(t, "backup", whole, "--data", dir)
	good, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := unzipped(good)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{"nothing": nil, "no archive": []byte("tenantry")}
	for i := range 20 {
		at := i * len(good) / 20
		cases[fmt.Sprintf("cut off at %d", at)] = good[:at]
		flipped := bytes.Clone(good)
		flipped[max(at, 20)] ^= 0x10 // the header before has a time and a name, which say nothing
		// A few bits of a compressed stream say nothing: to change one is no damage.
		if content, err := unzipped(flipped); err != nil || !bytes.Equal(content, archive) {
			cases[fmt.Sprintf("changed at %d", at)] = flipped
		}
	}
	if len(cases) < 2+20+15 {
		t.Errorf("only %d cases", len(cases))
	}
	cases["the end is missing"] = good[:len(good)-1]
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "damaged")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if said := refused(t, exitFailed, "restore", file, "--data", filepath.Join(folder, "new")); !strings.Contains(said, "nothing was restored") {
				t.Error(said)
			}
			if left, err := os.ReadDir(filepath.Join(folder, "new")); err != nil || len(left) != 0 {
				t.Errorf("it left %v, %v", left, err)
			}
		})
	}
}

// unzipped reads a gzip file to its end.
func unzipped(data []byte) ([]byte, error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zip)
}

// TestHostileBackup: no name leads out of the folder, and nothing is written that was not backed up.
func TestHostileBackup(t *testing.T) {
	dir, _, _ := agency(t)
	for name, add := range map[string]string{
		"above": "../evil", "absolute": "/evil", "another file": "secret.key", "deeper": "files/a/b/c", "twice": archivedDB, "above a folder": "files/../evil/x",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "hostile")
			f, err := os.Create(file) //nolint:gosec // a test's file
			if err != nil {
				t.Fatal(err)
			}
			p := newPacker(f, func(int) {})
			for _, entry := range []string{archivedDB, add} {
				if err := packFile(p, entry, filepath.Join(dir, archivedDB)); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.close(time.Now()); err != nil {
				t.Fatal(err)
			}
			_ = f.Close()
			if said := refused(t, exitFailed, "restore", file, "--data", filepath.Join(folder, "new")); !strings.Contains(said, "which a backup does not") {
				t.Error(said)
			}
			if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) != 2 {
				t.Errorf("%v, %v", left, err)
			}
		})
	}
}
