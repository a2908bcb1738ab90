// Package wire turns typed functions into HTTP operations: it routes, asks the
// gate who calls, binds and validates the input in two phases, renders answers
// and errors, and prints the OpenAPI document of the very rows that it serves.
//
// It owns the error bodies and their texts, which are a compatibility promise,
// and it is the one place where reflection lives: every type is compiled once,
// when its row is made. It knows no resource of the API and no storage.
package wire
