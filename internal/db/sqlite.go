package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"
	"modernc.org/sqlite"
)

// lockName is the file in a database's folder that its process holds a lock on.
const lockName = "tenantry.lock"

// Sizes in bytes, but for the caches: negative counts KiB.
const (
	// mmapSize lets the engine read pages in place; it is address space, not memory.
	mmapSize    = 1 << 30
	readerCache = -2 << 10
	writerCache = -8 << 10
	// checkpointPages is how long the log grows before its pages move into the file: the more
	// often a page changes meanwhile, the fewer are moved.
	checkpointPages = 8000
	// walLimit is what the log is cut back to after a burst of writes made it grow.
	walLimit = 64 << 20
	// busyMillis bounds the wait for a lock that another program holds on the file.
	busyMillis = 5000
)

// sqliteEngine is a database in a file.
type sqliteEngine struct {
	path       string
	durability Durability
	log        *slog.Logger

	lock   *flock.Flock
	writer *writer
	reader *readPool
}

func openSQLite(ctx context.Context, path string, opts Options, t tuning) (*sqliteEngine, error) {
	if opts.MustExist {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: %s does not exist", ErrNoDatabase, path)
		}
	}
	e := &sqliteEngine{path: path, durability: opts.Durability, log: opts.Logger}
	if err := e.connect(ctx, opts.Readers, t); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), e.close())
	}
	return e, nil
}

func (e *sqliteEngine) name() EngineName { return SQLite }

func (e *sqliteEngine) read(fence) Q { return e.reader }

func (e *sqliteEngine) lookup(fence) Q { return lookups{e.reader} }

func (e *sqliteEngine) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	return e.writer.do(ctx, fn)
}

// role is what a connection is for.
type role int

const (
	reading role = iota
	writing
	migrating
	copying
)

// dsn is the driver's name for the file at path, with the pragmas of role. The
// driver sets busy_timeout before anything else, so that the others can wait.
func dsn(path string, as role, durability Durability) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	slashed := filepath.ToSlash(absolute)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive letter
	}
	pragmas := []string{fmt.Sprintf("mmap_size(%d)", mmapSize), "temp_store(MEMORY)"}
	switch as {
	case reading:
		pragmas = append(pragmas, "query_only(1)", "foreign_keys(1)", fmt.Sprintf("cache_size(%d)", readerCache))
	case writing, migrating:
		synchronous := "synchronous(" + durability.synchronous() + ")"
		// A migration that rebuilds a table drops the old one, and with foreign
		// keys on that would delete every row that refers to it.
		keys := fmt.Sprintf("foreign_keys(%t)", as == writing)
		pragmas = append(pragmas, "journal_mode(WAL)", synchronous, keys, fmt.Sprintf("wal_autocheckpoint(%d)", checkpointPages),
			fmt.Sprintf("cache_size(%d)", writerCache), fmt.Sprintf("journal_size_limit(%d)", walLimit))
	}
	query := url.Values{
		"_busy_timeout": {fmt.Sprint(busyMillis)},
		"_txlock":       {"immediate"},
		"_dqs":          {"0"}, // "name" is a column or a mistake, never a text
		"_error_rc":     {"1"},
		"_pragma":       pragmas,
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: query.Encode()}).String(), nil
}

// synchronous is the engine's word for d: with its log on, NORMAL flushes at checkpoints only.
func (d Durability) synchronous() string {
	switch d {
	case Relaxed:
		return "OFF"
	case Deferred:
		return "NORMAL"
	default:
		return "FULL"
	}
}

// pool opens at most size connections of a role; each stays open until the pool closes.
func (e *sqliteEngine) pool(as role, size int) (*sql.DB, error) {
	name, err := dsn(e.path, as, e.durability)
	if err != nil {
		return nil, err
	}
	connector, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}

// connect takes the folder and opens the writer, then the readers: the first
// connection creates the file and turns its log on. On failure the caller closes.
func (e *sqliteEngine) connect(ctx context.Context, readers int, t tuning) error {
	if err := e.claim(); err != nil {
		return err
	}
	if err := private(e.path); err != nil {
		return err
	}
	if err := e.connectWriter(ctx, t); err != nil {
		return err
	}
	if readers <= 0 {
		readers = min(max(runtime.GOMAXPROCS(0), 4), 8)
	}
	pool, err := e.pool(reading, readers)
	if err != nil {
		return err
	}
	e.reader = newReadPool(pool, t)
	return mapError("ping", pool.PingContext(ctx))
}

func (e *sqliteEngine) connectWriter(ctx context.Context, t tuning) error {
	pool, err := e.pool(writing, 1)
	if err != nil {
		return err
	}
	w, err := e.startWriter(ctx, pool, t)
	if err != nil {
		return errors.Join(err, pool.Close())
	}
	w.pool = pool
	e.writer = w
	return nil
}

func (e *sqliteEngine) startWriter(ctx context.Context, pool *sql.DB, t tuning) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, mapError("connect", err)
	}
	const query = "PRAGMA journal_mode"
	var mode string
	if err := conn.QueryRowContext(ctx, query).Scan(&mode); err != nil {
		return nil, errors.Join(mapError(query, err), conn.Close())
	}
	if mode != "wal" {
		// Some network file systems cannot share the log's index between connections.
		return nil, errors.Join(fmt.Errorf("the file system allows journal mode %q only, but WAL is needed", mode), conn.Close())
	}
	w, err := newWriter(ctx, conn, t, e.log)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return w, nil
}

// claim creates the folder and locks it, so that no second process writes to
// what this one has open.
func (e *sqliteEngine) claim() error {
	folder := filepath.Dir(e.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(folder, lockName), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock folder %s: %w", folder, err)
	}
	if !locked {
		return fmt.Errorf("%w: %s is locked by another process (through %s)", ErrFolderInUse, folder, lockName)
	}
	e.lock = lock
	return nil
}

// private creates the database file for the owner only, and takes the rights of
// others away from one that exists. The engine gives its log the same mode.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, os.ErrNotExist) {
			continue // no log was left behind
		}
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(name, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// close undoes connect, however far it came.
func (e *sqliteEngine) close() error {
	var failures []error
	if e.writer != nil {
		e.writer.close()
	}
	if e.reader != nil {
		failures = append(failures, e.reader.close())
	}
	if e.writer != nil {
		if e.durability == Deferred {
			failures = append(failures, e.writer.flush())
		}
		failures = append(failures, e.writer.disconnect())
	}
	if e.lock != nil {
		failures = append(failures, e.lock.Unlock())
	}
	return errors.Join(failures...)
}

// flush moves the whole log into the database file and both to the disk.
func (w *writer) flush() error {
	const query = "PRAGMA wal_checkpoint(TRUNCATE)"
	var busy, pages, moved int
	err := w.conn.QueryRowContext(context.Background(), query).Scan(&busy, &pages, &moved)
	if err == nil && busy != 0 {
		err = unavailable(errors.New("another program reads the database, so its log cannot be flushed"))
	}
	return mapError(query, err)
}

// disconnect ends the writing connection after the writer's goroutine has.
func (w *writer) disconnect() error {
	// Statistics help the planner next time; without them it still works.
	if _, err := w.conn.ExecContext(context.Background(), "PRAGMA optimize"); err != nil {
		w.log.Warn("database statistics were not updated", "error", err)
	}
	// A connection with a living statement is not closed: its handle and its log would stay.
	failures := []error{w.stmts.close()}
	for _, s := range w.control.all() {
		failures = append(failures, s.Close())
	}
	return errors.Join(append(failures, w.conn.Close(), w.pool.Close())...)
}
