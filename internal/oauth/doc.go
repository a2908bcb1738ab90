// Package oauth issues the server's credentials and tells who holds one: signed
// access tokens (JWT), the keys that sign them and their public JWK set, and
// private integration tokens.
//
// An access token is checked against nothing but the key that its header names.
// That key decides the algorithm, so a token cannot choose one; a header with any
// other member than alg, kid and typ is refused, and with it every way of bringing
// a key along. The issuer of a token is the id of the database, never the public
// URL, so a server that moves to another address still honours what it issued.
//
// People meet it at the sign-in and consent pages ([Pages]): plain HTML forms that work
// without scripts, are shown in no frame, take no form from another site, and send a browser
// to no address but one that the app registered.
//
// The package refuses to judge what a caller may do: it says whose credential it
// is, until when it holds, and with which scopes. Whether the location still
// exists, and whether the token was revoked, is asked after that.
package oauth
