package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
)

// CopyPass is one of the two times that a copy goes through the rows.
type CopyPass string

// The passes.
const (
	Copying  CopyPass = "copying"
	Checking CopyPass = "checking" // both databases, so each row counts twice
)

// CopyOptions are what a caller of [Copy] may choose.
type CopyOptions struct {
	// Begin is told how many rows a pass will go through; what it returns is told of them, from several
	// goroutines, and must not be nil. Begin may be.
	Begin  func(pass CopyPass, rows int64) (done func(rows int))
	Logger *slog.Logger // nil is silent
}

// Copied is what a table holds after a copy. That both sums are equal means that all rows are.
type Copied struct {
	Table    string
	From, To CopySum
}

// Copy copies every row of one database into another, of either engine, and then reads both again to
// compare them. Nobody may write to the source meanwhile: SQLite's folder is locked, PostgreSQL's tables
// are, and one that a server is connected to is refused.
//
// The target must be empty; it is migrated. Until the copy is found to be complete the target says
// [ErrCopyIncomplete] to everybody else, and Copy goes on where it was broken off. It must be the same
// source then; that its rows have not changed since is what the comparison shows.
//
// Errors: [ErrNotEmpty], [ErrCopyDiffers], beside which there is the list of tables, [ErrFolderInUse],
// [ErrNoDatabase]; a source of an older or newer version than this program; a text that PostgreSQL
// cannot keep.
func Copy(ctx context.Context, fromURL, toURL string, opts CopyOptions) (tables []Copied, err error) {
	if err := refuseOneFolder(fromURL, toURL); err != nil {
		return nil, err
	}
	if opts.Begin == nil {
		opts.Begin = func(CopyPass, int64) func(int) { return func(int) {} }
	}
	c := copier{begin: opts.Begin, batchRows: copyRows, batchBytes: copyBytes}
	if c.from, err = Open(ctx, asCopier(fromURL), Options{MustExist: true, Logger: opts.Logger}); err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	if c.to, err = Open(ctx, asCopier(toURL), Options{Logger: opts.Logger}); err != nil {
		return nil, errors.Join(fmt.Errorf("target: %w", err), c.from.Close())
	}
	c.to.copying = true
	tables, err = c.run(ctx)
	return tables, errors.Join(err, c.from.Close(), c.to.Close())
}

// refuseOneFolder says what the lock on a folder would say in words that lead astray.
func refuseOneFolder(fromURL, toURL string) error {
	from, err := sqlitePath(fromURL)
	if err != nil {
		return nil //nolint:nilerr // a server; what is wrong with a URL, opening it says
	}
	to, err := sqlitePath(toURL)
	if err == nil && filepath.Dir(from) == filepath.Dir(to) {
		err = fmt.Errorf("source and target are in the folder %s, which holds one database: copy into another folder", filepath.Dir(to))
		return err
	}
	return nil
}

// copier is a copy under way.
type copier struct {
	from, to   *DB
	begin      func(CopyPass, int64) func(int)
	batchRows  int // see copyRows
	batchBytes int
}

func (c *copier) run(ctx context.Context) ([]Copied, error) {
	report, err := c.copyAndCompare(ctx)
	if ctx.Err() != nil {
		err = ctx.Err() // an engine may have words of its own for it
	}
	return report, err
}

func (c *copier) copyAndCompare(ctx context.Context) ([]Copied, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	tables, err := planCopy(ctx, c.from, c.to)
	if err != nil {
		return nil, err
	}
	var report []Copied
	err = c.from.engine.hold(ctx, names(tables), func(ctx context.Context, q Q) error {
		if err := c.copyAll(ctx, q, tables); err != nil {
			return err
		}
		return c.to.engine.hold(ctx, names(tables), func(ctx context.Context, copied Q) (err error) {
			report, err = c.compare(ctx, q, copied, tables)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	for _, t := range report {
		if t.From != t.To {
			return report, ErrCopyDiffers
		}
	}
	return report, c.complete(ctx)
}

// ready checks both sides, marks the target as incomplete and migrates it.
func (c *copier) ready(ctx context.Context) error {
	have, err := c.from.SchemaVersion(ctx)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	if want, err := c.from.LatestVersion(); err != nil || have != want {
		return errors.Join(err, fmt.Errorf("the source is at version %d and this program needs %d: run \"tenantry migrate\"", have, want))
	}
	source, err := c.source(ctx)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	if err := c.claim(ctx, source); err != nil {
		return err
	}
	if _, _, err := c.to.Migrate(ctx); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	return nil
}

func (c *copier) copyAll(ctx context.Context, q Q, tables []copyTable) error {
	left := make([]copyState, len(tables))
	var rows int64
	for i, t := range tables {
		total, err := One(ctx, q, scanCount, "SELECT count(*) FROM "+quoted(t.name))
		if err != nil {
			return err
		}
		if left[i], err = c.stateOf(ctx, t); err != nil {
			return err
		}
		rows += max(0, total-left[i].Rows)
	}
	done := c.begin(Copying, rows)
	for i, t := range tables {
		if err := c.copyTable(ctx, q, t, left[i], done); err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return nil
}

// compare reads both databases from one end to the other.
func (c *copier) compare(ctx context.Context, from, to Q, tables []copyTable) ([]Copied, error) {
	report := make([]Copied, len(tables))
	var total int64
	for i, t := range tables {
		report[i].Table = t.name
		for _, q := range []Q{from, to} {
			rows, err := One(ctx, q, scanCount, "SELECT count(*) FROM "+quoted(t.name))
			if err != nil {
				return nil, err
			}
			total += rows
		}
	}
	done := c.begin(Checking, total)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sumUp := func(q Q, of func(*Copied) *CopySum) (err error) {
		for i := 0; i < len(tables) && err == nil; i++ {
			if *of(&report[i]), err = tables[i].sum(ctx, q, done); err != nil {
				cancel() // the other side need not go on
			}
		}
		return err
	}
	var side sync.WaitGroup
	var fromErr error
	side.Go(func() { fromErr = sumUp(from, func(r *Copied) *CopySum { return &r.From }) })
	toErr := sumUp(to, func(r *Copied) *CopySum { return &r.To })
	side.Wait()
	if fromErr != nil || toErr != nil {
		return nil, errors.Join(fromErr, toErr)
	}
	return report, nil
}

// complete makes the target a database like any other.
func (c *copier) complete(ctx context.Context) error {
	return c.to.engine.load(ctx, func(ctx context.Context, q Q) error {
		if c.to.Engine() == Postgres { // SQLite does it when it is closed
			if _, err := q.Exec(ctx, "ANALYZE"); err != nil {
				return err
			}
		}
		_, err := q.Exec(ctx, "DROP TABLE "+copyTableName)
		return err
	})
}

func scanCount(r Row) (n int64, err error) { return n, r.Scan(&n) }
