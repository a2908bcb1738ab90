package client_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/client"
)

const uploadAnswer = `{"uploadedFiles":{"FileName.csv":"https://x.test/location/loc_A/custom-Field/f1/56e0d7fc.csv"},
	"meta":[{"fieldname":"FileName.csv","originalname":"FileName.csv","encoding":"7bit","mimetype":"text/csv","size":2061,
		"url":"https://x.test/location/loc_A/custom-Field/f1/56e0d7fc.csv"}]}`

// part is one part of a form as the server reads it.
type part struct{ Name, File, ContentType, Body string }

func readForm(t *testing.T, r *http.Request) []part {
	t.Helper()
	form, err := r.MultipartReader()
	if err != nil {
		t.Fatal(err)
	}
	var parts []part
	for {
		p, err := form.NextPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		// FileName drops folders; what was sent is the question here.
		_, disposition, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part{p.FormName(), disposition["filename"], p.Header.Get("Content-Type"), string(body)})
	}
}

func TestUploadForm(t *testing.T) {
	var got []part
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if target := r.Method + " " + r.RequestURI; target != "POST /locations/loc_A/customFields/upload" {
			t.Errorf("request %q", target)
		}
		if r.ContentLength != -1 || r.Header.Get("Authorization") != "Bearer "+token || r.Header.Get("Version") != client.DefaultVersion {
			t.Errorf("length %d, header %v", r.ContentLength, r.Header)
		}
		got = readForm(t, r)
		io.WriteString(w, uploadAnswer)
	}))
	defer srv.Close()
	result, err := client.New(srv.URL, token).UploadFiles(t.Context(), "loc_A", "aWdODOBVOlH1RUFKWQke", 15,
		client.Upload{Name: "a.pdf", Content: strings.NewReader("%PDF")},
		client.Upload{Name: `b "é".bin`, Content: strings.NewReader(""), ContentType: "application/x-own", Field: "field_uuid"},
		client.Upload{Name: "bare", Content: strings.NewReader("\r\n--x")},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := []part{
		{Name: "id", Body: "aWdODOBVOlH1RUFKWQke"},
		{Name: "maxFiles", Body: "15"},
		{"a.pdf", "a.pdf", "application/pdf", "%PDF"},
		{"field_uuid", `b "é".bin`, "application/x-own", ""},
		{"bare", "bare", "application/octet-stream", "\r\n--x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	operation{answer: uploadAnswer}.checkKept(t, result)
}

// gate is a file whose second half is there only once the server has the first.
type gate struct {
	halves []string
	opened chan struct{}
}

func (g *gate) Read(p []byte) (int, error) {
	if len(g.halves) == 0 {
		return 0, io.EOF
	}
	if len(g.halves) == 1 {
		<-g.opened
	}
	n := copy(p, g.halves[0])
	g.halves = g.halves[1:]
	return n, nil
}

func TestUploadStreams(t *testing.T) {
	g := &gate{halves: []string{"first", "second"}, opened: make(chan struct{})}
	h := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		defer r.Body.Close()
		form := multipart.NewReader(r.Body, boundary(t, r))
		for range 2 { // id and maxFiles
			if _, err := form.NextPart(); err != nil {
				return nil, err
			}
		}
		file, err := form.NextPart()
		if err != nil {
			return nil, err
		}
		start := make([]byte, 1)
		if _, err := io.ReadFull(file, start); err != nil {
			return nil, err
		}
		close(g.opened)
		rest, err := io.ReadAll(file)
		if err != nil {
			return nil, err
		}
		if got := string(start) + string(rest); got != "firstsecond" {
			t.Errorf("file %q", got)
		}
		_, err = io.Copy(io.Discard, r.Body)
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(uploadAnswer))}, err
	})}
	c := client.New("http://server.test", token, client.WithHTTPClient(h))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := c.UploadFiles(ctx, "loc_A", "f1", 1, client.Upload{Name: "a.txt", Content: g}); err != nil {
		t.Error(err)
	}
}

func boundary(t *testing.T, r *http.Request) string {
	t.Helper()
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	return params["boundary"]
}

type brokenFile struct{ err error }

func (f brokenFile) Read([]byte) (int, error) { return 0, f.err }

func TestUploadOfABrokenFile(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			t.Error("the server took the form for complete")
		}
	}))
	defer srv.Close()
	cause := errors.New("disk on fire")
	_, err := client.New(srv.URL, token).UploadFiles(t.Context(), "loc_A", "f1", 1,
		client.Upload{Name: "a.txt", Content: io.MultiReader(strings.NewReader("start"), brokenFile{cause})})
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "a.txt") {
		t.Errorf("error %v, want the cause and the file", err)
	}
}

func TestUploadAnsweredEarly(t *testing.T) {
	c := answering(http.StatusRequestEntityTooLarge, nil, `{"message":"too large","code":"too_large"}`)
	_, err := c.UploadFiles(t.Context(), "loc_A", "f1", 1, client.Upload{Name: "a.txt", Content: &endless{}})
	if e := failure(t, err); e.Code != "too_large" {
		t.Errorf("error %v, want the refusal", err)
	}
}

func TestUploadLeftWithItsContext(t *testing.T) {
	g := &gate{halves: []string{"never"}, opened: make(chan struct{})}
	defer close(g.opened)
	ctx, cancel := context.WithCancel(t.Context())
	h := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		defer r.Body.Close()
		form := multipart.NewReader(r.Body, boundary(t, r))
		for range 3 { // id, maxFiles and the head of the file, which then blocks
			if _, err := form.NextPart(); err != nil {
				return nil, err
			}
		}
		cancel()
		return nil, r.Context().Err()
	})}
	_, err := client.New("http://server.test", token, client.WithHTTPClient(h)).
		UploadFiles(ctx, "loc_A", "f1", 1, client.Upload{Name: "a.txt", Content: g})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the cancellation", err)
	}
}
