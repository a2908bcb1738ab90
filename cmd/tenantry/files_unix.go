//go:build unix

package main

import "golang.org/x/sys/unix"

// openFiles is how many files the process may have open. Go has raised it to the hard limit.
func openFiles() (n int64, known bool) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return int64(min(limit.Cur, 1<<40)), true //nolint:gosec // bounded, and some systems have it signed
}
