// Package api is the Sub-Accounts API: routes.go shows its whole surface, one
// row an operation, and a file for each resource holds the bodies as they look
// on the wire and the handlers, which only translate between the wire and a
// store method.
//
// Which token reaches what is decided by the rows and the gate before a handler
// runs; how things are kept is the business of internal/store.
package api
