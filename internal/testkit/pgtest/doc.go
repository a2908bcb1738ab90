// Package pgtest starts a throw-away PostgreSQL server for the tests of a process or for
// the load generator, from the server programs that are installed, and breaks the
// connections to it. It knows no table: what is in a database is its
// user's affair.
package pgtest
