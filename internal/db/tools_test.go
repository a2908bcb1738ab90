package db

import "testing"

func TestToolURL(t *testing.T) {
	for given, want := range map[string]string{
		"postgres://u:secret@h:6432/d?sslmode=verify-full&pool_max_conns=4&pooler=transaction": "postgres://u@h:6432/d?sslmode=verify-full",
		"postgresql://u@/d?host=/run/pg&port=5433&password=secret&sslpassword=secret":          "postgresql://u@/d?host=%2Frun%2Fpg&port=5433",
		"postgres://u:se'cr%zzet@h/d":                "postgres://USER@HOST/DATABASE",
		"postgres://it's@h/d?statement_timeout=1000": "postgres://it%27s@h/d",
		"postgres:///d":                              "postgres:///d",
	} {
		if got := ToolURL(given); got != want {
			t.Errorf("%s becomes %s, want %s", given, got, want)
		}
	}
}
