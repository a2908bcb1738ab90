// Package tenantry is the domain vocabulary of the server: what a sub-account
// (location), a tag, a custom field, a task or a token is, and every rule about
// them that needs no I/O.
//
// It imports the standard library only and knows neither HTTP nor SQL: how a
// thing looks on the wire is the business of internal/api, how it is kept that
// of internal/store.
package tenantry
