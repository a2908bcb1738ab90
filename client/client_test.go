package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantry/tenantry/client"
)

func TestDo(t *testing.T) {
	type answer struct {
		ID string `json:"id"`
	}
	tests := []struct {
		name, method, path string
		body               any
		contentType, sent  string
	}{
		{"no body", "GET", "/companies/c1?x=1", nil, "", ""},
		{"JSON", "POST", "/contacts/", map[string]string{"name": "<Ann>"}, "application/json", `{"name":"<Ann>"}`},
		{
			"form", "POST", "/oauth/token", url.Values{"grant_type": {"refresh_token"}, "scope": {"a b"}},
			"application/x-www-form-urlencoded", "grant_type=refresh_token&scope=a+b",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got := []string{r.Method, r.RequestURI, r.Header.Get("Content-Type"), string(body)}
				if diff := cmp.Diff([]string{test.method, "/base" + test.path, test.contentType, test.sent}, got); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
				fmt.Fprint(w, `{"id":"x","unknown":[1]}`)
			}))
			defer srv.Close()
			var out answer
			if err := client.New(srv.URL+"/base/?q#f", token).Do(t.Context(), test.method, test.path, test.body, &out); err != nil {
				t.Fatal(err)
			}
			if out.ID != "x" {
				t.Errorf("answer %+v", out)
			}
		})
	}
}

func TestDoTakesAnEmptyAnswer(t *testing.T) {
	out := map[string]any{"kept": true}
	if err := answering(204, nil, "").Do(t.Context(), "DELETE", "/x", nil, &out); err != nil || out["kept"] != true {
		t.Errorf("got %v, %v", out, err)
	}
}

func TestOptionsChangeHeaders(t *testing.T) {
	var got http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		fmt.Fprint(w, `{"tags":[]}`)
	}))
	defer srv.Close()
	c := client.New(srv.URL, "", client.WithVersion("2023-02-21"), client.WithUserAgent("mine/1"))
	if _, err := c.Tags(t.Context(), "loc_A"); err != nil {
		t.Fatal(err)
	}
	if got.Get("Version") != "2023-02-21" || got.Get("User-Agent") != "mine/1" {
		t.Errorf("header %v", got)
	}
	if _, ok := got["Authorization"]; ok {
		t.Error("an empty token was sent")
	}
}

func TestIDsStayInTheirSegment(t *testing.T) {
	var seen string
	h := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		seen = r.URL.EscapedPath() + "?" + r.URL.RawQuery
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"tag":{}}`))}, nil
	})}
	c := client.New("http://server.test/base", token, client.WithHTTPClient(h))
	rapid.Check(t, func(t *rapid.T) {
		seen = ""
		location, id := rapid.String().Draw(t, "location"), rapid.String().Draw(t, "id")
		_, err := c.Tag(t.Context(), location, id)
		refused := func(s string) bool { return s == "" || s == "." || s == ".." }
		if refused(location) || refused(id) {
			if err == nil || seen != "" {
				t.Fatalf("sent %q, error %v", seen, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(strings.TrimSuffix(seen, "?"), "/")
		if len(parts) != 6 {
			t.Fatalf("path %q has %d parts", seen, len(parts))
		}
		for i, want := range []string{"", "base", "locations", location, "tags", id} {
			if got, err := url.PathUnescape(parts[i]); err != nil || got != want {
				t.Errorf("part %d is %q (%v), want %q", i, got, err, want)
			}
		}
	})
}

func TestIDsThatChangeThePathAreNotSent(t *testing.T) {
	h := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent %s %s", r.Method, r.URL)
		return nil, io.EOF
	})}
	c := client.New("http://server.test", token, client.WithHTTPClient(h))
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.DeleteLocation(t.Context(), id, true); err == nil {
			t.Errorf("deleted location %q", id)
		}
		if _, err := c.UploadFiles(t.Context(), id, "f1", 1, client.Upload{Name: "a", Content: strings.NewReader("a")}); err == nil {
			t.Errorf("uploaded to location %q", id)
		}
	}
	for _, path := range []string{"", "@evil.test/", ".evil.test/", ":81/", "https://evil.test/"} {
		if err := c.Do(t.Context(), "GET", path, nil, nil); err == nil {
			t.Errorf("sent to path %q", path)
		}
	}
}

func TestBadBaseURL(t *testing.T) {
	for _, base := range []string{"", "server.test", "ftp://server.test", "http://", "http://user:secret@server.test:x"} {
		err := client.New(base, token).Health(t.Context())
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("base URL %q: error %v", base, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("the redirect was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	}))
	defer srv.Close()
	for name, c := range map[string]*client.Client{
		"default": client.New(srv.URL, token),
		"own":     client.New(srv.URL, token, client.WithHTTPClient(http.DefaultClient)),
	} {
		_, err := c.CreateTag(t.Context(), "loc_A", "a")
		if e := failure(t, err); e.StatusCode != http.StatusMovedPermanently {
			t.Errorf("%s: status %d, want 301", name, e.StatusCode)
		}
	}
	if http.DefaultClient.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

func TestTheTokenIsShownNowhere(t *testing.T) {
	header := http.Header{"Content-Type": {"application/json"}}
	echo := `{"message":"bad ` + token + `","code":"` + token + `","meta":{"token":"` + token + `"}}`
	c := answering(401, header, echo)
	_, refused := c.Tags(t.Context(), "loc_A")
	_, invalid := client.New("http://server.test", token+"\n").Tags(t.Context(), "loc_A")
	broken := client.New("http://server.test", token, client.WithHTTPClient(&http.Client{
		Transport: transport(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }),
	}))
	_, lost := broken.Tags(t.Context(), "loc_A")
	if !errors.Is(lost, io.ErrUnexpectedEOF) {
		t.Errorf("the cause is lost in %v", lost)
	}
	for _, v := range []any{c, *c, refused, *failure(t, refused), invalid, lost} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, token) {
				t.Errorf("%s of %T shows the token: %s", format, v, text)
			}
		}
	}
	if meta := string(failure(t, refused).Meta["token"]); meta != `"[token]"` {
		t.Errorf("meta %s", meta)
	}
}

// endless is a body of blanks that tells when it is closed.
type endless struct {
	read   int
	closed bool
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error {
	e.closed = true
	return nil
}

func TestAnswersAreLimitedAndClosed(t *testing.T) {
	for _, status := range []int{200, 500} {
		body := &endless{}
		h := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: body}, nil
		})}
		c := client.New("http://server.test", token, client.WithHTTPClient(h), client.WithAnswerLimit(1<<20))
		_, err := c.Tags(t.Context(), "loc_A")
		if status == 200 && !errors.Is(err, client.ErrTooLarge) {
			t.Errorf("error %v, want ErrTooLarge", err)
		}
		if status == 500 && failure(t, err).StatusCode != 500 {
			t.Errorf("error %v, want a 500", err)
		}
		if !body.closed {
			t.Errorf("the body of a %d was left open", status)
		}
		if body.read > 2<<20 {
			t.Errorf("read %d bytes", body.read)
		}
	}
}

func TestAnswerAtTheLimit(t *testing.T) {
	const body = `{"tags":[]}`
	for over, want := range []error{nil, client.ErrTooLarge} {
		c := answering(200, nil, body, client.WithAnswerLimit(int64(len(body)-over)))
		if _, err := c.Tags(t.Context(), "loc_A"); !errors.Is(err, want) {
			t.Errorf("%d bytes over the limit: error %v, want %v", over, err, want)
		}
	}
}

func TestAnswersThatAreNoResource(t *testing.T) {
	for _, body := range []string{``, `<html>`, `{}`, `{"TAG":{}}`, `{"tag":null}`, `{"tag":"x"}`, `[]`, `{"tag":{}`} {
		if tag, err := answering(200, nil, body).Tag(t.Context(), "loc_A", "t1"); err == nil {
			t.Errorf("%s gave %+v", body, tag)
		}
	}
}

func TestTheContextEndsARequest(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer srv.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := client.New(srv.URL, token).Tags(ctx, "loc_A"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline", err)
	}
}

func TestOnResponse(t *testing.T) {
	var got []client.Response
	header := http.Header{}
	header.Set("X-Trace-Id", "trace-1")
	header.Set("X-RateLimit-Max", "100")
	header.Set("X-RateLimit-Remaining", "99")
	header.Set("X-RateLimit-Interval-Milliseconds", "10000")
	header.Set("X-RateLimit-Limit-Daily", "200000")
	header.Set("X-RateLimit-Daily-Remaining", "-3")
	header.Set("X-RateLimit-Daily-Reset", "3600000")
	c := answering(200, header, `{"templates":[]}`, client.WithOnResponse(func(r client.Response) { got = append(got, r) }))
	if _, err := c.Templates(t.Context(), "loc/A", client.TemplateQuery{}); err != nil {
		t.Fatal(err)
	}
	want := []client.Response{{
		Method: "GET", Path: "/locations/loc%2FA/templates", StatusCode: 200, TraceID: "trace-1",
		RateLimit: client.RateLimit{
			Max: 100, Remaining: 99, Interval: 10 * time.Second, LimitDaily: 200000, DailyRemaining: 0, DailyReset: time.Hour,
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTimestamp(t *testing.T) {
	at := time.Date(2026, 1, 5, 10, 0, 0, 123_000_000, time.FixedZone("", 3600))
	if got := client.TimestampOf(at); got != "2026-01-05T09:00:00.123Z" {
		t.Errorf("timestamp %q", got)
	}
	for text, want := range map[client.Timestamp]time.Time{
		"":                              {},
		"2026-01-05T09:00:00.123Z":      at.UTC(),
		"2026-01-05T10:00:00.123+01:00": at.UTC(),
	} {
		if got, err := text.Time(); err != nil || got != want {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
	if _, err := client.Timestamp("10-10-2022 12:00 AM").Time(); err == nil {
		t.Error("a local text was taken for a time")
	}
}
