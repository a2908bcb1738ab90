package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tenantry/tenantry"
)

// fuzzRequest sends a request of any query and body, and checks the form of the answer.
func fuzzRequest(t *testing.T, mux *Mux, path, query, contentType, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(body))
	r.URL.RawQuery = query
	r.Header.Set("Version", V3)
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r.WithContext(WithExchange(r.Context(), &Exchange{TraceID: "trace"})))
	var answer struct {
		StatusCode int
		Message    json.RawMessage
		Code       string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	if w.Code < 300 {
		return w
	}
	isList := len(answer.Message) > 2 && answer.Message[0] == '['
	if !slices.Contains([]int{400, 413, 415, 422}, w.Code) || answer.StatusCode != w.Code || answer.Code == "" || isList != (w.Code == http.StatusUnprocessableEntity) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w
}

// FuzzBind: whatever the body and the query, the answer is an error in the contract's shape or what
// was sent. What is bound obeys the rules, as another reader of the same body sees it.
func FuzzBind(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `{"name":"n"}`, `{"name":"n","items":[{}]}`, `{"a":{"b":[1e309]}}`, "\x00", `{"name":"\ud800"}`, `{"name":"n","name":"m"}`,
		`{"Name":"n"}`, `{"name":"n","inner":{"a":"b","c":1}}`, `{"name":"n","tags":["a","b","c"]}`, `{"name":"n","count":1e1,"ratio":-0.5,"on":true}`,
		`{"name":"n","mail":"a@b.test","day":"2026-02-30","word":"good","kind":"a","partner":""}`, "\ufeff{}", `{"name":"n"}{}`, `{"\u006eame":"n"}`,
	} {
		f.Add(seed, "limit=1")
		f.Add(seed, "limit=1&limit=2&flag=true&x=%zz")
	}
	mux := testMux(f)
	f.Fuzz(func(t *testing.T, body, query string) {
		w := fuzzRequest(t, mux, "/locations/loc/things", query, "application/json", body)
		if w.Code != http.StatusCreated {
			return
		}
		var sent struct{ Name string }
		var got testOutput
		if json.Unmarshal([]byte(body), &sent) != nil || json.Unmarshal(w.Body.Bytes(), &got) != nil || got.Name != sent.Name {
			t.Fatalf("%q is bound as %s", body, w.Body)
		}
		if n := utf8.RuneCountInString(got.Name); n < 1 || n > 5 || got.Limit < 1 || got.Limit > 100 || strings.ContainsRune(got.Name, 0) {
			t.Fatalf("%q with the query %q breaks the rules: %s", body, query, w.Body)
		}
	})
}

// FuzzCheckJSON: what passes is JSON that every reader reads alike: valid, of bounded depth, and
// with no text that decoding would have to repair.
func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[[[[]]]]`, `"\ud83d\ude80"`, `"\ud83d"`, `"\\ud83d"`, `"\\\ud83d"`, `"\ud83d\\ude80"`, `"\uD83D\uDE8"`, `{"a":"\"[{"}`, `"\`, `"\u12`, "\"\xed\xa0\x80\"",
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1), `]]]][[[[`, `1e400`, "\"\ufffd\"", `"\ufffd"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkJSON(data) != nil {
			return
		}
		if !json.Valid(data) || !utf8.Valid(data) || depthOf(t, data) > maxDepth {
			t.Fatalf("%q passes", data)
		}
		var v any
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%q passes: %v", data, err)
		}
		// encoding/json puts U+FFFD in the place of what it repairs.
		text, _ := json.Marshal(v) // what was decoded encodes
		said := bytes.Contains(data, []byte("\ufffd")) || bytes.Contains(bytes.ToLower(data), []byte(`\ufffd`))
		if !said && bytes.Contains(text, []byte("\ufffd")) {
			t.Fatalf("%q is read as %s", data, text)
		}
	})
}

// depthOf is the nesting of a JSON value.
func depthOf(t *testing.T, data []byte) (deepest int) {
	t.Helper()
	depth := 0
	for dec := json.NewDecoder(bytes.NewReader(data)); ; {
		token, err := dec.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		deepest = max(deepest, depth)
	}
}

// FuzzURLEncoded: a form in a URL's encoding binds by the rules of a JSON body; what is bound is what
// net/url reads.
func FuzzURLEncoded(f *testing.F) {
	for _, seed := range []string{"", "id=n", "id=n&id=m", "id=%zz", "id=%00", "id=%ff", "id=n&x=1", "ID=n", "id=+", "=&=", "&&&", "id", "id=a%2Cb&count=1e1", "id=a;b&on=true"} {
		f.Add(seed, urlEncoded)
	}
	f.Add("id=n", urlEncoded+"; charset=utf-16")
	f.Add(`{"id":"n"}`, "application/json")
	mux := encodedMux(f, tenantry.Caller{Class: tenantry.Agency, AppID: "app"})
	f.Fuzz(func(t *testing.T, body, contentType string) {
		w := fuzzRequest(t, mux, "/either", "", contentType, body)
		if w.Code != http.StatusOK || isJSON(contentType) {
			return
		}
		// net/url refuses a bare semicolon, which the URL standard does not.
		texts, err := url.ParseQuery(strings.ReplaceAll(body, ";", "%3B"))
		var got encodedBody
		if err != nil || json.Unmarshal(w.Body.Bytes(), &got) != nil || got.ID != texts.Get("id") || strings.TrimSpace(got.ID) == "" {
			t.Fatalf("%q is bound as %s: %v", body, w.Body, err)
		}
	})
}

// FuzzForm: whatever the bytes of a multipart body, it is read to its end or refused; whatever the
// bytes of a file, they are read as they are.
func FuzzForm(f *testing.F) {
	whole := formText("id", "1", "f/a.txt", "words", "note", "hey")
	for _, seed := range []string{
		"", "--B--", "--B\r\n\r\n\r\n--B--", whole, whole[:len(whole)-4], whole[:40], strings.ReplaceAll(whole, "\r\n", "\n"), formText("id", "1", "id", "2"),
		formText("f/", "x"), formText("id", "\x00"), formText("id", "\xff"), strings.Replace(whole, "form-data", "attachment", 1), strings.Replace(whole, `"id"`, `id*=utf-8''%69d`, 1),
		strings.Replace(whole, "Content-Disposition", "Content-Transfer-Encoding: base64\r\nContent-Disposition", 1), "\r\n-", "\r\n--", "-B--\r\n",
	} {
		f.Add(seed, "multipart/form-data; boundary=B")
	}
	f.Add(whole, `multipart/form-data; boundary="B`)
	f.Add(whole, `multipart/form-data; boundary=`+strings.Repeat("B", 71))
	mux := formMux(f)
	f.Fuzz(func(t *testing.T, body, contentType string) {
		fuzzRequest(t, mux, "/upload", "", contentType, body)
		if strings.Contains(body, "--B") || !utf8.ValidString(body) || len(body) > 128<<10 {
			return
		}
		w := fuzzRequest(t, mux, "/upload", "", "multipart/form-data; boundary=B", formText("f/a.txt", body, "id", "1"))
		var got map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || got["f/a.txt"] != body || got["id"] != "1" {
			t.Fatalf("the content %q is read as %d %s", body, w.Code, w.Body)
		}
	})
}

// FuzzDate: what is read as a date is a time of the years 1900 to 9999 in UTC, and written anew it
// is the same time.
func FuzzDate(f *testing.F) {
	for _, seed := range []string{
		"2026-03-29", "2026-03-29T02:30", "2026-03-29T02:30:00.123456789+02:00", "2026-13-01", "0000-00-00", "9999-12-31T23:59:59-14:00", "2026-03-29T24:00",
		"2026-03-29T02:30:60Z", "2026-03-29T02:30:00,5Z", "2026-03-29 02:30", "+2026-03-29", "2026-03-29T02:30:00Z0", "\uff12026-03-29", "2026-03-29T02:30:00+99:99",
	} {
		f.Add(seed)
	}
	zone := time.FixedZone("half", -9*3600-1800)
	f.Fuzz(func(t *testing.T, text string) {
		for _, in := range []*time.Location{time.UTC, zone} {
			at, err := ParseDateIn(text, in)
			if err != nil {
				continue
			}
			again, err := ParseDate(at.Format(time.RFC3339Nano))
			if err != nil || !again.Equal(at) || at.Location() != time.UTC || at.Year() < 1900 || at.Year() > 9999 {
				t.Fatalf("%q is %v, and that is %v, %v", text, at, again, err)
			}
		}
		if isDate(text) && IsLocalDate(text) == strings.ContainsAny(text[len(time.DateOnly):], "Z+-") {
			t.Fatalf("IsLocalDate(%q) = %v", text, IsLocalDate(text))
		}
	})
}
