// Package db is the adapter between the statements of internal/store and the
// database engine: connections, transactions, prepared statements, error
// mapping and migrations.
//
// It owns everything that differs between engines, and it is the only package
// that knows a driver, a pragma or an error code. The engine, SQLite or PostgreSQL,
// is chosen by one URL. It holds no statement about a tenant: it refuses to know any
// table but the one that records the schema version. [Copy] reads the others' names
// and columns from the catalogue, and knows but what tells one database from another.
//
// There are two ways in. [DB.Read] gives a pool of read-only connections.
// [DB.Write] runs a closure in a transaction; on SQLite one goroutine owns the
// one writing connection, runs all waiting closures one after the other, each
// in a savepoint of a shared transaction, and answers them after its single
// commit, so concurrent writers share one flush to the disk.
package db
