//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tenantry/tenantry/client"
)

// halfSent is a request that has begun in the server, with its end still to be sent.
type halfSent struct {
	conn   net.Conn
	answer *bufio.Reader
	rest   []byte
}

// beginRequest sends a request but for the last byte of its body, and waits until the server reads that.
func beginRequest(t *testing.T, f facts, token, path, contentType string, body []byte) halfSent {
	t.Helper()
	addr := strings.TrimPrefix(f.BaseURL, "http://")
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nVersion: 2021-07-28\r\n"+
		"Content-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", path, addr, token, contentType, len(body))
	if err != nil {
		t.Fatal(err)
	}
	h := halfSent{conn: conn, answer: bufio.NewReader(conn), rest: body[len(body)-1:]}
	line, err := h.answer.ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := h.answer.ReadString('\n'); err != nil { // the empty line after it
		t.Fatal(err)
	}
	if _, err := conn.Write(body[:len(body)-1]); err != nil {
		t.Fatal(err)
	}
	return h
}

// finish sends the last byte and gives the answer.
func (h halfSent) finish() (status int, body string, err error) {
	if _, err := h.conn.Write(h.rest); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(h.answer, nil)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// uploadForm is the body of an upload of one file to a custom field.
func uploadForm(t *testing.T, field, name string) (contentType string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for key, value := range map[string]string{"id": field, "maxFiles": "1"} {
		if err := w.WriteField(key, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, strings.Repeat("hello ", 100_000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// TestShutdownCutsNothing (requirement 41): of 200 requests in flight, as many uploads among
// them as there may be, each is answered after the signal, while nobody new is let in.
func TestShutdownCutsNothing(t *testing.T) {
	p := startProcess(t)
	loc := string(p.facts.First())
	token := p.facts.LocationTokens[p.facts.First()]
	field, err := client.New(p.facts.BaseURL, token).CreateCustomField(t.Context(), loc, client.CreateCustomFieldRequest{
		Name: "Papers", DataType: client.FieldFileUpload, AcceptedFormat: []string{".txt"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const uploads, total = 16, 200
	var begun []halfSent
	for i := range total {
		if i < uploads {
			contentType, body := uploadForm(t, field.ID, fmt.Sprintf("paper %d.txt", i))
			begun = append(begun, beginRequest(t, p.facts, token, "/locations/"+loc+"/customFields/upload", contentType, body))
			continue
		}
		body := fmt.Appendf(nil, `{"name":"tag %d"}`, i)
		begun = append(begun, beginRequest(t, p.facts, token, "/locations/"+loc+"/tags", "application/json", body))
	}
	p.signal(t, syscall.SIGTERM)
	for {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.facts.BaseURL, "http://"))
		if err != nil {
			break // nobody listens any more
		}
		_ = conn.Close()
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-p.ended:
		t.Fatalf("ended before its last answer: %v", err)
	default:
	}
	for i, h := range begun {
		if status, body, err := h.finish(); err != nil || status != http.StatusOK {
			t.Errorf("request %d: %d %s, %v", i, status, body, err)
		}
	}
	if err := p.wait(t, time.Minute); err != nil {
		t.Error(err)
	}
}

// TestDrainDelay: who asks for the readiness is told before the address closes.
func TestDrainDelay(t *testing.T) {
	p := startProcess(t, "--drain-delay", "10m")
	if status, _ := getText(t, p.facts.BaseURL+"/health/ready"); status != http.StatusOK {
		t.Errorf("before the signal: %d", status)
	}
	p.signal(t, syscall.SIGTERM)
	for {
		status, body := getText(t, p.facts.BaseURL+"/health/ready")
		if status == http.StatusServiceUnavailable && strings.Contains(body, `"status":"draining"`) {
			break
		}
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := client.New(p.facts.BaseURL, p.facts.AgencyToken).SearchLocations(t.Context(), client.LocationSearch{}); err != nil {
		t.Errorf("a request during the delay: %v", err)
	}
	p.signal(t, syscall.SIGTERM)
	if err := p.wait(t, time.Minute); err == nil {
		t.Error("a second signal does not end it at once")
	}
}
