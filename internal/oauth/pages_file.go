package oauth

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"github.com/tenantry/tenantry/internal/wire"
)

// pageFile is a file that pages load.
type pageFile struct {
	contentType string
	body        []byte
	version     string // changes with the body, so that browsers may keep it for ever
}

// loadFiles reads the files out of the program. It panics when one is missing, which only
// a program that was built wrong can do.
func (p *Pages) loadFiles() {
	p.files = map[string]pageFile{}
	for name, contentType := range map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		body, err := pageFiles.ReadFile("pages/" + name)
		if err != nil {
			panic("oauth: " + err.Error())
		}
		p.files[name] = pageFile{contentType: contentType, body: body, version: HashToken(string(body))[:16]}
	}
}

// parseTemplates makes the templates: each page inside the one layout.
func (p *Pages) parseTemplates() map[string]*template.Template {
	functions := template.FuncMap{
		"file":  func(name string) string { return p.base + filePath + name + "?v=" + p.files[name].version },
		"count": count, "thousands": thousands,
		"item": func(i itemView, many bool) rowView { return rowView{i, many} },
	}
	pages := map[string]*template.Template{}
	for _, name := range []string{"sign-in.html", "choose.html", "problem.html"} {
		pages[name] = template.Must(template.New("layout.html").Funcs(functions).ParseFS(pageFiles, "pages/layout.html", "pages/"+name))
	}
	return pages
}

// file serves what pages load.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) {
	f, ok := p.files[r.PathValue("file")]
	p.header(w, "'none'")
	if !ok {
		wire.WriteError(w, r, wire.NoRoute(r))
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(f.body) // a client that has gone is nobody's error
}

// count writes a number and what is counted, such as "1,204 sub-accounts".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
