package httpd_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
	"github.com/tenantry/tenantry/internal/wire"
)

// An endless body is sent until the answer comes. What the server has taken by then is at most its
// limit and what the kernel holds of a connection.
const (
	mostSent  = 256 << 20
	kernels   = 32 << 20
	mostHeap  = 24 << 20 // bytes allocated for one request, whatever its length
	chunkSize = 64 << 10
)

// TestEndlessBodies (requirements 20 and 22): a body in chunks without an end is a 413 once it is too
// large, whoever reads it, and takes no memory beyond what may be large.
func TestEndlessBodies(t *testing.T) {
	e := testkit.NewEnv(t, testkit.OpenDB(t))
	before := e.Snapshot(t)
	const multipart = "Content-Type: multipart/form-data; boundary=B"
	const encoded = "Content-Type: application/x-www-form-urlencoded"
	upload := "/locations/{locA}/customFields/upload"
	for _, tt := range []struct {
		name, path, header, start, repeat string
		limit                             int
		status                            int
	}{
		{"blanks before JSON", "/locations/{locA}/tags", "Content-Type: application/json", "", " ", wire.MaxBody, 413},
		{"a text in JSON", "/locations/{locA}/tags", "Content-Type: application/json", `{"name":"`, "x", wire.MaxBody, 413},
		{"nested JSON", "/locations/{locA}/tags", "Content-Type: application/json", "", "[", wire.MaxBody, 413},
		{"a form without a token", "/oauth/token", encoded, "grant_type=", "x&", 64 << 10, 413},
		{"a form of revocation", "/oauth/revoke", encoded, "token=", "x", 64 << 10, 413},
		{"a page's form", "/oauth/sign-in", encoded + "\r\nSec-Fetch-Site: same-origin", "email=", "x", 64 << 10, 400},
		{"a text part", upload, multipart, "--B\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n", "x", 64 << 10, 413},
		{"the header of a part", upload, multipart, "--B\r\nX-Long: ", "x", 64 << 10, 413},
		{"the headers of a part", upload, multipart, "--B\r\n", "X-A: b\r\n", 64 << 10, 413},
		{"parts", upload, multipart, "", "--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n", 64 << 10, 413},
		{"text before the first part", upload, multipart, "", "x\r\n", 64 << 10, 413},
		{"a file", upload, multipart, "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n", "x", tenantry.MaxFileSize, 413},
		{"a path that is none", "/nowhere", "Content-Type: application/json", "", "x", 0, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := allocated()
			a, sent := endless(t, e, "POST "+tt.path, tt.header, tt.start, tt.repeat)
			if a.status != tt.status {
				t.Errorf("%d %.300s, want %d", a.status, a.body, tt.status)
			}
			if sent > tt.limit+kernels {
				t.Errorf("%d MB were taken of a body that may have %d", sent>>20, tt.limit>>20)
			}
			if used := allocated() - start; used > mostHeap {
				t.Errorf("%d KB of memory were used", used>>10)
			}
		})
	}
	if fmt.Sprint(before) != fmt.Sprint(e.Snapshot(t)) {
		t.Error("something was written")
	}
}

// allocated is how many bytes the process has allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// endless sends a body in chunks until the answer comes, and tells how much was sent.
func endless(t *testing.T, e *testkit.Env, line, header, start, repeat string) (a answer, sent int) {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(e.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	method, target, _ := strings.Cut(line, " ")
	if start == "" {
		start = " " // a chunk without bytes would end the body
	}
	head := request(e, method, target, header, "Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n", len(start), start)
	if _, err = io.WriteString(conn, strings.Replace(head, "Connection: close\r\n", "", 1)); err != nil {
		t.Fatal(err)
	}
	count := make(chan int, 1)
	go func() {
		text := bytes.Repeat([]byte(repeat), chunkSize/len(repeat))
		chunk := append(fmt.Appendf(nil, "%x\r\n", len(text)), append(text, "\r\n"...)...)
		sent := 0
		for sent < mostSent {
			n, err := conn.Write(chunk)
			sent += n
			if err != nil {
				break // the server has closed the connection
			}
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second)) // what was answered is there
		count <- sent
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("no answer after %d MB: %v", <-count>>20, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if !resp.Close {
		t.Error("the connection is kept")
	}
	return answer{resp.StatusCode, resp.Header, string(body)}, <-count
}
