package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Durability is what a committed write survives.
type Durability int

const (
	// Full is the default: what [DB.Write] has answered survives a power loss.
	Full Durability = iota
	// Deferred flushes now and then, and all of it in [DB.Close], which fails if it
	// cannot: a power loss before may take the latest writes, but damages nothing. For
	// a bulk load that is begun again when it breaks off.
	Deferred
	// Relaxed never flushes: a power loss or a crash of the machine may damage
	// the database, a crash of the process does not. For throw-away data.
	Relaxed
)

// Options are what a caller of [Open] may choose; the zero value is for production.
type Options struct {
	Durability Durability
	MustExist  bool         // [ErrNoDatabase] instead of a new file and folder
	Readers    int          // connections of the read pool; 0 takes one a processor, 4 to 8
	Logger     *slog.Logger // nil is silent
}

// tuning is what only tests and benchmarks change.
type tuning struct {
	batch      int // closures in one transaction at most, which bounds how long the first waits
	queue      int // writes that may wait; one more is refused
	statements int // prepared statements kept for each connection
	readLimit  time.Duration
}

func defaultTuning() tuning {
	return tuning{batch: 256, queue: 1024, statements: 256, readLimit: 10 * time.Second}
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	path       string
	durability Durability
	log        *slog.Logger
	migrations fs.FS

	lock   *flock.Flock
	writer *writer
	reader *readPool

	migrating sync.Mutex
	closing   sync.Once
	closeErr  error
}

// Open opens the database that url names: "sqlite:PATH" is a file, created when
// missing together with its folder, both for the owner only, unless it must exist. The folder is locked until
// [DB.Close]: [ErrFolderInUse] when something else has it open. It migrates
// nothing; see [DB.Migrate].
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	migrations, err := embedded()
	if err != nil {
		return nil, err
	}
	return open(ctx, url, opts, migrations, defaultTuning())
}

func open(ctx context.Context, url string, opts Options, migrations fs.FS, t tuning) (*DB, error) {
	path, err := databasePath(url)
	if err != nil {
		return nil, err
	}
	if opts.MustExist {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: %s does not exist", ErrNoDatabase, path)
		}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	d := &DB{path: path, durability: opts.Durability, log: opts.Logger, migrations: migrations}
	if err := d.connect(ctx, opts.Readers, t); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), d.Close())
	}
	return d, nil
}

// databasePath reads the file out of a database URL. It repeats no more of the
// URL than its scheme, because the rest may hold a password.
func databasePath(url string) (string, error) {
	const accepted = "accepted is sqlite:PATH, such as sqlite:data/tenantry.db"
	scheme, path, found := strings.Cut(url, ":")
	switch {
	case !found:
		return "", fmt.Errorf("database URL has no scheme; %s", accepted)
	case scheme == "postgres" || scheme == "postgresql":
		return "", fmt.Errorf("%s:// is not supported by this build; %s", scheme, accepted)
	case scheme != "sqlite":
		return "", fmt.Errorf("database URL has an unknown scheme %q; %s", scheme, accepted)
	}
	path = strings.TrimPrefix(path, "//")
	switch path {
	case "":
		return "", fmt.Errorf("database URL names no file; %s", accepted)
	case ":memory:":
		return "", fmt.Errorf("a database in memory cannot be shared by several connections; use a file in a temporary folder; %s", accepted)
	}
	return path, nil
}

// Read gives the pool of read-only connections. Each query sees every write
// that [DB.Write] had answered before it began. A query made while the rows of
// another are open takes a second connection. One that takes longer than ten seconds is
// stopped with Unavailable, so that no request holds a connection from the others.
func (d *DB) Read() Q { return d.reader }

// Lookup is [DB.Read] for a query that reads a few rows by an index, however large the
// tables are: it is faster, has no time limit and does not end with its context.
func (d *DB) Lookup() Q { return lookups{d.reader} }

// Write runs fn in a transaction and returns once it is committed, or with the
// reason why nothing of it was kept. fn runs at most once, on another
// goroutine, with nobody else writing; it must be quick, must not call Write,
// and must let the transaction end with it.
//
// An error of fn undoes its statements and is returned as it is; a panic undoes
// them and becomes a panic of Write, with a [*Panic]. While fn waits for its
// turn the end of ctx cancels it; once started it runs to its end, with a
// context that no longer ends, and Write tells what truly happened.
//
// Errors: those of fn; those of ctx, when fn never ran; Unavailable when too many writes wait,
// when the database is closed, locked, full or failing.
func (d *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.writer.do(ctx, fn)
}

// Check looks for damage: the structure of the file and references to rows that
// do not exist. It reads the whole database; nil means sound.
func (d *DB) Check(ctx context.Context) error {
	text := func(r Row) (s string, err error) { return s, r.Scan(&s) }
	patient := patientPool{d.reader}
	found, err := All(ctx, patient, text, "PRAGMA quick_check(10)")
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("database is damaged: %s", strings.Join(found, "; "))
	}
	found, err = All(ctx, patient, danglingText, danglingRows)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("database has rows that refer to missing ones: %s", strings.Join(found, "; "))
	}
	return nil
}

const danglingRows = `SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2`

func danglingText(r Row) (string, error) {
	var table, parent string
	var rows int64
	if err := r.Scan(&table, &parent, &rows); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d of %s to %s", rows, table, parent), nil
}

// Close runs the writes that wait, refuses new ones, closes every connection
// and unlocks the folder. Rows that are still open keep a connection until they
// are closed. It may be called twice.
func (d *DB) Close() error {
	d.closing.Do(func() { d.closeErr = d.disconnect() })
	return d.closeErr
}
