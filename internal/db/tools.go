package db

import (
	"net/url"
	"slices"
)

// ToolURL gives the URL of a PostgreSQL database as its own tools (pg_dump, psql) take it: without what
// only this program knows, and without a password, which they read from PGPASSWORD or ~/.pgpass.
func ToolURL(databaseURL string) string {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "postgres://USER@HOST/DATABASE"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	for name := range query {
		if !slices.Contains(toolParameters(), name) {
			query.Del(name)
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// toolParameters are those of libpq (PostgreSQL documentation, 34.1.2) that both it and this program's
// driver know and that hold no secret.
func toolParameters() []string {
	return []string{
		"host", "hostaddr", "port", "dbname", "user", "connect_timeout", "target_session_attrs", "channel_binding",
		"sslmode", "sslrootcert", "sslcert", "sslkey", "sslsni", "sslnegotiation", "krbsrvname", "options",
	}
}
