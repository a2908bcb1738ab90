// Package testkit is what the tests of several packages share: databases on each
// engine, a server with two agencies to send requests to, scenario rows, and a
// clock that stands still. Only tests import it.
package testkit
