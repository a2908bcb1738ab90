package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Durability is what a committed write survives.
type Durability int

const (
	// Full is the default: what [DB.Write] has answered survives a power loss. On
	// PostgreSQL that is what its server says of synchronous_commit, which is on unless
	// somebody has turned it off.
	Full Durability = iota
	// Deferred flushes now and then, and on SQLite all of it in [DB.Close], which fails
	// if it cannot: a power loss before may take the latest writes, but damages nothing.
	// For a bulk load that is begun again when it breaks off.
	Deferred
	// Relaxed never flushes: a power loss or a crash of the machine may damage a SQLite
	// database, a crash of the process does not. On PostgreSQL it is Deferred. For
	// throw-away data.
	Relaxed
)

// Options are what a caller of [Open] may choose; the zero value is for production.
type Options struct {
	Durability Durability
	MustExist  bool         // [ErrNoDatabase] instead of a new file and folder; PostgreSQL's must exist always
	Readers    int          // connections of SQLite's read pool; 0 takes one a processor, 4 to 8
	Logger     *slog.Logger // nil is silent
	// Trace is told each statement with its arguments, by many at once; for tests.
	Trace func(query string, args []any)
}

// tuning is what only tests and benchmarks change.
type tuning struct {
	batch      int // SQLite: closures in one transaction at most, which bounds how long the first waits
	queue      int // SQLite: writes that may wait; one more is refused
	statements int // prepared statements kept for each connection
	readLimit  time.Duration
	// The rest is PostgreSQL's.
	writeLimit   time.Duration // of one transaction, with its waits for locks
	acquireLimit time.Duration // that a request waits for a connection
	startLimit   time.Duration // that Open waits for a server which is away
	holdLimit    time.Duration // that a copy waits for the transactions of others to end
	attempts     int           // of a transaction that others or a lost connection undo
}

func defaultTuning() tuning {
	return tuning{
		batch: 256, queue: 1024, statements: 256, readLimit: 10 * time.Second,
		writeLimit: 30 * time.Second, acquireLimit: 5 * time.Second, startLimit: 15 * time.Second, holdLimit: 10 * time.Second, attempts: 10,
	}
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine     engine
	log        *slog.Logger
	migrations fs.FS

	copying bool // this is [Copy], so the target may be incomplete

	migrating sync.Mutex
	closing   sync.Once
	closeErr  error
}

// engine is what SQLite and PostgreSQL do differently.
type engine interface {
	name() EngineName
	read(fence) Q
	lookup(fence) Q
	write(ctx context.Context, fn func(context.Context, *Tx) error) error
	snapshot(ctx context.Context, part fence, fn func(context.Context, Q) error) error
	stats() Stats
	// hold runs fn on one state of the database, as long as it takes, with nobody else writing to the
	// tables.
	hold(ctx context.Context, tables []string, fn func(context.Context, Q) error) error
	// load runs fn in a transaction that may take as long as it needs and is not repeated.
	load(ctx context.Context, fn func(context.Context, Q) error) error
	check(ctx context.Context) error
	hasTable(ctx context.Context, name string) (bool, error)
	migrate(ctx context.Context, migrations fs.FS) error
	raiseFence(ctx context.Context) error
	close() error
}

// Open opens the database that url names: "sqlite:PATH" or "postgres://…". It migrates
// nothing; see [DB.Migrate].
//
// A SQLite file is created when missing together with its folder, both for the owner
// only, unless it must exist. The folder is locked until [DB.Close]: [ErrFolderInUse]
// when something else has it open.
//
// The parameters of a PostgreSQL URL are libpq's, pool_max_conns (the connections of this
// process, 16 by default) and pooler=transaction, for a server behind a pooler in
// transaction mode: then nothing is kept in a session, so the time limits of statements
// are this program's alone. A server that is away or starting is waited for, 15 seconds
// at most; [ErrNoDatabase] when it has no such database.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	return open(ctx, url, opts, nil, defaultTuning())
}

// open opens a database with other migrations than those compiled in, unless they are nil.
func open(ctx context.Context, url string, opts Options, migrations fs.FS, t tuning) (*DB, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	e, err := openEngine(ctx, url, opts, t)
	if err != nil {
		return nil, err
	}
	if migrations == nil {
		if migrations, err = embedded(e.name()); err != nil {
			return nil, errors.Join(err, e.close())
		}
	}
	if opts.Trace != nil {
		e = tracedEngine{e, opts.Trace}
	}
	return &DB{engine: e, log: opts.Logger, migrations: migrations}, nil
}

const acceptedURLs = "accepted are sqlite:PATH, such as sqlite:data/tenantry.db, and postgres://USER@HOST/DATABASE"

// openEngine opens what the URL names.
func openEngine(ctx context.Context, url string, opts Options, t tuning) (engine, error) {
	if IsPostgres(url) {
		return openPostgres(ctx, url, opts, t)
	}
	path, err := sqlitePath(url)
	if err != nil {
		return nil, err
	}
	return openSQLite(ctx, path, opts, t)
}

// IsPostgres tells whether a database URL names a PostgreSQL server.
func IsPostgres(url string) bool {
	scheme, _, found := strings.Cut(url, ":")
	return found && (scheme == "postgres" || scheme == "postgresql")
}

// sqlitePath reads the file out of a database URL. It repeats no more of the URL than its
// scheme, because the rest may hold a password.
func sqlitePath(url string) (string, error) {
	scheme, rest, found := strings.Cut(url, ":")
	switch {
	case !found:
		return "", fmt.Errorf("database URL has no scheme; %s", acceptedURLs)
	case scheme != "sqlite":
		return "", fmt.Errorf("database URL has an unknown scheme %q; %s", scheme, acceptedURLs)
	}
	path := strings.TrimPrefix(rest, "//")
	switch path {
	case "":
		return "", fmt.Errorf("database URL names no file; %s", acceptedURLs)
	case ":memory:":
		return "", fmt.Errorf("a database in memory cannot be shared by several connections; use a file in a temporary folder; %s", acceptedURLs)
	}
	return path, nil
}

// EngineName is SQLite or Postgres.
type EngineName string

// The engines.
const (
	SQLite   EngineName = "sqlite"
	Postgres EngineName = "postgres"
)

// Engine tells which engine runs the database. It is for those who look into its
// catalogue; statements are the same on both.
func (d *DB) Engine() EngineName { return d.engine.name() }

// Read gives the [Q] for queries outside of a transaction, which cannot write. Each query sees every write
// that [DB.Write] had answered before it began. A query made while the rows of
// another are open takes a second connection. One that takes longer than ten seconds is
// stopped with Unavailable, so that no request holds a connection from the others.
func (d *DB) Read() Q { return d.engine.read(fence{}) }

// Lookup is [DB.Read] for a query that reads a few rows by an index, however large the
// tables are. On SQLite it is faster, has no time limit and does not end with its context.
func (d *DB) Lookup() Q { return d.engine.lookup(fence{}) }

// Write runs fn in a transaction and returns once it is committed, or with the
// reason why nothing of it was kept. fn must be quick, must not call Write, and must let
// the transaction end with it. It may run more than once, each time on a transaction
// that knows nothing of the time before: what it writes to variables outside it must set
// anew.
//
// On SQLite fn runs once, on another goroutine, with nobody else writing. On PostgreSQL
// others write meanwhile and each statement sees what was committed before it: what must
// stay as it was read is locked by [Tx.ForUpdate]. fn is repeated when the transaction met
// a deadlock or its connection broke.
//
// An error of fn undoes its statements and is returned as it is; a panic undoes
// them and becomes a panic of Write, with a [*Panic]. While fn waits for its
// turn the end of ctx cancels it; once started it runs to its end, with a
// context that no longer ends with ctx, and Write tells what truly happened.
//
// Errors: those of fn; those of ctx, when fn never ran; Unavailable when too many writes wait,
// when the database is away, closed, locked, full or failing. When the connection breaks
// between a commit and its answer nobody knows whether the writes were kept: that is
// Unavailable too, and fn is not repeated.
func (d *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return d.engine.write(ctx, fn)
}

// Snapshot runs fn on one state of the database: none of its queries sees what others write
// meanwhile. Together they have the time of one, see [DB.Read]. fn must not use
// q after it has returned, and must close the rows of a query before the next. An error of
// fn is returned as it is.
func (d *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, q Q) error) error {
	return d.engine.snapshot(ctx, fence{}, fn)
}

// Check looks for damage: on SQLite in the structure of the file and in references to
// rows that do not exist, which reads the whole database; on PostgreSQL, which guards
// both itself, for indexes and constraints that do not hold. nil means sound.
func (d *DB) Check(ctx context.Context) error { return d.engine.check(ctx) }

// Close runs the writes that wait, refuses new ones, closes every connection
// and unlocks the folder. Rows that are still open keep a connection until they
// are closed; PostgreSQL's are waited for. It may be called twice.
func (d *DB) Close() error {
	d.closing.Do(func() { d.closeErr = d.engine.close() })
	return d.closeErr
}
