// Package httpd is the edge: it gives each request its trace id and log line,
// keeps panics and cross-origin rules out of the rest, spends quotas, and runs
// the listening server.
//
// It decides nothing about the API: which rows exist and who may use them is
// said by internal/api, and how a row is served by internal/wire.
package httpd
