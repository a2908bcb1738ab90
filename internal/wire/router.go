package wire

import (
	"net/http"
	"net/url"
	"strings"
)

// node is one segment of the routing tree. Matching our own segments, and not
// with http.ServeMux, keeps three promises of the contract: no redirect ever,
// an escaped slash stays inside its segment, and a wrong method is a 404.
type node struct {
	static  map[string]*node
	param   *node
	methods map[string]*entry
}

// entry is what a path and method lead to: an operation or a plain handler.
type entry struct {
	Operation

	route   *Route
	handler http.Handler
	names   []string // of the path's parameters, in order
}

func (n *node) add(method, path string, e *entry) {
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if strings.HasPrefix(segment, "{") {
			e.names = append(e.names, strings.Trim(segment, "{}"))
			if n.param == nil {
				n.param = &node{}
			}
			n = n.param
			continue
		}
		if n.static == nil {
			n.static = map[string]*node{}
		}
		if n.static[segment] == nil {
			n.static[segment] = &node{}
		}
		n = n.static[segment]
	}
	if n.methods == nil {
		n.methods = map[string]*entry{}
	}
	if n.methods[method] != nil {
		panic("wire: two rows for " + method + " " + path)
	}
	n.methods[method] = e
}

// find walks the escaped path. A literal segment wins over a parameter, but
// only where it leads to the method: PUT …/customFields/upload means the field
// called upload.
func (n *node) find(method string, segments []string, values []string) (*entry, []string) {
	if len(segments) == 0 {
		return n.methods[method], values
	}
	if next := n.static[segments[0]]; next != nil {
		if e, v := next.find(method, segments[1:], values); e != nil {
			return e, v
		}
	}
	if n.param == nil {
		return nil, nil
	}
	text, err := url.PathUnescape(segments[0])
	if err != nil || text == "" {
		return nil, nil
	}
	return n.param.find(method, segments[1:], append(values, text))
}

// match finds the entry of a request; one trailing slash is tolerated.
func (n *node) match(r *http.Request) (*entry, map[string]string) {
	path := strings.TrimSuffix(r.URL.EscapedPath(), "/")
	if !strings.HasPrefix(path, "/") {
		return nil, nil
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	e, values := n.find(method, strings.Split(path[1:], "/"), nil)
	if e == nil {
		return nil, nil
	}
	params := make(map[string]string, len(values))
	for i, name := range e.names {
		params[name] = values[i]
	}
	return e, params
}
