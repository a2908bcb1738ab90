// Package jobs does the server's background work: it makes the tasks of recurring
// tasks when they are due, and removes what is left of deleted locations and the files
// that nobody can reach.
//
// The database is the truth: a [Runner] polls it and keeps nothing that must survive
// itself, so it can stop or crash at any point and another one goes on from there.
// Work is done in short transactions of internal/store, each for one location, so that
// requests get their turn at the writer between them.
package jobs
