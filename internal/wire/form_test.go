package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
)

type echoForm struct {
	ID   string `json:"id" rule:"required"`
	Note string `json:"note" rule:"maxLen=5"`
}

type echoInput struct {
	Form Form[echoForm] `body:"form"`
}

// formMux serves a row that answers with all that it reads of a form.
func formMux(t testing.TB) *Mux {
	t.Helper()
	gate := Gate{
		Authenticate: func(*http.Request) (tenantry.Caller, error) {
			return tenantry.Caller{Class: tenantry.SubAccount, Scopes: tenantry.Scopes()}, nil
		},
		Admit: func(http.Header, tenantry.Caller) error { return nil },
	}
	h := func(_ context.Context, _ tenantry.Caller, in *echoInput) (map[string]string, error) {
		out := map[string]string{}
		form, err := in.Form.Read(func(p FilePart) error {
			if p.Name == "bad.txt" {
				return errors.New("the handler's own failure")
			}
			content, err := io.ReadAll(p)
			if err != nil {
				return formError(err)
			}
			out[p.Field+"/"+p.Name] = string(content)
			return nil
		})
		if err != nil {
			return nil, err
		}
		out["id"], out["note"] = form.ID, form.Note
		return out, nil
	}
	return NewMux(gate, []Route{Handle(Op{Method: "POST", Path: "/upload", ID: "upload", MaxBody: 256 << 10, Scopes: tenantry.Scopes()}, h)})
}

// formText writes a form with the boundary B: a name with a slash is that of a part and its file.
func formText(parts ...string) string {
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		name, file, isFile := strings.Cut(parts[i], "/")
		fmt.Fprintf(&b, "--B\r\nContent-Disposition: form-data; name=%q", name)
		if isFile {
			fmt.Fprintf(&b, "; filename=%q\r\nContent-Type: text/plain", file)
		}
		fmt.Fprintf(&b, "\r\n\r\n%s\r\n", parts[i+1])
	}
	return b.String() + "--B--\r\n"
}

func TestForm(t *testing.T) {
	mux := formMux(t)
	many := make([]string, 0, 2*(maxParts+1))
	for range maxParts + 1 {
		many = append(many, "f/a.txt", "x")
	}
	whole := formText("id", "1", "f/a.txt", "words", "f/b.txt", "more")
	for _, row := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"texts and files in any order", formText("f/a.txt", "words", "id", "1", "g/b.txt", "", "note", "hey"), 200,
			`{"f/a.txt":"words","g/b.txt":"","id":"1","note":"hey","traceId":"trace"}`},
		{"text around the form", "preamble\r\n" + formText("id", "1") + "epilogue", 200, `{"id":"1","note":"","traceId":"trace"}`},
		{"content like a boundary", formText("id", "1", "f/a.txt", "--B- --B --\r\n-B--"), 200, `--B- --B --`},
		{"unknown first", formText("x", "1", "note", "too long", "f/a.txt", "words", "y", "2"), 422,
			`"message":["property x should not exist","property y should not exist","id must be a string","note must be shorter than or equal to 5 characters"]`},
		{"repeated", formText("id", "1", "id", "2"), 422, `"message":["property id should not be repeated"]`},
		{"the handler's failure", formText("f/bad.txt", "x"), 500, `"code":"internal"`},
		{"as many parts as may be", formText(append([]string{"id", "1"}, many[4:]...)...), 200, `"id":"1"`},
		{"one part more", formText(many...), 413, `"code":"payload_too_large"`},
		{"a long text", formText("id", strings.Repeat("x", maxTextPart+1)), 413, `"code":"payload_too_large"`},
		{"a long header", strings.Replace(whole, "Content-Type: text/plain", "X-Long: "+strings.Repeat("x", 2*maxPartHeader), 1), 413, `The header of a part is larger than 16384 bytes`},
		{"many headers", strings.Replace(whole, "Content-Type: text/plain", strings.Repeat("X-A: b\r\n", maxPartHeader/4)+"X-B: c", 1), 413, `The header of a part is larger than 16384 bytes`},
		{"a long text before the form", strings.Repeat("text\r\n", maxPartHeader/4) + whole, 413, `The header of a part is larger than 16384 bytes`},
		{"a short text before the form", strings.Repeat("text\r\n", maxPartHeader/12) + whole, 200, `"f/b.txt":"more"`},
		{"a long file before another part", formText("f/a.txt", strings.Repeat("x", 5*maxPartHeader), "id", "1"), 200, `"id":"1"`},
		{"a long body", formText("id", "1", "f/a.txt", strings.Repeat("x", 256<<10)), 413, `The request body is larger than 262144 bytes`},
		{"a long body of texts", formText("id", "1", "x", strings.Repeat("x", 64<<10), "y", strings.Repeat("y", 64<<10), "z", strings.Repeat("z", 64<<10), "a", strings.Repeat("a", 64<<10)),
			413, `The request body is larger than 262144 bytes`},
		{"empty", "", 400, `"code":"malformed_body"`},
		{"no form", "words", 400, `"code":"malformed_body"`},
		{"cut off in a file", whole[:strings.Index(whole, "more")+2], 400, `"code":"malformed_body"`},
		{"cut off in a header", whole[:strings.Index(whole, "b.txt")], 400, `"code":"malformed_body"`},
		{"cut off after a header", whole[:strings.Index(whole, "more")], 400, `"code":"malformed_body"`},
		{"cut off after a part", whole[:strings.LastIndex(whole, "--B\r\n")], 400, `"code":"malformed_body"`},
		{"cut off in the last boundary", strings.TrimSuffix(whole, "-\r\n"), 400, `"code":"malformed_body"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, body := send(t, mux, "POST", "/upload", row.body, "Content-Type", "multipart/form-data; boundary=B")
			if status != row.status || !strings.Contains(body, row.want) {
				t.Errorf("%d %.300s, want %d with %s", status, body, row.status, row.want)
			}
		})
	}
	for contentType, want := range map[string]int{
		"": 415, "application/json": 415, "multipart/mixed; boundary=B": 415, "multipart/form-data": 400, `multipart/form-data; boundary=""`: 400, "multipart/form-data; boundary": 415,
	} {
		if status, body := send(t, mux, "POST", "/upload", formText("id", "1"), "Content-Type", contentType); status != want {
			t.Errorf("%q answers %d %s, want %d", contentType, status, body, want)
		}
	}
}
