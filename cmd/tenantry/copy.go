package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/tenantry/tenantry/internal/db"
)

type copyCmd struct {
	From string `help:"Database to copy: sqlite:FILE or postgres://USER@HOST/DATABASE. No server may run on it." required:"" placeholder:"URL"`
	To   string `help:"Database to copy into: an empty one, or an incomplete copy of the same database." required:"" placeholder:"URL"`
}

// Help is printed below the flags.
func (copyCmd) Help() string {
	return `Stop the servers of the source first. A copy that was broken off goes on when the same command is
run again; until it is complete and found to be equal, row by row, no server starts on it.

The sealing key and the uploaded files are not in the database: serve the copy with the secret.key of
the source (--data or --secret-key-file) and its files (--data or --files), or copy both by hand.

Examples:
  tenantry copy --from sqlite:/var/lib/tenantry/tenantry.db --to postgres://tenantry@db.internal/tenantry
  tenantry copy --from postgres://tenantry@db.internal/tenantry --to sqlite:/var/lib/tenantry/tenantry.db`
}

// Run copies, and prints what was found in each table of both databases.
func (c *copyCmd) Run(ctx context.Context, std console) error {
	if c.From == c.To {
		return usageError("--from and --to are one database")
	}
	var bar progress
	var copied int64
	began := time.Now()
	took := began
	end := func() {
		if bar.bar != nil {
			bar.end()
		}
	}
	tables, err := db.Copy(ctx, c.From, c.To, db.CopyOptions{
		Logger: slog.New(slog.DiscardHandler),
		Begin: func(pass db.CopyPass, rows int64) func(int) {
			end()
			if pass == db.Copying {
				copied, began = rows, time.Now()
			} else {
				took = time.Now()
			}
			bar = newRowProgress(std, string(pass), rows)
			return bar.add
		},
	})
	end()
	if tables != nil {
		if err := printCopied(std, tables); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted; run the same command again to go on")
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(std.out, "Copied %s in %v; both databases hold the same.\nThe uploaded files and secret.key are not in the database: see \"tenantry copy --help\".\n",
		plural(int(copied), "row"), took.Sub(began).Round(time.Millisecond))
	return err
}

// newRowProgress counts rows of a pass.
func newRowProgress(std console, pass string, total int64) progress {
	return barOn(std.err, isTerminal(std.err), total, progressbar.OptionSetDescription(pass+" rows"), progressbar.OptionShowCount(), progressbar.OptionShowIts())
}

// printCopied prints a line a table, of its rows and the beginning of their checksum, and for a
// table that differs what the target has.
func printCopied(std console, tables []db.Copied) error {
	rows := [][]string{{"TABLE", "ROWS", "SHA-256", ""}}
	for _, t := range tables {
		line := []string{t.Table, strconv.FormatInt(t.From.Rows, 10), checksum(t.From), "equal"}
		if t.From != t.To {
			line[3] = fmt.Sprintf("DIFFERS: the target has %s, %s", plural(int(t.To.Rows), "row"), checksum(t.To))
		}
		rows = append(rows, line)
	}
	return std.printTable(rows)
}

// checksum is enough of a sum to tell it from others.
func checksum(s db.CopySum) string { return hex.EncodeToString(s.SHA256[:8]) }
