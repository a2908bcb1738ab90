package api_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/testkit/bucket"
)

const uploadPath = "/locations/{locA}/customFields/upload"

const (
	pdf = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
	exe = "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00\xb8\x00\x00\x00\x00\x00\x00\x00"
)

// part is one part of a form: a text, or a file when it has a file name.
type part struct{ name, file, body string }

// form encodes parts; file names go as they are, quotes and all.
func form(t testing.TB, parts ...part) (body string, header map[string]string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		disposition := `form-data; name="` + p.name + `"`
		if p.file != "" {
			disposition += `; filename="` + p.file + `"`
		}
		out, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {"application/x-claimed"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, p.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), map[string]string{"Content-Type": w.FormDataContentType()}
}

// uploadOf is the upload of parts for an id, with room for max files.
func uploadOf(t testing.TB, id, maxFiles string, parts ...part) testkit.Scenario {
	t.Helper()
	s := testkit.Scenario{Method: "POST", Path: uploadPath, Token: "locA", Status: 200}
	s.Body, s.Header = form(t, append([]part{{name: "id", body: id}, {name: "maxFiles", body: maxFiles}}, parts...)...)
	return s
}

// refuse sends an upload that must be refused, with nothing kept.
func refuse(t *testing.T, e *testkit.Env, s testkit.Scenario, status int, want string) {
	t.Helper()
	before := e.Snapshot(t)["files"]
	s.Status, s.Want = status, want
	e.Send(t, s)
	if diff := cmp.Diff(before, e.Snapshot(t)["files"]); diff != "" {
		t.Errorf("a refused upload left rows:\n%s", diff)
	}
	if kept := keptFiles(t, e); len(kept) != len(before) {
		t.Errorf("a refused upload left files: %v", kept)
	}
}

// keptFiles lists all that lies in the folder of files, in staging too.
func keptFiles(t testing.TB, e *testkit.Env) []string {
	t.Helper()
	found := []string{}
	err := filepath.WalkDir(e.Folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == ".sgwtmp" { // of the S3 server
			return fs.SkipDir
		}
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// forEachStore is forEach, once with the files in a folder and once with a bucket.
func forEachStore(t *testing.T, test func(t *testing.T, e *testkit.Env)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) { forEach(t, test) })
	t.Run("bucket", func(t *testing.T) {
		testkit.EachDB(t, func(t *testing.T, d *db.DB) { test(t, testkit.NewEnv(t, d, testkit.WithBucket())) })
	})
}

// fileField makes a FILE_UPLOAD field of location A and gives its id.
func fileField(t *testing.T, e *testkit.Env, members string) string {
	t.Helper()
	a := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/customFields", Token: "locA", Status: 201,
		Body: `{"dataType":"FILE_UPLOAD",` + members + `}`, Events: events(tenantry.CustomFieldCreated)})
	return a.Text("customField", "id")
}

func contact(t *testing.T, e *testkit.Env, loc tenantry.LocationID) string {
	t.Helper()
	c, err := e.Store.CreateContact(t.Context(), loc, tenantry.System(), tenantry.Contact{FirstName: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	return string(c.ID)
}

// fetch reads a URL of an answer, with no token.
func fetch(t testing.TB, url string) testkit.Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return testkit.Do(t, req)
}

const uuid = "0a0fa1a2-1b4b-4a5a-9c3f-3a3c9d4b5e6f"

func TestU38FormNeedsItsTexts(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		field := fileField(t, e, `"name":"Doc","acceptedFormat":[".pdf"],"isMultipleFile":true,"maxNumberOfFiles":2`)
		person := contact(t, e, e.LocA)
		s := testkit.Scenario{Method: "POST", Path: uploadPath, Token: "locA"}
		s.Body, s.Header = form(t, part{"file", "a.pdf", pdf})
		refuse(t, e, s, 422, `{"statusCode":422,"message":["id must be a string","maxFiles must be a string"],"error":"Unprocessable Entity"}`)

		s = uploadOf(t, person, "2", part{field + "_" + uuid, "a.pdf", pdf})
		s.Want = fmt.Sprintf(`{"uploadedFiles":{"a.pdf":"*"},"meta":[{"fieldname":%q,"originalname":"a.pdf","encoding":"7bit",
			"mimetype":"application/pdf","size":%d,"url":"*"}]}`, field+"_"+uuid, len(pdf))
		s.Events = events(tenantry.FilesUploaded)
		a := e.Send(t, s)
		url := a.Text("uploadedFiles", "a.pdf")
		pattern := e.URL + "/files/location/" + string(e.LocA) + "/custom-Field/" + person + `/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.pdf`
		if !regexp.MustCompile("^" + pattern + "$").MatchString(url) {
			t.Errorf("URL %s", url)
		}
		meta, _ := a.Get("meta").([]any)
		if row, _ := meta[0].(map[string]any); row["url"] != url {
			t.Errorf("two URLs for one file: %s", a.Raw)
		}
		if got := fetch(t, url); got.Status != 200 || string(got.Raw) != pdf {
			t.Errorf("%s answers %d %q", url, got.Status, got.Raw)
		}
		stored, err := e.Store.Events(t.Context(), e.LocA)
		if err != nil {
			t.Fatal(err)
		}
		last := stored[len(stored)-1].Payload
		if want := fmt.Sprintf(`"fieldId":%q,"name":"a.pdf","mimetype":"application/pdf","size":%d}]`, field, len(pdf)); !strings.Contains(last, want) ||
			!strings.Contains(last, `{"type":"FilesUpload","locationId":"`+string(e.LocA)+`","id":"`+person+`","files":[`) {
			t.Errorf("event %s", last)
		}
	})
}

func TestUploadTextsAreValidated(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		field := fileField(t, e, `"name":"Doc","acceptedFormat":["all"]`)
		file := part{"file", "a.pdf", pdf}
		for _, row := range []struct {
			name  string
			parts []part
			want  string
		}{
			{"nothing", nil, `["id must be a string","maxFiles must be a string","the form should contain at least one file"]`},
			{"no file", []part{{"id", "", field}, {"maxFiles", "", "1"}}, `["the form should contain at least one file"]`},
			{"empty texts", []part{{"id", "", ""}, {"maxFiles", "", ""}, file}, `["id should not be empty","maxFiles must be a number string"]`},
			{"zero", []part{{"id", "", field}, {"maxFiles", "", "0"}, file}, `["maxFiles must not be less than 1"]`},
			{"undefined", []part{{"id", "", field}, {"maxFiles", "", "undefined"}, file}, `["maxFiles must be a number string"]`},
			{"negative", []part{{"id", "", field}, {"maxFiles", "", "-1"}, file}, `["maxFiles must be a number string"]`},
			{"fraction", []part{{"id", "", field}, {"maxFiles", "", "1.5"}, file}, `["maxFiles must be a number string"]`},
			{"huge", []part{{"id", "", field}, {"maxFiles", "", "99999999999999999999"}, file}, `["maxFiles must be a number string"]`},
			{"unknown", []part{{"id", "", field}, {"maxFiles", "", "1"}, {"locationId", "", "x"}, {"ID", "", "y"}, file},
				`["property locationId should not exist","property ID should not exist"]`},
			{"twice", []part{{"id", "", field}, {"id", "", "other"}, {"maxFiles", "", "1"}, file}, `["property id should not be repeated"]`},
			{"not UTF-8", []part{{"id", "", "\xff"}, {"maxFiles", "", "1"}, file}, `["id must be a string"]`},
			{"bad file name, too", []part{{"id", "", field}, {"file", "\u202efdp.exe", pdf}},
				`["maxFiles must be a string","The file name must not contain control characters or text direction overrides"]`},
			{"a text in the place of a file", []part{{"id", "", field}, {"maxFiles", "", "1"}, {"file", "", pdf}},
				`["property file should not exist","the form should contain at least one file"]`},
		} {
			t.Run(row.name, func(t *testing.T) {
				s := testkit.Scenario{Method: "POST", Path: uploadPath, Token: "locA"}
				s.Body, s.Header = form(t, row.parts...)
				refuse(t, e, s, 422, `{"message":`+row.want+`,"code":"validation_failed"}`)
			})
		}
	})
}

func TestUploadMediaTypes(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		whole := uploadOf(t, "x", "1", part{"file", "a.pdf", pdf})
		for _, row := range []struct {
			name, contentType, body string
			status                  int
			want                    string
		}{
			{"JSON", "application/json", `{"id":"x","maxFiles":"1","file":{}}`, 415, `{"code":"unsupported_media_type"}`},
			{"no type", "", whole.Body, 415, ``},
			{"form without files", "application/x-www-form-urlencoded", "id=x&maxFiles=1", 415, ``},
			{"no boundary", "multipart/form-data", whole.Body, 400, `{"code":"malformed_body"}`},
			{"another boundary", "multipart/form-data; boundary=other", whole.Body, 400, `{"code":"malformed_body"}`},
			{"cut off", whole.Header["Content-Type"], whole.Body[:len(whole.Body)-30], 400, `{"code":"malformed_body"}`},
			{"cut off in a text", whole.Header["Content-Type"], whole.Body[:100], 400, `{"code":"malformed_body"}`},
		} {
			t.Run(row.name, func(t *testing.T) {
				s := testkit.Scenario{Method: "POST", Path: uploadPath, Token: "locA", Body: row.body, Header: map[string]string{"Content-Type": row.contentType}}
				refuse(t, e, s, row.status, row.want)
			})
		}
	})
}

func TestU40FieldLimits(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		field := fileField(t, e, `"name":"Doc","acceptedFormat":[".pdf"],"isMultipleFile":true,"maxNumberOfFiles":2`)
		one := fileField(t, e, `"name":"Anything","acceptedFormat":["all"]`)
		person := contact(t, e, e.LocA)
		e.Send(t, testkit.Scenario{Method: "GET", Path: "/locations/{locA}/customFields/" + field, Token: "locA", Status: 200,
			Want: `{"customField":{"isMultiFileAllowed":true,"maxFileLimit":2}}`})
		a, b, c := part{"x", "a.pdf", pdf}, part{"y", "b.PDF", pdf}, part{"z", "c.pdf", pdf}
		named := func(id string, p part) part { p.name = id; return p }
		for _, row := range []struct {
			name, id, maxFiles string
			parts              []part
			want               string
		}{
			{"extension", field, "2", []part{{"file", "x.exe", pdf}},
				`{"message":"The file \"x.exe\" is not one of the accepted formats: .pdf","code":"upload_refused"}`},
			{"extension of the second", field, "2", []part{a, {"file", "x.pdf.txt", pdf}}, `{"code":"upload_refused"}`},
			{"extension of a named field", person, "2", []part{{field, "x.png", pdf}}, `{"code":"upload_refused"}`},
			{"a program under the name of a document", field, "2", []part{{"file", "x.pdf", exe}}, `{"code":"upload_refused"}`},
			{"a web page under the name of a picture", one, "1", []part{{"file", "x.png", "<!DOCTYPE html><script>alert(1)</script>"}}, `{"code":"upload_refused"}`},
			{"three files where the form says two", field, "2", []part{a, b, c},
				`{"message":"3 files are more than the 2 that may be uploaded","code":"upload_refused"}`},
			{"three files where the field says two", field, "9", []part{a, b, c}, `{"message":"3 files are more than the 2 that may be uploaded"}`},
			{"three files of a contact where the form says two", person, "2", []part{a, b, c}, `{"code":"upload_refused"}`},
			{"three files of a named field", person, "9", []part{named(field, a), named(field+"_1", b), named(field+"_2", c)},
				`{"message":"3 files are more than the 2 that may be uploaded"}`},
			{"two files where the field takes one", one, "2", []part{a, b}, `{"message":"2 files are more than the 1 that may be uploaded"}`},
		} {
			t.Run(row.name, func(t *testing.T) { refuse(t, e, uploadOf(t, row.id, row.maxFiles, row.parts...), 400, row.want) })
		}
		for _, row := range []struct {
			name, id, maxFiles string
			parts              []part
		}{
			{"two of two", field, "2", []part{a, b}},
			{"all formats", one, "1", []part{{"file", "run.exe", exe}}},
			{"a contact's file without a field", person, "1", []part{{"file", "run.exe", exe}}},
			{"each field has its own limits", person, "3", []part{named(field, a), named(field, b), {one, "x.bin", "\x00\x01"}}},
			{"the key of a field", "contact.doc", "1", []part{a}},
			{"a part called as a field's key", person, "1", []part{{"contact.doc", "contact.doc", "words"}}},
		} {
			t.Run(row.name, func(t *testing.T) {
				s := uploadOf(t, row.id, row.maxFiles, row.parts...)
				s.Events = events(tenantry.FilesUploaded)
				answer := e.Send(t, s)
				if meta, _ := answer.Get("meta").([]any); len(meta) != len(row.parts) {
					t.Errorf("%d files answered: %s", len(meta), answer.Raw)
				}
			})
		}
	})
}

func TestUploadOwners(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		text := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/customFields", Token: "locA", Status: 201,
			Body: `{"name":"Text","dataType":"TEXT"}`, Events: events(tenantry.CustomFieldCreated)}).Text("customField", "id")
		theirs := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locB}/customFields", Token: "locB", Status: 201,
			Body: `{"name":"Theirs","dataType":"FILE_UPLOAD","acceptedFormat":["all"]}`}).Text("customField", "id")
		folder := e.Send(t, testkit.Scenario{Method: "POST", Path: "/locations/{locA}/customFields", Token: "locA", Status: 201,
			Body: `{"name":"Folder","documentType":"folder"}`, Events: events(tenantry.CustomFieldCreated)}).Text("customField", "id")
		file := part{"file", "a.pdf", pdf}
		for _, id := range []string{"unknown", theirs, contact(t, e, e.LocB), string(e.LocA), "undefined", "%", "a.b"} {
			refuse(t, e, uploadOf(t, id, "1", file), 400,
				`{"statusCode":400,"message":"Contact or custom field with id `+id+` not found","error":"Bad Request","code":"not_found"}`)
		}
		for _, id := range []string{text, folder} {
			refuse(t, e, uploadOf(t, id, "1", file), 400, `{"message":"Custom field with id `+id+` does not take files","code":"upload_refused"}`)
		}
		person := contact(t, e, e.LocA)
		refuse(t, e, uploadOf(t, person, "1", part{text + "_" + uuid, "a.pdf", pdf}), 400, `{"code":"upload_refused"}`)
		// Another location's field is no field here: its limits do not apply, and it is not told of.
		s := uploadOf(t, person, "2", part{theirs, "a.pdf", pdf}, part{theirs, "b.pdf", pdf})
		s.Events = events(tenantry.FilesUploaded)
		e.Send(t, s)
	})
}

// TestUploadFileNames: hostile names are cleaned or refused, and never reach the disk.
func TestUploadFileNames(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		person := contact(t, e, e.LocA)
		for sent, want := range map[string]string{
			`../../etc/passwd`:                "passwd",
			`..\\..\\windows\\win.ini`:        "win.ini",
			`/etc/cron.d/x`:                   "x",
			`C:\\temp\\a.txt`:                 "a.txt",
			`a b.txt `:                        "a b.txt",
			`résumé 🚀.txt`:                    "résumé 🚀.txt",
			`quo\"te.txt`:                     `quo"te.txt`,
			`<img src=x onerror=alert(1)>`:    "<img src=x onerror=alert(1)>",
			`crlf%0D%0ASet-Cookie: a=b.txt`:   "crlf%0D%0ASet-Cookie: a=b.txt",
			`name.exe.`:                       "name.exe",
			strings.Repeat("n", 300) + ".txt": strings.Repeat("n", 251) + ".txt",
		} {
			s := uploadOf(t, person, "1", part{"file", sent, "words"})
			s.Events = events(tenantry.FilesUploaded)
			a := e.Send(t, s)
			urls, _ := a.Get("uploadedFiles").(map[string]any)
			url, _ := urls[want].(string)
			if url == "" {
				t.Errorf("%q is kept as %v, want %q", sent, urls, want)
				continue
			}
			got := fetch(t, url)
			if got.Status != 200 || string(got.Raw) != "words" || strings.ContainsAny(got.Header.Get("Content-Disposition"), "\r\n") || got.Header.Get("Set-Cookie") != "" {
				t.Errorf("%q is served as %d %v", sent, got.Status, got.Header)
			}
		}
		for sent, want := range map[string]string{
			"a\u202etxt.exe": "The file name must not contain control characters or text direction overrides",
			"a\u0085b.txt":   "The file name must not contain control characters or text direction overrides",
			"bad\xffutf8":    "The file name must be valid UTF-8",
			"..":             "The file name must not be empty",
			"/":              "The file name must not be empty",
		} {
			s := uploadOf(t, person, "1", part{"file", sent, "words"})
			refuseAfter(t, e, s, 422, want)
		}
		for _, name := range []string{"a\x00b.txt", "a\x01b.txt", "a\rb.txt"} {
			refuse(t, e, uploadOf(t, person, "1", part{"file", name, "words"}), 400, `{"code":"malformed_body"}`)
		}
		for _, path := range keptFiles(t, e) {
			rel, err := filepath.Rel(e.Folder, path)
			if err != nil || !regexp.MustCompile(`^[0-9A-Za-z]{20}/[0-9a-f-]{36}$`).MatchString(filepath.ToSlash(rel)) {
				t.Errorf("a name reached the disk: %s", rel)
			}
		}
	})
}

// refuseAfter is [refuse] for an upload refused with one message.
func refuseAfter(t *testing.T, e *testkit.Env, s testkit.Scenario, status int, message string) {
	t.Helper()
	refuse(t, e, s, status, jsonOf(t, map[string]any{"message": []string{message}}))
}

func TestUploadOfOneNameTwice(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		person := contact(t, e, e.LocA)
		s := uploadOf(t, person, "4", part{"f", "a.txt", "one"}, part{"f", "a (2).txt", "two"}, part{"f", "x/a.txt", "three"}, part{"f", "a.txt", "four"})
		s.Events = events(tenantry.FilesUploaded)
		a := e.Send(t, s)
		for name, want := range map[string]string{"a.txt": "one", "a (2).txt": "two", "a (3).txt": "three", "a (4).txt": "four"} {
			if got := fetch(t, a.Text("uploadedFiles", name)); string(got.Raw) != want {
				t.Errorf("%s has %q, want %q", name, got.Raw, want)
			}
		}
	})
}

func TestUploadOfTooManyParts(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		person := contact(t, e, e.LocA)
		parts := make([]part, 99)
		for i := range parts {
			parts[i] = part{"file", fmt.Sprintf("%d.txt", i), "words"}
		}
		refuse(t, e, uploadOf(t, person, "999", parts...), 413, `{"statusCode":413,"error":"Request Entity Too Large","code":"payload_too_large"}`)
		refuse(t, e, uploadOf(t, strings.Repeat("x", 65<<10), "1", parts[0]), 413, `{"code":"payload_too_large"}`)
	})
}

// zeroes is a file of any length.
type zeroes struct{ left int64 }

func (z *zeroes) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	clear(p[:n])
	z.left -= n
	return int(n), nil
}

// streamed is an upload whose last file is size bytes long; it is made as it is sent.
func streamed(t testing.TB, e *testkit.Env, id string, size int64) *http.Request {
	t.Helper()
	whole := uploadOf(t, id, "2", part{"file", "small.txt", "words"}, part{"file", "large.bin", "@"})
	head, tail, _ := strings.Cut(whole.Body, "@")
	body := io.MultiReader(strings.NewReader(head), &zeroes{left: size}, strings.NewReader(tail))
	return uploadRequest(t, e, body, whole.Header["Content-Type"])
}

func uploadRequest(t testing.TB, e *testkit.Env, body io.Reader, contentType string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL+e.Names(uploadPath), body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+e.Token("locA"))
	req.Header.Set("Version", "2021-07-28")
	return req
}

// TestUploadSize: a file of 50 MB is kept, one byte more leaves nothing behind.
func TestUploadSize(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		person := contact(t, e, e.LocA)
		a := testkit.Do(t, streamed(t, e, person, tenantry.MaxFileSize+1))
		if a.Status != 413 || a.Text("code") != "payload_too_large" || !strings.Contains(a.Text("message"), "large.bin") {
			t.Errorf("one byte too many answers %d %s", a.Status, a.Raw)
		}
		if kept := keptFiles(t, e); len(kept) != 0 {
			t.Errorf("left behind: %v", kept)
		}
		if a = testkit.Do(t, streamed(t, e, person, tenantry.MaxFileSize)); a.Status != 200 {
			t.Fatalf("the largest file answers %d %s", a.Status, a.Raw)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, a.Text("uploadedFiles", "large.bin"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := testkit.Do(t, req).Header.Get("Content-Length"); got != fmt.Sprint(tenantry.MaxFileSize) {
			t.Errorf("the largest file has %s bytes", got)
		}
	})
}

// TestUploadCutOff: a sender that goes away leaves nothing behind.
func TestUploadCutOff(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		whole := uploadOf(t, contact(t, e, e.LocA), "1", part{"file", "a.bin", strings.Repeat("x", 1<<20)})
		r, w := io.Pipe()
		done := make(chan error, 1)
		go func() {
			resp, err := testkit.Client().Do(uploadRequest(t, e, r, whole.Header["Content-Type"]))
			if err == nil {
				err = resp.Body.Close()
			}
			done <- err
		}()
		if _, err := io.WriteString(w, whole.Body[:len(whole.Body)/2]); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the file is staged", func() bool { return len(keptFiles(t, e)) == 1 })
		_ = w.CloseWithError(io.ErrUnexpectedEOF)
		if err := <-done; err == nil {
			t.Error("the sender's failure went unnoticed")
		}
		eventually(t, "the staged file is gone", func() bool { return len(keptFiles(t, e)) == 0 })
		if rows := e.Snapshot(t)["files"]; len(rows) != 0 {
			t.Errorf("rows of a broken upload: %v", rows)
		}
	})
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestUploadIntoAVanishingLocation: the location is deleted while the form is read, so the
// rows are refused when the files have their places already.
func TestUploadIntoAVanishingLocation(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		whole := uploadOf(t, contact(t, e, e.LocA), "2", part{"file", "a.txt", "one"}, part{"file", "b.txt", "two"})
		r, w := io.Pipe()
		answer := make(chan testkit.Answer, 1)
		go func() { answer <- testkit.Do(t, uploadRequest(t, e, r, whole.Header["Content-Type"])) }()
		half := strings.Index(whole.Body, "two")
		if _, err := io.WriteString(w, whole.Body[:half]); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a file is staged", func() bool { return len(keptFiles(t, e)) > 0 })
		if err := e.Store.DeleteLocation(t.Context(), e.LocA, tenantry.System()); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, whole.Body[half:]); err != nil {
			t.Fatal(err)
		}
		_ = w.Close()
		if a := <-answer; a.Status != 403 || a.Text("code") != "location_access_denied" {
			t.Errorf("answers %d %s", a.Status, a.Raw)
		}
		if kept := keptFiles(t, e); len(kept) != 0 {
			t.Errorf("left behind: %v", kept)
		}
	})
}

// TestFilesThatCannotBeKept: when the disk refuses the files, nothing is kept and the answer
// is a 500 without detail; the next upload works.
func TestFilesThatCannotBeKept(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		person := contact(t, e, e.LocA)
		// A file where the location's folder should be.
		blocker := filepath.Join(e.Folder, string(e.LocA))
		if err := os.WriteFile(blocker, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s := uploadOf(t, person, "2", part{"file", "a.txt", "one"}, part{"file", "b.txt", "two"})
		s.Status, s.Want = 500, `{"message":"Internal server error","code":"internal"}`
		e.Send(t, s)
		if kept := keptFiles(t, e); !slices.Equal(kept, []string{blocker}) {
			t.Errorf("left behind: %v", kept)
		}
		if err := os.Remove(blocker); err != nil {
			t.Fatal(err)
		}
		s.Status, s.Want, s.Events = 200, "", events(tenantry.FilesUploaded)
		e.Send(t, s)
	})
}

func TestConcurrentUploads(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		person := contact(t, e, e.LocA)
		const n = 12
		answers := make([]testkit.Answer, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				s := uploadOf(t, person, "2", part{"file", "same.txt", fmt.Sprintf("upload %d", i)}, part{"file", "same.txt", fmt.Sprintf("more of %d", i)})
				answers[i] = e.Do(t, s)
			})
		}
		wg.Wait()
		for i, a := range answers {
			if a.Status != 200 {
				t.Fatalf("%d: %s", a.Status, a.Raw)
			}
			for name, want := range map[string]string{"same.txt": fmt.Sprintf("upload %d", i), "same (2).txt": fmt.Sprintf("more of %d", i)} {
				if got := fetch(t, a.Text("uploadedFiles", name)); string(got.Raw) != want {
					t.Errorf("%s is %q, want %q", name, got.Raw, want)
				}
			}
		}
		if kept := keptFiles(t, e); len(kept) != 2*n {
			t.Errorf("%d files are kept, want %d", len(kept), 2*n)
		}
	})
}

// TestUploadsAreBounded: beyond sixteen uploads under way one more is told to come back,
// and gets its turn when one ends.
func TestUploadsAreBounded(t *testing.T) {
	forEachStore(t, func(t *testing.T, e *testkit.Env) {
		const bound = 16
		whole := uploadOf(t, contact(t, e, e.LocA), "1", part{"file", "a.txt", "words"})
		half := strings.Index(whole.Body, "words")
		var ends []*io.PipeWriter
		statuses := make(chan int, bound)
		for range bound {
			r, w := io.Pipe()
			ends = append(ends, w)
			go func() { statuses <- testkit.Do(t, uploadRequest(t, e, r, whole.Header["Content-Type"])).Status }()
			if _, err := io.WriteString(w, whole.Body[:half]); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all uploads are under way", func() bool { return len(keptFiles(t, e)) == bound })
		s := whole
		s.Status, s.Want = 503, `{"statusCode":503,"error":"Service Unavailable","code":"unavailable"}`
		if a := e.Send(t, s); a.Header.Get("Retry-After") != "5" {
			t.Errorf("Retry-After is %q", a.Header.Get("Retry-After"))
		}
		for _, w := range ends {
			if _, err := io.WriteString(w, whole.Body[half:]); err != nil {
				t.Fatal(err)
			}
			_ = w.Close()
		}
		for range bound {
			if status := <-statuses; status != 200 {
				t.Errorf("an upload under way answers %d", status)
			}
		}
		whole.Events = events(tenantry.FilesUploaded)
		e.Send(t, whole)
	})
}

// TestBucketThatIsAway: uploads and downloads are told to come back, and nothing of where the
// files are; nothing is kept, and everything works once the storage is back.
func TestBucketThatIsAway(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d, testkit.WithBucket())
		s := uploadOf(t, contact(t, e, e.LocA), "2", part{"file", "a.txt", "one"}, part{"file", "b.txt", "two"})
		s.Events = events(tenantry.FilesUploaded)
		url := e.Send(t, s).Text("uploadedFiles", "a.txt")
		before := keptFiles(t, e)
		away := s
		away.Status, away.Want, away.Events = 503, `{"statusCode":503,"error":"Service Unavailable","code":"unavailable"}`, nil
		e.Bucket.Stop()
		for name, a := range map[string]testkit.Answer{"upload": e.Send(t, away), "download": fetch(t, url)} {
			if a.Status != 503 || a.Header.Get("Retry-After") == "" {
				t.Errorf("%s answers %d %v %s", name, a.Status, a.Header, a.Raw)
			}
			if host := strings.TrimPrefix(e.Bucket.URL, "http://"); strings.Contains(string(a.Raw), host) || strings.Contains(string(a.Raw), "bucket") {
				t.Errorf("%s tells where the files are: %s", name, a.Raw)
			}
		}
		if !strings.Contains(e.Log.String(), "connection refused") || strings.Contains(e.Log.String(), bucket.SecretAccessKey) || strings.Contains(e.Log.String(), filepath.Base(before[0])) {
			t.Errorf("the log says %s", e.Log)
		}
		if left := keptFiles(t, e); !slices.Equal(left, before) {
			t.Errorf("there are %v, there were %v", left, before)
		}
		e.Bucket.Resume(t)
		if a := fetch(t, url); a.Status != 200 || string(a.Raw) != "one" {
			t.Errorf("answers %d %s", a.Status, a.Raw)
		}
		e.Send(t, s)
	})
}
