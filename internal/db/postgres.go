package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresEngine is a database on a PostgreSQL server.
type postgresEngine struct {
	pool   *pgxpool.Pool
	log    *slog.Logger
	tune   tuning
	closed atomic.Bool
	writes atomic.Uint64 // transactions that ran, without those that were repeated
	app    string        // the role of a part of a tenant; "" is no fence
}

const (
	// minPostgres is the oldest version that is known to work.
	minPostgres = 15
	// poolConns are the connections of one process, unless the URL says pool_max_conns.
	poolConns = 16
	// connectTimeout bounds one attempt to connect, unless the URL says connect_timeout.
	connectTimeout = 3 * time.Second
	// cancelTimeout is how long a statement that was told to stop may take to do so.
	cancelTimeout = time.Second
	// startPause lies between two looks at a server that is away.
	startPause = 250 * time.Millisecond
)

// serverName is what this program calls its connections.
const serverName = "tenantry"

// The parameters of a PostgreSQL URL that are this package's, each with one value.
const (
	poolerParameter = "pooler" // transaction
	fenceParameter  = "fence"  // off
)

// warning is where a connection keeps the last warning that the server sent.
const warning = "warning"

func openPostgres(ctx context.Context, databaseURL string, opts Options, t tuning) (*postgresEngine, error) {
	config, fenced, err := postgresConfig(databaseURL, opts, t)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	e := &postgresEngine{pool: pool, log: opts.Logger, tune: t}
	if err := e.await(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", Redact(databaseURL), err), e.close())
	}
	if !fenced {
		e.app = ""
	}
	return e, nil
}

// postgresConfig reads the URL and adds what is not left to the operator.
func postgresConfig(databaseURL string, opts Options, t tuning) (config *pgxpool.Config, fenced bool, err error) {
	const invalid = "database URL is not valid: it is postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETERS"
	u, err := url.Parse(databaseURL)
	if err != nil {
		return nil, false, errors.New(invalid) // the parser's error repeats the URL with its password
	}
	query := u.Query()
	pooled, err1 := ownParameter(query, poolerParameter, "transaction")
	unfenced, err2 := ownParameter(query, fenceParameter, "off")
	if err := errors.Join(err1, err2); err != nil {
		return nil, false, err
	}
	u.RawQuery = query.Encode()
	if config, err = pgxpool.ParseConfig(u.String()); err != nil {
		return nil, false, errors.New(invalid) // as above
	}
	if !query.Has("pool_max_conns") {
		config.MaxConns = poolConns
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	config.PingTimeout = connectTimeout
	config.ConnConfig.StatementCacheCapacity = t.statements
	config.ConnConfig.DescriptionCacheCapacity = t.statements
	config.ConnConfig.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: cancelTimeout}
	}
	config.ConnConfig.OnNotice = func(c *pgconn.PgConn, n *pgconn.Notice) {
		if n.SeverityUnlocalized == "WARNING" {
			c.CustomData()[warning] = n.Message
		}
	}
	if pooled { // see the function of this name
		// The next transaction may run on another server connection, which has neither the
		// statements that this one prepared nor its settings.
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		return config, !unfenced, nil
	}
	setDefaults(config.ConnConfig.RuntimeParams, map[string]string{
		"application_name": serverName,
		// A little more than this program waits, for when it cannot say so any more.
		"statement_timeout":                   millis(t.readLimit + cancelTimeout),
		"idle_in_transaction_session_timeout": millis(t.writeLimit + cancelTimeout),
	})
	if opts.Durability != Full {
		setDefaults(config.ConnConfig.RuntimeParams, map[string]string{"synchronous_commit": "off"})
	}
	return config, !unfenced, nil
}

// ownParameter takes a parameter with one value out of those that the driver gets.
func ownParameter(query url.Values, name, value string) (given bool, err error) {
	if given = query.Has(name); given && query.Get(name) != value {
		return false, fmt.Errorf("database URL: %s must be %q or left out", name, value)
	}
	query.Del(name)
	return given, nil
}

// pooled tells whether a pooler in transaction mode stands before the server.
func pooled(c *pgx.ConnConfig) bool { return c.DefaultQueryExecMode == pgx.QueryExecModeCacheDescribe }

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// setDefaults leaves what the URL says.
func setDefaults(params, defaults map[string]string) {
	for name, value := range defaults {
		if _, given := params[name]; !given {
			params[name] = value
		}
	}
}

// Redact gives a database URL that can be shown: a server's without its password and
// parameters, which may hold one too.
func Redact(databaseURL string) string {
	scheme, _, _ := strings.Cut(databaseURL, ":")
	if scheme == "sqlite" {
		return databaseURL
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		return scheme + "://…"
	}
	u.RawQuery = ""
	return u.Redacted()
}

// await looks at the server until it answers; one that is only away or starting has time.
func (e *postgresEngine) await(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, e.tune.startLimit)
	defer cancel()
	for waited := false; ; waited = true {
		err := e.greet(limited)
		if err == nil || !isAway(err) || ctx.Err() != nil {
			return err
		}
		if !waited {
			e.log.WarnContext(ctx, "waiting for the database", "atMost", e.tune.startLimit, "error", err)
		}
		select {
		case <-limited.Done():
			return fmt.Errorf("the server did not answer within %v: %w", e.tune.startLimit, err)
		case <-time.After(startPause):
		}
	}
}

// greet checks that the server is one to work with.
func (e *postgresEngine) greet(ctx context.Context) error {
	var version int
	var encoding string
	err := e.pool.QueryRow(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), "+appRole).Scan(&version, &encoding, &e.app)
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok && failure.Code == codeNoDatabase {
		return fmt.Errorf("%w: %w", ErrNoDatabase, err)
	}
	if err != nil {
		return err
	}
	if version < minPostgres*10_000 {
		return fmt.Errorf("its PostgreSQL is version %d, version %d or later is needed", version/10_000, minPostgres)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("its encoding is %s, UTF8 is needed", encoding)
	}
	return nil
}

// isAway tells a server that may come back from one that refuses.
func isAway(err error) bool {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return failure.Code == codeStarting || failure.Code == codeTooManyConnections || failure.Code == codeShutdown
	}
	_, dialed := errors.AsType[net.Error](err)
	_, failed := errors.AsType[*pgconn.ConnectError](err)
	return dialed || failed
}

// acquire gives a connection, which the caller releases.
func (e *postgresEngine) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if e.closed.Load() {
		return nil, unavailable(errClosed)
	}
	limited, cancel := context.WithTimeout(ctx, e.tune.acquireLimit)
	defer cancel()
	conn, err := e.pool.Acquire(limited)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, unavailable(fmt.Errorf("no connection was free for %v", e.tune.acquireLimit))
	default:
		return nil, unavailable(err)
	}
}

func (e *postgresEngine) name() EngineName { return Postgres }

func (e *postgresEngine) hasTable(ctx context.Context, name string) (bool, error) {
	return One(ctx, e.read(unfenced), func(r Row) (has bool, err error) { return has, r.Scan(&has) }, "SELECT to_regclass($1) IS NOT NULL", name)
}

func (e *postgresEngine) check(ctx context.Context) error {
	text := func(r Row) (s string, err error) { return s, r.Scan(&s) }
	found, err := All(ctx, e.read(unfenced), text, `SELECT 'index ' || indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready)
		UNION ALL SELECT 'constraint ' || conname::text FROM pg_constraint WHERE NOT convalidated ORDER BY 1 LIMIT 10`)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("database has what does not hold: %q", found)
	}
	return err
}

func (e *postgresEngine) close() error {
	e.closed.Store(true)
	e.pool.Close()
	return nil
}
