// Package ratelimit decides whether one more request of a caller fits its
// quota: so many requests in a short interval, and so many in a day.
//
// It owns the limits, the decision as one pure function of limits, state and
// time, the headers that tell a caller where it stands, the counters of a
// single process ([Memory]) and those that several share ([Shared]) in a table: the
// database, which the caller brings, or a server of the Redis protocol ([Redis]). It refuses
// to know who the caller is: a key is any text, and httpd makes it of the app (or private
// token) and the resource. It reads no clock of its own and starts no goroutine.
package ratelimit
