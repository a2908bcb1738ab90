package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver of the server

	"github.com/tenantry/tenantry/internal/db"
)

// The references.
const (
	refConstant = "constant" // answers a constant JSON
	refRead     = "read"     // reads it from the database by its key, with a prepared statement
	refInsert   = "insert"   // inserts one row before it answers, durably, sharing flushes
)

// serveReference is a bare net/http server that does one thing. It prints its address.
func serveReference(ctx context.Context, out io.Writer, o options) error {
	body := []byte(`{"text":"` + strings.Repeat("x", max(0, o.size-len(`{"text":""}`))) + `"}`)
	answer := func(w http.ResponseWriter, body []byte) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
	h := func(w http.ResponseWriter, _ *http.Request) { answer(w, body) }
	pointRead, inserts := sqlitePointRead, batchedInserts
	if db.IsPostgres(o.url) {
		pointRead, inserts = postgresPointRead, postgresInserts
	}
	switch o.reference {
	case refConstant:
	case refRead:
		read, err := pointRead(ctx, o.url, body)
		if err != nil {
			return err
		}
		h = func(w http.ResponseWriter, r *http.Request) {
			found, err := read(r.URL.Query().Get("id"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			answer(w, found)
		}
	case refInsert:
		insert, err := inserts(ctx, o.url)
		if err != nil {
			return err
		}
		h = func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if err := insert(string(body)); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			answer(w, body)
		}
	default:
		return fmt.Errorf("no reference %q", o.reference)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, ln.Addr()); err != nil {
		return err
	}
	srv := &http.Server{Handler: http.HandlerFunc(h)} //nolint:gosec // bare on purpose
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// referenceRows is how many rows the reference reads from.
const referenceRows = 1000

func openReference(url, pragmas string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=mmap_size(1073741824)"+pragmas)
}

// sqlitePointRead fills a table and gives a function that reads one row of it.
func sqlitePointRead(ctx context.Context, url string, body []byte) (func(id string) ([]byte, error), error) {
	d, err := openReference(url, "&_pragma=synchronous(OFF)")
	if err != nil {
		return nil, err
	}
	d.SetMaxOpenConns(4)
	d.SetMaxIdleConns(4)
	if _, err := d.ExecContext(ctx, `CREATE TABLE bodies (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID`); err != nil {
		return nil, err
	}
	for i := range referenceRows {
		if _, err := d.ExecContext(ctx, `INSERT INTO bodies VALUES ($1, $2)`, strconv.Itoa(i), string(body)); err != nil {
			return nil, err
		}
	}
	query, err := d.PrepareContext(ctx, `SELECT body FROM bodies WHERE id = $1`) //nolint:sqlclosecheck // it lives as long as the process
	if err != nil {
		return nil, err
	}
	return func(id string) (found []byte, err error) {
		// Without the request's context: watching that costs as much as the read.
		return found, query.QueryRow(id).Scan(&found) //nolint:noctx // see above
	}, nil
}

// insertion waits for its commit.
type insertion struct {
	body string
	done chan error
}

// batchedInserts gives a function that inserts one row and returns when it is on the disk:
// what waits shares a transaction and its flush.
func batchedInserts(ctx context.Context, url string) (func(body string) error, error) {
	d, err := openReference(url, "&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	d.SetMaxOpenConns(1)
	if _, err := d.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS bodies (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID`); err != nil {
		return nil, err
	}
	c, err := d.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var run []*sql.Stmt
	for _, query := range []string{"BEGIN IMMEDIATE", "COMMIT", "INSERT INTO bodies VALUES ($1, $2)"} {
		s, err := c.PrepareContext(ctx, query) //nolint:sqlclosecheck // it lives as long as the process
		if err != nil {
			return nil, err
		}
		run = append(run, s)
	}
	queue := make(chan insertion, 4*connections)
	go insertBatches(ctx, queue, run[0], run[1], run[2])
	return func(body string) error {
		i := insertion{body: body, done: make(chan error, 1)}
		queue <- i
		return <-i.done
	}, nil
}

func insertBatches(ctx context.Context, queue chan insertion, begin, commit, insert *sql.Stmt) {
	var ids atomic.Int64
	for first := range queue {
		batch := []insertion{first}
		_, err := begin.ExecContext(ctx)
		for next, more := first, true; more; {
			_, insertErr := insert.ExecContext(ctx, fmt.Sprintf("%020d", ids.Add(1)), next.body)
			err = errors.Join(err, insertErr)
			select {
			case next = <-queue:
				batch = append(batch, next)
			default:
				more = false
			}
		}
		_, commitErr := commit.ExecContext(ctx)
		err = errors.Join(err, commitErr)
		for _, i := range batch {
			i.done <- err
		}
	}
}
