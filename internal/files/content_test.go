package files

import (
	"archive/zip"
	"bytes"
	"mime"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
)

// zipOf is a zip file with members of these names.
func zipOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Contents go through Stage, so that this tests sniffing and judging together.
func TestContent(t *testing.T) {
	t.Parallel()
	s, dir := newStore(t)
	html := "<!DOCTYPE html><html><script>alert(1)</script></html>"
	svg := `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	docx := string(zipOf(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"))
	jar := string(zipOf(t, "META-INF/MANIFEST.MF", "Main.class"))
	for _, c := range []struct {
		name, content string
		mime          string
		passes        bool
	}{
		{"a.pdf", string(pdfBytes), "application/pdf", true},
		{"a.pdf", string(elfBytes), "application/x-elf", false},
		{"a.pdf", string(exeBytes), "application/vnd.microsoft.portable-executable", false},
		{"a.pdf", "MZ short and all letters", "application/vnd.microsoft.portable-executable", false},
		{"a.pdf", html, "text/html", false},
		{"a.pdf", "#!/bin/sh\nrm -rf /\n", "text/x-shellscript", false},
		{"a.pdf", string(pngBytes), "image/png", false},
		{"a.pdf", jar, "application/java-archive", false},
		{"a.pdf", "hello", "text/plain; charset=utf-8", true},
		{"a.pdf", "", "text/plain", true},
		{"a.pdf", "\x01\x02\x03", "application/octet-stream", true},
		{"A.PNG", string(pngBytes), "image/png", true},
		{"a.jpg", string(pngBytes), "image/png", true},
		{"a.png", html, "text/html", false},
		{"a.png", svg, "image/svg+xml", false},
		{"a.png", string(pdfBytes), "application/pdf", false},
		{"a.png", `{"a":1}`, "application/json", false},
		{"a.gif", "<?php system($_GET[0]);", "text/x-php", false},
		{"a.svg", svg, "image/svg+xml", true},
		{"a.svg", html, "text/html", false},
		{"a.html", html, "text/html", true},
		{"a.html", string(exeBytes), "application/vnd.microsoft.portable-executable", false},
		{"a.csv", "a,b\n1,2\n", "text/csv", true},
		{"a.csv", "name\nAda\n", "text/plain; charset=utf-8", true},
		{"a.csv", "MZ,Mozambique\nBM,Bermuda\n", "text/plain", true},
		{"a.csv", string(elfBytes), "application/x-elf", false},
		{"a.csv", string(exeBytes), "application/vnd.microsoft.portable-executable", false},
		{"a.txt", html, "text/html", true},
		{"a.txt", "caf\xe9 au lait\n", "text/plain; charset=iso-8859-1", true},
		{"a.docx", docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true},
		{"a.docx", string(zipOf(t, "other")), "application/zip", true},
		{"a.docx", string(oleBytes), "application/x-ole-storage", true},
		{"a.docx", html, "text/html", false},
		{"a.docx", jar, "application/java-archive", false},
		{"a.doc", string(oleBytes), "application/x-ole-storage", true},
		{"a.doc", `{\rtf1\ansi}`, "text/rtf", true},
		{"a.xls", html, "text/html", true},
		{"a.xls", string(elfBytes), "application/x-elf", false},
		{"a.zip", docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true},
		{"a.zip", html, "text/html", false},
		{"a.mp3", "ID3\x03\x00\x00\x00\x00\x00\x0a" + long(20), "audio/mpeg", true},
		{"a.mp4", html, "text/html", false},
		{"a.exe", string(exeBytes), "application/vnd.microsoft.portable-executable", true},
		{"a.unheard", string(elfBytes), "application/x-elf", true},
		{"README", html, "text/html", true},
	} {
		st := stage(t, s, c.name, []byte(c.content))
		if st.MIME != c.mime {
			t.Errorf("%s with %.20q is sniffed as %q, want %q", c.name, c.content, st.MIME, c.mime)
		}
		switch err := CheckContent(st.Name, st.MIME); {
		case c.passes && err != nil:
			t.Errorf("%s with %.20q: %v", c.name, c.content, err)
		case !c.passes:
			wantKind(t, err, tenantry.Refused)
		}
		if err := st.Discard(); err != nil {
			t.Error(err)
		}
	}
	wantTree(t, dir)
}

// A document names its own charset; it must not write into headers with it.
func TestSniffedTypeIsAlwaysAPlainMediaType(t *testing.T) {
	t.Parallel()
	for _, content := range []string{
		"<html><meta charset='x\r\nSet-Cookie: a=b'>", "<?xml version=\"1.0\" encoding=\"a;b=c\r\nX: y\"?><a/>",
		"\xff\xfeh\x00i\x00", "\xef\xbb\xbfhello", "plain", "",
	} {
		got := sniff([]byte(content), "a.txt")
		media, params, err := mime.ParseMediaType(got)
		if err != nil || strings.ContainsAny(got, "\r\n") || len(params) > 0 && media != typePlain {
			t.Errorf("%q is sniffed as %q (%v)", content, got, err)
		}
	}
}

func TestCheckContentWithOddTypes(t *testing.T) {
	t.Parallel()
	for mimeType, passes := range map[string]bool{
		"": true, "garbage;;;": true, "TEXT/HTML; charset=x": false, "application/x-never-heard-of": false, "application/x-pdf": false,
	} {
		if err := CheckContent("a.pdf", mimeType); (err == nil) != passes {
			t.Errorf("a.pdf of type %q: %v", mimeType, err)
		}
	}
}
