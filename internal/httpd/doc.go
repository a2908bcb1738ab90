// Package httpd is the edge: it gives each request its trace id, log line, span
// and place in the metrics, keeps panics and cross-origin rules out of the rest,
// spends quotas, bounds how many requests and connections there are, says whether
// the server is ready, and serves until the last request is answered.
//
// It decides nothing about the API: which rows exist and who may use them is
// said by internal/api, and how a row is served by internal/wire. It counts
// nothing of what other packages do: it asks them at each scrape.
package httpd
