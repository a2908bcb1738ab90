package files

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/tenantry/tenantry"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"report.pdf", "report.pdf"},
		{"../../etc/passwd", "passwd"},
		{"/etc/passwd", "passwd"},
		{`C:\Users\me\report.pdf`, "report.pdf"},
		{`..\..\boot.ini`, "boot.ini"},
		{`a/b\c.txt`, "c.txt"},
		{"  spaced name.pdf ", "spaced name.pdf"},
		{"run.exe...", "run.exe"},
		{"run.exe . .", "run.exe"},
		{".htaccess", ".htaccess"},
		{"Übersicht – 2026 (1).PDF", "Übersicht – 2026 (1).PDF"},
		{"報告書.pdf", "報告書.pdf"},
		{"تقرير.pdf", "تقرير.pdf"},
		{`quo"te'; rm -rf.txt`, `quo"te'; rm -rf.txt`},
		{long(255), long(255)},
		{long(256), long(255)},
		{long(300) + ".pdf", long(251) + ".pdf"},
		{long(251) + ".pdf", long(251) + ".pdf"},
		{strings.Repeat("é", 200) + ".jpeg", strings.Repeat("é", 125) + ".jpeg"},
		{"a." + long(300), "a." + long(253)},
		{long(250) + "   . " + long(10) + ".pdf", long(250) + ".pdf"},
	} {
		got, err := CleanName(c.in)
		if err != nil || got != c.want {
			t.Errorf("CleanName(%q) = %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

func TestCleanNameRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", " ", ".", "..", "...", ". .", "/", "a/", `a\`, "../", "../..", strings.Repeat(".", 260) + long(40),
		"a\x00b.pdf", "\x00", "a\r\nSet-Cookie: x.pdf", "a\tb", "a\x7f", "a\u0085b", "a\u2028b", "a\u2029b",
		"invoice\u202efdp.exe", "a\u202ab", "a\u2066b", "a\u2069b", "a\xff.pdf", "\xc3\x28", "bad\x00/good.pdf",
	} {
		got, err := CleanName(in)
		if err == nil {
			t.Errorf("CleanName(%q) = %q, want a refusal", in, got)
			continue
		}
		wantKind(t, err, tenantry.Invalid)
	}
}

func TestCleanNameProperties(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]string{"a", ".", "..", "/", `\`, " ", "é", "報", ".pdf", long(120), "\u202e", "\n", "\xff", "\u00a0"})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "") + rapid.String().Draw(t, "end")
		got, err := CleanName(in)
		if err != nil {
			return
		}
		if got == "" || len(got) > maxName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\r\n") || got == ".." {
			t.Fatalf("CleanName(%q) = %q", in, got)
		}
		if strings.HasSuffix(got, ".") || strings.HasSuffix(got, " ") {
			t.Fatalf("CleanName(%q) = %q ends in what Windows drops", in, got)
		}
		if again, err := CleanName(got); err != nil || again != got {
			t.Fatalf("CleanName(%q) = %q, cleaned again %q, %v", in, got, again, err)
		}
		base := in[strings.LastIndexAny(in, `/\`)+1:]
		if ext := path.Ext(strings.TrimRight(base, " .")); len(ext) <= maxExtension && path.Ext(got) != ext {
			t.Fatalf("CleanName(%q) = %q, lost the extension %q", in, got, ext)
		}
	})
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		formats []string
		name    string
		want    bool
	}{
		{nil, "x.exe", true},
		{[]string{}, "x", true},
		{[]string{"", " "}, "x.exe", true},
		{[]string{"all"}, "x.exe", true},
		{[]string{".pdf", "ALL"}, "x.exe", true},
		{[]string{".pdf"}, "x.pdf", true},
		{[]string{"pdf"}, "x.pdf", true},
		{[]string{" .PDF "}, "X.Pdf", true},
		{[]string{".pdf", ".png"}, "x.PNG", true},
		{[]string{".tar.gz"}, "x.tar.gz", true},
		{[]string{".gz"}, "x.tar.gz", true},
		{[]string{".pdf"}, "x.exe", false},
		{[]string{".pdf"}, "x.pdf.exe", false},
		{[]string{".pdf"}, "x.exe.pdf", true},
		{[]string{".pdf"}, "xpdf", false},
		{[]string{".pdf"}, "pdf", false},
		{[]string{".pdf"}, "x", false},
		{[]string{".pdf"}, "x.pdfx", false},
		{[]string{".pdf"}, "x.pdf\u202egnp", false},
		{[]string{".jpg"}, "x.jpeg", false},
		{[]string{"."}, "x.exe", true},
	} {
		if got := Accepts(c.formats, c.name); got != c.want {
			t.Errorf("Accepts(%q, %q) = %v", c.formats, c.name, got)
		}
	}
}

func TestNumbered(t *testing.T) {
	for name, want := range map[string]string{
		"a.pdf": "a (2).pdf", "a": "a (2)", "a.tar.gz": "a.tar (2).gz", ".pdf": " (2).pdf", "a (2).pdf": "a (2) (2).pdf",
		"a." + strings.Repeat("x", 40):              "a." + strings.Repeat("x", 40) + " (2)",
		strings.Repeat("n", maxName-4) + ".pdf":     strings.Repeat("n", maxName-8) + " (2).pdf",
		strings.Repeat("é", (maxName-5)/2) + ".pdf": strings.Repeat("é", (maxName-8)/2) + " (2).pdf",
	} {
		got := Numbered(name, 2)
		if got != want || len(got) > maxName {
			t.Errorf("Numbered(%q) = %q of %d bytes, want %q", name, got, len(got), want)
		}
	}
	long := strings.Repeat("🚀", 63)
	if a, b := Numbered(long, 99), Numbered(long, 100); a == b || len(b) > maxName || !utf8.ValidString(b) {
		t.Errorf("%q and %q", a, b)
	}
}
