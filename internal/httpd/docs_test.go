package httpd_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tenantry/tenantry/internal/testkit"
)

// fetch gets a page that needs no token.
func fetch(t *testing.T, e *testkit.Env, path string) testkit.Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return testkit.Do(t, req)
}

// TestReferencePageIsOffline: the page and all that it loads come from the binary.
func TestReferencePageIsOffline(t *testing.T) {
	e := testkit.NewEnv(t, testkit.OpenDB(t))
	documentIsServed(t, e)
	for _, path := range []string{"/docs", "/docs/"} {
		page := fetch(t, e, path)
		if page.Status != 200 || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			t.Fatalf("%s answers %d %v", path, page.Status, page.Header)
		}
		if url := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9.-]+\.[a-z]+[^"' ]*`).FindString(string(page.Raw)); url != "" {
			t.Errorf("the page names %s", url)
		}
		if !strings.Contains(string(page.Raw), "/openapi.json") {
			t.Error("the page does not name the document")
		}
		assets := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(string(page.Raw), -1)
		if len(assets) < 3 {
			t.Errorf("the page loads only %v", assets)
		}
		for _, asset := range assets {
			if a := fetch(t, e, asset[1]); a.Status != 200 || len(a.Raw) == 0 {
				t.Errorf("%s answers %d", asset[1], a.Status)
			}
		}
	}
	for _, path := range []string{"/docs/index.html", "/docs/nothing.js", "/docs/..", "/docs/%2e%2e%2fopenapi.json", "/docs/a/b"} {
		a := fetch(t, e, path)
		if a.Status != 404 || a.Text("traceId") == "" {
			t.Errorf("%s answers %d %.200s", path, a.Status, a.Raw)
		}
	}
}

// documentIsServed: without a token, and as the same bytes each time.
func documentIsServed(t *testing.T, e *testkit.Env) {
	first, again := fetch(t, e, "/openapi.json"), fetch(t, e, "/openapi.json")
	if first.Status != 200 || first.Header.Get("Content-Type") != "application/json" || string(first.Raw) != string(again.Raw) {
		t.Errorf("%d %v", first.Status, first.Header)
	}
	if paths, _ := first.Get("paths").(map[string]any); len(paths) == 0 {
		t.Errorf("the document has no paths: %.200s", first.Raw)
	}
}
