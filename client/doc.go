// Package client is the Go client of the Sub-Accounts wire: locations and the
// tags, tasks, custom fields, custom values and templates in them. It speaks to
// Tenantry and to the hosted service alike; what only one of them answers says so.
//
// A [Client] holds one token. Every method takes a context, which is its only
// deadline, and sends exactly one request unless [WithRetry] permits more. An
// answer outside 2xx is an [*Error]. Answers may have members that the models
// lack: they are ignored, and [Client.Do] reaches them.
//
// The package refuses to follow redirects, to read an answer beyond its limit,
// to send an id that would change the path, and to put the token anywhere but in
// the Authorization header. It obtains and refreshes no tokens.
package client
