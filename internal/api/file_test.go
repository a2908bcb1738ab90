package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

// TestFilesAreServedSafely: the bytes come back as they were sent, and nothing of an upload
// runs with the origin of this server (requirement 22).
func TestFilesAreServedSafely(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		person := contact(t, e, e.LocA)
		png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
		for _, row := range []struct{ name, body, contentType, disposition string }{
			{"page.html", "<!DOCTYPE html><script>alert(1)</script>", "text/html", "attachment"},
			{"image.svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "image/svg+xml", "attachment"},
			{"data.xml", `<?xml version="1.0"?><a/>`, "text/xml", "attachment"},
			{"run.exe", exe, "application/vnd.microsoft.portable-executable", "attachment"},
			{"none", "\x00\x01\x02\xff", "application/octet-stream", "attachment"},
			{"paper.pdf", pdf, "application/pdf", "inline"},
			{"pixel.png", png, "image/png", "inline"},
			{"notes.txt", "just\r\nwords\n", "text/plain; charset=utf-8", "inline"},
			{"empty.txt", "", "text/plain", "inline"},
		} {
			t.Run(row.name, func(t *testing.T) {
				s := uploadOf(t, person, "1", part{"file", row.name, row.body})
				s.Events = events(tenantry.FilesUploaded)
				url := e.Send(t, s).Text("uploadedFiles", row.name)
				a := fetch(t, url)
				if a.Status != 200 || string(a.Raw) != row.body {
					t.Fatalf("%s answers %d %q", url, a.Status, a.Raw)
				}
				got := map[string]string{}
				for _, name := range []string{"Content-Type", "X-Content-Type-Options", "Content-Disposition", "Cache-Control"} {
					got[name] = a.Header.Get(name)
				}
				if diff := cmp.Diff(map[string]string{
					"Content-Type": row.contentType, "X-Content-Type-Options": "nosniff",
					"Content-Disposition": row.disposition + `; filename="` + row.name + `"`, "Cache-Control": "private, max-age=3600",
				}, got); diff != "" {
					t.Errorf("headers (-want +got)\n%s", diff)
				}
				policy := a.Header.Get("Content-Security-Policy")
				if !strings.Contains(policy, "default-src 'none'") || (row.name != "paper.pdf" && !strings.Contains(policy, "sandbox")) {
					t.Errorf("policy %q", policy)
				}
			})
		}
	})
}

func TestFileRangesAndHead(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		s := uploadOf(t, contact(t, e, e.LocA), "1", part{"file", "a.txt", "0123456789"})
		s.Events = events(tenantry.FilesUploaded)
		url := e.Send(t, s).Text("uploadedFiles", "a.txt")
		for _, row := range []struct {
			method, byteRange string
			status            int
			body, length      string
		}{
			{"GET", "bytes=2-4", 206, "234", "3"}, {"GET", "bytes=-3", 206, "789", "3"}, {"GET", "bytes=20-", 416, "*", ""},
			{"HEAD", "", 200, "", "10"}, {"POST", "", 404, "*", ""}, {"DELETE", "", 404, "*", ""},
		} {
			req, err := http.NewRequestWithContext(t.Context(), row.method, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if row.byteRange != "" {
				req.Header.Set("Range", row.byteRange)
			}
			a := testkit.Do(t, req)
			if a.Status != row.status || (row.body != "*" && string(a.Raw) != row.body) || (row.length != "" && a.Header.Get("Content-Length") != row.length) {
				t.Errorf("%s %s: %d %q %v", row.method, row.byteRange, a.Status, a.Raw, a.Header)
			}
		}
	})
}

// TestFileURLsCannotBeGuessedAround: every part of a file's URL must be right, and a wrong one
// looks like a path that does not exist.
func TestFileURLsCannotBeGuessedAround(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		person, other := contact(t, e, e.LocA), contact(t, e, e.LocA)
		s := uploadOf(t, person, "1", part{"file", "a.txt", "words"})
		s.Events = events(tenantry.FilesUploaded)
		url := e.Send(t, s).Text("uploadedFiles", "a.txt")
		id := strings.TrimSuffix(url[strings.LastIndexByte(url, '/')+1:], ".txt")
		path := strings.TrimPrefix(url, e.URL)
		for _, wrong := range []string{
			strings.Replace(path, string(e.LocA), string(e.LocB), 1),
			strings.Replace(path, person, other, 1),
			strings.TrimSuffix(path, ".txt"), path + ".html", strings.Replace(path, ".txt", ".html", 1),
			strings.Replace(path, id, strings.ToUpper(id), 1), strings.Replace(path, id, uuid, 1), strings.Replace(path, id, "..%2F"+id, 1),
			strings.Replace(path, id, "%00"+id, 1), strings.Replace(path, id, "%25", 1),
			"/files/location/" + string(e.LocA) + "/custom-Field/" + person, "/files/" + string(e.LocA) + "/" + id,
		} {
			a := fetch(t, e.URL+wrong)
			if a.Status != 404 || a.Text("code") != "route_not_found" || a.Text("message") != "Cannot GET "+wrong {
				t.Errorf("%s answers %d %s", wrong, a.Status, a.Raw)
			}
		}
		if a := fetch(t, url+"/"); a.Status != 200 {
			t.Errorf("a trailing slash answers %d", a.Status)
		}
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		if a := fetch(t, url); a.Status != 404 || a.Text("message") != "Cannot GET "+path {
			t.Errorf("a deleted location's file answers %d %s", a.Status, a.Raw)
		}
	})
}

// TestFileThatIsGone: a row whose bytes a purge has taken already is like no row.
func TestFileThatIsGone(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		s := uploadOf(t, contact(t, e, e.LocA), "1", part{"file", "a.txt", "words"})
		s.Events = events(tenantry.FilesUploaded)
		url := e.Send(t, s).Text("uploadedFiles", "a.txt")
		if err := e.Files.RemoveTree(t.Context(), string(e.LocA)); err != nil {
			t.Fatal(err)
		}
		if a := fetch(t, url); a.Status != 404 {
			t.Errorf("answers %d %s", a.Status, a.Raw)
		}
	})
}

// TestFilesGoWithTheirField: once a custom field is deleted, nobody can read the files that
// were uploaded to it or, for it, to a contact; other files stay.
func TestFilesGoWithTheirField(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		field := fileField(t, e, `"name":"Paper","acceptedFormat":[".txt"]`)
		other := fileField(t, e, `"name":"Other","acceptedFormat":[".txt"]`)
		person := contact(t, e, e.LocA)
		upload := func(owner, name string) string {
			s := uploadOf(t, owner, "1", part{name, "a.txt", "words"})
			s.Events = events(tenantry.FilesUploaded)
			return e.Send(t, s).Text("uploadedFiles", "a.txt")
		}
		gone := []string{upload(field, "file"), upload(person, field+"_1")}
		kept := []string{upload(other, "file"), upload(person, other+"_1"), upload(person, "file")}
		e.Send(t, testkit.Scenario{Method: "DELETE", Path: "/locations/{locA}/customFields/" + field, Token: "locA", Status: 200,
			Events: events(tenantry.CustomFieldDeleted)})
		for _, url := range gone {
			if a := fetch(t, url); a.Status != 404 {
				t.Errorf("a file of the deleted field answers %d", a.Status)
			}
		}
		for _, url := range kept {
			if a := fetch(t, url); a.Status != 200 || string(a.Raw) != "words" {
				t.Errorf("another file answers %d %s", a.Status, a.Raw)
			}
		}
	})
}
