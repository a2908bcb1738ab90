package files

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
)

// serve answers a request for the file kept under loc/file.
func serve(t *testing.T, s *Store, r *http.Request, name, mimeType string) *http.Response {
	t.Helper()
	f, keptAt, err := s.Open(t.Context(), "loc/file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := httptest.NewRecorder()
	Serve(w, r, f, keptAt, tenantry.File{Name: name, MIME: mimeType, SHA256: "hash"})
	return w.Result()
}

func body(t *testing.T, resp *http.Response) []byte {
	t.Helper()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestServeHeaders(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, _ func() []string) {
		keep(t, s, "loc/file", []byte("content"))
		for _, c := range []struct {
			name, mime  string
			contentType string
			disposition string
			policy      string
		}{
			{"a.png", "image/png", "image/png", `inline; filename="a.png"`, policy},
			{"a.pdf", "application/pdf", "application/pdf", `inline; filename="a.pdf"`, policyPDF},
			{"a.txt", "text/plain; charset=utf-8", "text/plain; charset=utf-8", `inline; filename="a.txt"`, policy},
			{"a.svg", "image/svg+xml", "image/svg+xml", `attachment; filename="a.svg"`, policy},
			{"a.svg", "IMAGE/SVG+XML; x=y", "image/svg+xml", `attachment; filename="a.svg"`, policy},
			{"a.html", "text/html; charset=utf-8", "text/html", `attachment; filename="a.html"`, policy},
			{"a.png", "text/html", "text/html", `attachment; filename="a.png"`, policy},
			{"a.xml", "text/xml", "text/xml", `attachment; filename="a.xml"`, policy},
			{"a.xhtml", "application/xhtml+xml", "application/xhtml+xml", `attachment; filename="a.xhtml"`, policy},
			{"a.js", "text/javascript", "text/javascript", `attachment; filename="a.js"`, policy},
			{"a.csv", "text/csv", "text/csv", `attachment; filename="a.csv"`, policy},
			{"a", "", "application/octet-stream", `attachment; filename="a"`, policy},
			{"a", "image", "application/octet-stream", `attachment; filename="a"`, policy},
			{"a", "image/png\r\nX: y", "application/octet-stream", `attachment; filename="a"`, policy},
			{"a", "text/plain; charset=\"x\r\ny\"", "application/octet-stream", `attachment; filename="a"`, policy},
		} {
			resp := serve(t, s, httptest.NewRequest(http.MethodGet, "/", nil), c.name, c.mime)
			got := map[string]string{}
			for _, key := range []string{"Content-Type", "Content-Disposition", "Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"} {
				got[key] = resp.Header.Get(key)
			}
			want := map[string]string{
				"Content-Type": c.contentType, "Content-Disposition": c.disposition, "Content-Security-Policy": c.policy,
				"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s as %q (-want +got):\n%s", c.name, c.mime, diff)
			}
			if resp.StatusCode != http.StatusOK || string(body(t, resp)) != "content" {
				t.Errorf("%s: status %d", c.name, resp.StatusCode)
			}
		}
	})
}

// The bytes that go in come out, whole, in parts, or not again.
func TestServeBytes(t *testing.T) {
	eachStore(t, func(t *testing.T, s *Store, _ func() []string) {
		content := bytes.Repeat([]byte("0123456789"), 10_000)
		keep(t, s, "loc/file", content)
		get := httptest.NewRequest(http.MethodGet, "/", nil)

		whole := serve(t, s, get, "a.bin", typeUnknown)
		if got := body(t, whole); sum(got) != sum(content) || whole.Header.Get("Content-Length") != "100000" {
			t.Errorf("whole: %d bytes, length %s", len(got), whole.Header.Get("Content-Length"))
		}

		get.Header.Set("Range", "bytes=5-14")
		part := serve(t, s, get, "a.bin", typeUnknown)
		if got := body(t, part); part.StatusCode != http.StatusPartialContent || string(got) != "5678901234" {
			t.Errorf("range: status %d, %q", part.StatusCode, got)
		}

		head := serve(t, s, httptest.NewRequest(http.MethodHead, "/", nil), "a.bin", typeUnknown)
		if got := body(t, head); len(got) != 0 || head.Header.Get("Content-Length") != "100000" {
			t.Errorf("HEAD: %d bytes, length %s", len(got), head.Header.Get("Content-Length"))
		}

		for _, c := range []struct {
			header, value string
			status        int
		}{
			{"If-None-Match", `"hash"`, http.StatusNotModified}, {"If-None-Match", `"other"`, http.StatusOK},
			{"If-Match", `"other"`, http.StatusPreconditionFailed},
			{"If-Range", `"hash"`, http.StatusPartialContent}, {"If-Range", `"other"`, http.StatusOK},
		} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set(c.header, c.value)
			if c.header == "If-Range" {
				r.Header.Set("Range", "bytes=-1")
			}
			if resp := serve(t, s, r, "a.bin", typeUnknown); resp.StatusCode != c.status || resp.Header.Get("ETag") != `"hash"` {
				t.Errorf("%s %s: status %d, ETag %s", c.header, c.value, resp.StatusCode, resp.Header.Get("ETag"))
			}
		}

		again := httptest.NewRequest(http.MethodGet, "/", nil)
		again.Header.Set("If-Modified-Since", whole.Header.Get("Last-Modified"))
		if resp := serve(t, s, again, "a.bin", typeUnknown); resp.StatusCode != http.StatusNotModified {
			t.Errorf("unchanged: status %d", resp.StatusCode)
		}
	})
}

func TestDispositionNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"plain name (1).csv": `attachment; filename="plain name (1).csv"`,
		"naïve.csv":          `attachment; filename="na_ve.csv"; filename*=UTF-8''na%C3%AFve.csv`,
		"報告.csv":             `attachment; filename="__.csv"; filename*=UTF-8''%E5%A0%B1%E5%91%8A.csv`,
		`a"b\c.csv`:          `attachment; filename="a_b_c.csv"; filename*=UTF-8''a%22b%5Cc.csv`,
		"50%41.csv":          `attachment; filename="50_41.csv"; filename*=UTF-8''50%2541.csv`,
		"a;b=c.csv":          `attachment; filename="a;b=c.csv"`,
		"a\r\nSet-Cookie: x": `attachment; filename="a__Set-Cookie: x"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x`,
		"\xff.csv":           `attachment; filename="_.csv"; filename*=UTF-8''%EF%BF%BD.csv`,
		"":                   `attachment; filename="file"`,
	} {
		if got := disposition("text/csv", name); got != want {
			t.Errorf("%q:\n got %s\nwant %s", name, got, want)
		}
	}
}

// Whatever the name, the header is one line of printable ASCII that a parser
// reads back as that name.
func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"a.pdf", "a\r\nb", `"; filename="x.exe`, "ü\x00", "\xff\xfe", "%0d%0a", "a'b", "\u202e", strings.Repeat("é", 200)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		header := disposition("text/csv", name)
		for _, c := range []byte(header) {
			if c < ' ' || c >= 0x7f {
				t.Fatalf("%q gives %q", name, header)
			}
		}
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" {
			t.Fatalf("%q gives %q: %v", name, header, err)
		}
		want := name
		if name == "" {
			want = "file"
		}
		if utf8.ValidString(name) && params["filename"] != want {
			t.Fatalf("%q gives %q, read back as %q", name, header, params["filename"])
		}
	})
}
