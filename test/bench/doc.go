// Command bench is the load generator: it starts the real server and, on the same
// machine, the references that it is compared with, each in a process of its own, and
// sends the same requests to them over 32 connections.
//
// A server and its reference take short turns, so that their ratio holds when the
// machine's speed drifts; what is reported is the median of the rounds. Absolute rates
// are those of one machine, where the load generator takes its share of the processors.
//
// It owns nothing of the server. It is no test: it fails when something answers wrongly
// or with an error, never because something is slow.
package main
