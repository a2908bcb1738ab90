// Package store holds every SQL statement of the server: a file for each
// resource, a method for each use case.
//
// A method that changes something does so in one transaction: it reads, applies
// the rule of the domain type, writes, and records the change's event and audit
// record. A change that changes nothing records nothing. Every statement names
// its tenant. The package knows no HTTP and decides no permission.
//
// Some writes are no change that anyone made, and record nothing: the schedule of a
// recurring task when it moves on (the tasks that it makes are recorded), the removal
// of a deleted location's rows, and what the server keeps for itself, its signing keys
// and its instance id.
package store
